"""Forgets what the event log need no longer hold: rows that are in the columns, old, and asked for by nobody."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from personalize_web.engine.history import HistoryIndex
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import (
    Campaign,
    Dataset,
    DatasetGroup,
    Event,
    IngestionCount,
    MetricAttribution,
    Recommender,
    Record,
    RejectedRecord,
    SolutionVersion,
)
from personalize_web.workers import folders
from personalize_web.workers.events import OF_EVENTS

REJECTED_DAYS = 14
COUNT_DAYS = 7
NIGHT = 3
"""The hour, in UTC, in which the log is gone through."""
AT_ONCE = 500
"""Rows deleted in one statement, so that the database is never held for long."""


def clean_up() -> None:
    """Forget old refusals and counts, and once a night old rows of the log: large indexes are made anew afterwards."""
    now = timezone.now()
    RejectedRecord.objects.filter(rejected_at__lt=now - timedelta(days=REJECTED_DAYS)).delete()
    IngestionCount.objects.filter(hour__lt=now - timedelta(days=COUNT_DAYS)).delete()
    if now.hour == NIGHT:
        prune()


def prune() -> int:
    """Forget old rows of every dataset; the answer is how many events that were.

    The columns go on holding the data themselves. What only the log has is kept: events without a user, which a link
    may still give to somebody; of each session the newest event that names a user, whom later events of the session
    belong to; impressions that the schema has no column for. So is every event that requests still read from the log:
    those that the dataset's index of histories does not cover, and those newer than the training of a model that
    answers or may be the next to. What metric attributions have not counted is kept too.

    Without its row in the log an event that is sent a second time is kept a second time, and an id that was used
    before is not marked; in the columns, equal rows count once and of several with one id the first counts. So
    trainings, minimums and analyses see the same.
    """
    if not settings.EVENT_LOG_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.EVENT_LOG_DAYS)
    _delete(Record.objects.filter(stored=True, received_at__lt=before))
    datasets = Dataset.objects.filter(dataset_type__in=OF_EVENTS, status=statuses.ACTIVE)
    return sum(_delete(needless(dataset, before)) for dataset in datasets.select_related("dataset_group", "schema"))


def needless(dataset: Dataset, before: datetime) -> QuerySet[Event]:
    """The events of ``dataset``, received before a time, that nobody needs in the log any more."""
    group = dataset.dataset_group
    later = Event.objects.filter(
        dataset__in=group.datasets.filter(dataset_type__in=OF_EVENTS).values("pk"),
        session_id=OuterRef("session_id"),
        user_id__isnull=False,
        pk__gt=OuterRef("pk"),
    )
    upto = min([_indexed_upto(dataset), *_read_from(group)])
    rows = dataset.events.filter(Exists(later), stored=True, pk__lte=upto, received_at__lt=before)
    if "IMPRESSION" not in folders.schema_of(dataset).names:
        rows = rows.filter(impression__isnull=True)
    return rows


def _indexed_upto(dataset: Dataset) -> int:
    """The newest event that the index of users' histories covers."""
    path = locations.columns_folder(dataset.storage_key) / locations.HISTORY
    return HistoryIndex.open(path).event_upto if path.exists() else 0


def _read_from(group: DatasetGroup) -> list[int]:
    """The events up to which each reader of the group's log has all it needs elsewhere.

    Models are those that campaigns serve, the newest of each solution, and those of recommenders.
    """
    versions = SolutionVersion.objects.filter(solution__dataset_group=group, status=statuses.ACTIVE)
    newer = versions.filter(solution=OuterRef("solution"), pk__gt=OuterRef("pk"))
    served = Campaign.objects.filter(dataset_group=group).values("solution_version")
    cutoffs = [
        versions.filter(~Exists(newer)).values_list("event_cutoff", flat=True),
        SolutionVersion.objects.filter(pk__in=served).values_list("event_cutoff", flat=True),
        Recommender.objects.filter(dataset_group=group, training_started_at__isnull=False).values_list(
            "event_cutoff", flat=True
        ),
        MetricAttribution.objects.filter(dataset_group=group).values_list("event_cutoff", flat=True),
    ]
    return [cutoff for several in cutoffs for cutoff in several]


def _delete(rows: QuerySet[Event] | QuerySet[Record]) -> int:
    gone = 0
    while found := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        gone += rows.model._default_manager.filter(pk__in=found).delete()[0]
    return gone
