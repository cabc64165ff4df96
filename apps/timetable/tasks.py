"""The clock as a client: at its times it asks the front door for what is due."""

import logging

from celery import shared_task
from django.conf import settings

from personalize_web import operations
from personalize_web.operations import automatic_updates, timetable

logger = logging.getLogger(__name__)


def clock(account: str | None = None, region: str | None = None) -> operations.Caller:
    """The timetable as a caller, in the name of an account."""
    return operations.Caller(
        account=account or settings.ACCOUNT_ID,
        region=region or settings.REGION,
        role=operations.ADMINISTRATOR,
        name="timetable",
        arn=f"arn:{settings.PARTITION}:iam::{account or settings.ACCOUNT_ID}:service/timetable",
        source="scheduler",
    )


@shared_task(name="apps.timetable.train")
def train() -> None:
    """Begin the automatic trainings that are due; one that is refused does not keep the others waiting."""
    due = timetable.list_due_trainings(clock())
    for each in due["solutions"]:
        _ask(operations.create_solution_version, each, solution_arn=each["arn"])
    for each in due["recommenders"]:
        _ask(timetable.retrain_recommender, each, recommender_arn=each["arn"])


@shared_task(name="apps.timetable.store_events")
def store_events() -> None:
    """Let recorded events be moved into columns."""
    timetable.store_new_events(clock())


@shared_task(name="apps.timetable.count_events")
def count_events() -> None:
    """Let recorded events be counted by metric attributions."""
    timetable.count_new_events(clock())


@shared_task(name="apps.timetable.refresh_trends")
def refresh_trends() -> None:
    """Let trends be evaluated again."""
    timetable.refresh_trends(clock())


@shared_task(name="apps.timetable.update_models")
def update_models() -> None:
    """Let models take in what came since their training."""
    automatic_updates.update_models(clock())


def _ask(operation, address: dict[str, str], **arguments: str) -> None:
    try:
        operation(clock(address["account"], address["region"]), **arguments)
    except operations.ServiceError as refusal:
        logger.info("%s was not trained: %s", address["arn"], refusal.message)
