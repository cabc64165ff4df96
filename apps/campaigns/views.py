"""Campaigns: list, details, create, update, delete."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.campaigns.forms import ALWAYS_METADATA, CreateCampaignForm, UpdateCampaignForm, configured
from apps.ui import cells, model_arns
from apps.ui.pages import Column, DeletePage, DetailPage, Empty, FormPage, ListPage, RowAction, flash
from personalize_web import operations

Row = Mapping[str, Any]
CRUMBS = (("Campaigns", "campaigns:list"),)
OPERATIONS = {"PERSONALIZED_RANKING": "GetPersonalizedRanking", "PERSONALIZED_ACTIONS": "GetActionRecommendations"}
LATEST = "syncWithLatestSolutionVersion"


def _version(row: Row) -> SafeString:
    return render_to_string(
        "campaigns/_version.html",
        {
            "id": row.get("versionId"),
            "latest": row.get("syncWithLatestSolutionVersion"),
        },
    )


class CampaignsPage(ListPage):
    """The campaigns of a dataset group."""

    operation, answer_key = operations.list_campaign_details, "campaigns"
    title, section, noun = "Campaigns", "campaigns", "campaign"
    description = "A campaign answers requests with one solution version."
    empty = Empty("No campaigns", "Deploy an Active solution version to answer requests.")
    create, create_operation = ("Create campaign", "campaigns:create"), "create_campaign"
    actions = (
        RowAction("test", "Test", lambda page, names: page.url("recommendations:campaign", campaign=names[0])),
        RowAction(
            "update",
            "Update",
            lambda page, names: page.url("campaigns:update", campaign=names[0]),
            operation="update_campaign",
        ),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: _selected(page.url("campaigns:delete_many"), names),
            needs="some",
            icon="trash",
            bulk=True,
            operation="delete_campaign",
        ),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url("campaigns:detail", campaign=row["name"])),
                sortable=True,
            ),
            Column(
                "solution",
                "Solution",
                cells.href(
                    lambda row: self.url("solutions:detail", solution=row["solutionName"]),
                    "solutionName",
                    css="secondary",
                ),
                value=lambda row: row["solutionName"],
                sortable=True,
            ),
            Column("version", "Deployed version", _version, value=lambda row: row["versionId"]),
            Column("status", "Status", cells.status(update=lambda row: row.get("latestCampaignUpdate")), sortable=True),
            Column("minProvisionedTPS", "Min TPS", cells.number("minProvisionedTPS"), sortable=True, align="end"),
            Column(
                "creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True, css="secondary nowrap"
            ),
        )

    def arguments(self) -> dict[str, Any]:
        return {"dataset_group_arn": self.group["datasetGroupArn"]}

    def rows(self) -> list[Row]:
        return list(operations.list_campaign_details(self.caller, **self.arguments())["campaigns"])


def _selected(address: str, names: Sequence[str]) -> str:
    return f"{address}?{'&'.join(f'selected={name}' for name in names)}"


class CampaignPage(DetailPage):
    """One campaign: how to call it, how to try it, what it serves."""

    operation, answer_key = operations.describe_campaign_details, "campaign"
    section, noun, crumbs = "campaigns", "campaign", CRUMBS
    template_name = "campaigns/detail.html"
    live = ("campaigns/_head.html",)
    tabs = (("details", "Campaign details"), ("tags", "Tags"))

    def arguments(self) -> dict[str, Any]:
        return {"campaign_arn": self.arn("campaign", self.kwargs["campaign"])}

    def get_title(self) -> str:
        return self.kwargs["campaign"]

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe behind the campaign."""
        return self.resource["recipe"]

    @cached_property
    def tags(self) -> list[dict[str, str]]:
        return operations.list_tags_for_resource(self.caller, resource_arn=self.resource["campaignArn"])["tags"]

    def tab_counts(self) -> dict[str, int]:
        return {"tags": len(self.tags)}

    def context(self) -> dict[str, Any]:
        solution, version = self.resource["solutionName"], self.resource["versionId"]
        inputs = self.recipe.get("requestInputs") or {}
        return super().context() | {
            "solution": solution,
            "version": version,
            "solution_href": self.url("solutions:detail", solution=solution),
            "version_href": self.url("solutions:version", solution=solution, version=version),
            "follows": (self.resource.get("campaignConfig") or {}).get(LATEST),
            "update": self.updates(),
            "damage": self._damage(),
            "ready": self.resource["status"] == "ACTIVE",
            "asks_user": inputs.get("userId") in ("required", "filter"),
            "user_optional": inputs.get("userId") == "filter",
            "asks_item": inputs.get("itemId") == "required",
            "asks_list": inputs.get("inputList") == "required",
            "test_href": self.url("recommendations:campaign", campaign=self.kwargs["campaign"]),
            "update_href": self.url("campaigns:update", campaign=self.kwargs["campaign"]),
            "update_denied": self.denied("update_campaign"),
            "delete_href": self.url("campaigns:delete", campaign=self.kwargs["campaign"]),
            "delete_denied": self._delete_denied(),
            "api": [
                {
                    "label": "API operation",
                    "value": OPERATIONS.get(self.recipe.get("servedAs", ""), "GetRecommendations"),
                    "mono": True,
                },
                {"label": "Campaign ARN", "value": self.resource["campaignArn"], "copyable": True},
            ],
            "about": self._about(solution, version),
            "tags_list": self.tags,
            "manage_tags": self._manage_tags(),
        }

    def _damage(self) -> str:
        """What answers in the place of a model that cannot be read."""
        instead = self.resource.get("answersInstead")
        if instead:
            return f"Version {model_arns.version_id(instead)}, the newest older one that is whole, answers instead."
        return "No older version is whole, so requests fail. Train a new version."

    def _delete_denied(self) -> str:
        if self.moving():
            return "Wait until it is Active or Create failed"
        return self.denied("delete_campaign")

    def _manage_tags(self) -> str:
        try:
            return (
                f"{reverse('tags:edit')}?arn={self.resource['campaignArn']}" if not self.denied("tag_resource") else ""
            )
        except Exception:
            return ""

    def _about(self, solution: str, version: str) -> list[dict[str, Any]]:
        config = self.resource.get("campaignConfig") or {}
        always = self.recipe["name"] in ALWAYS_METADATA
        metadata = "Always on for this recipe" if always else _on(config.get("enableMetadataWithRecommendations"))
        update = self.updates()
        return [
            {"label": "Solution", "value": solution, "href": self.url("solutions:detail", solution=solution)},
            {
                "label": "Solution version",
                "value": version,
                "mono": True,
                "href": self.url("solutions:version", solution=solution, version=version),
            },
            {"label": "Follows the latest version", "value": _on(config.get(LATEST))},
            {"label": "Minimum transactions per second", "value": self.resource["minProvisionedTPS"]},
            {"label": "Items metadata in results", "value": metadata},
            *_exploration(config),
            *_influence(config),
            {"label": "Created", "value": self.resource["creationDateTime"], "moment": "list"},
            {
                "label": "Latest update",
                "value": update.get("status"),
                "status": bool(update),
                "reason": update.get("failureReason"),
            },
            {"label": "Last updated", "value": self.resource["lastUpdatedDateTime"], "moment": "list"},
        ]


