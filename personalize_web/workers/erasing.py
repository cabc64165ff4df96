"""Users out of the database: logs, records, lists that were served, reports and texts that quote them."""

import re
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import Model, QuerySet

from personalize_web.resources.models import (
    AuditRecord,
    Campaign,
    DataCheck,
    DataDeletionJob,
    DataInsightsJob,
    DataPreparation,
    DatasetGroup,
    DatasetImportJob,
    Event,
    Exposure,
    Job,
    JobLogLine,
    Recommender,
    Record,
    RejectedRecord,
    ServedList,
)
from personalize_web.workers import deleted_users, rows
from personalize_web.workers.context import JobContext

ERASED = "(deleted user)"
"""What stands where a user's id stood in a report."""
LARGEST_TO_REWRITE = 1 << 28
"""Bytes of an SQLite file that is written anew after a deletion; in a larger one freed places are only overwritten."""
RECORDED_CALLS = (
    "GetRecommendations",
    "GetPersonalizedRanking",
    "GetActionRecommendations",
    "PutEvents",
    "PutUsers",
    "PutActionInteractions",
    "ConsoleTryRecommendations",
    "ConsoleExplainRecommendation",
    "ConsoleCreateExperiment",
    "ConsoleGetUserHistory",
    "ConsoleCreateRecords",
)
"""Operations whose audit records may name users."""

_QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"")
_USER_FIELDS = frozenset({"userid", "user", "username"})


def erase(group: DatasetGroup, ids: set[str], context: JobContext) -> int:
    """Remove everything the database holds of these users in this group; the answer is how many rows went."""
    gone = _erase_events(group, ids)
    context.check()
    gone += _erase_rejected(group, ids)
    gone += _erase_served(group, ids)
    gone += _erase_exposures(group, ids)
    context.check()
    _redact(group.import_jobs.all(), ids, ("summary", "failure_reason"), DatasetImportJob)
    _redact(group.data_checks.all(), ids, ("result", "failure_reason"), DataCheck)
    _redact(group.data_preparations.all(), ids, ("result", "recipe", "failure_reason"), DataPreparation)
    _redact(group.insights_jobs.all(), ids, ("result",), DataInsightsJob)
    _redact(group.data_deletion_jobs.filter(failure_reason__isnull=False), ids, ("failure_reason",), DataDeletionJob)
    jobs = Job.objects.filter(dataset_group_arn=group.arn)
    _redact(jobs.filter(failure_reason__isnull=False), ids, ("failure_reason",), Job)
    _redact(JobLogLine.objects.filter(job__in=jobs), ids, ("text",), JobLogLine)
    calls = AuditRecord.objects.filter(account=group.account, region=group.region, event_name__in=RECORDED_CALLS)
    _redact(calls, ids, ("request_parameters", "response_elements", "error_message"), AuditRecord)
    return gone


def _erase_events(group: DatasetGroup, ids: set[str]) -> int:
    datasets = list(group.datasets.all())
    users = [dataset for dataset in datasets if dataset.dataset_type == "USERS"]
    gone = 0
    for keys in deleted_users.anonymous(group, ids).values():
        for part in deleted_users.in_parts(keys):
            gone += rows.remove(Event.objects.filter(pk__in=part))
    for part in deleted_users.in_parts(ids):
        gone += rows.remove(Event.objects.filter(dataset__in=datasets, user_id__in=part))
        gone += rows.remove(Record.objects.filter(dataset__in=users, key__in=part))
    return gone


def _erase_rejected(group: DatasetGroup, ids: set[str]) -> int:
    """A refused call is forgotten as a whole where it names one of the users."""
    named = [
        row.pk
        for row in group.rejected_records.iterator()
        if row.user_id in ids or redacted(row.payload, ids) != row.payload or redacted(row.reason, ids) != row.reason
    ]
    return sum(rows.remove(RejectedRecord.objects.filter(pk__in=part)) for part in deleted_users.in_parts(named))


def _erase_served(group: DatasetGroup, ids: set[str]) -> int:
    """Lists that the group's campaigns and recommenders served, and those whose campaign or recommender is gone."""
    own = {*group.campaigns.values_list("arn", flat=True), *group.recommenders.values_list("arn", flat=True)}
    others = {
        *Campaign.objects.exclude(dataset_group=group).values_list("arn", flat=True),
        *Recommender.objects.exclude(dataset_group=group).values_list("arn", flat=True),
    }
    gone = 0
    for found in _served_to(ids):
        named = [key for key, source in found if source in own or source not in others]
        for part in deleted_users.in_parts(named):
            gone += rows.remove(ServedList.objects.filter(pk__in=part))
    return gone


def _served_to(ids: set[str]) -> Iterator[list[tuple[str, str]]]:
    """Keys and sources of what was served to the users: asked for by name where they are few, else looked for."""
    if len(ids) <= deleted_users.AT_ONCE:
        yield list(ServedList.objects.filter(user_id__in=ids).values_list("pk", "source_arn"))
        return
    served = ServedList.objects.filter(user_id__isnull=False).values_list("pk", "source_arn", "user_id")
    yield [(key, source) for key, source, user in served.iterator() if user in ids]


