"""Filters: list, details, delete."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.filters.forms import TrialForm
from apps.filters.sharing import NOUNS, FilterPage, about
from apps.ui import cells, expressions, tags
from apps.ui.pages import Column, DeletePage, DetailPage, Empty, ListPage, RowAction
from personalize_web import operations
from personalize_web.operations import ServiceError

SHOWN = 80
"""Characters of an expression in the list."""


class Filters(ListPage):
    """The filters of the group."""

    operation, answer_key = operations.list_filters, "Filters"
    title, section, noun, info = "Filters", "filters", "filter", "filters"
    description = "A filter includes or excludes items, users or actions. Requests name it."
    empty = Empty("No filters", "Filters include or exclude items, users or actions.", art="filter")
    create, create_operation = ("Create new filter", "filters:create"), "create_filter"
    actions = (
        RowAction("view", "View details", lambda page, names: page.url("filters:detail", filter=names[0])),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: page.url("filters:delete", filter=names[0]),
            icon="trash",
            operation="delete_filter",
        ),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """Links need the group's name."""
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url("filters:detail", filter=row["name"])),
                sortable=True,
            ),
            Column("filterExpression", "Expression", _expression),
            Column("fields", "Fields used", value=lambda row: row["fields"], css="secondary"),
            Column("status", "Status", cells.status(), sortable=True),
            Column("creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True),
        )

    def arguments(self) -> dict[str, Any]:
        """Of this group."""
        return {"dataset_group_arn": self.group["datasetGroupArn"]}

    def rows(self) -> list[Mapping[str, Any]]:
        """With their expressions and the fields these read."""
        found = (expressions.described(self.caller, row) for row in super().rows())
        return [one | {"fields": ", ".join(one["checked"].get("fields", ()))} for one in found]


def _expression(row: Mapping[str, Any]) -> SafeString:
    text = " ".join(row["filterExpression"].split())
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return format_html('<span class="mono-small" title="{}">{}</span>', text, expressions.painted(shown))


class OneFilter(FilterPage):
    """A page of the filter of the address."""

    @cached_property
    def resource(self) -> dict[str, Any]:
        """As describe_filter answers it, with what its expression is about."""
        return self.named(self.kwargs["filter"])


class FilterDetails(OneFilter, DetailPage):
    """The expression, what requests must give with it, what it reads."""

    operation, answer_key, noun = operations.describe_filter, "filter", "filter"
    template_name = "filters/detail.html"
    live = ("filters/_head.html",)

    def get_title(self) -> str:
        """Its name."""
        return str(self.kwargs["filter"])

    def context(self) -> dict[str, Any]:
        """All of it on one page."""
        found = self.resource
        name, arn = found["name"], found["filterArn"]
        checked = about(found["checked"], found["filterExpression"])
        return super().context() | {
            "pairs": [
                {"label": "ARN", "value": arn, "copyable": True},
                {"label": "Chooses among", "value": checked.get("target", "")},
                {"label": "Fields used", "value": ", ".join(checked.get("fields", ())), "mono": True},
                {"label": "Created", "value": found["creationDateTime"], "moment": "full"},
            ],
            "check": checked,
            "expression": expressions.painted(found["filterExpression"]),
            "plain": found["filterExpression"],
            "delete_url": self.url("filters:delete", filter=name),
            "delete_denied": self.denied("delete_filter"),
            "copy_url": f"{self.url('filters:create')}?copy={name}",
            "copy_denied": self.denied("create_filter"),
            "tags_list": tags.of(self.caller, arn),
            "manage_url": f"/console/tags/?arn={arn}" if self.may("analyst") else "",
            "try_with": self._answering() if found["checked"].get("target") != "USER_ID" else [],
            "trial": None if "problem" in checked else self._trial(),
        }

    def _trial(self) -> dict[str, Any]:
        """The form to try the filter, as the address fills it, and what it lets through."""
        form = TrialForm(
            self.request.GET if "try" in self.request.GET else None,
            caller=self.caller,
            about={"checked": self.resource["checked"]},
        )
        found = None
        if form.is_bound and form.is_valid():
            try:
                found = operations.try_filter(self.caller, filter_arn=self.resource["filterArn"], **form.arguments())
            except ServiceError as error:
                form.place(error)
        return {"form": form, "found": found, "noun": NOUNS[self.resource["checked"]["target"]]}

    def _answering(self) -> list[dict[str, str]]:
        """What is Active in the group and could answer with this filter: {text, href} of its test page."""
        arn, name = self.group["datasetGroupArn"], self.resource["name"]
        of_actions = self.resource["checked"].get("target") == "ACTION_ID"
        found = []
        for kind, listing in (
            ("campaign", operations.list_campaign_details),
            ("recommender", operations.list_recommender_details),
        ):
            for one in listing(self.caller, dataset_group_arn=arn)[f"{kind}s"]:
                if one["status"] == "ACTIVE" and (one.get("recipeType") == "PERSONALIZED_ACTIONS") == of_actions:
                    address = self.url(f"recommendations:{kind}", **{kind: one["name"]})
                    found.append({"text": one["name"], "href": f"{address}?filter={name}"})
        return found


class DeleteFilter(OneFilter, DeletePage):
    """F28."""

    operation, argument, noun = operations.delete_filter, "filter_arn", "filter"

    def names(self) -> Sequence[str]:
        """The filter of the address."""
        return [str(self.kwargs["filter"])]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return str(self.resource["filterArn"])

    def consequences(self) -> Sequence[str]:
        """What stops."""
        return ["Requests and promotions that name it are refused from then on."]

    def success_url(self) -> str:
        """The list."""
        return self.url("filters:list")
