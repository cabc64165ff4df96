"""What the clock asks for, ours beside the 79: which trainings are due, which events wait. For the scheduler alone."""

import re
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from personalize_web.engine import trends
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import lookup
from personalize_web.operations.caller import ADMINISTRATOR, Caller
from personalize_web.operations.errors import AccessDeniedException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import (
    Dataset,
    Event,
    Job,
    MetricAttribution,
    Recommender,
    Record,
    Solution,
    SolutionVersion,
)
from personalize_web.workers import job

RECOMMENDER_PERIOD = timedelta(days=7)
AFTER_START = timedelta(hours=1)
"""A recommender that was started again is not retrained sooner."""
CLOCK_BEAT = 60
"""Seconds between two looks at the trends."""
STORE_EVERY = timedelta(minutes=1)
STORE_SHARE = 20
"""Storing events may take at most one part in this many of the time."""


@own_operation(role=ADMINISTRATOR)
def list_due_trainings(caller: Caller) -> dict[str, Any]:
    """Of every account: the solutions whose automatic training is due, and the recommenders to train again.

    ``solutions`` and ``recommenders`` are lists of {arn, account, region}.
    """
    scheduler_only(caller)
    now = timezone.now()
    solutions = Solution.objects.filter(
        status=statuses.ACTIVE, perform_auto_training=True, active_at__isnull=False
    ).select_related("dataset_group")
    recommenders = Recommender.objects.filter(
        status=statuses.ACTIVE, training_started_at__lt=now - RECOMMENDER_PERIOD, updated_at__lt=now - AFTER_START
    )
    return {
        "solutions": [_address(each) for each in solutions if _is_due(each, now)],
        "recommenders": [_address(each) for each in recommenders if not _tried_lately(each, now)],
    }


@own_operation(role=ADMINISTRATOR, writes=True)
def retrain_recommender(caller: Caller, *, recommender_arn: str) -> dict[str, Any]:
    """Train a recommender on all its group holds now; its present model answers until the new one is ready."""
    scheduler_only(caller)
    recommender = lookup.active(Recommender, caller, recommender_arn)
    job.enqueue("retrain-recommender", recommender, caller=caller, queue="training")
    return {"recommenderArn": recommender.arn}


@own_operation(role=ADMINISTRATOR, writes=True, recorded=False)
def store_new_events(caller: Caller) -> dict[str, Any]:
    """Of every account: let the events and records that wait be moved into their datasets' columns."""
    scheduler_only(caller)
    events = Event.objects.filter(dataset=OuterRef("pk"), stored=False, user_id__isnull=False)
    records = Record.objects.filter(dataset=OuterRef("pk"), stored=False)
    waiting = Dataset.objects.filter(Exists(events) | Exists(records), status=statuses.ACTIVE)
    datasets = [each for each in waiting if _may_store(each)]
    for dataset in datasets:
        job.enqueue("store-events", dataset, caller=caller)
    return {"datasetArns": [dataset.arn for dataset in datasets]}


@own_operation(role=ADMINISTRATOR, writes=True, recorded=False)
def count_new_events(caller: Caller) -> dict[str, Any]:
    """Of every account: let the recorded events that came since the last time be counted by metric attributions."""
    scheduler_only(caller)
    came = Event.objects.filter(
        dataset__dataset_group=OuterRef("dataset_group"),
        dataset__dataset_type="INTERACTIONS",
        pk__gt=OuterRef("event_cutoff"),
    )
    counting = Job.objects.filter(kind="count-attribution", resource_arn=OuterRef("arn"), state__in=Job.UNFINISHED)
    waiting = MetricAttribution.objects.filter(Exists(came), ~Exists(counting), status=statuses.ACTIVE)
    due = list(waiting.select_related("dataset_group"))
    for each in due:
        job.enqueue("count-attribution", each, caller=caller)
    return {"metricAttributionArns": [each.arn for each in due]}


@own_operation(role=ADMINISTRATOR, writes=True, recorded=False)
def refresh_trends(caller: Caller) -> dict[str, Any]:
    """Of every account: let the trends that are older than their interval be evaluated again."""
    scheduler_only(caller)
    trending = [name for name, recipe in RECIPES.items() if recipe.method == "trending"]
    versions = SolutionVersion.objects.filter(
        status=statuses.ACTIVE, solution__recipe_name__in=trending, campaigns__isnull=False
    ).distinct()
    recommenders = Recommender.objects.filter(status=statuses.ACTIVE, recipe_name__in=trending)
    due: list[str] = []
    for kind, rows in (("refresh-version-trends", versions), ("refresh-recommender-trends", recommenders)):
        for each in rows:
            config = each.config if isinstance(each, SolutionVersion) else {}
            recipe_name = each.solution.recipe_name if isinstance(each, SolutionVersion) else each.recipe_name
            if _trends_are_old(each, trends.interval(RECIPES[recipe_name or ""], config)) and not _at_work(kind, each):
                job.enqueue(kind, each, caller=caller)
                due.append(each.arn)
    return {"arns": due}