def _exploration(config: dict[str, Any]) -> list[dict[str, Any]]:
    given = config.get("itemExplorationConfig") or {}
    labels = {"explorationWeight": "Exploration weight", "explorationItemAgeCutOff": "Exploration age cutoff, days"}
    return [{"label": label, "value": given[name]} for name, label in labels.items() if name in given]


def _influence(config: dict[str, Any]) -> list[dict[str, Any]]:
    given = config.get("rankingInfluence") or {}
    labels = {"POPULARITY": "Influence of popularity", "FRESHNESS": "Influence of freshness"}
    return [{"label": label, "value": given[name]} for name, label in labels.items() if name in given]


def _on(value: Any) -> str:
    return "On" if value else "Off"


class CampaignForms:
    """What both forms know: solutions with their Active versions, and whether items have metadata."""

    def about(self) -> dict[str, Any]:
        group_arn = self.group["datasetGroupArn"]  # type: ignore[attr-defined]
        caller = self.caller  # type: ignore[attr-defined]
        solutions = operations.list_solution_details(caller, dataset_group_arn=group_arn)["solutions"]
        versions = [
            version
            for solution in solutions
            for version in operations.list_solution_version_details(caller, solution_arn=solution["solutionArn"])[
                "solutionVersions"
            ]
            if version["status"] == "ACTIVE"
        ]
        datasets = operations.list_dataset_details(caller, dataset_group_arn=group_arn)["datasets"]
        items = any(each["datasetType"].upper() == "ITEMS" for each in datasets)
        return {"group": self.group, "solutions": solutions, "versions": versions, "items_metadata": items}  # type: ignore[attr-defined]


