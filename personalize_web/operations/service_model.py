"""The three service models of botocore, by the names of our functions."""

from functools import cache

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape

SERVICES = ("personalize", "personalize-events", "personalize-runtime")


@cache
def services() -> dict[str, ServiceModel]:
    """Service name -> model, read once. Only botocore's own files count, never a user's."""
    loader = Loader(include_default_search_paths=False, extra_search_paths=[Loader.BUILTIN_DATA_PATH])
    return {name: ServiceModel(loader.load_service_model(name, "service-2"), name) for name in SERVICES}


@cache
def operations() -> dict[str, OperationModel]:
    """Function name -> operation model: ``create_dataset_group`` -> CreateDatasetGroup. 79 of them."""
    return {
        xform_name(name): service.operation_model(name)
        for service in services().values()
        for name in service.operation_names
    }


@cache
def arguments(operation: str) -> dict[str, str]:
    """Argument name -> input member of ``operation``: ``dataset_group_arn`` -> ``datasetGroupArn``."""
    return argument_names(operations()[operation].input_shape)


def argument_names(shape: StructureShape | None) -> dict[str, str]:
    return {xform_name(member): member for member in shape.members} if shape else {}


@cache
def declared_errors(operation: str) -> frozenset[str]:
    """The error codes that the service model declares for ``operation``."""
    return frozenset(shape.name for shape in operations()[operation].error_shapes)


def is_read(operation: str) -> bool:
    """Whether ``operation`` changes nothing."""
    return operation.startswith(("describe_", "list_", "get_"))