def _erase_exposures(group: DatasetGroup, ids: set[str]) -> int:
    gone = 0
    for part in deleted_users.in_parts(ids):
        gone += rows.remove(Exposure.objects.filter(experiment__dataset_group=group, user_id__in=part))
    for experiment in group.experiments.all():
        if ids.intersection(experiment.testers):
            experiment.change(testers={user: each for user, each in experiment.testers.items() if user not in ids})
    return gone


def _redact(found: QuerySet[Any], ids: set[str], fields: tuple[str, ...], model: type[Model]) -> None:
    for row in found.only("pk", *fields).iterator():
        changed = {name: value for name in fields if (value := redacted(getattr(row, name), ids)) != getattr(row, name)}
        if changed:
            model._default_manager.filter(pk=row.pk).update(**changed)


def redacted(value: Any, ids: Collection[str], *, of_user: bool = False) -> Any:
    """``value`` with every id in it replaced: whole texts, and words in quotes or, unless they are numbers, bare.

    A number alone is taken for an id only where its key, or the column it is said to be of, is that of users.
    """
    if isinstance(value, dict):
        about = of_user or "USER_ID" in (value.get("column"), value.get("name"))
        return {_key(key, ids): redacted(each, ids, of_user=about or _names_user(key)) for key, each in value.items()}
    if isinstance(value, list):
        return [redacted(each, ids, of_user=of_user) for each in value]
    if not isinstance(value, str) or not value:
        return value
    if value in ids and (of_user or not value.isdigit()):
        return ERASED
    return _redacted_words(value, ids)


def _redacted_words(text: str, ids: Collection[str]) -> str:
    def quoted(found: re.Match[str]) -> str:
        inside = found[1] if found[1] is not None else found[2]
        plain = inside.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")
        return ERASED if inside in ids or plain in ids else found[0]

    def bare(word: re.Match[str]) -> str:
        plain = word[0].strip(".,;:()[]{}!?")
        return word[0].replace(plain, ERASED) if plain and not plain.isdigit() and plain in ids else word[0]

    return re.sub(r"[^\s,'\"]+", bare, _QUOTED.sub(quoted, text))


def _key(key: Any, ids: Collection[str]) -> Any:
    return ERASED if key in ids and not str(key).isdigit() else key


def _names_user(key: Any) -> bool:
    return str(key).replace("_", "").lower() in _USER_FIELDS


def clean_files() -> list[str]:
    """Overwrite what deleted rows left in the database's files; the answer says what may remain for a while."""
    if connection.vendor == "sqlite":
        return _clean_sqlite()
    return _clean_postgresql()


def _clean_sqlite() -> list[str]:
    """Rows are overwritten when they go (``secure_delete``); pages that others were moved from are not, hence the
    rewriting, and the log of writes is emptied."""
    path = settings.DATABASES["default"]["NAME"]
    if connection.in_atomic_block:
        return ["The database's write-ahead log could not be emptied inside a transaction."]
    remains = []
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute("PRAGMA page_size")
        size = pages * cursor.fetchone()[0]
        if size <= LARGEST_TO_REWRITE:
            if not _patiently(lambda: cursor.execute("VACUUM")):
                remains.append(f"The database file {path} was busy and has not been written anew; run VACUUM on it.")
        else:
            remains.append(
                f"The database file {path} has {size:,} bytes and is not written anew while it is in use. Deleted rows "
                "are overwritten; traces of rows that were moved before may remain until VACUUM is run on it."
            )
        if not _patiently(lambda: _emptied(cursor)):
            remains.append(f"The write-ahead log of {path} was in use; it is emptied by the next checkpoint.")
    return remains


def _emptied(cursor: Any) -> bool:
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    busy, *_ = cursor.fetchone()
    return not busy


def _patiently(act: Callable[[], Any], *, seconds: float = 30.0) -> bool:
    """Try until it works; False when it did not within ``seconds``."""
    until = time.monotonic() + seconds
    while True:
        try:
            if act() is not False:
                return True
        except OperationalError:
            if time.monotonic() >= until:
                return False
        if time.monotonic() >= until:
            return False
        time.sleep(0.2)


def _clean_postgresql() -> list[str]:
    """Dead rows are given free; their bytes stay in the files until something is written over them."""
    if connection.in_atomic_block:
        return ["PostgreSQL keeps deleted rows in its files until it is vacuumed."]
    tables = (
        Event,
        Record,
        RejectedRecord,
        ServedList,
        JobLogLine,
        Job,
        DatasetImportJob,
        DataInsightsJob,
        AuditRecord,
    )
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"VACUUM {connection.ops.quote_name(model._meta.db_table)}")
    return [
        "PostgreSQL has been vacuumed: deleted rows cannot be read any more. Their bytes stay in its files until it "
        "writes over them, and in its write-ahead log and archives as long as these are kept; VACUUM FULL rewrites a "
        "table at once."
    ]