class CreateCampaign(CampaignForms, FormPage):
    """Create a campaign."""

    operation, form_class = operations.create_campaign, CreateCampaignForm
    template_name = "campaigns/form.html"
    title, section, noun, submit, crumbs = "Create new campaign", "campaigns", "campaign", "Create campaign", CRUMBS

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("version", "")
        return {"solution": model_arns.solution_arn(asked), "solution_version_arn": asked} if asked else {}

    def success_url(self, answer: Any) -> str:
        return self.url("campaigns:detail", campaign=self.form.cleaned_data["name"])


class UpdateCampaign(CampaignForms, FormPage):
    """Change what a campaign serves and how."""

    operation, form_class = operations.update_campaign, UpdateCampaignForm
    template_name = "campaigns/form.html"
    title, section, noun, submit, crumbs = "Update campaign", "campaigns", "campaign", "Update", CRUMBS
    description = "Requests are answered as before until the update completes."

    @cached_property
    def campaign(self) -> dict[str, Any]:
        arn = self.arn("campaign", self.kwargs["campaign"])
        return operations.describe_campaign(self.caller, campaign_arn=arn)["campaign"]

    def get_title(self) -> str:
        return f"Update campaign {self.kwargs['campaign']}"

    def edited(self) -> tuple[str, Any]:
        now = self.campaign
        latest = now.get("latestCampaignUpdate") or now
        return now["campaignArn"], [
            latest.get(name) for name in ("solutionVersionArn", "minProvisionedTPS", "campaignConfig")
        ]

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("version") or self.campaign["solutionVersionArn"]
        config = self.campaign.get("campaignConfig") or {}
        return {
            "solution": model_arns.solution_arn(asked),
            "solution_version_arn": asked,
            "latest": bool(config.get(LATEST)) and "version" not in self.request.GET,
            "min_provisioned_tps": self.campaign["minProvisionedTPS"],
            **configured(config),
        }

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"campaign_arn": self.arn("campaign", self.kwargs["campaign"])}

    def success(self, answer: Any) -> None:
        flash(
            self.request,
            "in-progress",
            f"Updating campaign {self.kwargs['campaign']}…",
            "The previous configuration answers until the update completes.",
        )

    def cancel_url(self) -> str:
        return self.url("campaigns:detail", campaign=self.kwargs["campaign"])

    def success_url(self, answer: Any) -> str:
        return self.cancel_url()


class DeleteCampaigns(DeletePage):
    """Delete one campaign, or those selected in the list."""

    operation, noun, argument = operations.delete_campaign, "campaign", "campaign_arn"
    section, crumbs = "campaigns", CRUMBS

    def names(self) -> Sequence[str]:
        return [self.kwargs["campaign"]] if "campaign" in self.kwargs else super().names()

    def arn_of(self, name: str) -> str:
        return self.arn("campaign", name)

    def consequences(self) -> Sequence[str]:
        return ("Requests to it will fail with ResourceNotFoundException. Its solution version stays.",)

    def success_url(self) -> str:
        return self.url("campaigns:list")
