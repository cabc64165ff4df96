"""Which variant of a running experiment answers a user, and who was shown what."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F

from personalize_web.engine import experiments
from personalize_web.operations import runtime_deployments
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import ServiceError
from personalize_web.operations.runtime_backlog import Backlog
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.operations.runtime_rows import briefly
from personalize_web.resources import statuses
from personalize_web.resources.models import Experiment, Exposure


class Shown(NamedTuple):
    """An answer to a user who takes part."""

    experiment_id: int
    user_id: str
    variant: int
    at: float


def _write(shown: Sequence[Shown]) -> None:
    """In one order everywhere, so that processes that write at once wait for one another and never in a circle.

    Experiments are held until their rows are written: one that is deleted meanwhile must not cost the others theirs.
    """
    counts = Counter((each.experiment_id, each.user_id) for each in shown)
    first: dict[tuple[int, str], Shown] = {}
    for each in shown:
        first.setdefault((each.experiment_id, each.user_id), each)
    with transaction.atomic():
        held = Experiment.objects.select_for_update(no_key=True).filter(pk__in={key for key, _ in first})
        known = set(held.order_by("pk").values_list("pk", flat=True))
        Exposure.objects.bulk_create(
            [
                Exposure(experiment_id=each.experiment_id, user_id=each.user_id, variant=each.variant,
                         first_seen=each.at)
                for _, each in sorted(first.items()) if each.experiment_id in known
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        for (experiment, user), count in sorted(counts.items()):
            Exposure.objects.filter(experiment_id=experiment, user_id=user).update(lists=F("lists") + count)


_backlog: Backlog[Shown] = Backlog("exposures", _write)
flush = _backlog.flush


def assigned(caller: Caller, deployment: Deployment, user_id: str | None) -> Deployment:
    """What answers the user in the place of ``deployment``: itself, unless a running experiment says otherwise.

    A variant that cannot answer is answered for by the control, which nobody is counted for; nor does anybody count who
    is looked at in the console.
    """
    found = _running(deployment.arn) if user_id is not None else None
    if found is None or user_id is None:
        return deployment
    key, salt, audience, variants, testers = found
    tester = testers.get(user_id)
    if tester is not None:
        place = next((number for number, each in enumerate(variants) if each["name"] == tester), 0)
    else:
        drawn = experiments.assigned(salt, user_id, [each["share"] for each in variants], audience)
        if drawn is None:
            return deployment
        place = drawn
    answering = deployment if place == 0 else _variant(caller, variants[place]["arn"])
    if answering is None:
        return deployment
    if tester is None and caller.source == "api":
        _backlog.add(Shown(key, user_id, place, time.time()))
    return answering


def _variant(caller: Caller, arn: str) -> Deployment | None:
    try:
        if ":recommender/" in arn:
            return runtime_deployments.find(caller, None, arn)
        return runtime_deployments.find(caller, arn)
    except ServiceError:
        return None


@briefly
def _running(control_arn: str) -> Any:
    rows = Experiment.objects.filter(control_arn=control_arn, status=statuses.RUNNING)
    return rows.values_list("pk", "salt", "audience", "variants", "testers").first()
