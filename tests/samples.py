"""Well-formed input for every operation, made from its service model; the resources it names do not exist."""

from typing import Any

from botocore.model import Shape

from personalize_web.operations import service_model

ARN = "arn:aws:personalize:us-east-1:123456789012"
KINDS = {
    "datasetGroupArn": "dataset-group/absent",
    "datasetArn": "dataset/absent/INTERACTIONS",
    "schemaArn": "schema/absent",
    "solutionArn": "solution/absent",
    "solutionVersionArn": "solution/absent/0123abcd",
    "campaignArn": "campaign/absent",
    "recommenderArn": "recommender/absent",
    "eventTrackerArn": "event-tracker/absent",
    "filterArn": "filter/absent",
    "resourceArn": "dataset-group/absent",
    "metricAttributionArn": "metric-attribution/absent",
    "datasetImportJobArn": "dataset-import-job/absent",
    "datasetExportJobArn": "dataset-export-job/absent",
    "dataDeletionJobArn": "data-deletion-job/absent",
    "batchInferenceJobArn": "batch-inference-job/absent",
    "batchSegmentJobArn": "batch-segment-job/absent",
}
VALUES: dict[str, Any] = {
    "recipeArn": "arn:aws:personalize:::recipe/aws-sims",
    "algorithmArn": "arn:aws:personalize:::algorithm/aws-sims",
    "featureTransformationArn": "arn:aws:personalize:::feature-transformation/sims",
    "roleArn": "arn:aws:iam::123456789012:role/reader",
    "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    "dataLocation": "s3://data/file.csv",
    "path": "s3://data/folder/",
    "name": "sample",
    "jobName": "sample",
    "metricName": "sample",
    "schema": '{"type": "record"}',
    "datasetType": "Interactions",
    "properties": '{"color": "red"}',
    "schedulingExpression": "rate(7 days)",
    "expression": "SUM(Items.PRICE)",
}


def arguments(operation: str, *, optional: bool = False) -> dict[str, Any]:
    """Keyword arguments for ``operation``: those it requires, and with ``optional`` every other one too."""
    shape = service_model.operations()[operation].input_shape
    if shape is None:
        return {}
    names = {member: name for name, member in service_model.arguments(operation).items()}
    return {
        names[member]: value(member_shape, member)
        for member, member_shape in shape.members.items()
        if optional or member in shape.required_members
    }


def value(shape: Shape, member: str = "") -> Any:
    """A well-formed value of ``shape``, which stands under the name ``member``."""
    if member in KINDS:
        return f"{ARN}:{KINDS[member]}"
    if member in VALUES:
        return VALUES[member]
    if shape.type_name == "structure":
        return {name: value(each, name) for name, each in shape.members.items() if name in shape.required_members}
    if shape.type_name == "list":
        return [value(shape.member, member)] * max(1, shape.metadata.get("min", 1))
    if shape.type_name == "map":
        return {value(shape.key): value(shape.value)}
    if shape.type_name == "boolean":
        return False
    if shape.type_name == "timestamp":
        return 1_700_000_000
    if shape.type_name in ("integer", "long", "float", "double"):
        return max(1, shape.metadata.get("min", 1))
    if shape.enum:
        return shape.enum[0]
    return "a" * max(1, shape.metadata.get("min", 1))
