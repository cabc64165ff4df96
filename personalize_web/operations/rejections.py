"""Put calls that were refused, kept with their reason so that their senders can be helped; and counts of all calls.

Keeping is done behind the answer: it never makes an accepted call wait, and a failure of it harms no call. Refusals for
coming too fast, or without the right to, are counted alone: their records may be anything.
"""

import json
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple, TypeVar

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from personalize_web.operations import runtime_event_targets, service_model
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import AccessDeniedException, ServiceError, ThrottlingException
from personalize_web.operations.runtime_backlog import Backlog
from personalize_web.resources.models import DatasetGroup, IngestionCount, RejectedRecord

logger = logging.getLogger(__name__)

MOST = 1_000
"""Rejected records kept of a group, the newest."""
PRUNE_EVERY = 100
"""Rejected records of a process between two prunings."""
LARGEST = 64 * 1024
"""Characters of a payload that is kept."""
MOST_RECORDS = 10
"""Of a call that was refused as a whole."""
MOST_KEYS = 50
"""Ignored keys counted apart in an hour; further ones count as ``…``."""

F_ = TypeVar("F_", bound=Callable[..., Any])


class Count(NamedTuple):
    """What one call adds to the counts of its hour."""

    operation: str
    group_id: int
    accepted: int = 0
    rejected: int = 0
    throttled: int = 0
    ignored: Sequence[str] = ()


_held: ContextVar[list[tuple[Backlog[Any], Any]] | None] = ContextVar("held", default=None)


def kept(*, records: str) -> Callable[[F_], F_]:
    """Keep what the decorated Put operation refuses. ``records`` is the argument that holds its records."""

    def decorate(perform: F_) -> F_:
        model = service_model.operations()[perform.__name__]
        member = service_model.arguments(perform.__name__)[records]

        @wraps(perform)
        def guarded(caller: Caller, **arguments: Any) -> Any:
            try:
                return perform(caller, **arguments)
            except ServiceError as error:
                error.field = error.field or records
                try:
                    _note(caller, model.name, member, arguments.get(records), arguments, error)
                except DatabaseError:
                    logger.exception("a rejected record could not be kept")
                raise

        return guarded  # type: ignore[return-value]

    return decorate


@contextmanager
def held() -> Iterator[None]:
    """Keep and count what is refused inside only when the block ends: its transaction may be rolled back."""
    waiting: list[tuple[Backlog[Any], Any]] = []
    token = _held.set(waiting)
    try:
        yield
    finally:
        _held.reset(token)
        for backlog, row in waiting:
            backlog.add(row)


def count(operation: str, group_id: int, *, accepted: int, ignored: Sequence[str] = ()) -> None:
    """Count an accepted call with ``accepted`` records, whose properties had the keys ``ignored`` to no use."""
    _counts.add(Count(operation, group_id, accepted=accepted, ignored=ignored))


def flush() -> None:
    """Write what waits."""
    _rejected.flush()
    _counts.flush()


def prune(group_id: int) -> None:
    """Forget all but the newest of a group; those that are too old go with the clean-up."""
    rows = RejectedRecord.objects.filter(dataset_group=group_id)
    oldest = rows.order_by("-pk").values_list("pk", flat=True)[MOST - 1 : MOST].first()
    if oldest is not None:
        rows.filter(pk__lt=oldest).delete()


def place_of(message: str, member: str) -> str:
    """Which record of the list ``member`` an error speaks of, such as ``eventList.3``; empty where it is the call."""
    found = re.search(rf"\b{member}\.\d+", message)
    return found[0] if found else ""


