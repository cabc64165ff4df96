"""Dry runs: check the files first, read everything an import would say, then import them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from apps.import_jobs import quality
from apps.ui import dataset_types, formats, jobs
from apps.ui.dataset_types import DatasetType
from apps.ui.pages import DetailPage
from personalize_web import operations
from personalize_web.operations import Caller, statuses

PHASES = ("Fetch", "Check files", "Check rows", "Describe")
KEPT = ("job_name", "import_mode", "role", "role_arn", "publish")
"""Fields of the import form that come back to it after the check."""


def begin(
    caller: Caller, group: Mapping[str, Any], kind: DatasetType, location: str, fields: Mapping[str, str], **schema: Any
) -> str:
    """Begin a check; answers its page's address, which keeps what the import form held."""
    arn = operations.create_data_check(
        caller,
        dataset_group_arn=group["datasetGroupArn"],
        dataset_type=kind.wire,
        data_location=location,
        **schema,
    )["dataCheckArn"]
    query = urlencode({name: value for name, value in fields.items() if value and name in (*KEPT, "w")})
    address = f"/console/dataset-groups/{group['name']}/data-checks/{arn.rpartition('/')[2]}/"
    return f"{address}?{query}" if query else address


class DataCheckPage(DetailPage):
    """One dry run: how far it is, then its report."""

    operation, answer_key, noun = operations.describe_data_check, "dataCheck", "data check"
    section = "datasets"
    crumbs = (("Datasets", "datasets:list"),)
    template_name = "import_jobs/data_check.html"
    live = ("import_jobs/_progress.html",)
    title = "Data check"

    def arguments(self) -> dict[str, Any]:
        """The ARN from the address."""
        return {"data_check_arn": self.arn("data-check", self.kwargs["check"])}

    @cached_property
    def kind(self) -> DatasetType:
        """What the files are to be."""
        return dataset_types.of(self.resource["datasetType"])

    @cached_property
    def has_dataset(self) -> bool:
        """Whether there is a dataset to import into."""
        found = operations.list_datasets(self.caller, dataset_group_arn=self.group["datasetGroupArn"])["datasets"]
        return any(one["datasetType"].upper() == self.kind.key for one in found)

    @cached_property
    def job(self) -> Mapping[str, Any] | None:
        """The background job."""
        return operations.describe_job(self.caller, resource_arn=self.resource["dataCheckArn"])["job"]

    def import_url(self) -> str:
        """The form these files are imported with, filled in as before the check."""
        kept = {name: self.request.GET[name] for name in KEPT if self.request.GET.get(name)}
        query = urlencode(kept | {"data_location": self.resource["dataLocation"]})
        if self.has_dataset:
            return f"{self.url('import_jobs:create', kind=self.kind.slug)}?{query}"
        wizard = self.request.GET.get("w")
        if wizard:
            return f"{self.url('import_jobs:wizard', kind=self.kind.slug, step='job')}?{urlencode({'w': wizard})}"
        return self.url("import_jobs:wizard", kind=self.kind.slug, step="method")

    def prepare_url(self) -> str:
        """Where the files are mended; empty for kinds that cannot be prepared."""
        if self.kind.custom_only:
            return ""
        query = urlencode({"data_location": self.resource["dataLocation"]})
        return f"{self.url('import_jobs:prepare', kind=self.kind.slug, step='source')}?{query}"

    def context(self) -> dict[str, Any]:
        """Progress, verdict, report."""
        check, result = self.resource, self.resource.get("result")
        failed = check["status"] == statuses.CREATE_FAILED
        query = urlencode([(name, value) for name, value in self.request.GET.items() if name != "column"])
        return super().context() | {
            "check": check,
            "kind": self.kind,
            "failed": failed,
            "running": check["status"] in statuses.BUILDING,
            "progress": jobs.progress(self.job),
            "phases": jobs.phase_steps(self.job, PHASES),
            "result": result,
            "quality": quality.context(result, self.request.GET.get("column", "")) if result else None,
            "query": query,
            "import_url": self.import_url(),
            "import_denied": self.denied("create_dataset_import_job"),
            "prepare_url": self.prepare_url(),
            "pairs": self._pairs(result),
        }

    def _pairs(self, result: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        check = self.resource
        pairs: list[dict[str, Any]] = [
            {"label": "Location", "value": check["dataLocation"], "mono": True, "wide": True},
            {"label": "Dataset type", "value": self.kind.title},
            {"label": "Started", "value": check["creationDateTime"], "moment": "full"},
        ]
        if result:
            looked = (
                f"{formats.number(result['rows'])} looked at" if result["sampled"] else formats.number(result["rows"])
            )
            pairs += [
                {"label": "Rows", "value": looked},
                {"label": "Rows that cannot be imported", "value": formats.number(result["badRows"])},
                {"label": "Files", "value": f"{result['files']} with {formats.size(result['bytes'])}"},
            ]
        return pairs
