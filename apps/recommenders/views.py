"""Recommenders: list, details, edit, stop and start, delete."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.urls import NoReverseMatch, reverse

from apps.recommenders.forms import ConfigurationForm, configured
from apps.ui import (
    cells,
    evaluations,
    formats,
    jobs,
    model_failures,
    model_metrics,
    model_updates,
    recipes,
    training_columns,
)
from apps.ui.pages import Column, ConfirmPage, DeletePage, DetailPage, Empty, FormPage, ListPage, RowAction, flash
from apps.ui.views.lists import Row
from personalize_web import operations

CRUMBS = (("Recommenders", "recommenders:list"),)
HEADLINE = model_metrics.SHOWN_OVER_TIME


class RecommendersPage(ListPage):
    """The recommenders of a domain dataset group."""

    operation, answer_key = operations.list_recommender_details, "recommenders"
    title, section, noun = "Recommenders", "recommenders", "recommender"
    description = "A recommender serves one use case of the domain: it trains, answers and trains again by itself."
    empty = Empty("No recommenders", "One recommender per use case.")
    create_operation = "create_recommender"
    actions = (
        RowAction("test", "Test", lambda page, names: page.url("recommendations:recommender", recommender=names[0])),
        RowAction(
            "edit",
            "Edit",
            lambda page, names: page.url("recommenders:edit", recommender=names[0]),
            operation="update_recommender",
        ),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: f"{page.url('recommenders:delete_many')}?{_selected(names)}",
            needs="some",
            icon="trash",
            bulk=True,
            operation="delete_recommender",
        ),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url("recommenders:detail", recommender=row["name"])),
                sortable=True,
            ),
            Column("recipeTitle", "Use case", sortable=True, css="secondary"),
            Column(
                "status", "Status", cells.status(update=lambda row: row.get("latestRecommenderUpdate")), sortable=True
            ),
            Column(
                "requests",
                "Min requests/s",
                align="end",
                value=lambda row: row["recommenderConfig"].get("minRecommendationRequestsPerSecond", 1),
            ),
            Column(
                "headline",
                "NDCG at 10",
                lambda row: formats.number((row.get("metrics") or {}).get(HEADLINE), 4),
                value=lambda row: (row.get("metrics") or {}).get(HEADLINE),
                sortable=True,
                align="end",
            ),
            Column(
                "trainingStartedAt",
                "Last trained",
                cells.moment("trainingStartedAt"),
                sortable=True,
                css="secondary nowrap",
            ),
            Column(
                "creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True, css="secondary nowrap"
            ),
        )

    def arguments(self) -> dict[str, Any]:
        return {"dataset_group_arn": self.group["datasetGroupArn"]}

    def rows(self) -> list[Row]:
        return list(operations.list_recommender_details(self.caller, **self.arguments())["recommenders"])

    def create_blocked(self) -> str:
        if not self.group.get("domain"):
            return "Only groups with a domain have recommenders; use solutions."
        return super().create_blocked()

    def header(self) -> dict[str, Any]:
        create = {
            "text": "Create recommenders",
            "href": self.url("recommenders:create", step="use-cases"),
            "disabled_reason": self.create_blocked(),
        }
        return super().header() | {"create": create}


def _selected(names: Sequence[str]) -> str:
    return "&".join(f"selected={name}" for name in names)


class RecommenderPage(DetailPage):
    """One recommender."""

    operation, answer_key = operations.describe_recommender_details, "recommender"
    section, noun, crumbs = "recommenders", "recommender", CRUMBS
    template_name = "recommenders/detail.html"
    live = ("recommenders/_head.html", "recommenders/_progress.html")
    tabs = (
        ("metrics", "Metrics"),
        ("configuration", "Recommender configuration"),
        ("log", "Training log"),
        ("tags", "Tags"),
    )

    def arguments(self) -> dict[str, Any]:
        return {"recommender_arn": self.arn("recommender", self.kwargs["recommender"])}

    def get_title(self) -> str:
        return self.kwargs["recommender"]

    @cached_property
    def job(self) -> dict[str, Any] | None:
        return operations.describe_job(self.caller, resource_arn=self.resource["recommenderArn"])["job"]

    @cached_property
    def tags(self) -> list[dict[str, str]]:
        return operations.list_tags_for_resource(self.caller, resource_arn=self.resource["recommenderArn"])["tags"]

    def tab_counts(self) -> dict[str, int]:
        return {"tags": len(self.tags)}

    def context(self) -> dict[str, Any]:
        name, status = self.kwargs["recommender"], self.resource["status"]
        facts = self.resource.get("details") or {}
        baselines = self.resource.get("baselines") or {}
        metrics = self.resource.get("metrics")
        floor, words = model_metrics.baseline(baselines)
        before = baselines.get(evaluations.PREVIOUS)
        evaluation = operations.get_recommender_evaluation(
            self.caller, recommender_arn=self.resource["recommenderArn"]
        )["evaluation"]
        return super().context() | {
            "recipe": self.resource["recipe"],
            "update": self.updates(),
            "ready": status == "ACTIVE",
            "working": self.moving() and bool(self.job and self.job["state"] in ("PENDING", "IN_PROGRESS")),
            "progress": jobs.progress(self.job)
            | {"percent": 100 * self.job["overall"] if self.job and "overall" in self.job else None},
            "about": self._about(),
            "rows": model_metrics.rows(
                metrics, None, floor, previous=before, intervals=evaluations.intervals(evaluation)
            ),
            "previous": {"name": "Model before"} if before else None,
            "previous_note": evaluations.previous_note(evaluation),
            "cohorts": evaluations.section(evaluation, previous="Model before") if self.tab == "metrics" else None,
            "baseline": floor,
            "baseline_words": words,
            "tested": model_metrics.tested(self.resource.get("recipeType"), facts.get("test users")),
            "configuration": self._configuration(),
            "log": operations.get_job_log(self.caller, resource_arn=self.resource["recommenderArn"])["lines"]
            if self.tab == "log"
            else [],
            "hint": model_failures.shown(self.resource.get("failureReason"), self._try),
            "tags_list": self.tags,
            "manage_tags": self._manage_tags(),
            "test_href": self.url("recommendations:recommender", recommender=name),
            "edit": {"href": self.url("recommenders:edit", recommender=name), "denied": self._edit_denied()},
            "switch": self._switch(),
            "delete": {"href": self.url("recommenders:delete", recommender=name), "denied": self._delete_denied()},
        }

    def _about(self) -> list[dict[str, Any]]:
        own = self.resource
        return [
            {"label": "Recommender ARN", "value": own["recommenderArn"], "copyable": True},
            {"label": "Use case", "value": own["recipe"]["title"]},
            {"label": "Last trained", "value": own.get("trainingStartedAt"), "moment": "list"}
            if own.get("trainingStartedAt")
            else {"label": "Last trained", "value": ""},
            {"label": "Created", "value": own["creationDateTime"], "moment": "list"},
            *(model_updates.pairs(own.get("automaticUpdates")) if own["status"] == "ACTIVE" else ()),
        ]

    def _configuration(self) -> list[dict[str, Any]]:
        config = self.resource.get("recommenderConfig") or {}
        exploration = config.get("itemExplorationConfig") or {}
        excluded = (config.get("trainingDataConfig") or {}).get("excludedDatasetColumns") or {}
        pairs = [
            {"label": "Minimum requests per second", "value": config.get("minRecommendationRequestsPerSecond", 1)},
            {
                "label": "Items metadata in results",
                "value": "On" if config.get("enableMetadataWithRecommendations") else "Off",
            },
            {
                "label": "Columns left out",
                "value": ", ".join(one for many in excluded.values() for one in many) or "None",
            },
        ]
        if recipes.can(self.resource["recipe"], "configurable_exploration"):
            pairs += [
                {"label": "Exploration weight", "value": exploration.get("explorationWeight", "0.3")},
                {"label": "Item age cutoff", "value": f"{exploration.get('explorationItemAgeCutOff', '30')} days"},
            ]
        return pairs

    def _manage_tags(self) -> str:
        if self.denied("tag_resource"):
            return ""
        try:
            return f"{reverse('tags:edit')}?arn={self.resource['recommenderArn']}"
        except NoReverseMatch:
            return ""

    def _edit_denied(self) -> str:
        if self.denied("update_recommender"):
            return self.denied("update_recommender")
        if self.moving() or self.resource["status"] not in ("ACTIVE", "INACTIVE"):
            return "Wait until the recommender is Active."
        return ""

    def _switch(self) -> dict[str, str] | None:
        """Stop or start, by state."""
        name, status = self.kwargs["recommender"], self.resource["status"]
        if status == "INACTIVE":
            return {
                "text": "Start recommender",
                "href": self.url("recommenders:start", recommender=name),
                "denied": self.denied("start_recommender"),
            }
        if status != "ACTIVE":
            return None
        denied = "Wait until the update has ended." if self.moving() else self.denied("stop_recommender")
        return {"text": "Stop recommender", "href": self.url("recommenders:stop", recommender=name), "denied": denied}

    def _delete_denied(self) -> str:
        if self.moving():
            return "Wait until it is Active, Inactive or Create failed"
        return self.denied("delete_recommender")


class EditRecommender(FormPage):
    """Change how a recommender trains and answers."""

    operation, form_class = operations.update_recommender, ConfigurationForm
    template_name = "recommenders/edit.html"
    section, noun, submit, crumbs = "recommenders", "recommender", "Update", CRUMBS
    description = "The present configuration answers until the update completes."

    @cached_property
    def recommender(self) -> dict[str, Any]:
        arn = self.arn("recommender", self.kwargs["recommender"])
        return operations.describe_recommender_details(self.caller, recommender_arn=arn)["recommender"]

    @cached_property
    def columns(self) -> tuple[training_columns.DatasetColumns, ...]:
        return training_columns.of_group(self.caller, self.group["datasetGroupArn"], self.recommender["recipe"])

    def get_title(self) -> str:
        return f"Edit recommender {self.kwargs['recommender']}"

    def edited(self) -> tuple[str, Any]:
        now = self.recommender
        latest = now.get("latestRecommenderUpdate") or now
        return now["recommenderArn"], latest.get("recommenderConfig")

    def about(self) -> dict[str, Any]:
        datasets = operations.list_dataset_details(self.caller, dataset_group_arn=self.group["datasetGroupArn"])[
            "datasets"
        ]
        items = any(each["datasetType"].upper() == "ITEMS" for each in datasets)
        return super().about() | {
            "recipe": self.recommender["recipe"],
            "columns": self.columns,
            "items_metadata": items,
            "edits": True,
        }

    def initial(self) -> dict[str, Any]:
        return configured(self.recommender.get("recommenderConfig") or {}, self.columns)

    def arguments(self) -> dict[str, Any]:
        config = self.form.arguments()
        own = (self.recommender.get("recommenderConfig") or {}).get("trainingDataConfig")
        if not any(config["trainingDataConfig"].values()) and not own:
            del config["trainingDataConfig"]
        return {"recommender_arn": self.recommender["recommenderArn"], "recommender_config": config}

    def cancel_url(self) -> str:
        return self.url("recommenders:detail", recommender=self.kwargs["recommender"])

    def success(self, answer: Any) -> None:
        flash(self.request, "in-progress", f"Updating recommender {self.kwargs['recommender']}…")

    def success_url(self, answer: Any) -> str:
        return self.cancel_url()


class StopRecommender(ConfirmPage):
    """Stop answering and training."""

    operation = operations.stop_recommender
    section, crumbs, title, verb = "recommenders", CRUMBS, "Stop recommender", "Stop recommender"

    @property
    def text(self) -> str:  # type: ignore[override]
        return f"Stop recommender {self.kwargs['recommender']}? It stops answering and retraining until you start it."

    def arguments(self) -> dict[str, Any]:
        return {"recommender_arn": self.arn("recommender", self.kwargs["recommender"])}

    def done(self) -> tuple[str, str]:
        return "in-progress", f"Stopping recommender {self.kwargs['recommender']}…"

    def success_url(self) -> str:
        return self.url("recommenders:detail", recommender=self.kwargs["recommender"])


class StartRecommender(StopRecommender):
    """Answer again."""

    operation = operations.start_recommender
    title, verb = "Start recommender", "Start recommender"

    @property
    def text(self) -> str:  # type: ignore[override]
        name = self.kwargs["recommender"]
        return f"Start recommender {name}? It answers with the model it has, and trains again by timetable."

    def done(self) -> tuple[str, str]:
        return "in-progress", f"Starting recommender {self.kwargs['recommender']}…"


class DeleteRecommenders(DeletePage):
    """Delete one recommender, or those selected in the list."""

    operation, noun, argument = operations.delete_recommender, "recommender", "recommender_arn"
    section, crumbs = "recommenders", CRUMBS

    def names(self) -> Sequence[str]:
        return [self.kwargs["recommender"]] if "recommender" in self.kwargs else super().names()

    def arn_of(self, name: str) -> str:
        return self.arn("recommender", name)

    def consequences(self) -> Sequence[str]:
        return ("Its model is deleted, and requests to it will fail with ResourceNotFoundException.",)

    def success_url(self) -> str:
        return self.url("recommenders:list")
