"""Datasets of a group: list, details, delete."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.ui import cells, dataset_types, formats, jobs, schema_editor
from apps.ui.dataset_pages import DatasetPage
from apps.ui.pages import Column, DeletePage, DetailPage, Empty, ListPage, RowAction
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

SAMPLE = 20
SHOWN_IMPORTS = 20


class Datasets(ListPage):
    """Every dataset of the group; what is missing can be created."""

    operation = operations.list_dataset_details
    template_name = "datasets/list.html"
    title, section, noun = "Datasets", "datasets", "dataset"
    info = "dataset-types"
    description = "Item interactions are required; users and items help where there is little history."
    empty = Empty("No datasets", "Start with an item interactions dataset.")
    sort, direction = "type", "asc"
    actions = (
        RowAction("view", "View details", lambda page, names: page.url("datasets:detail", kind=names[0])),
        RowAction(
            "import",
            "Import data",
            lambda page, names: page.url("import_jobs:create", kind=names[0]),
            operation="create_dataset_import_job",
        ),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: page.url("datasets:delete", kind=names[0]),
            icon="trash",
            operation="delete_dataset",
        ),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """Links need the group's name."""
        return (
            Column(
                "name",
                "Dataset name",
                cells.href(lambda row: self.url("datasets:detail", kind=row["slug"])),
                sortable=True,
            ),
            Column("type", "Type", value=lambda row: row["type"], sortable=True),
            Column(
                "schemaName", "Schema", cells.href(lambda row: row["schema_url"], "schemaName", css=""), sortable=True
            ),
            Column("rows", "Rows", cells.number("rows"), align="end", sortable=True),
            Column("status", "Status", cells.status(identity="slug"), sortable=True),
            Column("imported", "Last import", cells.template("datasets/_last_import.html")),
            Column("lastUpdatedDateTime", "Last updated", cells.moment("lastUpdatedDateTime"), sortable=True),
        )

    def identify(self, row: Mapping[str, Any]) -> str:
        """The part of the address."""
        return str(row["slug"])

    def rows(self) -> list[Mapping[str, Any]]:
        """The datasets with what the columns show of them."""
        arn = self.group["datasetGroupArn"]
        found = operations.list_dataset_details(self.caller, dataset_group_arn=arn)["datasets"]
        rows = []
        for dataset in found:
            kind = dataset_types.of(dataset["datasetType"])
            latest = dataset.get("latestImport")
            rows.append(
                dataset
                | {
                    "slug": kind.slug,
                    "type": kind.title,
                    "rows": (dataset.get("statistics") or {}).get("rows") or 0,
                    "latest": latest,
                    "latest_url": self.url("import_jobs:detail", kind=kind.slug, job=latest["jobName"])
                    if latest
                    else "",
                    "schema_url": reverse("schemas:detail", kwargs={"schema": dataset["schemaName"]}),
                }
            )
        return rows

    def context(self) -> dict[str, Any]:
        """The kinds that may be created."""
        there = {row["datasetType"].upper() for row in self.rows()}
        ready = self.group["status"] == statuses.ACTIVE
        items = []
        for kind in dataset_types.of_domain(self.group.get("domain")):
            text = f"{kind.title} dataset"
            if kind.key in there:
                items.append(
                    {
                        "text": text,
                        "note": "Already created",
                        "disabled_reason": "There is one dataset of each type in a group.",
                    }
                )
            else:
                href = self.url("import_jobs:wizard", kind=kind.slug, step="method")
                items.append(
                    {"text": text, "href": href, "icon": kind.icon, "note": "Required" if kind.required else ""}
                )
        return super().context() | {
            "create_items": items,
            "create_denied": self.denied("create_dataset")
            or ("" if ready else "Wait until the dataset group is Active."),
        }


