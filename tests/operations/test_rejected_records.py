"""Refused Put calls: each is found again with its reason, and its values stay hidden."""

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from personalize_web.operations import (
    describe_ingestion,
    list_rejected_records,
    put_action_interactions,
    put_events,
    put_users,
    rejections,
)
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceInUseException,
    ThrottlingException,
)
from personalize_web.resources.models import Event, IngestionCount, RejectedRecord
from personalize_web.workers import dataset_groups
from tests import factories

pytestmark = pytest.mark.django_db

GOOD = {"eventType": "Watch", "sentAt": 1_700_000_000, "itemId": "a"}


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def tracker(ana, group):
    factories.dataset(ana, group)
    return factories.event_tracker(ana, group)


@pytest.fixture
def put(ana, tracker):
    def record(*events, error=None, **about):
        call = {"tracking_id": tracker.tracking_id, "session_id": "s", "user_id": "ben", "event_list": list(events)}
        if error is None:
            return put_events(ana, **call | about)
        with pytest.raises(error):
            put_events(ana, **call | about)
        return None

    return record


def rejected(caller, group, **about):
    return list_rejected_records(caller, dataset_group_arn=group.arn, **about)["rejectedRecords"]


def test_a_refused_record_is_found_with_its_reason_place_and_shape(ana, group, put):
    put(GOOD, GOOD | {"itemId": "x" * 300, "properties": '{"device": "tv", "n": 1}'}, error=InvalidInputException)
    (row,) = rejected(ana, group)
    assert (row["operation"], row["errorCode"], row["place"]) == ("PutEvents", "InvalidInputException", "eventList.2")
    assert "eventList.2.itemId" in row["reason"]
    assert row["shape"] == {
        "eventType": "text", "sentAt": "number", "itemId": "text", "properties": {"device": "text", "n": "number"},
    }  # fmt: skip
    assert row["callerArn"] == ana.arn
    assert "payload" not in row


def test_values_are_shown_to_those_who_ask_and_may(ana, ben, group, put):
    put({"eventType": "Watch", "sentAt": 5}, error=InvalidInputException)
    (row,) = rejected(ana, group, show_values=True)
    assert row["payload"] == {"eventType": "Watch", "sentAt": 5}
    assert rejected(ben, group)
    with pytest.raises(AccessDeniedException):
        rejected(ben, group, show_values=True)


def test_what_the_service_model_refuses_is_kept_as_well(ana, group, put):
    put({"sentAt": 5, "itemId": "a"}, error=InvalidInputException)
    (row,) = rejected(ana, group)
    assert row["place"] == "eventList.1"
    assert "eventType" in row["reason"]


def test_a_call_refused_as_a_whole_is_kept_with_each_of_its_records(ana, group, put):
    put(*[GOOD] * 11, error=InvalidInputException)
    rows = rejected(ana, group)
    assert [row["place"] for row in reversed(rows)] == [f"eventList.{number}" for number in range(1, 11)]


def test_a_call_without_records_is_kept(ana, group, put):
    put(error=InvalidInputException)
    (row,) = rejected(ana, group)
    assert (row["place"], row["shape"]) == ("", [])


def test_calls_to_a_tracker_that_is_not_active_are_found(ana, group, put, tracker):
    tracker.move("CREATE FAILED")
    put(GOOD, error=InvalidInputException)
    (row,) = rejected(ana, group)
    assert "CREATE FAILED" in row["reason"]


def test_an_unknown_tracking_id_belongs_to_no_group(ana, group, put):
    put(GOOD, error=InvalidInputException, tracking_id="unknown")
    assert not RejectedRecord.objects.exists()


def test_the_other_put_operations_are_kept_with_the_user_they_are_of(ana, group, put):
    actions = factories.dataset(ana, group, "ACTION_INTERACTIONS", tracking_id=str(uuid.uuid4()))
    users = factories.dataset(ana, group, "USERS")
    asked = [{"actionId": "a", "userId": "eva", "sessionId": "s", "eventType": "Clicked", "timestamp": 1}]
    with pytest.raises(InvalidInputException):
        put_action_interactions(ana, tracking_id=actions.tracking_id, action_interactions=asked)
    users.move("CREATE IN_PROGRESS")
    with pytest.raises(ResourceInUseException):
        put_users(ana, dataset_arn=users.arn, users=[{"userId": "leo"}, {"userId": "mia"}])
    put({"sentAt": 1}, error=InvalidInputException)
    kept = RejectedRecord.objects.order_by("pk").values_list("operation", "user_id", "place", "error_code")
    assert list(kept) == [
        ("PutActionInteractions", "eva", "actionInteractions.1", "InvalidInputException"),
        ("PutUsers", "leo", "users.1", "ResourceInUseException"),
        ("PutUsers", "mia", "users.2", "ResourceInUseException"),
        ("PutEvents", "ben", "eventList.1", "InvalidInputException"),
    ]


def test_calls_beyond_the_rate_are_counted_and_not_kept(ana, group, put, settings, monkeypatch):
    from personalize_web.operations import runtime_rates

    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_000.0)
    settings.QUOTAS = settings.QUOTAS | {"put_events_per_second": 1}
    put(GOOD)
    put(GOOD, error=ThrottlingException)
    assert not rejected(ana, group)
    (events, *_) = describe_ingestion(ana, dataset_group_arn=group.arn)["operations"]
    assert (events["operation"], events["calls"], events["throttled"]) == ("PutEvents", 2, 1)


