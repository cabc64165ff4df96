"""Schemas: list, details, delete."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.ui import cells, dataset_types, schema_editor
from apps.ui.pages import Column, ConsolePage, DeletePage, Empty, ListPage, RowAction, everything
from personalize_web import operations
from personalize_web.operations.errors import ResourceNotFoundException

DOMAINS = {"ECOMMERCE": "E-commerce", "VIDEO_ON_DEMAND": "Video on demand", None: "Custom"}


def domain_title(row: Mapping[str, Any]) -> str:
    """The domain in words."""
    return DOMAINS.get(row.get("domain"), str(row.get("domain")))


def dataset_address(arn: str) -> str:
    """The page of a dataset."""
    group, _, key = arn.rsplit(":", 1)[-1].removeprefix("dataset/").partition("/")
    return reverse("datasets:detail", kwargs={"dsg": group, "kind": dataset_types.of(key).slug})


class Schemas(ListPage):
    """Every schema of the account."""

    operation, answer_key = operations.list_schema_details, "schemas"
    title, section, noun = "Schemas", "schemas", "schema"
    info = "schema"
    description = "A schema names the columns of a dataset. It never changes; a dataset gets a new one instead."
    columns = (
        Column(
            "name",
            "Name",
            cells.href(lambda row: reverse("schemas:detail", kwargs={"schema": row["name"]})),
            sortable=True,
        ),
        Column(
            "datasetType", "Dataset type", value=lambda row: dataset_types.of(row["datasetType"]).title, sortable=True
        ),
        Column("domain", "Domain", value=domain_title, sortable=True),
        Column("used", "Used by datasets", value=lambda row: len(row["datasets"]), sortable=True, align="end"),
        Column("creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True),
    )
    empty = Empty("No schemas", "A schema is written when a dataset is created.")
    actions = (
        RowAction("view", "View details", lambda page, names: reverse("schemas:detail", kwargs={"schema": names[0]})),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: reverse("schemas:delete", kwargs={"schema": names[0]}),
            icon="trash",
            operation="delete_schema",
        ),
    )

    def rows(self) -> list[Mapping[str, Any]]:
        """All at once: the operation does not page."""
        return list(operations.list_schema_details(self.caller)["schemas"])

    def _final(self, row: Mapping[str, Any]) -> bool:
        """A schema has no status that moves."""
        return True


class SchemaPage(ConsolePage):
    """A page of one schema."""

    section = "schemas"
    crumbs = (("Schemas", "schemas:list"),)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """As describe_schema answers it, with its dataset type and the datasets that use it."""
        arn = self.arn("schema", self.kwargs["schema"])
        described = operations.describe_schema(self.caller, schema_arn=arn)["schema"]
        listed = operations.list_schema_details(self.caller)["schemas"]
        found = next((one for one in listed if one["schemaArn"] == arn), None)
        if found is None:
            raise ResourceNotFoundException(f"There is no schema {arn}.")
        return found | described


class SchemaDetails(SchemaPage):
    """Its text, its fields, who uses it."""

    template_name = "schemas/detail.html"

    def get_title(self) -> str:
        """Its name."""
        return str(self.kwargs["schema"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, or the text as a file."""
        if "download" in request.GET:
            response = HttpResponse(self.schema["schema"], content_type="application/json; charset=utf-8")
            response.headers["Content-Disposition"] = f'attachment; filename="{self.schema["name"]}.avsc"'
            return response
        return self.render()

    def context(self) -> dict[str, Any]:
        """Everything about it."""
        schema = self.schema
        kind = dataset_types.of(schema["datasetType"])
        return super().context() | {
            "schema": schema,
            "kind": kind,
            "fields": schema_editor.fields(schema["schema"]),
            "lines": schema["schema"].rstrip("\n").split("\n"),
            "used_by": [
                {"arn": arn, "href": dataset_address(arn), "text": arn.rsplit("dataset/", 1)[-1]}
                for arn in schema["datasets"]
            ],
            "template_items": self._template_items(kind.slug),
            "delete_url": reverse("schemas:delete", kwargs={"schema": schema["name"]}),
            "delete_denied": self.denied("delete_schema"),
            "pairs": [
                {"label": "ARN", "value": schema["schemaArn"], "copyable": True},
                {"label": "Dataset type", "value": kind.title},
                {"label": "Domain", "value": domain_title(schema)},
                {"label": "Created", "value": schema["creationDateTime"], "moment": "full"},
            ],
        }

    def _template_items(self, slug: str) -> list[dict[str, Any]]:
        """The groups of its domain that lack such a dataset: there it may begin a new schema."""
        there = {
            dataset_address(one["datasetArn"]) for one in everything(operations.list_datasets, self.caller, "datasets")
        }
        items = []
        for group in everything(operations.list_dataset_groups, self.caller, "datasetGroups"):
            place = {"dsg": group["name"], "kind": slug}
            if group.get("domain") != self.schema.get("domain") or reverse("datasets:detail", kwargs=place) in there:
                continue
            href = reverse("import_jobs:wizard", kwargs=place | {"step": "schema"})
            items.append({"text": group["name"], "href": f"{href}?template={self.schema['name']}"})
        return items[:20]


class DeleteSchema(SchemaPage, DeletePage):
    """Only when no dataset uses it."""

    operation, argument, noun = operations.delete_schema, "schema_arn", "schema"

    def names(self) -> Sequence[str]:
        """The schema of the address."""
        return [str(self.kwargs["schema"])]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return self.arn("schema", name)

    def consequences(self) -> Sequence[str]:
        """Nothing depends on it."""
        return ["No dataset uses this schema. Data stay as they are."]

    def blockers(self) -> Sequence[Mapping[str, str]]:
        """The datasets that use it."""
        return [
            {"text": f"Dataset {arn.rsplit('dataset/', 1)[-1]} uses it", "href": dataset_address(arn)}
            for arn in self.schema["datasets"]
        ]

    def success_url(self) -> str:
        """The list of schemas."""
        return reverse("schemas:list")
