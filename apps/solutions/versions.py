"""The page of a solution version: while it trains, and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apps.solutions import charts, over_time, words
from apps.solutions.views import CRUMBS
from apps.ui import evaluations, formats, jobs, model_failures, model_metrics, model_updates, recipes
from apps.ui.pages import ConsolePage, DetailPage
from personalize_web import operations

PHASES = ("Read", "Split", "Train", "Evaluate", "Learn from all", "Publish")
LONG = "Train"


@dataclass(frozen=True)
class Curve:
    """One live chart: which series it shows, under which names."""

    title: str
    sub: str
    axis: str
    series: Mapping[str, str]
    """Series as the training calls it -> as the legend does."""
    best: str = ""


CURVES = (
    Curve(
        "Loss",
        "After each epoch",
        "Loss",
        {"training loss": "Training", "validation loss": "Validation"},
        "min:Validation",
    ),
    Curve(
        "Validation NDCG at 10",
        "Training stops when it no longer rises",
        "NDCG at 10",
        {"validation ndcg_at_10": "This version"},
        "max:This version",
    ),
)


class VersionPages(ConsolePage):
    """What the pages of one version share: its ARN, and the crumbs to it."""

    section = "solutions"

    @property
    def version_arn(self) -> str:
        return self.arn("solution", f"{self.kwargs['solution']}/{self.kwargs['version']}")

    def address(self, route: str = "solutions:version", **more: Any) -> str:
        return self.url(route, solution=self.kwargs["solution"], version=self.kwargs["version"], **more)

    def breadcrumbs(self) -> list[dict[str, str]]:
        items = super().breadcrumbs()
        solution = {
            "text": self.kwargs["solution"],
            "href": self.url("solutions:detail", solution=self.kwargs["solution"]),
        }
        return [*items[:-1], {"text": CRUMBS[0][0], "href": self.url(CRUMBS[0][1])}, solution, items[-1]]


class VersionPage(VersionPages, DetailPage):
    """One version: progress, curves and log while it trains; metrics, configuration and log after."""

    operation, answer_key = operations.describe_solution_version_details, "solutionVersion"
    noun = "solution version"
    template_name = "solutions/version.html"
    live = ("solutions/_version_head.html", "solutions/_progress.html", "solutions/_curves.html")
    tabs = (
        ("metrics", "Solution version metrics"),
        ("configuration", "Configuration"),
        ("log", "Log"),
        ("tags", "Tags"),
    )

    def arguments(self) -> dict[str, Any]:
        return {"solution_version_arn": self.version_arn}

    def get_title(self) -> str:
        return self.kwargs["version"]

    @cached_property
    def job(self) -> dict[str, Any] | None:
        return operations.describe_job(self.caller, resource_arn=self.version_arn)["job"]

    @cached_property
    def siblings(self) -> list[dict[str, Any]]:
        """All versions of the solution, newest first, numbered from the oldest."""
        arn = self.resource["solutionArn"]
        rows = operations.list_solution_version_details(self.caller, solution_arn=arn)["solutionVersions"]
        return [row | {"number": len(rows) - at} for at, row in enumerate(rows)]

    @cached_property
    def own(self) -> dict[str, Any]:
        return next(each for each in self.siblings if each["versionId"] == self.kwargs["version"])

    @cached_property
    def others(self) -> list[dict[str, Any]]:
        """Measured versions that this one can be compared with; older ones first to come."""
        measured = [
            each for each in self.siblings if each.get("metrics") and each["versionId"] != self.kwargs["version"]
        ]
        older = [each for each in measured if each["number"] < self.own["number"]]
        return older + [each for each in measured if each not in older]

    @property
    def compared(self) -> dict[str, Any] | None:
        """The version chosen by ``?with=``, else the one before."""
        asked = self.request.GET.get("with")
        return next(
            (each for each in self.others if each["versionId"] == asked), self.others[0] if self.others else None
        )

    @cached_property
    def tags(self) -> list[dict[str, str]]:
        return operations.list_tags_for_resource(self.caller, resource_arn=self.version_arn)["tags"]

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        return operations.get_job_log(self.caller, resource_arn=self.version_arn)["lines"]

    @cached_property
    def evaluation(self) -> Mapping[str, Any]:
        """Means by cohort with intervals; empty where none were kept."""
        answer = operations.get_solution_version_evaluation(self.caller, solution_version_arn=self.version_arn)
        return answer["evaluation"]

    def tab_counts(self) -> Mapping[str, int]:
        return {"tags": len(self.tags)}

    def context(self) -> dict[str, Any]:
        own, status = self.resource, self.resource["status"]
        training = self.moving()
        whole = super().context() | {
            "number": self.own["number"],
            "solution": self.kwargs["solution"],
            "solution_href": self.url("solutions:detail", solution=self.kwargs["solution"]),
            "training": training,
            "measured": bool(own.get("metrics")),
            "about": self._about(),
            "stop": self._stop(),
            "deploy": self._deploy(),
            "job": self.job,
            "log_url": self.address("solutions:version_log"),
            "log": self.log,
            "last_line": self.log[-1]["id"] if self.log else 0,
            "warnings": sum(each["level"] == "warning" for each in self.log),
            "errors": sum(each["level"] == "error" for each in self.log),
            "hint": model_failures.shown(own.get("failureReason"), self._try),
            "retry_href": self.url("solutions:create_version", solution=self.kwargs["solution"]),
            "retry_denied": self.denied("create_solution_version"),
            "stopped": status == "CREATE STOPPED",
        }
        if training or not own.get("metrics"):
            overall = (self.job or {}).get("overall")
            whole |= {
                "progress": jobs.progress(self.job) | {"percent": None if overall is None else 100 * overall},
                "phases": self._phases(),
            }
        whole |= {"curves": self._curves()}
        if self.tab == "configuration":
            whole |= {"configuration": words.configuration(own) + self._found()}
        if self.tab == "tags":
            whole |= {"tags_list": self.tags, "manage_tags": words.manage_tags(self, self.version_arn)}
        return whole | (self._measured() if own.get("metrics") else {})

    def _about(self) -> list[dict[str, Any]]:
        own = self.resource
        recipe = own.get("recipeName")
        facts = own.get("details") or {}
        interactions = facts.get("interactions")
        hours = own.get("trainingHours")
        fourth = (
            {"label": "Training hours", "value": words.hours(hours)}
            if hours is not None
            else {"label": "Interactions", "value": formats.number(interactions)}
        )
        return [
            {
                "label": "Recipe",
                "value": recipe or words.NOT_CHOSEN,
                "mono": bool(recipe),
                "href": self.url("recipes:group_detail", recipe=recipe) if recipe else "",
            },
            {"label": "Training mode", "value": self._mode()},
            {"label": "Training type", "value": "Automatic" if own.get("trainingType") == "AUTOMATIC" else "Manual"},
            fourth,
            {"label": "Created", "value": own["creationDateTime"], "moment": "list"},
            *(model_updates.pairs(own.get("automaticUpdates")) if own["status"] == "ACTIVE" else ()),
        ]

    def _mode(self) -> str:
        if self.resource["trainingMode"] != "UPDATE":
            return "Full"
        base = self.resource.get("updatedFrom")
        return f"Update of {base}" if base else "Update"

    def _stop(self) -> dict[str, str] | None:
        if self.resource["status"] not in ("CREATE PENDING", "CREATE IN_PROGRESS"):
            return None
        return {"href": self.address("solutions:stop_version"), "denied": self.denied("stop_solution_version_creation")}

    def _deploy(self) -> dict[str, str] | None:
        """What the version can be asked by: campaigns, or for users batch segment jobs."""
        if self.resource["status"] != "ACTIVE":
            return None
        if self.resource.get("recipeType") == model_metrics.SEGMENTS:
            return {
                "create": f"{self.url('batch_jobs:segment_create')}?version={self.version_arn}",
                "denied": self.denied("create_batch_segment_job"),
                "text": "Create batch segment job",
                "next": "Create batch segment job",
            }
        serving = operations.list_campaign_details(self.caller, dataset_group_arn=self.group["datasetGroupArn"])[
            "campaigns"
        ]
        mine = [each for each in serving if each["solutionName"] == self.kwargs["solution"]]
        here = [each for each in mine if each["versionId"] == self.kwargs["version"]]
        old = next((each for each in mine if each not in here), None)
        return {
            "text": "Create campaign with this version",
            "next": "Deploy this version",
            "create": f"{self.url('campaigns:create')}?version={self.version_arn}",
            "denied": self.denied("create_campaign"),
            "update": f"{self.url('campaigns:update', campaign=old['name'])}?version={self.version_arn}" if old else "",
            "update_name": old["name"] if old else "",
            "test": self.url("recommendations:campaign", campaign=here[0]["name"]) if here else "",
            "serving": ", ".join(each["name"] for each in here),
        }

    def _phases(self) -> list[dict[str, Any]]:
        return [each | {"long": each["label"] == LONG} for each in jobs.phase_steps(self.job, PHASES)]

    def _curves(self) -> list[dict[str, Any]]:
        """The charts of what the training draws, live or as it was kept."""
        live = (self.job or {}).get("curves") if self.moving() else None
        series = live or self.resource.get("curves") or {}
        known = {name for curve in CURVES for name in curve.series}
        wanted = [
            *CURVES,
            *(
                Curve(name.capitalize(), "After each step", "", {name: "This version"})
                for name in series
                if name not in known
            ),
        ]
        before = next((each for each in self.others if each["number"] < self.own["number"]), None)
        kept = self._kept_curves(before) if before and self.moving() else {}
        return [
            card
            for at, curve in enumerate(wanted)
            if (card := self._card(f"curve-{at}", curve, series, kept, f"Version {before['number']}" if before else ""))
        ]

    def _kept_curves(self, version: Mapping[str, Any]) -> Mapping[str, Any]:
        arn = version["solutionVersionArn"]
        return (
            operations.describe_solution_version_details(self.caller, solution_version_arn=arn)["solutionVersion"].get(
                "curves"
            )
            or {}
        )

    @staticmethod
    def _card(
        id: str, curve: Curve, series: Mapping[str, Any], kept: Mapping[str, Any], name: str
    ) -> dict[str, Any] | None:
        drawn = {words: series[key] for key, words in curve.series.items() if series.get(key)}
        last = list(curve.series)[-1]
        figure = charts.curves(drawn, axis=curve.axis, previous=kept.get(last, ()), previous_name=name, best=curve.best)
        if figure is None:
            return None
        rows = [[f"{x:g}", words, f"{y:.4f}"] for words, points in drawn.items() for x, y in points]
        return {
            "id": id,
            "title": curve.title,
            "sub": curve.sub,
            "figure": figure,
            "label": f"{curve.title}: " + ", ".join(f"{words} {points[-1][1]:.4g}" for words, points in drawn.items()),
            "table": {"columns": ["Epoch", "Series", "Value"], "rows": rows},
        }

    def _found(self) -> list[dict[str, Any]]:
        """What the training chose and counted, for the configuration tab: one section for each group of facts."""
        facts = self.resource.get("details") or {}
        own = {"Seed": self.resource.get("seed"), "Seconds of training": self.resource.get("seconds")}
        counted = _pairs({key: value for key, value in facts.items() if not isinstance(value, Mapping)} | own)
        sections = [{"title": "What the training found", "pairs": counted}]
        for title, group in facts.items():
            if not isinstance(group, Mapping):
                continue
            plain = {key: value for key, value in group.items() if not isinstance(value, Mapping)}
            if plain:
                sections.append({"title": _words(title), "pairs": _pairs(plain)})
            sections += [
                {"title": f"{_words(title)}: {key}", "pairs": _pairs(value)}
                for key, value in group.items()
                if isinstance(value, Mapping)
            ]
        return sections

    def _measured(self) -> dict[str, Any]:
        own, other = self.resource, self.compared
        metrics, floor = own["metrics"], words.baseline(own)
        columns, rows = charts.ranking_quality_table(metrics, floor)
        quality = charts.ranking_quality(metrics, floor)
        facts = own.get("details") or {}
        kind = own.get("recipeType")
        counted = {model_metrics.SEGMENTS: "users", "PERSONALIZED_ACTIONS": "actions"}.get(kind or "", "items")
        coverage, items = metrics.get("coverage"), facts.get(counted)
        before = (own.get("baselines") or {}).get(evaluations.PREVIOUS)
        number = self._number((self.evaluation.get("previous") or {}).get("versionId"))
        return {
            "rows": model_metrics.rows(
                metrics,
                (other or {}).get("metrics"),
                floor,
                previous=before,
                intervals=evaluations.intervals(self.evaluation),
                recipe_type=kind,
            ),
            "previous": {"name": f"Version {number}" if number else "Previous version"} if before else None,
            "previous_note": evaluations.previous_note(self.evaluation, number),
            "cohorts": evaluations.section(self.evaluation, previous=f"Version {number}" if number else "Previous"),
            "reach": evaluations.reach(self.evaluation),
            "compare_href": f"{self.url('compare:versions')}?v={self._choice(own)}"
            + (f"&v={self._choice(other)}" if other else ""),
            "compared": other,
            "others": self.others,
            "tested": model_metrics.tested(kind, facts.get("test users"))
            + model_metrics.example(kind, metrics, facts.get("users")),
            "baseline": floor,
            "baseline_words": model_metrics.baseline(own.get("baselines"))[1],
            "quality": quality
            and {
                "figure": quality,
                "table": {"columns": columns, "rows": rows},
                "label": "; ".join(f"{row[0]} {row[1]}" for row in rows),
                "words": f"NDCG{'' if 'precision' in metrics else ' and precision'}; dashed lines are the baseline",
            },
            "coverage": None
            if coverage is None
            else {
                "share": coverage,
                "percent": coverage * 100,
                "items": items,
                "counted": counted,
                "reached": round(coverage * items) if items else None,
                "other": (other or {}).get("metrics", {}).get("coverage"),
                "other_percent": (other or {}).get("metrics", {}).get("coverage", 0) * 100,
                "change": _points(coverage, (other or {}).get("metrics", {}).get("coverage")),
                "baseline": floor.get("coverage"),
                "baseline_percent": floor.get("coverage", 0) * 100,
            },
            "over": over_time.card(self, self.siblings),
            "advice": model_metrics.advice(
                metrics, (other or {}).get("metrics"), floor, facts, recipe_type=kind
            ),
            "metrics_url": self.address("solutions:version_metrics"),
            "evaluation_url": f"{self.address('solutions:version_metrics')}?format=json",
            "type_words": recipes.TYPES.get(own.get("recipeType", ""), ""),
        }


    def _number(self, version_id: str | None) -> int | None:
        """The number of a version of this solution; None for one that is gone."""
        return next((each["number"] for each in self.siblings if each["versionId"] == version_id), None)

    def _choice(self, version: Mapping[str, Any]) -> str:
        """How the page of comparison names a version of this solution."""
        return f"{self.kwargs['solution']}/{version['versionId']}"


def _words(key: str) -> str:
    """A key of the training's facts as a label."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def _pairs(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Facts as key-value pairs; lists of numbers stand in one line."""
    return [{"label": _words(key), "value": _fact(value)} for key, value in facts.items()]


def _fact(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(_fact(each)) for each in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return formats.number(value)
    return value


def _points(value: float, other: float | None) -> dict[str, Any] | None:
    """The change of a share in percentage points."""
    if other is None:
        return None
    points = (value - other) * 100
    return {
        "text": f"{'+' if points >= 0 else '−'}{abs(points):.1f} points",
        "direction": "up" if points >= 0 else "down",
        "good": points >= 0,
        "none": abs(points) < 0.05,
    }
