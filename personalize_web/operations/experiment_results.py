"""What an experiment found: outcomes of the users of each variant, compared with those of the control."""

import math
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from personalize_web.engine import experiments
from personalize_web.engine.experiments import Difference, Sample
from personalize_web.operations import runtime_experiments
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources.models import DatasetGroup, Event, Experiment, Exposure

DAY = 86_400
LOOKED_BACK = 14
"""Days of the event log that a plan looks at."""
WHO = "COALESCE(user_id, session_id)"
"""Whose an event is: of somebody without a user id the session stands for it, as it does in a request."""
OUTCOMES = {
    "conversion": "CASE WHEN COUNT(e.id) > 0 THEN 1.0 ELSE 0.0 END",
    "events": "COUNT(e.id) * 1.0",
    "value": "COALESCE(SUM(e.event_value), 0.0)",
}
"""Kind of metric -> one user's outcome."""


def of(experiment: Experiment) -> dict[str, Any]:
    """Results until now.

    ``users`` are those who took part, by variant; ``mismatch`` the probability that the shares are kept, with
    ``mismatched`` when it is so small that something sorts users before they are counted. Each of ``metrics`` has, by
    variant, ``mean``, ``users``, and against the control ``absolute``, ``low``, ``high``, ``lift``, ``pValue``
    (corrected by Holm where there are several) and ``significant``. Events are counted from the event log, so that
    ``complete`` is False when the log no longer goes back to the beginning.
    """
    runtime_experiments.flush()
    shares = [each["share"] for each in experiment.variants]
    users = [0] * len(shares)
    exposed = Exposure.objects.filter(experiment=experiment).values_list("variant")
    for variant, count in exposed.annotate(Count("pk")).order_by():
        users[variant] = count
    chance = experiments.mismatch(users, shares)
    kept = settings.EVENT_LOG_DAYS
    oldest = timezone.now() - timedelta(days=kept) if kept else None
    return {
        "users": users,
        "mismatch": chance,
        "mismatched": chance < experiments.MISMATCH,
        "complete": not (oldest and experiment.started_at and experiment.started_at < oldest),
        "metrics": [_metric(experiment, metric) for metric in experiment.metrics],
    }


def _metric(experiment: Experiment, metric: dict[str, Any]) -> dict[str, Any]:
    samples = _samples(experiment, metric)
    compare = experiments.compare_shares if metric["kind"] == "conversion" else experiments.compare_means
    found = [compare(samples[0], each) for each in samples[1:]]
    p_values = experiments.corrected([each.p_value for each in found])
    variants = [{"name": experiment.variants[0]["name"], "mean": samples[0].mean, "users": samples[0].users}]
    for about, sample, difference, p_value in zip(experiment.variants[1:], samples[1:], found, p_values, strict=True):
        variants.append(
            {"name": about["name"], "mean": sample.mean, "users": sample.users} | _told(difference, p_value)
        )
    return metric | {"variants": variants}


def _told(difference: Difference, p_value: float) -> dict[str, Any]:
    numbers = {"absolute": difference.absolute, "low": difference.low, "high": difference.high,
               "lift": difference.lift, "pValue": p_value}  # fmt: skip
    known = {name: None if math.isnan(value) else value for name, value in numbers.items()}
    return known | {"significant": difference.significant and p_value < 0.05}


def _samples(experiment: Experiment, metric: dict[str, Any]) -> list[Sample]:
    """Of each variant: users, total and squares of their outcomes, by one query over the event log."""
    dataset = experiment.dataset_group.datasets.filter(dataset_type="INTERACTIONS").first()
    end = experiment.ended_at.timestamp() if experiment.ended_at else timezone.now().timestamp() + DAY
    outcome = OUTCOMES[metric["kind"]]
    query = " ".join(
        [
            "SELECT variant, COUNT(*), SUM(outcome), SUM(outcome * outcome) FROM (SELECT x.variant AS variant,",
            outcome, "AS outcome FROM", Exposure._meta.db_table, "x LEFT JOIN (SELECT id, event_value, timestamp,", WHO,
            "AS who FROM", Event._meta.db_table,
            "WHERE dataset_id = %s AND LOWER(event_type) = %s AND NOT repeated AND timestamp <= %s) AS e",
            "ON e.who = x.user_id AND e.timestamp >= x.first_seen AND e.timestamp < x.first_seen + %s",
            "WHERE x.experiment_id = %s GROUP BY x.id, x.variant) AS users GROUP BY variant",
        ]
    )  # fmt: skip
    arguments = [dataset.pk if dataset else 0, metric["eventType"].lower(), end, metric["days"] * DAY, experiment.pk]
    samples = [Sample(0, 0.0, 0.0)] * len(experiment.variants)
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        for variant, users, total, squares in cursor.fetchall():
            samples[variant] = Sample(int(users), float(total), float(squares))
    return samples


def plan(group: DatasetGroup, metric: dict[str, Any], *, lift: float, variants: int, power: float) -> dict[str, Any]:
    """How many users it takes, from what users did in the last days.

    ``mean`` and ``deviation`` are of the outcome of the users in the event log, ``usersADay`` how many new ones come,
    ``usersEach`` what every variant needs, ``days`` how long that takes, at least a week because weekdays differ.
    Raises InvalidInputException where the log has too little to say.
    """
    if not 0.001 <= abs(lift) <= 10:
        raise InvalidInputException("The lift must be from 0.1 to 1,000 per cent.", field="lift")
    if not 0.5 <= power < 1:
        raise InvalidInputException("The power must be from 0.5 to below 1.", field="power")
    since = timezone.now().timestamp() - LOOKED_BACK * DAY
    dataset = group.datasets.filter(dataset_type="INTERACTIONS").first()
    outcome = OUTCOMES[metric["kind"]].replace("e.id", "CASE WHEN LOWER(e.event_type) = %s THEN e.id END")
    outcome = outcome.replace("e.event_value", "CASE WHEN LOWER(e.event_type) = %s THEN e.event_value END")
    query = " ".join(
        [
            "SELECT COUNT(*), SUM(outcome), SUM(outcome * outcome) FROM (SELECT", WHO, "AS who,", outcome, "AS outcome",
            "FROM", Event._meta.db_table, "e WHERE e.dataset_id = %s AND NOT e.repeated",
            "AND e.timestamp >= %s GROUP BY who) AS users",
        ]
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, [metric["eventType"].lower(), dataset.pk if dataset else 0, since])
        users, total, squares = cursor.fetchone()
    sample = Sample(int(users or 0), float(total or 0), float(squares or 0))
    try:
        if metric["kind"] == "conversion":
            needed = experiments.users_for_share(sample.mean, lift, power=power)
        else:
            needed = experiments.users_for_mean(sample.mean, math.sqrt(sample.variance), lift, power=power)
    except ValueError as error:
        raise InvalidInputException(
            f"In the last {LOOKED_BACK} days {sample.users:,} users were recorded, of whom {sample.total:,.0f} had "
            f"{metric['eventType']}: too little to plan with ({error}).",
            field="event_type",
        ) from error
    daily = sample.users / LOOKED_BACK
    return {
        "users": sample.users,
        "mean": sample.mean,
        "deviation": math.sqrt(sample.variance),
        "usersADay": daily,
        "usersEach": needed,
        "days": max(7, math.ceil(needed * variants / daily)),
    }