class DatasetDetails(DatasetPage, DetailPage):
    """One dataset: what it is, its columns, its imports, its first rows."""

    operation, noun = operations.describe_dataset, "dataset"
    template_name = "datasets/detail.html"
    crumbs = (("Datasets", "datasets:list"),)
    tabs = (("imports", "Import jobs"), ("schema", "Schema"), ("rows", "Sample rows"), ("tags", "Tags"))
    live = ("datasets/_details.html", "datasets/_imports.html")
    older = ""

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
    def imports(self) -> list[dict[str, Any]]:
        """Its import jobs with what each page shows of them."""
        arn = self.dataset["datasetArn"]
        more = {"next_token": self.request.GET["older"]} if self.request.GET.get("older") else {}
        answer = operations.list_dataset_import_jobs(self.caller, dataset_arn=arn, max_results=SHOWN_IMPORTS, **more)
        found, self.older = answer["datasetImportJobs"], answer.get("nextToken", "")
        running = {
            job["resourceArn"]: job
            for job in operations.list_jobs(
                self.caller, dataset_group_arn=self.group["datasetGroupArn"], max_results=100
            )["jobs"]
            if job["kind"] == "create-dataset-import-job"
        }
        shown = []
        for one in found:
            job = running.get(one["datasetImportJobArn"])
            took = jobs.seconds(job) if job else None
            shown.append(
                one
                | {
                    "href": self.url("import_jobs:detail", kind=self.kind.slug, job=one["jobName"]),
                    "progress": jobs.progress(job) if job and job["state"] in jobs.RUNNING else None,
                    "mode": "Add to existing data"
                    if one.get("importMode") == "INCREMENTAL"
                    else "Replace existing data",
                    "rows": self._rows_of(one),
                    "duration": formats.duration(took) if took is not None else formats.MISSING,
                }
            )
        return shown

    def _rows_of(self, job: Mapping[str, Any]) -> int | None:
        if job["status"] != statuses.ACTIVE:
            return None
        arn = job["datasetImportJobArn"]
        return operations.describe_dataset_import_job_details(self.caller, dataset_import_job_arn=arn)["rows"]

    def moving(self) -> bool:
        """The dataset itself, or one of its imports."""
        return super().moving() or any(one["status"] in statuses.BUILDING for one in self.imports)

    def tab_counts(self) -> Mapping[str, int]:
        """How many imports there are."""
        return {} if self.older else {"imports": len(self.imports)}

    def context(self) -> dict[str, Any]:
        """Boxes of the page; only the chosen tab is worked out."""
        base = super().context()
        path = self.url("datasets:detail", kind=self.kind.slug)
        ready = self.resource["status"] == statuses.ACTIVE
        more: dict[str, Any] = {
            "kind": self.kind,
            "dataset": self.resource,
            "pairs": self._pairs(),
            "imports": self.imports,
            "older_url": f"{path}?{urlencode({'older': self.older})}" if self.older else "",
            "newest_url": path if self.request.GET.get("older") else "",
            "import_url": self.url("import_jobs:create", kind=self.kind.slug),
            "import_disabled": self.denied("create_dataset_import_job")
            or ("" if ready else "Wait until the dataset is Active."),
            "delete_url": self.url("datasets:delete", kind=self.kind.slug),
            "delete_denied": self.denied("delete_dataset"),
            "modify_items": [
                {"text": "Create record", "disabled_reason": "Not available yet"},
                {"text": "Replace schema", "disabled_reason": "Not available yet"},
            ],
        }
        if base["tab"] == "schema":
            more |= {"schema": self.schema, "fields": schema_editor.fields(self.schema["schema"])}
        elif base["tab"] == "rows":
            more["sample"] = self._sample()
        elif base["tab"] == "tags":
            arn = self.dataset["datasetArn"]
            more["tags"] = operations.list_tags_for_resource(self.caller, resource_arn=arn)["tags"]
            more["manage_url"] = f"/console/tags/?arn={arn}" if self.may("analyst") else ""
        return base | more

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
        return pairs


class DeleteDataset(DatasetPage, DeletePage):
    """F11: what stands in the way first, then the word to type."""

    operation, argument, noun = operations.delete_dataset, "dataset_arn", "dataset"
    crumbs = (("Datasets", "datasets:list"),)

    def names(self) -> Sequence[str]:
        """The dataset of the address."""
        return [str(self.dataset["name"])]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return str(self.dataset["datasetArn"])

    def consequences(self) -> Sequence[str]:
        """What is lost and what stops."""
        statistics = self.dataset.get("statistics") or {}
        rows = statistics.get("rows") or 0
        lost = f"All {formats.number(rows)} rows of it are lost. " if rows else ""
        return [
            f"{lost}Recommenders and solutions that use it keep answering, but are no longer trained automatically."
        ]

    def blockers(self) -> Sequence[Mapping[str, str]]:
        """The event tracker, imports that run, trainings that run."""
        found: list[Mapping[str, str]] = []
        arn = self.group["datasetGroupArn"]
        if self.kind.key == "INTERACTIONS":
            found += [
                {
                    "text": f"Delete event tracker {one['name']} first",
                    "href": self.url("event_trackers:detail", tracker=one["name"]),
                }
                for one in operations.list_event_trackers(self.caller, dataset_group_arn=arn)["eventTrackers"]
            ]
        latest = self.dataset.get("latestImport") or {}
        if latest.get("status") in statuses.BUILDING:
            href = self.url("import_jobs:detail", kind=self.kind.slug, job=latest["jobName"])
            found.append({"text": f"Wait until import {latest['jobName']} has finished", "href": href})
        for job in operations.list_jobs(self.caller, dataset_group_arn=arn, max_results=50)["jobs"]:
            trains = job["kind"] in ("create-solution-version", "create-recommender")
            if trains and job["state"] in jobs.RUNNING:
                name = job.get("name") or jobs.name_of(job["resourceArn"])
                found.append(
                    {
                        "text": f"Wait until the training of {name} has finished",
                        "href": jobs.address(job["resourceArn"]),
                    }
                )
        return found

    def success_url(self) -> str:
        """The list of datasets."""
        return self.url("datasets:list")
