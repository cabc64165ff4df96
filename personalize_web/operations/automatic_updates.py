"""Which models are to take in new items by themselves, every two hours while there are any. For the clock, and to show.

Only recipes that explore do so, and only the newest version of a solution: one that was trained in full and that a
campaign serves. Deleting a dataset that it was trained on ends it until the next training.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.operations.answers import present
from personalize_web.operations.caller import ADMINISTRATOR, Caller
from personalize_web.operations.gate import own_operation
from personalize_web.operations.timetable import CLOCK_BEAT, scheduler_only
from personalize_web.resources import statuses
from personalize_web.resources.models import (
    DatasetGroup,
    DatasetImportJob,
    Event,
    Job,
    Recommender,
    Record,
    SolutionVersion,
)
from personalize_web.workers import job

BRING_ITEMS = ("INTERACTIONS", "ITEMS")
"""Types of datasets whose new rows may bring new items."""
BRING_ACTIONS = ("ACTIONS",)
"""And new actions."""

Deployed = SolutionVersion | Recommender


@dataclass(frozen=True)
class Standing:
    """How it stands with the automatic updates of one model."""

    on: bool
    why_not: str = ""
    """Where it is off: the reason, in words for people."""
    last: datetime | None = None
    due: datetime | None = None
    """The earliest moment of the next one, which then waits for new data."""


@own_operation(role=ADMINISTRATOR, writes=True, recorded=False)
def update_models(caller: Caller) -> dict[str, Any]:
    """Of every account: let the models that are due take in the items that are new since their training."""
    scheduler_only(caller)
    now = timezone.now()
    due = [each for each in _deployed() if _is_due(each, now)]
    for each in due:
        job.enqueue(_kind(each), each, caller=caller)
    return {"arns": [each.arn for each in due]}


def due_before_batch(version: SolutionVersion) -> bool:
    """Whether a batch job with this version lets it take in new items first: where it is the newest one that was
    trained in full, and there is new data since it last looked."""
    recipe, last = _recipe(version), _last(version)
    if recipe is None or not _is_updated(recipe) or last is None or _gone(version):
        return False
    full = version.solution.versions.filter(status=statuses.ACTIVE).exclude(training_mode="UPDATE")
    newest = full.order_by("-created_at", "-pk").first()
    return newest == version and new_data_since(version.solution.dataset_group, last)


def standing(deployed: Deployed) -> Standing | None:
    """How it stands with the automatic updates of a version or recommender; None for recipes that have none."""
    recipe = _recipe(deployed)
    if recipe is None or not _is_updated(recipe):
        return None
    if reason := _why_not(deployed):
        return Standing(False, reason, deployed.last_update)
    last = _last(deployed)
    due = last + timedelta(seconds=settings.AUTO_UPDATE_SECONDS) if last else None
    return Standing(True, last=deployed.last_update, due=due)


def shown(deployed: Deployed) -> dict[str, Any] | None:
    """The same for pages: ``on``, ``whyNot``, ``last``, ``due``; and ``waiting``, whether there is nothing new to take
    in. None for recipes that have no automatic updates."""
    found = standing(deployed)
    if found is None:
        return None
    since = _last(deployed)
    return present(
        on=found.on,
        whyNot=found.why_not or None,
        seconds=settings.AUTO_UPDATE_SECONDS,
        last=found.last,
        due=found.due,
        waiting=found.on and since is not None and not new_data_since(_group(deployed), since, _kinds(deployed)),
    )


def new_data_since(group: DatasetGroup, since: datetime, kinds: Iterable[str] = BRING_ITEMS) -> bool:
    """Whether rows of some datasets of the group came after a moment, in bulk or one by one."""
    chosen = {"dataset__dataset_group": group, "dataset__dataset_type__in": list(kinds)}
    if DatasetImportJob.objects.filter(**chosen, status=statuses.ACTIVE, updated_at__gt=since).exists():
        return True
    for model in (Event, Record):
        # numbers follow the order of arrival, and have an index
        newest = model.objects.filter(**chosen).order_by("-pk").values_list("received_at", flat=True).first()
        if newest is not None and newest > since:
            return True
    return False


def _deployed() -> list[Deployed]:
    names = [name for name, recipe in RECIPES.items() if recipe.available and _is_updated(recipe)]
    versions = SolutionVersion.objects.filter(
        solution__recipe_name__in=names, status=statuses.ACTIVE, campaigns__isnull=False
    )
    recommenders = Recommender.objects.filter(recipe_name__in=names, status=statuses.ACTIVE)
    return [*versions.select_related("solution__dataset_group").distinct(), *recommenders]


def _is_due(deployed: Deployed, now: datetime) -> bool:
    last = _last(deployed)
    period = timedelta(seconds=settings.AUTO_UPDATE_SECONDS)
    if last is None or now - last < period - timedelta(seconds=min(CLOCK_BEAT, period.total_seconds() / 2)):
        return False
    tried = Job.objects.filter(kind=_kind(deployed), resource_arn=deployed.arn)
    if tried.filter(state__in=Job.UNFINISHED).exists() or tried.filter(created_at__gt=now - period).exists():
        return False
    return not _why_not(deployed) and new_data_since(_group(deployed), last, _kinds(deployed))


def _why_not(deployed: Deployed) -> str:
    """The rule that keeps the model from being updated; empty where none does."""
    if deployed.status != statuses.ACTIVE or deployed.storage_key is None:
        return "The model is not in place."
    if isinstance(deployed, SolutionVersion):
        newest = deployed.solution.versions.filter(status=statuses.ACTIVE).order_by("-created_at", "-pk").first()
        if newest != deployed:
            return "A newer version of the solution exists."
        if deployed.training_mode == "UPDATE":
            return "Versions of training mode UPDATE are not updated. Create a version with FULL."
        if not deployed.campaigns.filter(status=statuses.ACTIVE).exists():
            return "No campaign serves this version."
    if gone := _gone(deployed):
        return f"The dataset {gone} that it was trained on was deleted. Updates begin again after the next training."
    return ""


def _gone(deployed: Deployed) -> str:
    """The type of a dataset that the model was trained on and that was deleted since."""
    present = {each.dataset_type: each for each in _group(deployed).datasets.filter(status=statuses.ACTIVE)}
    trained_at = deployed.training_started_at
    for kind in deployed.details.get("snapshot", {}):
        if kind not in present or (trained_at and present[kind].created_at > trained_at):
            return kind
    return ""


def _last(deployed: Deployed) -> datetime | None:
    """When the model last looked at data: at its training, or at an update since."""
    return max((each for each in (deployed.training_started_at, deployed.last_update) if each), default=None)


def _group(deployed: Deployed) -> DatasetGroup:
    return deployed.solution.dataset_group if isinstance(deployed, SolutionVersion) else deployed.dataset_group


def _recipe(deployed: Deployed) -> Recipe | None:
    name = deployed.solution.recipe_name if isinstance(deployed, SolutionVersion) else deployed.recipe_name
    return RECIPES.get(name or "")


def _kinds(deployed: Deployed) -> tuple[str, ...]:
    """Types of datasets whose new rows the model looks for."""
    recipe = _recipe(deployed)
    return BRING_ACTIONS if recipe and recipe.served_as == "PERSONALIZED_ACTIONS" else BRING_ITEMS


def _is_updated(recipe: Recipe) -> bool:
    """Whether models of a recipe take in items or actions."""
    return recipe.can("automatic_updates")


def _kind(deployed: Deployed) -> str:
    return "update-version-model" if isinstance(deployed, SolutionVersion) else "update-recommender-model"
