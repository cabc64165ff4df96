"""The datasets of a group, and below them its data deletion jobs."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.datasets.deletion_jobs import described
from apps.ui import cells, dataset_types
from apps.ui.pages import Column, Empty, ListPage, RowAction
from personalize_web import operations
from personalize_web.operations import statuses

SHOWN_DELETIONS = 5


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
        RowAction("view", "View details", lambda page, names: page.url("datasets:detail", kind=names[0]), icon="eye"),
        RowAction(
            "import",
            "Import data",
            lambda page, names: page.url("import_jobs:create", kind=names[0]),
            icon="upload",
            operation="create_dataset_import_job",
        ),
        RowAction(
            "replace-schema",
            "Replace schema",
            lambda page, names: page.url("datasets:replace_schema", kind=names[0]),
            icon="code",
            operation="update_dataset",
        ),
        RowAction(
            "export",
            "Export",
            lambda page, names: page.url("datasets:create_export", kind=names[0]),
            icon="download",
            operation="create_dataset_export_job",
        ),
        RowAction(
            "create-record",
            "Create record",
            lambda page, names: page.url("datasets:create_records", kind=names[0]),
            icon="plus",
            operation="put_users",
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
            Column(
                "status",
                "Status",
                cells.status(identity="slug", update=lambda row: row.get("latestDatasetUpdate")),
                sortable=True,
            ),
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
            whole = operations.describe_dataset(self.caller, dataset_arn=dataset["datasetArn"])["dataset"]
            rows.append(
                dataset
                | {
                    "slug": kind.slug,
                    "type": kind.title,
                    "rows": (dataset.get("statistics") or {}).get("rows") or 0,
                    "latestDatasetUpdate": whole.get("latestDatasetUpdate"),
                    "latest": latest,
                    "latest_url": self.url("import_jobs:detail", kind=kind.slug, job=latest["jobName"])
                    if latest
                    else "",
                    "schema_url": reverse("schemas:detail", kwargs={"schema": dataset["schemaName"]}),
                }
            )
        return rows

    def _final(self, row: Mapping[str, Any]) -> bool:
        """A schema that is being replaced moves as well."""
        update = row.get("latestDatasetUpdate") or {}
        return super()._final(row) and (not update or statuses.describe(update.get("status")).final)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; or, for htmx, the data deletion jobs alone."""
        if request.htmx and "deletions" in request.GET:
            return render(request, "datasets/_deletion_jobs.html", self._deletions())
        return super().get(request, *args, **kwargs)

    def _deletions(self) -> dict[str, Any]:
        found = described(self.caller, self.group["datasetGroupArn"], at_most=SHOWN_DELETIONS)
        moving = any(not statuses.describe(job["status"]).final for job in found)
        return {
            "deletions": [job | {"href": self.url("datasets:deletion", job=job["jobName"])} for job in found],
            "deletions_poll": f"{self.url('datasets:list')}?deletions=1" if moving else "",
            "deletions_url": self.url("datasets:deletions"),
            "create_url": self.url("datasets:create_deletion"),
            "create_denied_deletion": self.denied("create_data_deletion_job"),
        }

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
        return (
            super().context()
            | {
                "create_items": items,
                "create_denied": self.denied("create_dataset")
                or ("" if ready else "Wait until the dataset group is Active."),
                "rejected_url": self._try("event_trackers:rejected") if there else "",
            }
            | self._deletions()
        )
