"""What the event log forgets, and what it must not."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from personalize_web.operations import get_user_history, put_events
from personalize_web.resources.models import Dataset, Event, IngestionCount, MetricAttribution, Record, RejectedRecord
from personalize_web.workers import event_log, events, folders, housekeeping, indexes
from tests import factories

pytestmark = pytest.mark.django_db

FIELDS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]


@pytest.fixture
def dataset(ana):
    text = json.dumps({"type": "record", "name": "Interactions", "fields": FIELDS})
    group = factories.active_group(ana)
    return factories.dataset(ana, group, of_schema=factories.schema(ana, text=text))


def record(dataset, number, *, user="ben", session="s", **about):
    return Event.objects.create(
        dataset=dataset, digest=uuid.uuid4().hex, event_id=f"e{number}", user_id=user, session_id=session,
        received_at=timezone.now() - timedelta(days=100), item_id="a", event_type="watch",
        timestamp=1_700_000_000 + number, **about,
    )  # fmt: skip


@pytest.fixture
def stored(dataset):
    """Three old events of one session, in the columns and in the index, and nothing that reads them."""
    made = [record(dataset, number) for number in range(3)]
    events.store_waiting(dataset)
    indexes.renew(dataset)
    return made


def left():
    return list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_old_events_in_the_columns_go_but_the_newest_of_their_session_stays(stored):
    assert event_log.prune() == 2
    assert left() == [stored[2].pk]


def test_what_a_user_did_is_known_as_before(ana, dataset, stored):
    about = {"dataset_group_arn": dataset.dataset_group.arn, "user_id": "ben"}
    before = get_user_history(ana, **about)
    event_log.prune()
    assert get_user_history(ana, **about) == before
    assert folders.store_of(dataset).snapshot().effective_rows == 3


def test_young_events_stay(stored):
    Event.objects.update(received_at=timezone.now() - timedelta(days=34))
    assert event_log.prune() == 0


def test_nothing_goes_where_the_log_is_kept_for_ever(stored, settings):
    settings.EVENT_LOG_DAYS = 0
    assert event_log.prune() == 0


def test_events_that_wait_stay(dataset, stored):
    Event.objects.update(stored=False)
    assert event_log.prune() == 0


def test_events_that_the_index_does_not_cover_stay(dataset, stored, monkeypatch):
    monkeypatch.setattr(event_log, "_indexed_upto", lambda dataset: stored[0].pk)
    event_log.prune()
    assert left() == [stored[1].pk, stored[2].pk]


def test_events_that_a_model_has_not_seen_stay(ana, dataset, stored):
    solution = factories.solution(ana, dataset.dataset_group)
    old = factories.solution_version(ana, solution, event_cutoff=stored[0].pk)
    assert event_log.prune() == 1, "the newest version may be the next to answer"
    factories.solution_version(ana, solution, event_cutoff=stored[2].pk)
    factories.campaign(ana, old)
    assert event_log.prune() == 0, "a campaign serves the old version"


def test_events_that_a_recommender_has_not_seen_stay(ana, dataset, stored):
    factories.recommender(ana, dataset.dataset_group, training_started_at=timezone.now(), event_cutoff=stored[0].pk)
    assert event_log.prune() == 1


def test_events_that_a_metric_attribution_has_not_counted_stay(ana, dataset, stored):
    MetricAttribution.objects.create(
        arn="arn:attribution", account=ana.account, region=ana.region, name="a", dataset_group=dataset.dataset_group,
        metrics_output_config={}, event_cutoff=stored[0].pk,
    )  # fmt: skip
    assert event_log.prune() == 1


def test_impressions_without_a_column_stay(dataset):
    record(dataset, 0, impression=["a", "b"])
    record(dataset, 1)
    record(dataset, 2)
    events.store_waiting(dataset)
    indexes.renew(dataset)
    event_log.prune()
    assert list(Event.objects.order_by("pk").values_list("event_id", flat=True)) == ["e0", "e2"]


def test_an_anonymous_event_finds_the_user_of_its_session_after_all(dataset, stored):
    event_log.prune()
    late = record(dataset, 9, user=None)
    events.link_sessions(dataset.dataset_group)
    late.refresh_from_db()
    assert late.user_id == "ben"


def test_what_is_sent_again_counts_once_all_the_same(ana, dataset):
    tracker = factories.event_tracker(ana, dataset.dataset_group)

    def send(*numbers):
        put_events(
            ana, tracking_id=tracker.tracking_id, session_id="s", user_id="ben",
            event_list=[{"eventType": "watch", "sentAt": n, "itemId": f"i{n}", "eventId": f"e{n}"} for n in numbers],
        )  # fmt: skip
        events.store_waiting(dataset)

    send(1, 2)
    Event.objects.update(received_at=timezone.now() - timedelta(days=100))
    indexes.renew(dataset)
    assert event_log.prune() == 1
    send(1)
    other = Event.objects.order_by("pk").last()
    Event.objects.filter(pk=other.pk).update(item_id="another", stored=False)  # the same id, about another item
    events.store_waiting(dataset)
    rows = folders.store_of(dataset).snapshot().table().to_pylist()
    assert sorted(row["ITEM_ID"] for row in rows) == ["i1", "i2"]


def test_records_go_once_they_are_old_and_stored(dataset):
    old = {"received_at": timezone.now() - timedelta(days=100)}
    Record.objects.create(dataset=dataset, key="gone", stored=True, **old)
    Record.objects.create(dataset=dataset, key="waits", **old)
    Record.objects.create(dataset=dataset, key="young", stored=True)
    event_log.prune()
    assert sorted(Record.objects.values_list("key", flat=True)) == ["waits", "young"]


def test_rejected_records_and_counts_go_with_the_clean_up(dataset):
    group = dataset.dataset_group
    for days in (15, 13):
        RejectedRecord.objects.create(dataset_group=group, rejected_at=timezone.now() - timedelta(days=days))
    for days in (8, 1):
        IngestionCount.objects.create(dataset_group=group, hour=timezone.now() - timedelta(days=days))
    housekeeping.clean_up()
    assert (RejectedRecord.objects.count(), IngestionCount.objects.count()) == (1, 1)


@pytest.mark.parametrize(("hour", "gone"), [(event_log.NIGHT, 2), (event_log.NIGHT + 1, 0)])
def test_the_log_is_gone_through_once_a_night(stored, monkeypatch, hour, gone):
    now = timezone.now().replace(hour=hour)
    monkeypatch.setattr(event_log.timezone, "now", lambda: now)
    housekeeping.clean_up()
    assert Event.objects.count() == 3 - gone


def test_many_rows_go_some_at_a_time(stored, monkeypatch):
    monkeypatch.setattr(event_log, "AT_ONCE", 1)
    assert event_log.prune() == 2


def test_a_dataset_on_its_way_out_is_left_alone(stored):
    Dataset.objects.update(status="DELETE PENDING")
    assert event_log.prune() == 0
