"""The page of a dataset: what it is, its columns, its imports and exports, its first rows."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.datasets.exports import cannot_export
from apps.datasets.forms import MODES
from apps.datasets.replacement import cannot_replace
from apps.ui import formats, jobs, schema_editor, tags
from apps.ui.dataset_pages import DatasetPage
from apps.ui.pages import DetailPage
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

SAMPLE = 20
SHOWN_JOBS = 20


class DatasetDetails(DatasetPage, DetailPage):
    """One dataset: what it is, its columns, its imports and exports, its first rows."""

    operation, noun = operations.describe_dataset, "dataset"
    template_name = "datasets/detail.html"
    crumbs = (("Datasets", "datasets:list"),)
    tabs = (
        ("imports", "Import jobs"),
        ("exports", "Export jobs"),
        ("schema", "Schema"),
        ("rows", "Sample rows"),
        ("tags", "Tags"),
    )
    older = ""

    @property
    def live(self) -> tuple[str, ...]:  # type: ignore[override]
        """The head and the details; the import jobs while one looks at them."""
        always = ("datasets/_head.html", "datasets/_details.html")
        return (*always, "datasets/_imports.html") if self.tab == "imports" else always

    def arguments(self) -> dict[str, Any]:
        """The dataset's ARN."""
        return {"dataset_arn": self.dataset_arn}

    @cached_property
    def resource(self) -> dict[str, Any]:
        """describe_dataset, with the counts and the newest import."""
        return (
            operations.describe_dataset(self.caller, dataset_arn=self.dataset["datasetArn"])["dataset"] | self.dataset
        )

    def get_title(self) -> str:
        """Its name."""
        return str(self.dataset["name"])

    @cached_property
    def running_jobs(self) -> dict[str, Mapping[str, Any]]:
        """The background jobs of the group, by the ARN of what they work on."""
        found = operations.list_jobs(self.caller, dataset_group_arn=self.group["datasetGroupArn"], max_results=100)
        kinds = ("create-dataset-import-job", "create-dataset-export-job")
        return {job["resourceArn"]: job for job in found["jobs"] if job["kind"] in kinds}

    @cached_property
    def import_jobs(self) -> list[dict[str, Any]]:
        """Its newest import jobs, or those of ``?older=``."""
        arn = self.dataset["datasetArn"]
        more = {"next_token": self.request.GET["older"]} if self.request.GET.get("older") else {}
        answer = operations.list_dataset_import_jobs(self.caller, dataset_arn=arn, max_results=SHOWN_JOBS, **more)
        self.older = answer.get("nextToken", "")
        return answer["datasetImportJobs"]

    @cached_property
    def export_jobs(self) -> list[dict[str, Any]]:
        """Its newest export jobs."""
        arn = self.dataset["datasetArn"]
        listed = operations.list_dataset_export_jobs(self.caller, dataset_arn=arn, max_results=SHOWN_JOBS)
        return listed["datasetExportJobs"]

    def imports(self) -> list[dict[str, Any]]:
        """Its import jobs with what the page shows of each."""
        shown = []
        for one in self.import_jobs:
            details = operations.describe_dataset_import_job(
                self.caller, dataset_import_job_arn=one["datasetImportJobArn"]
            )["datasetImportJob"]
            shown.append(
                one
                | self._moving(one["datasetImportJobArn"])
                | {
                    "href": self.url("import_jobs:detail", kind=self.kind.slug, job=one["jobName"]),
                    "location": details["dataSource"]["dataLocation"],
                    "mode": "Add to existing data"
                    if one.get("importMode") == "INCREMENTAL"
                    else "Replace existing data",
                    "rows": self._rows_of(one),
                }
            )
        return shown

    def exports(self) -> list[dict[str, Any]]:
        """Its newest export jobs with what the page shows of each."""
        shown = []
        for one in self.export_jobs:
            about = operations.describe_dataset_export_job(
                self.caller, dataset_export_job_arn=one["datasetExportJobArn"]
            )["datasetExportJob"]
            shown.append(
                one
                | self._moving(one["datasetExportJobArn"])
                | {
                    "href": self.url("datasets:export", kind=self.kind.slug, job=one["jobName"]),
                    "mode": MODES.get(about["ingestionMode"]),
                    "path": about["jobOutput"]["s3DataDestination"]["path"],
                }
            )
        return shown

    def _moving(self, arn: str) -> dict[str, Any]:
        """How far a job is, or how long it took."""
        job = self.running_jobs.get(arn)
        took = jobs.seconds(job) if job else None
        return {
            "progress": jobs.progress(job) if job and job["state"] in jobs.RUNNING else None,
            "duration": formats.duration(took) if took is not None else formats.MISSING,
        }

    def _rows_of(self, job: Mapping[str, Any]) -> int | None:
        if job["status"] != statuses.ACTIVE:
            return None
        arn = job["datasetImportJobArn"]
        return operations.describe_dataset_import_job_details(self.caller, dataset_import_job_arn=arn)["rows"]

    def moving(self) -> bool:
        """The dataset itself, one of its imports or one of its exports."""
        jobs_of_it = [*self.import_jobs, *self.export_jobs]
        return super().moving() or any(one["status"] in statuses.BUILDING for one in jobs_of_it)

    def tab_counts(self) -> Mapping[str, int]:
        """How many imports and exports there are."""
        return ({} if self.older else {"imports": len(self.import_jobs)}) | {"exports": len(self.export_jobs)}

    def context(self) -> dict[str, Any]:
        """Boxes of the page; only the chosen tab is worked out."""
        base = super().context()
        path = self.url("datasets:detail", kind=self.kind.slug)
        more: dict[str, Any] = {
            "kind": self.kind,
            "dataset": self.resource,
            "update": self.updates(),
            "pairs": self._pairs(),
            "older_url": f"{path}?{urlencode({'older': self.older})}" if self.older else "",
            "newest_url": path if self.request.GET.get("older") else "",
            "import_url": self.url("import_jobs:create", kind=self.kind.slug),
            "import_disabled": self.denied("create_dataset_import_job") or self._not_ready(),
            "export_url": self.url("datasets:create_export", kind=self.kind.slug),
            "export_disabled": self.denied("create_dataset_export_job")
            or cannot_export(self.kind)
            or self._not_ready(),
            "delete_url": self.url("datasets:delete", kind=self.kind.slug),
            "delete_denied": self.denied("delete_dataset"),
            "modify_items": self._modify_items(),
        }
        if base["tab"] == "imports":
            more["imports"] = self.imports()
        elif base["tab"] == "exports":
            more["exports"] = self.exports()
        elif base["tab"] == "schema":
            more |= {
                "schema": self.schema,
                "fields": schema_editor.fields(self.schema["schema"]),
                "lines": self.schema["schema"].rstrip("\n").split("\n"),
            }
        elif base["tab"] == "rows":
            more["sample"] = self._sample()
        elif base["tab"] == "tags":
            arn = self.dataset["datasetArn"]
            more["tags"] = tags.of(self.caller, arn)
            more["manage_url"] = f"/console/tags/?arn={arn}" if self.may("analyst") else ""
        return base | more

    def _not_ready(self) -> str:
        return "" if self.resource["status"] == statuses.ACTIVE else "Wait until the dataset is Active."

    def _modify_items(self) -> list[dict[str, Any]]:
        """Create record, and replace schema where that is possible."""
        items = []
        for text, route, icon, refused in (
            ("Create record", "datasets:create_records", "plus", self.denied("put_users")),
            ("Replace schema", "datasets:replace_schema", "code", self.denied("update_dataset")),
        ):
            why = refused or self._not_ready()
            if route == "datasets:replace_schema":
                why = cannot_replace(self.kind) or why
            href = self.url(route, kind=self.kind.slug)
            items.append({"text": text, "icon": icon} | ({"disabled_reason": why} if why else {"href": href}))
        return items

    def _sample(self) -> dict[str, Any]:
        try:
            return operations.list_dataset_rows(self.caller, dataset_arn=self.dataset["datasetArn"], limit=SAMPLE)
        except ServiceError as error:
            return {"columns": [], "rows": [], "error": error.message}

    def _pairs(self) -> list[dict[str, Any]]:
        dataset, statistics = self.resource, self.resource.get("statistics") or {}
        pairs: list[dict[str, Any]] = [
            {"label": "ARN", "value": dataset["datasetArn"], "copyable": True},
            {"label": "Type", "value": self.kind.title},
            {
                "label": "Schema",
                "value": dataset["schemaName"],
                "href": reverse("schemas:detail", kwargs={"schema": dataset["schemaName"]}),
            },
            {"label": "Rows imported", "value": formats.number(statistics.get("rows_bulk") or 0)},
            {"label": "Rows recorded one by one", "value": formats.number(statistics.get("rows_individual") or 0)},
            {"label": "Created", "value": dataset["creationDateTime"], "moment": "full"},
            {"label": "Last updated", "value": dataset["lastUpdatedDateTime"], "moment": "relative"},
        ]
        if dataset.get("trackingId"):
            pairs.append({"label": "Tracking ID", "value": dataset["trackingId"], "copyable": True})
        if update := self.updates():
            pairs.append({"label": "Latest schema update", "value": update["lastUpdatedDateTime"], "moment": "full"})
        return pairs