def _note(
    caller: Caller, operation: str, member: str, records: Any, arguments: dict[str, Any], error: ServiceError
) -> None:
    group_id = runtime_event_targets.group_of(
        caller, tracking_id=arguments.get("tracking_id"), dataset_arn=arguments.get("dataset_arn")
    )
    if group_id is None:
        return
    if isinstance(error, ThrottlingException):
        _later(_counts, Count(operation, group_id, throttled=1))
        return
    _later(_counts, Count(operation, group_id, rejected=1))
    if isinstance(error, AccessDeniedException):
        return
    for place, payload in _refused(records, place_of(error.message, member), member):
        user = arguments.get("user_id") or (payload.get("userId") if isinstance(payload, dict) else None)
        row = RejectedRecord(
            dataset_group_id=group_id,
            operation=operation,
            error_code=error.code,
            reason=storable(error.message),
            place=place,
            payload=storable(payload),
            user_id=storable(user)[:256] if isinstance(user, str) else None,
            caller_arn=caller.arn[:256],
        )
        _later(_rejected, row)


def _later(backlog: Backlog[Any], row: Any) -> None:
    waiting = _held.get()
    backlog.add(row) if waiting is None else waiting.append((backlog, row))


def _refused(records: Any, place: str, member: str) -> list[tuple[str, Any]]:
    """Place and payload of what was refused: one record, or the call with each of its records, so that every row is of
    one user."""
    if not isinstance(records, list | tuple) or not records:
        return [("", records)]
    if place:
        at = int(place.rpartition(".")[2]) - 1
        if at < len(records):
            return [(place, records[at])]
    return [(f"{member}.{number}", record) for number, record in enumerate(records[:MOST_RECORDS], start=1)]


def storable(value: Any) -> Any:
    """``value`` as every database can keep it as JSON; None where it is too large."""
    text = json.dumps(value, ensure_ascii=False, default=_plain).encode("utf-8", errors="replace").decode()
    if len(text) > LARGEST:
        return None
    return json.loads(text.replace("\\u0000", "\\ufffd"), parse_constant=str)


def _plain(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else str(value)


_since_pruning: Counter[int] = Counter()


def _write_rejected(rows: Sequence[RejectedRecord]) -> None:
    groups = _present({row.dataset_group_id for row in rows})
    RejectedRecord.objects.bulk_create([row for row in rows if row.dataset_group_id in groups])
    _since_pruning.update(row.dataset_group_id for row in rows)
    for group_id in [group_id for group_id, since in _since_pruning.items() if since >= PRUNE_EVERY]:
        del _since_pruning[group_id]
        prune(group_id)


def _write_counts(counts: Sequence[Count]) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    groups = _present({count.group_id for count in counts})
    of_key: dict[tuple[int, str], list[Count]] = defaultdict(list)
    for each in counts:
        if each.group_id in groups:
            of_key[each.group_id, each.operation].append(each)
    for (group_id, operation), several in sorted(of_key.items()):
        row, _ = IngestionCount.objects.get_or_create(dataset_group_id=group_id, operation=operation, hour=hour)
        IngestionCount.objects.filter(pk=row.pk).update(
            calls=F("calls") + len(several),
            accepted=F("accepted") + sum(each.accepted for each in several),
            rejected=F("rejected") + sum(each.rejected for each in several),
            throttled=F("throttled") + sum(each.throttled for each in several),
        )
        ignored = Counter(key for each in several for key in each.ignored)
        if ignored:
            _add_ignored(row.pk, ignored)


def _add_ignored(pk: int, more: Counter[str]) -> None:
    row = IngestionCount.objects.select_for_update().get(pk=pk)
    total = Counter(row.ignored)
    for key, times in more.items():
        total[key if key in total or len(total) < MOST_KEYS else "…"] += times
    IngestionCount.objects.filter(pk=pk).update(ignored=dict(total))


def _present(groups: set[int]) -> set[int]:
    """Those that are there, and stay until the transaction ends: no row is left behind by one that goes meanwhile."""
    rows = DatasetGroup.objects.filter(pk__in=groups).order_by("pk")
    return set(rows.select_for_update(no_key=True).values_list("pk", flat=True))


_rejected: Backlog[RejectedRecord] = Backlog("rejected records", _write_rejected, most=2_000)
_counts: Backlog[Count] = Backlog("counts of Put calls", _write_counts, pause=1.0, most=100_000, batch=10_000)