def _trends_are_old(deployed: SolutionVersion | Recommender, interval: float) -> bool:
    """Whether an interval has passed since they were evaluated; the interval is short of by the clock's own beat."""
    if deployed.storage_key is None:
        return False
    path = locations.model_folder(deployed.storage_key) / trends.FILE
    return not path.exists() or time.time() - path.stat().st_mtime > interval - CLOCK_BEAT


def _at_work(kind: str, resource: SolutionVersion | Recommender) -> bool:
    return Job.objects.filter(kind=kind, resource_arn=resource.arn, state__in=Job.UNFINISHED).exists()


def scheduler_only(caller: Caller) -> None:
    """Refuse everybody but the timetable."""
    if caller.source != "scheduler":
        raise AccessDeniedException(f"User: {caller.arn} is not the timetable.")


def _address(resource: Solution | Recommender) -> dict[str, str]:
    return {"arn": resource.arn, "account": resource.account, "region": resource.region}


def _is_due(solution: Solution, now: datetime) -> bool:
    recipe = RECIPES.get(solution.recipe_name or "")
    may_train = solution.perform_auto_ml or (recipe is not None and recipe.available)
    if not may_train or solution.versions.filter(status__in=statuses.TRAINING).exists():
        return False
    automatic = solution.versions.filter(training_type="AUTOMATIC").order_by("-created_at").first()
    base = automatic or solution.versions.order_by("created_at").first()
    if base is None:
        begins = (solution.active_at or now) + timedelta(seconds=settings.FIRST_TRAINING_DELAY)
        return now >= begins and _has_data(solution, None, now)
    start = base.training_started_at or base.created_at
    period = _period(solution)
    periods = (now - start) // period
    if periods < 1:
        return False
    return _has_data(solution, _last_training(solution), start + periods * period)


def _period(solution: Solution) -> timedelta:
    expression = (solution.config.get("autoTrainingConfig") or {}).get("schedulingExpression", "rate(7 days)")
    return timedelta(days=int(re.sub(r"\D", "", expression)))


def _last_training(solution: Solution) -> datetime | None:
    full = solution.versions.filter(status=statuses.ACTIVE).exclude(training_mode="UPDATE")
    trained: SolutionVersion | None = full.order_by("-created_at").first()
    return (trained.training_started_at or trained.created_at) if trained else None


def _has_data(solution: Solution, since: datetime | None, until: datetime) -> bool:
    """Whether interactions were imported, in bulk or one by one, between two moments; with actions where they train."""
    group, recipe = solution.dataset_group, RECIPES.get(solution.recipe_name or "")
    with_actions = recipe is not None and "ACTION_INTERACTIONS" in recipe.datasets
    kinds = ["INTERACTIONS", *(["ACTION_INTERACTIONS"] if with_actions else [])]
    imports = group.import_jobs.filter(
        dataset__dataset_type__in=kinds, status=statuses.ACTIVE, updated_at__lte=until
    )
    events = Event.objects.filter(
        dataset__dataset_group=group, dataset__dataset_type__in=kinds, received_at__lte=until
    )
    if since is not None:
        imports, events = imports.filter(updated_at__gt=since), events.filter(received_at__gt=since)
    return imports.exists() or events.exists()


def _tried_lately(recommender: Recommender, now: datetime) -> bool:
    trainings = Job.objects.filter(
        resource_arn=recommender.arn, kind__in=("retrain-recommender", "update-recommender", "create-recommender")
    )
    lately = Q(kind="retrain-recommender", created_at__gt=now - RECOMMENDER_PERIOD)
    return trainings.filter(lately | Q(state__in=Job.UNFINISHED)).exists()


def _may_store(dataset: Dataset) -> bool:
    """Not while it is being done, and on large datasets, where it takes longer, not so often."""
    last = Job.objects.filter(kind="store-events", resource_arn=dataset.arn).order_by("-pk").first()
    if last is None:
        return True
    if last.state in Job.UNFINISHED or last.finished_at is None:
        return False
    took = last.finished_at - (last.started_at or last.finished_at)
    return timezone.now() - last.finished_at >= max(STORE_EVERY, took * STORE_SHARE)
