"""DatasetPage: what the pages of one dataset of a group share."""

from functools import cached_property
from typing import Any

from django.http import Http404

from apps.ui import dataset_types
from apps.ui.dataset_types import DatasetType
from apps.ui.pages import ConsolePage
from personalize_web import operations
from personalize_web.operations import statuses


class DatasetPage(ConsolePage):
    """A page below .../datasets/<slug:kind>/."""

    section = "datasets"
    must_exist = True

    def get_datasets(self) -> list[dict[str, Any]]:
        """Every dataset of the group with its counts and its newest import."""
        arn = self.group["datasetGroupArn"]
        return operations.list_dataset_details(self.caller, dataset_group_arn=arn)["datasets"]

    @cached_property
    def kind(self) -> DatasetType:
        """Which kind of dataset the address names."""
        kind = dataset_types.BY_SLUG.get(self.kwargs["kind"])
        if kind is None or kind not in dataset_types.of_domain(self.group.get("domain")):
            raise Http404
        return kind

    @cached_property
    def dataset(self) -> dict[str, Any]:
        """The dataset; 404 where there is none, unless ``must_exist`` is off."""
        found = next((one for one in self.get_datasets() if one["datasetType"].upper() == self.kind.key), None)
        if found is None and self.must_exist:
            raise Http404
        return found or {}

    @cached_property
    def dataset_arn(self) -> str:
        """The ARN the dataset has, or would have."""
        return self.arn("dataset", f"{self.group['name']}/{self.kind.key}")

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The dataset's schema as describe_schema answers it."""
        return operations.describe_schema(self.caller, schema_arn=self.dataset["schemaArn"])["schema"]

    @property
    def imported_rows(self) -> int:
        """How many rows imports have brought."""
        statistics = self.dataset.get("statistics") or {}
        return int(statistics.get("rows_bulk") or statistics.get("rows") or 0)

    @property
    def imported_before(self) -> bool:
        """Whether an import succeeded once, so that one may add to it."""
        if self.imported_rows:
            return True
        latest = self.dataset.get("latestImport") or {}
        return latest.get("status") == statuses.ACTIVE
