"""Dataset groups: list, create. The overview stands in overview_page, deleting in deleting."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.dataset_groups.forms import DatasetGroupForm
from apps.ui import cells, dataset_types, formats
from apps.ui.pages import Column, Empty, FormPage, ListPage, RowAction
from apps.ui.templatetags.ui import icon
from personalize_web import operations

DOMAINS = {"ECOMMERCE": "E-commerce", "VIDEO_ON_DEMAND": "Video on demand", None: "Custom"}


def _datasets(row: Mapping[str, Any]) -> SafeString | str:
    """One drawing for each dataset that is there, with its name for those who cannot see it."""
    kinds = [kind for kind in dataset_types.DATASET_TYPES if kind.key in row["datasets"]]
    if not kinds:
        return cells.MISSING
    parts = ((kind.title, icon(kind.icon), kind.title) for kind in kinds)
    return format_html(
        '<span class="row tight secondary">{}</span>',
        format_html_join("", '<span title="{}">{}<span class="visually-hidden">{}</span></span>', parts),
    )


class DatasetGroups(ListPage):
    """Every dataset group."""

    operation, answer_key = operations.list_dataset_group_details, "datasetGroups"
    title, section, noun, info = "Dataset groups", "dataset-groups", "dataset group", "dataset-group"
    description = "A dataset group holds the data and models of one application."
    columns = (
        Column(
            "name",
            "Name",
            cells.href(lambda row: reverse("dataset_groups:overview", kwargs={"dsg": row["name"]})),
            sortable=True,
        ),
        Column("domain", "Domain", value=lambda row: DOMAINS.get(row.get("domain"), row.get("domain")), sortable=True),
        Column("status", "Status", cells.status(), sortable=True),
        Column("datasets", "Datasets", _datasets, value=lambda row: len(row["datasets"])),
        Column("recommenders", "Recommenders", cells.number("recommenders"), align="end", sortable=True),
        Column("creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True),
        Column("lastUpdatedDateTime", "Last updated", cells.moment("lastUpdatedDateTime"), sortable=True),
    )
    empty = Empty("No dataset groups", "A dataset group holds the data and models of one application.")
    create = ("Create dataset group", "dataset_groups:create")
    create_operation = "create_dataset_group"
    actions = (
        RowAction(
            "view", "View details", lambda page, names: reverse("dataset_groups:overview", kwargs={"dsg": names[0]})
        ),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: reverse("dataset_groups:delete", kwargs={"dsg": names[0]}),
            icon="trash",
            operation="delete_dataset_group",
        ),
    )


class CreateDatasetGroup(FormPage):
    """F2."""

    operation, form_class = operations.create_dataset_group, DatasetGroupForm
    template_name = "dataset_groups/create.html"
    title, section, noun, submit = "Create dataset group", "dataset-groups", "dataset group", "Create dataset group"
    crumbs = (("Dataset groups", "dataset_groups:list"),)

    @cached_property
    def quota(self) -> Mapping[str, Any]:
        """How many groups there are, and how many there may be."""
        quotas = operations.list_quotas(self.caller)["quotas"]
        return next(quota for quota in quotas if quota["name"] == "active_dataset_groups")

    def blocked(self) -> str:
        """V-QUOTA."""
        used, limit = formats.number(self.quota["used"]), formats.number(self.quota["limit"])
        full = (
            f"Limit reached: {used} of {limit} dataset groups. Delete one or ask an administrator to raise the limit."
        )
        return super().blocked() or (full if self.quota["used"] >= self.quota["limit"] else "")

    def context(self) -> dict[str, Any]:
        """With the quota line."""
        used, limit = formats.number(self.quota["used"]), formats.number(self.quota["limit"])
        return super().context() | {"quota_text": f"{used} of {limit} dataset groups in use."}

    def success_url(self, answer: Any) -> str:
        """The overview of the new group."""
        return reverse("dataset_groups:overview", kwargs={"dsg": self.form.cleaned_data["name"]})
