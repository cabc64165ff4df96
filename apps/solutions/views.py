"""Solutions: the list with the recipes beside it, details, delete."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.solutions import over_time, words
from apps.ui import cells, model_metrics, recipes, tables
from apps.ui.pages import Column, ConsolePage, DeletePage, DetailPage, Empty, ListPage, RowAction
from apps.ui.views.lists import Row
from personalize_web import operations

CRUMBS = (("Solutions and recipes", "solutions:list"),)
TABS = (("solutions", "Solutions"), ("recipes", "Recipes"))
HEADLINE = model_metrics.SHOWN_OVER_TIME


def by_tab(**pages: type[ConsolePage]) -> Callable[..., HttpResponse]:
    """The page that ``?tab=`` names; the first without it."""
    views = {name: page.as_view() for name, page in pages.items()}
    first = next(iter(views))

    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return views.get(request.GET.get("tab", first), views[first])(request, **kwargs)

    return view


class Tabbed(ListPage):
    """A list under the heading Solutions and recipes."""

    template_name = "solutions/list.html"
    title, section = "Solutions and recipes", "solutions"
    description = "A solution is a recipe with your settings; each training of it makes a version."
    tab = "solutions"

    def context(self) -> dict[str, Any]:
        path = self.url("solutions:list")
        return super().context() | {
            "tab": self.tab,
            "tabs": [{"id": key, "label": label, "href": f"{path}?tab={key}"} for key, label in TABS],
        }


class SolutionsPage(Tabbed):
    """The solutions of a dataset group."""

    operation, answer_key = operations.list_solution_details, "solutions"
    noun = "solution"
    empty = Empty("No solutions", "A solution trains one recipe on the data of this group.")
    create_operation = "create_solution"
    keep = ("tab",)
    actions = (
        RowAction(
            "version",
            "Create solution version",
            lambda page, names: page.url("solutions:create_version", solution=names[0]),
            operation="create_solution_version",
        ),
        RowAction(
            "clone",
            "Clone solution",
            lambda page, names: page.url("solutions:clone", solution=names[0], step="details"),
            operation="create_solution",
        ),
        RowAction(
            "update",
            "Edit automatic training",
            lambda page, names: page.url("solutions:update", solution=names[0]),
            operation="update_solution",
        ),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: f"{page.url('solutions:delete_many')}?{_selected(names)}",
            needs="some",
            icon="trash",
            bulk=True,
            operation="delete_solution",
        ),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url("solutions:detail", solution=row["name"])),
                sortable=True,
            ),
            Column(
                "recipe",
                "Recipe and type",
                self._recipe,
                value=lambda row: f"{row.get('recipeName')} {_type(row)}",
                sortable=True,
            ),
            Column("training", "Automatic training", value=words.schedule, css="secondary nowrap"),
            Column("status", "Status", cells.status(), sortable=True),
            Column(
                "latest",
                "Latest version",
                self._latest,
                value=lambda row: (row.get("latestVersion") or {}).get("status"),
            ),
            Column("versions", "Versions", cells.number("versions"), sortable=True, align="end"),
            Column("campaigns", "Campaigns", cells.number("campaigns"), sortable=True, align="end"),
            Column(
                "creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True, css="secondary nowrap"
            ),
        )

    def arguments(self) -> dict[str, Any]:
        return {"dataset_group_arn": self.group["datasetGroupArn"]}

    def rows(self) -> list[Row]:
        return list(operations.list_solution_details(self.caller, **self.arguments())["solutions"])

    def header(self) -> dict[str, Any]:
        create = {
            "text": "Create solution",
            "href": self.url("solutions:create", step="details"),
            "disabled_reason": self.create_blocked(),
        }
        return super().header() | {"create": create}

    def _recipe(self, row: Row) -> SafeString:
        if not row.get("recipeName"):
            return format_html('<span class="secondary">{}</span>', words.NOT_CHOSEN)
        return format_html(
            '<a class="mono-small nowrap" href="{}">{}</a><span class="second-line">{}</span>',
            self.url("recipes:group_detail", recipe=row["recipeName"]),
            row["recipeName"],
            _type(row),
        )

    @staticmethod
    def _latest_pill(row: Row) -> SafeString:
        latest = row["latestVersion"]
        return cells.pill(latest["status"], latest.get("failureReason", ""), id=f"version-{tables.slug(row['name'])}")

    def _latest(self, row: Row) -> SafeString:
        latest = row.get("latestVersion")
        if not latest:
            return cells.MISSING
        return format_html(
            '{}<a class="mono-small second-line" href="{}">{}</a>',
            self._latest_pill(row),
            self.url("solutions:version", solution=row["name"], version=latest["versionId"]),
            latest["versionId"],
        )

    def _final(self, row: Row) -> bool:
        latest = row.get("latestVersion") or {}
        waits = bool(latest) and not operations.statuses.describe(latest["status"]).final
        return super()._final(row) and not waits

    def _status(self) -> HttpResponse:
        """As any list, and the pills of the latest versions; when nothing moves any more the page is fetched anew."""
        self.panel()
        since = float(self.request.GET.get("since") or time.time())
        drawn = [
            cells.pill(row["status"], row.get("failureReason", ""), id=f"status-{tables.slug(row['name'])}")
            for row in self._shown
        ]
        drawn += [self._latest_pill(row) for row in self._shown if row.get("latestVersion")]
        parts = [str(each).replace("<span ", '<span hx-swap-oob="true" ', 1) for each in drawn]
        head = render_to_string("components/poll.html", self._poll(self._moving, since) if self._moving else {})
        response = HttpResponse(head + "".join(parts), status=200 if self._moving else 286)
        vanished = set(self.request.GET.getlist("watch")) - self._names
        if vanished or not self._moving:
            response.headers["HX-Trigger"] = json.dumps({"reload-page": True})
        return response


def _type(row: Row) -> str:
    return recipes.TYPES.get(row.get("recipeType", ""), "–")


def _selected(names: Sequence[str]) -> str:
    return "&".join(f"selected={name}" for name in names)


class RecipesTab(Tabbed):
    """What solutions of this group can be made of."""

    tab = "recipes"
    noun = "recipe"
    keep = ("tab",)
    sort, direction = "name", "asc"
    empty = Empty("No recipes")

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return recipes.columns(lambda row: self.url("recipes:group_detail", recipe=row["name"]), domains=False)

    def rows(self) -> list[Row]:
        return list(operations.list_recipe_details(self.caller)["recipes"])

    def _final(self, row: Row) -> bool:
        return True


class SolutionPage(DetailPage):
    """One solution with its versions."""

    operation, answer_key = operations.describe_solution, "solution"
    section, noun, crumbs = "solutions", "solution", CRUMBS
    template_name = "solutions/detail.html"
    live = ("solutions/_head.html", "solutions/_versions.html")
    tabs = (
        ("versions", "Solution versions"),
        ("configuration", "Configuration"),
        ("campaigns", "Campaigns"),
        ("tags", "Tags"),
    )

    def arguments(self) -> dict[str, Any]:
        return {"solution_arn": self.arn("solution", self.kwargs["solution"])}

    def get_title(self) -> str:
        return self.kwargs["solution"]

    @cached_property
    def versions(self) -> list[dict[str, Any]]:
        """Newest first, each with its number and the address of its page."""
        arn = self.resource["solutionArn"]
        rows = operations.list_solution_version_details(self.caller, solution_arn=arn)["solutionVersions"]
        return [
            row
            | {
                "number": len(rows) - at,
                "headline": (row.get("metrics") or {}).get(HEADLINE),
                "hours": words.hours(row.get("trainingHours")),
                "href": self.url("solutions:version", solution=self.kwargs["solution"], version=row["versionId"]),
            }
            for at, row in enumerate(rows)
        ]

    @cached_property
    def campaigns(self) -> list[dict[str, Any]]:
        rows = operations.list_campaign_details(self.caller, dataset_group_arn=self.group["datasetGroupArn"])[
            "campaigns"
        ]
        return [
            row | {"href": self.url("campaigns:detail", campaign=row["name"])}
            for row in rows
            if row["solutionName"] == self.kwargs["solution"]
        ]

    @cached_property
    def tags(self) -> list[dict[str, str]]:
        return operations.list_tags_for_resource(self.caller, resource_arn=self.resource["solutionArn"])["tags"]

    def moving(self) -> bool:
        training = any(not operations.statuses.describe(each["status"]).final for each in self.versions)
        first = self.resource.get("performAutoTraining") and not self.versions
        return super().moving() or training or bool(first)

    def tab_counts(self) -> Mapping[str, int]:
        return {"versions": len(self.versions), "campaigns": len(self.campaigns), "tags": len(self.tags)}

    def context(self) -> dict[str, Any]:
        recipe = recipes.name_of(self.resource.get("recipeArn"))
        recipe_href = self.url("recipes:group_detail", recipe=recipe) if recipe else ""
        name = self.kwargs["solution"]
        ready = self.resource["status"] == "ACTIVE"
        return super().context() | {
            "recipe": recipe,
            "recipe_href": recipe_href,
            "versions": self.versions,
            "comparable": sum(bool(each.get("metrics")) and each["status"] == "ACTIVE" for each in self.versions) >= 2,
            "compare_href": self.url("compare:versions"),
            "campaigns": self.campaigns,
            "tags_list": self.tags,
            "manage_tags": words.manage_tags(self, self.resource["solutionArn"]),
            "overview": [
                {"label": "Solution ARN", "value": self.resource["solutionArn"], "copyable": True},
                {
                    "label": "Recipe",
                    "value": recipe or words.NOT_CHOSEN,
                    "href": recipe_href,
                    "mono": bool(recipe),
                },
                {"label": "Automatic training", "value": words.schedule(self.resource)},
                {"label": "Created", "value": self.resource["creationDateTime"], "moment": "list"},
            ],
            "configuration": words.configuration(self.resource),
            "over": over_time.card(self, self.versions),
            "create_version": {
                "href": self.url("solutions:create_version", solution=name),
                "denied": self.denied("create_solution_version")
                or ("" if ready else "Wait until the solution is Active."),
            },
            "menu": [
                {
                    "text": "Clone solution",
                    "icon": "copy",
                    "href": self.url("solutions:clone", solution=name, step="details"),
                    "disabled_reason": self.denied("create_solution"),
                },
                {
                    "text": "Edit automatic training",
                    "icon": "edit",
                    "href": self.url("solutions:update", solution=name),
                    "disabled_reason": self.denied("update_solution")
                    or ("" if ready else "Wait until the solution is Active."),
                },
                {"line": True},
                {
                    "text": "Delete",
                    "icon": "trash",
                    "danger": True,
                    "href": self.url("solutions:delete", solution=name),
                    "modal": True,
                    "disabled_reason": self._delete_denied(),
                },
            ],
            "deploy_href": self.url("campaigns:create"),
            "waiting": "The first version starts by itself once the solution is Active."
            if self.resource.get("performAutoTraining")
            else "Create the first version to train it.",
        }

    def _delete_denied(self) -> str:
        if not operations.statuses.describe(self.resource["status"]).final:
            return "Wait until it is Active or Create failed"
        return self.denied("delete_solution")


class DeleteSolutions(DeletePage):
    """Delete a solution with all its versions; campaigns and running trainings forbid it."""

    operation, noun, argument = operations.delete_solution, "solution", "solution_arn"
    section, crumbs = "solutions", CRUMBS

    def names(self) -> Sequence[str]:
        return [self.kwargs["solution"]] if "solution" in self.kwargs else super().names()

    def arn_of(self, name: str) -> str:
        return self.arn("solution", name)

    @cached_property
    def _versions(self) -> dict[str, list[dict[str, Any]]]:
        return {
            name: operations.list_solution_version_details(self.caller, solution_arn=self.arn_of(name))[
                "solutionVersions"
            ]
            for name in self.names()
        }

    def consequences(self) -> Sequence[str]:
        count = sum(len(rows) for rows in self._versions.values())
        versions = "1 version" if count == 1 else f"{count} versions"
        return (f"{versions} and their trained models are deleted with it." if count else "It has no versions yet.",)

    def blockers(self) -> Sequence[Mapping[str, str]]:
        found = [
            {
                "text": f"Version {row['versionId']} of {name} is being trained; stop it or wait.",
                "href": self.url("solutions:version", solution=name, version=row["versionId"]),
            }
            for name, rows in self._versions.items()
            for row in rows
            if not operations.statuses.describe(row["status"]).final
        ]
        group = self.group["datasetGroupArn"]
        for campaign in operations.list_campaign_details(self.caller, dataset_group_arn=group)["campaigns"]:
            if campaign["solutionName"] in self._versions:
                found.append(
                    {
                        "text": f"Campaign {campaign['name']} serves one of its versions.",
                        "href": self.url("campaigns:detail", campaign=campaign["name"]),
                    }
                )
        return found

    def success_url(self) -> str:
        return self.url("solutions:list")
