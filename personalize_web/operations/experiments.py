"""Experiments, ours beside the 79: create, start, stop, delete, and what they found."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from personalize_web.operations import experiment_results, lookup, quotas
from personalize_web.operations.answers import dates, present
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException, ServiceError
from personalize_web.operations.gate import own_operation
from personalize_web.operations.runtime_deployments import find
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Experiment

MOST_VARIANTS, MOST_METRICS, LONGEST_DAYS = 5, 5, 28
_NAME = re.compile("[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}")
ASKED_FOR = {"USER_PERSONALIZATION": "items for a user", "POPULAR_ITEMS": "items for a user"}
"""Types of recipes that are asked alike, though one of them does not look at the user."""
KINDS = ("conversion", "events", "value")
"""Share of the users with an event, events of a user, sum of a user's EVENT_VALUE."""


@own_operation(role=ANALYST, writes=True, sensitive={"testers"})
def create_experiment(
    caller: Caller,
    *,
    name: str,
    dataset_group_arn: str,
    control_arn: str,
    variants: Sequence[Mapping[str, Any]],
    metrics: Sequence[Mapping[str, Any]],
    hypothesis: str = "",
    control_share: int = 50,
    audience: int = 100,
    testers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Describe an experiment; nothing is shared out before it starts.

    ``control_arn`` and each of ``variants`` (name, arn, share) name campaigns, or recommenders, of the group that
    answer the same kind of request. ``metrics`` (name, kind, eventType, days) say what counts, the deciding one first:
    ``kind`` is conversion, events or value, of events of the type within so many days of a user's first answer.
    """
    group = lookup.active(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    if not _NAME.fullmatch(name):
        raise InvalidInputException(
            "An experiment's name has 1 to 63 letters, digits, hyphens or underscores, and begins with a letter or "
            "digit.",
            field="name",
        )
    lookup.refuse_taken(Experiment, caller, name)
    taking_part = [{"name": "control", "arn": control_arn, "share": control_share}, *map(dict, variants)]
    _check_variants(caller, group, taking_part)
    if not 1 <= audience <= 100:
        raise InvalidInputException("audience must be from 1 to 100 per cent.", field="audience")
    if not 1 <= len(metrics) <= MOST_METRICS:
        raise InvalidInputException(
            f"Name at least one metric; an experiment has at most {MOST_METRICS} metrics.", field="metrics"
        )
    made = lookup.create(
        Experiment, caller, name=name, dataset_group=group, hypothesis=hypothesis, control_arn=control_arn,
        variants=taking_part, metrics=[_metric(each, number) for number, each in enumerate(metrics)],
        audience=audience, testers=_testers(testers or {}, taking_part), salt=secrets.token_hex(8),
        status=statuses.DRAFT,
    )  # fmt: skip
    return {"experimentArn": made.arn}


@own_operation()
def list_experiments(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """The experiments of a group, newest first."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    return {"experiments": [_summary(each) for each in group.experiments.order_by("-created_at", "-pk")]}


@own_operation()
def describe_experiment(caller: Caller, *, experiment_arn: str) -> dict[str, Any]:
    """One experiment: what it compares, and which of its variants cannot answer now, with the reason."""
    found = lookup.get(Experiment, caller, experiment_arn)
    problems = {}
    for each in found.variants:
        try:
            _deployment(caller, each["arn"])
        except ServiceError as error:
            problems[each["name"]] = error.message
    return {"experiment": _summary(found) | {"testers": found.testers, "problems": problems}}


@own_operation(role=ANALYST, writes=True)
def start_experiment(caller: Caller, *, experiment_arn: str) -> dict[str, Any]:
    """From now on requests to the control are shared out. What stopped cannot start again: make a new one."""
    found = lookup.get(Experiment, caller, experiment_arn)
    lookup.require_state(found, statuses.DRAFT, doing="started")
    quotas.take_turns(f"experiments of {found.control_arn}")
    others = Experiment.objects.filter(control_arn=found.control_arn, status=statuses.RUNNING)
    if other := others.first():
        raise ResourceInUseException(
            f"Experiment {other.name} already shares out the requests to {found.control_arn}. Stop it first."
        )
    _check_variants(caller, found.dataset_group, found.variants)
    found.change(status=statuses.RUNNING, started_at=timezone.now())
    return {"experimentArn": found.arn}


@own_operation(role=ANALYST, writes=True)
def stop_experiment(caller: Caller, *, experiment_arn: str) -> dict[str, Any]:
    """From now on the control answers everybody; what was found stays."""
    found = lookup.get(Experiment, caller, experiment_arn)
    lookup.require_state(found, statuses.RUNNING, doing="stopped")
    found.change(status=statuses.STOPPED, ended_at=timezone.now())
    return {"experimentArn": found.arn}


@own_operation(role=ANALYST, writes=True)
def delete_experiment(caller: Caller, *, experiment_arn: str) -> None:
    """Forget an experiment and who took part. A running one must stop first."""
    found = lookup.get(Experiment, caller, experiment_arn)
    lookup.require_state(found, statuses.DRAFT, statuses.STOPPED, doing="deleted")
    found.delete()


@own_operation()
def get_experiment_results(caller: Caller, *, experiment_arn: str) -> dict[str, Any]:
    """What was found until now; see :func:`experiment_results.of`."""
    return experiment_results.of(lookup.get(Experiment, caller, experiment_arn))


@own_operation()
def plan_experiment(
    caller: Caller,
    *,
    dataset_group_arn: str,
    kind: str,
    event_type: str,
    days: int,
    lift: float,
    variants: int = 2,
    power: float = 0.8,
) -> dict[str, Any]:
    """How many users, and days, it takes to see ``lift``; see :func:`experiment_results.plan`."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    metric = _metric({"name": "planned", "kind": kind, "eventType": event_type, "days": days}, 0)
    return experiment_results.plan(group, metric, lift=lift, variants=variants, power=power)


def _deployment(caller: Caller, arn: str) -> Any:
    return find(caller, None, arn) if ":recommender/" in arn else find(caller, arn)


def _check_variants(caller: Caller, group: DatasetGroup, variants: Sequence[Mapping[str, Any]]) -> None:
    if not 2 <= len(variants) <= MOST_VARIANTS:
        raise InvalidInputException(
            f"An experiment compares a control with 1 to {MOST_VARIANTS - 1} variants.", field="variants"
        )
    for member, field in (("name", "variants"), ("arn", "variants")):
        if len({each.get(member) for each in variants}) < len(variants):
            raise InvalidInputException(f"Each variant needs a {member} of its own.", field=field)
    asked = set()
    for number, each in enumerate(variants):
        field = "control_arn" if number == 0 else "variants"
        share = each.get("share")
        if not isinstance(share, int) or not 1 <= share <= 100 or not each.get("name"):
            raise InvalidInputException(
                f"Variant {each.get('name') or number} needs a name and a share from 1 to 100.", field=field
            )
        deployment = _deployment(caller, str(each.get("arn") or ""))
        if deployment.dataset_group_id != group.pk:
            raise InvalidInputException(f"{each['arn']} belongs to another dataset group.", field=field)
        if number == 0:
            control = deployment
        elif control.metadata and not deployment.metadata:
            raise InvalidInputException(
                f"{each['arn']} answers without metadata, which the control answers with. Set "
                "enableMetadataWithRecommendations on both or on none.",
                field=field,
            )
        asked.add(ASKED_FOR.get(deployment.recipe.served_as, deployment.recipe.served_as))
    if len(asked) > 1:
        raise InvalidInputException(
            "All variants must answer the same kind of request: items for a user, related items, rankings or actions.",
            field="variants",
        )


def _metric(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    name, kind, event_type = (str(given.get(key) or "").strip() for key in ("name", "kind", "eventType"))
    days = given.get("days", 7)
    if not name or not event_type:
        raise InvalidInputException(f"Metric {number + 1} needs a name and an event type.", field="metrics")
    if kind not in KINDS:
        raise InvalidInputException(f"The kind of metric {name} must be {', '.join(KINDS)}.", field="metrics")
    if not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
        raise InvalidInputException(f"Metric {name} counts 1 to {LONGEST_DAYS} days.", field="metrics")
    return {"name": name, "kind": kind, "eventType": event_type, "days": days}


def _testers(given: Mapping[str, str], variants: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    names = {each["name"] for each in variants}
    for name in given.values():
        if name not in names:
            raise InvalidInputException(f"A tester cannot get {name}: there is no such variant.", field="testers")
    return dict(given)


def _summary(found: Experiment) -> dict[str, Any]:
    return present(
        name=found.name,
        experimentArn=found.arn,
        status=found.status,
        hypothesis=found.hypothesis,
        controlArn=found.control_arn,
        variants=found.variants,
        audience=found.audience,
        metrics=found.metrics,
        startedAt=found.started_at,
        endedAt=found.ended_at,
        **dates(found),
    )