def test_those_who_may_not_put_leave_no_payload(ben, ana, group, tracker):
    with pytest.raises(AccessDeniedException):
        put_events(ben, tracking_id=tracker.tracking_id, session_id="s", event_list=[GOOD])
    assert not rejected(ana, group)


def test_ingestion_is_counted_by_operation(ana, group, put):
    put(GOOD | {"properties": '{"newKey": 1, "Other": 2}'}, GOOD | {"itemId": "b", "properties": '{"newKey": 1}'})
    put({"sentAt": 1}, error=InvalidInputException)
    answer = describe_ingestion(ana, dataset_group_arn=group.arn)
    assert answer["operations"][0] == {
        "operation": "PutEvents",
        "calls": 2,
        "accepted": 2,
        "rejected": 1,
        "throttled": 0,
        "ignoredKeys": {"newKey": 2, "Other": 1},
    }
    assert [each["calls"] for each in answer["operations"][1:]] == [0, 0, 0, 0]


def test_unknown_keys_are_refused_where_settings_are_strict(ana, group, put, settings):
    settings.STRICT_EVENT_PROPERTIES = True
    put(GOOD | {"properties": '{"newKey": 1}'}, error=InvalidInputException)
    (row,) = rejected(ana, group)
    assert row["reason"].endswith("keys that are no column: newKey.")
    assert not Event.objects.exists()


def test_a_list_is_filtered_paged_and_counted(ana, group, put):
    for number in range(3):
        put({"sentAt": number}, error=InvalidInputException)
    put(GOOD | {"itemId": ""}, error=InvalidInputException)
    first = list_rejected_records(ana, dataset_group_arn=group.arn, text="eventType", max_results=2)
    assert (len(first["rejectedRecords"]), first["total"]) == (2, 3)
    rest = list_rejected_records(
        ana, dataset_group_arn=group.arn, text="eventType", max_results=2, next_token=first["nextToken"]
    )
    ids = [row["id"] for page in (first, rest) for row in page["rejectedRecords"]]
    assert ids == sorted(ids, reverse=True) and len(ids) == 3
    assert rejected(ana, group, operation="PutItems") == []


def test_another_accounts_group_is_not_found(eve, group):
    from personalize_web.operations.errors import ResourceNotFoundException

    with pytest.raises(ResourceNotFoundException):
        rejected(eve, group)


def test_only_the_newest_are_kept(ana, group, put, monkeypatch):
    monkeypatch.setattr(rejections, "MOST", 5)
    monkeypatch.setattr(rejections, "PRUNE_EVERY", 1)
    for number in range(9):
        put({"sentAt": number}, error=InvalidInputException)
    kept = [row["payload"]["sentAt"] for row in rejected(ana, group, show_values=True)]
    assert kept == [8, 7, 6, 5, 4]


def test_a_payload_that_no_database_keeps_is_made_keepable(ana, group, put):
    put({"sentAt": 1, "itemId": "a\x00\ud800b"}, error=InvalidInputException)
    put({"sentAt": 1, "properties": "x" * 70_000}, error=InvalidInputException)
    large, odd = rejected(ana, group, show_values=True)
    assert odd["payload"]["itemId"] == "a\ufffd?b"
    assert large["payload"] is None


@pytest.mark.django_db(transaction=True)
def test_refusals_are_written_behind_the_answer(ana, group, put):
    put({"sentAt": 1}, error=InvalidInputException)
    put(GOOD)
    rejections.flush()
    assert len(rejected(ana, group)) == 1
    assert describe_ingestion(ana, dataset_group_arn=group.arn)["operations"][0]["calls"] == 2


@pytest.mark.django_db(transaction=True)
def test_a_group_that_goes_before_they_are_written_takes_its_refusals_along(ana, group, put, monkeypatch):
    for backlog in (rejections._rejected, rejections._counts):
        monkeypatch.setattr(backlog, "_start", lambda: None)  # they wait for the flush below
    put({"sentAt": 1}, error=InvalidInputException)
    group.delete()
    rejections.flush()
    assert not RejectedRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="who writes to SQLite is alone, from its first look on")
def test_a_group_that_goes_while_they_are_written_takes_its_refusals_along(ana, group, put, monkeypatch):
    looked, deletion_waits = threading.Event(), threading.Event()
    present = rejections._present

    def slowly(groups):
        found = present(groups)
        looked.set()
        assert deletion_waits.wait(20)
        return found

    monkeypatch.setattr(rejections, "_present", slowly)
    put({"sentAt": 1}, error=InvalidInputException)
    assert looked.wait(20)
    with ThreadPoolExecutor(1) as elsewhere:
        deletion = elsewhere.submit(delete_in_one_transaction, group)
        until(lambda: deletion.done() or somebody_waits_for_a_lock())
        deletion_waits.set()
        deletion.result(20)
    rejections.flush()
    assert not RejectedRecord.objects.exists() and not IngestionCount.objects.exists()


def delete_in_one_transaction(group):
    try:
        with transaction.atomic():
            dataset_groups.delete(None, group)()
    finally:
        connection.close()


def until(happened):
    last = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < last
        time.sleep(0.01)


def somebody_waits_for_a_lock():
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        return cursor.execute(waiting).fetchone() is not None


def test_the_reason_of_json_in_a_text_is_not_its_shape():
    from personalize_web.operations.ingestion import shape

    assert shape({"properties": "{broken", "flag": True, "list": [1, None]}) == {
        "properties": "text", "flag": "boolean", "list": ["number", "null"],
    }  # fmt: skip
    assert json.dumps(shape({"a": 1.5}))
