"""Experiments: list, create with a plan, results, start, stop, delete."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.experiments import results
from apps.experiments.forms import ExperimentForm, PlanForm
from apps.ui import cells, files
from apps.ui.flashes import flash
from apps.ui.forms import OperationForm
from apps.ui.pages import Column, ConfirmPage, ConsolePage, DeletePage, DetailPage, Empty, FormPage, ListPage
from personalize_web import operations
from personalize_web.operations import ServiceError

CRUMBS = (("Experiments", "experiments:list"),)


class Experiments(ListPage):
    """The experiments of the group."""

    operation, answer_key = operations.list_experiments, "experiments"
    title, section, noun = "Experiments", "experiments", "experiment"
    description = "Compare campaigns or recommenders on your users; programs go on asking the one they ask today."
    empty = Empty("No experiments", "An experiment shares out requests to a campaign or recommender.", art="chart")
    create, create_operation = ("Create experiment", "experiments:create"), "create_experiment"

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """Links need the group's name."""
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url("experiments:detail", experiment=row["name"])),
                sortable=True,
            ),
            Column("variants", "Variants", _variants, css="secondary"),
            Column("metrics", "Decided by", value=lambda row: row["metrics"][0]["name"], css="secondary"),
            Column("status", "Status", cells.status(), sortable=True),
            Column("startedAt", "Started", cells.moment("startedAt"), sortable=True, css="secondary nowrap"),
            Column(
                "creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True, css="secondary nowrap"
            ),
        )

    def arguments(self) -> dict[str, Any]:
        """Of this group."""
        return {"dataset_group_arn": self.group["datasetGroupArn"]}


def _variants(row: Mapping[str, Any]) -> SafeString:
    return format_html_join(" · ", "{} {}", ((each["name"], each["share"]) for each in row["variants"]))


class CreateExperiment(FormPage):
    """A hypothesis, who is compared, and what decides; beside it how many users it takes."""

    operation, form_class = operations.create_experiment, ExperimentForm
    template_name = "experiments/create.html"
    title, section, noun, submit, crumbs = (
        "Create experiment", "experiments", "experiment", "Create experiment", CRUMBS,
    )  # fmt: skip
    description = "It begins when you start it. What is compared can't be changed afterwards."

    @cached_property
    def answering(self) -> list[dict[str, str]]:
        """What is Active in the group and answers requests."""
        arn, found = self.group["datasetGroupArn"], []
        for kind, listing in (
            ("campaign", operations.list_campaign_details),
            ("recommender", operations.list_recommender_details),
        ):
            for one in listing(self.caller, dataset_group_arn=arn)[f"{kind}s"]:
                if one["status"] == "ACTIVE":
                    text = f"{one['name']} · {kind} · {one.get('recipeTitle', '')}"
                    found.append({"name": one["name"], "arn": one[f"{kind}Arn"], "text": text})
        return found

    @cached_property
    def event_types(self) -> list[str]:
        """Types that were recorded, the most frequent first."""
        counts = operations.describe_readiness(self.caller, dataset_group_arn=self.group["datasetGroupArn"])
        return sorted(counts["eventTypes"], key=lambda name: -counts["eventTypes"][name])

    def about(self) -> dict[str, Any]:
        """What may be chosen."""
        return super().about() | {"answering": self.answering, "event_types": self.event_types}

    def arguments(self) -> dict[str, Any]:
        """With the group."""
        return super().arguments() | {"dataset_group_arn": self.group["datasetGroupArn"]}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The plan is asked for from the same page."""
        if "_plan" in request.POST:
            return self._plan(request)
        return super().post(request, *args, **kwargs)

    def _plan(self, request: HttpRequest) -> HttpResponse:
        form = self._plan_form(request.POST)
        planned: dict[str, Any] = {}
        if form.is_valid():
            try:
                planned = operations.plan_experiment(
                    self.caller, dataset_group_arn=self.group["datasetGroupArn"], **form.arguments()
                )
            except ServiceError as error:
                form.place(error)
        context = {"plan": form, "planned": planned, "address": request.path}
        if self.is_fragment:
            return render(request, "experiments/_plan.html", self.context_of_plan(form, planned))
        self.form = self.make_form()
        return self.render(status=200 if planned else 422, **context)

    def _plan_form(self, data: Any = None) -> OperationForm:
        first = next(iter(self.event_types), "")
        return PlanForm(data, caller=self.caller, about={}, initial={"event_type": first}, prefix="plan")

    def context_of_plan(self, form: OperationForm, planned: Mapping[str, Any]) -> dict[str, Any]:
        """What the fragment is drawn from."""
        return {"plan": form, "planned": planned, "address": self.request.path}

    def context(self) -> dict[str, Any]:
        """With the plan's form."""
        shown = self.context_of_plan(self._plan_form(), {}) | super().context()
        return shown | {"event_types": self.event_types, "code": False}

    def success(self, answer: Any) -> None:
        """Nothing runs yet."""
        flash(self.request, "success", f"Experiment {self.form.cleaned_data['name']} is ready to start.")

    def success_url(self, answer: Any) -> str:
        """Its page."""
        return self.url("experiments:detail", experiment=self.form.cleaned_data["name"])


class OneExperiment(ConsolePage):
    """A page of the experiment of the address."""

    section = "experiments"
    crumbs: tuple[tuple[str, str], ...] = CRUMBS

    @property
    def name(self) -> str:
        """Of the experiment."""
        return str(self.kwargs["experiment"])

    @property
    def experiment_arn(self) -> str:
        """Its ARN."""
        return self.arn("experiment", self.name)

    def own_url(self, route: str = "detail") -> str:
        """An address of the experiment."""
        return self.url(f"experiments:{route}", experiment=self.name)


class ExperimentDetails(OneExperiment, DetailPage):
    """What is compared, who took part, and what was found until now."""

    operation, answer_key, noun = operations.describe_experiment, "experiment", "experiment"
    template_name = "experiments/detail.html"

    def arguments(self) -> dict[str, Any]:
        """Of the address."""
        return {"experiment_arn": self.experiment_arn}

    def context(self) -> dict[str, Any]:
        """Results, and what may be done."""
        found = self.resource
        begun = found["status"] != "DRAFT"
        answer = operations.get_experiment_results(self.caller, experiment_arn=self.experiment_arn) if begun else None
        end = found.get("endedAt") or datetime.now(UTC)
        days = (end - found["startedAt"]).days if begun else 0
        return super().context() | {
            "pairs": [
                {"label": "ARN", "value": found["experimentArn"], "copyable": True},
                {"label": "Users who take part", "value": f"{found['audience']} %"},
                {"label": "Testers", "value": ", ".join(found["testers"]) or "None"},
                {"label": "Created", "value": found["creationDateTime"], "moment": "list"},
                {"label": "Started", "value": found.get("startedAt"), "moment": "list"},
                {"label": "Stopped", "value": found.get("endedAt"), "moment": "list"},
            ],
            "results": results.shown(found, answer) if answer else None,
            "days": days,
            "early": begun and days < 7,
            "problems": [{"name": name, "reason": reason} for name, reason in found["problems"].items()],
            "urls": {route: self.own_url(route) for route in ("start", "stop", "delete", "download")},
            "denied": self.denied("start_experiment"),
        }


class StartExperiment(OneExperiment, ConfirmPage):
    """From now on requests are shared out."""

    operation, title, verb = operations.start_experiment, "Start experiment", "Start"
    text = "From now on part of the users get another variant. Let it run whole weeks, and judge it when it ends."

    def arguments(self) -> dict[str, Any]:
        """Of the address."""
        return {"experiment_arn": self.experiment_arn}

    def success_url(self) -> str:
        """The experiment."""
        return self.own_url()

    def done(self) -> tuple[str, str]:
        """What the next page says."""
        return "success", f"Experiment {self.name} runs."


class StopExperiment(OneExperiment, ConfirmPage):
    """The control answers everybody again."""

    operation, title, verb = operations.stop_experiment, "Stop experiment", "Stop"
    text = "The control answers everybody again. A stopped experiment can't be started again; its results stay."

    def arguments(self) -> dict[str, Any]:
        """Of the address."""
        return {"experiment_arn": self.experiment_arn}

    def success_url(self) -> str:
        """The experiment."""
        return self.own_url()

    def done(self) -> tuple[str, str]:
        """What the next page says."""
        return "success", f"Experiment {self.name} has stopped."


class DeleteExperiment(OneExperiment, DeletePage):
    """Forget it."""

    operation, argument, noun = operations.delete_experiment, "experiment_arn", "experiment"

    def names(self) -> Sequence[str]:
        """The one of the address."""
        return [self.name]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return self.experiment_arn

    def consequences(self) -> Sequence[str]:
        """What is lost."""
        return ["Its results and who took part are forgotten."]

    def success_url(self) -> str:
        """The list."""
        return self.url("experiments:list")


class DownloadResults(OneExperiment):
    """Everything that was found, as CSV."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file."""
        about = operations.describe_experiment(self.caller, experiment_arn=self.experiment_arn)["experiment"]
        found = operations.get_experiment_results(self.caller, experiment_arn=self.experiment_arn)
        return files.csv_file(results.COLUMNS, results.csv_rows(about, found), f"{self.name}.csv")
