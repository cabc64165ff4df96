"""Recorded events: what is kept, what is refused, and what is kept once."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from personalize_web.operations import rejections, runtime_event_log, runtime_rates
from personalize_web.operations.errors import AccessDeniedException, InvalidInputException, ThrottlingException
from personalize_web.operations.events import put_events
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Event, EventTracker, Schema

FIELDS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    {"name": "NUM_RATINGS", "type": ["null", "int"]},
    {"name": "BILL_PAID", "type": ["null", "double"]},
    {"name": "GENRE_L2", "type": ["null", "string"]},
]


def group_of(ana, fields=None):
    where = {"account": ana.account, "region": ana.region}
    text = {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema",
            "fields": fields or FIELDS, "version": "1.0"}  # fmt: skip
    name = uuid.uuid4().hex[:8]
    group = DatasetGroup.objects.create(arn=f"arn:{name}", name=name, status=statuses.ACTIVE, **where)
    schema = Schema.objects.create(
        arn=f"arn:schema/{name}", name=name, text=json.dumps(text), dataset_type="INTERACTIONS", **where
    )
    dataset = Dataset.objects.create(
        arn=f"arn:dataset/{name}", name=name, dataset_group=group, dataset_type="INTERACTIONS", schema=schema,
        status=statuses.ACTIVE, **where,
    )  # fmt: skip
    tracker = EventTracker.objects.create(
        arn=f"arn:tracker/{name}", name=name, dataset_group=group, tracking_id=str(uuid.uuid4()),
        status=statuses.ACTIVE, **where,
    )  # fmt: skip
    return tracker, dataset


@pytest.fixture
def tracker(ana, db):
    return group_of(ana)[0]


@pytest.fixture
def put(ana, tracker):
    """Records one event of ben's, or what is given."""

    def record(*given, user_id="ben", session_id="s", **about):
        asked = [{"eventType": "Watch", "sentAt": 1_700_000_000, "itemId": "a"} | one for one in given or [about]]
        put_events(ana, tracking_id=tracker.tracking_id, session_id=session_id, user_id=user_id, event_list=asked)
        return Event.objects.order_by("pk").last()

    return record


def test_an_event_is_kept_with_all_it_says(put):
    event = put(
        eventValue=4.5,
        eventId="e1",
        impression=["a", "b"],
        recommendationId="RID-1",
        metricAttribution={"eventAttributionSource": "newsletter"},
        properties='{"device": "tv", "numRatings": "12"}',
    )
    assert (event.user_id, event.session_id, event.item_id, event.event_type) == ("ben", "s", "a", "Watch")
    assert (event.event_value, event.event_id, event.timestamp) == (4.5, "e1", 1_700_000_000)
    assert (event.impression, event.recommendation_id, event.attribution_source) == (["a", "b"], "RID-1", "newsletter")
    assert event.properties == {"DEVICE": "tv", "NUM_RATINGS": 12}


def test_nothing_is_answered(ana, tracker):
    asked = [{"eventType": "Watch", "sentAt": 1, "itemId": "a"}]
    assert put_events(ana, tracking_id=tracker.tracking_id, session_id="s", event_list=asked) is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (1.5, 1.5),
        ("1700000000", 1_700_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000),
        (datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), 1_700_000_000),
        (4_000_000_000, 4_000_000_000),
    ],
)
def test_times_are_taken_in_every_spelling_and_in_the_future(put, sent, kept):
    assert put(sentAt=sent).timestamp == kept


@pytest.mark.parametrize("sent", [1_700_000_000_000, -1, True, "yesterday", float("nan"), 1e18])
def test_what_is_no_time_in_seconds_is_refused(put, sent):
    with pytest.raises(InvalidInputException):
        put(sentAt=sent)


@pytest.mark.parametrize(
    ("key", "column"),
    [("numRatings", "NUM_RATINGS"), ("NUM_RATINGS", "NUM_RATINGS"), ("num_ratings", "NUM_RATINGS")],
)
def test_columns_are_named_in_camel_case_or_as_they_are(put, key, column):
    assert put(properties=json.dumps({key: 3})).properties == {column: 3}


def test_a_number_in_a_name_belongs_to_it(put):
    assert put(properties='{"genreL2": "noir"}').properties == {"GENRE_L2": "noir"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"numRatings": "12"}, {"NUM_RATINGS": 12}),
        ({"numRatings": 12.0}, {"NUM_RATINGS": 12}),
        ({"billPaid": "1e2"}, {"BILL_PAID": 100.0}),
        ({"billPaid": 3}, {"BILL_PAID": 3.0}),
        ({"device": ["tv", "phone"]}, {"DEVICE": "tv|phone"}),
        ({"device": 5}, {"DEVICE": "5"}),
        ({"device": ""}, {}),
        ({"device": None}, {}),
        ({"device": "USER_ID"}, {}),
        ({"unheardOf": {"deep": 1}}, {}),
    ],
)
def test_values_take_the_type_of_their_column(put, given, kept):
    assert put(properties=json.dumps(given)).properties == kept


@pytest.mark.parametrize(
    "given",
    [
        {"numRatings": "twelve"},
        {"numRatings": 1.5},
        {"numRatings": 2**31},
        {"numRatings": True},
        {"billPaid": "inf"},
        {"billPaid": [1]},
        {"device": {"kind": "tv"}},
        {"device": "x" * 1001},
        {"device": ["tv", ["phone"]]},
    ],
)
def test_a_value_that_is_none_of_its_column_is_refused(put, given):
    with pytest.raises(InvalidInputException, match=r"eventList\.1\.properties"):
        put(properties=json.dumps(given))


@pytest.mark.parametrize(
    "text", ["[]", "1", "{", '{"billPaid": NaN}', '{"device": "\\ud800"}', '{"device": "\\u0000"}']
)
def test_properties_must_hold_an_object(put, text):
    with pytest.raises(InvalidInputException, match=r"eventList\.1\.properties"):
        put(properties=text)


@pytest.mark.parametrize(
    "key", ["userId", "USERID", "user_id", "sessionId", "EventType", "timestamp", "recommendationId", "Impression"]
)
def test_what_stands_beside_the_properties_is_refused_in_them(put, key):
    with pytest.raises(InvalidInputException, match="must not contain"):
        put(properties=json.dumps({key: "x"}))


def test_item_and_value_may_stand_in_the_properties(put):
    event = put({"itemId": None, "properties": '{"itemId": "b", "eventValue": "4"}'})
    assert (event.item_id, event.event_value) == ("b", 4.0)


def test_what_stands_beside_the_properties_counts(put):
    event = put(eventValue=1, properties='{"itemId": "b", "eventValue": 2}')
    assert (event.item_id, event.event_value) == ("a", 1.0)


@pytest.mark.parametrize(("value", "kept"), [("true", 1.0), ("False", 0.0), (True, 1.0), ("", None), (None, None)])
def test_yes_and_no_are_values(put, value, kept):
    assert put(properties=json.dumps({"eventValue": value})).event_value == kept


def test_a_value_that_is_no_number_is_refused(put):
    with pytest.raises(InvalidInputException, match="eventValue must be a number"):
        put(properties='{"eventValue": "much"}')


@pytest.mark.parametrize("item", [None, "x" * 257])
def test_an_event_is_about_an_item(put, item):
    with pytest.raises(InvalidInputException, match="itemId"):
        put(itemId=item)


def test_a_column_that_needs_a_value_gets_one(ana, db):
    fields = [*FIELDS[:4], {"name": "EVENT_VALUE", "type": "float"}, {"name": "DEVICE", "type": "string"}]
    tracker, _ = group_of(ana, fields)

    def record(**about):
        asked = [{"eventType": "Watch", "sentAt": 1, "itemId": "a"} | about]
        put_events(ana, tracking_id=tracker.tracking_id, session_id="s", event_list=asked)

    record(eventValue=1, properties='{"device": "tv"}')
    with pytest.raises(InvalidInputException, match="EVENT_VALUE"):
        record(properties='{"device": "tv"}')
    with pytest.raises(InvalidInputException, match="DEVICE is required"):
        record(eventValue=1)
    assert Event.objects.count() == 1


def test_the_name_of_a_column_is_nobody(put):
    with pytest.raises(InvalidInputException, match="name of a column"):
        put(user_id="USER_ID")
    with pytest.raises(InvalidInputException, match="name of a column"):
        put(itemId="ITEM_ID")


def test_equal_events_are_kept_once(put):
    put(properties='{"device": "tv"}')
    put(properties='{"device": "tv"}')
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"itemId": "b"},
        {"eventType": "Click"},
        {"sentAt": 1_700_000_000.5},
        {"eventValue": 1},
        {"properties": '{"device": "tv"}'},
    ],
)
def test_events_that_differ_are_both_kept(put, other):
    put()
    put(**other)
    assert Event.objects.count() == 2


def test_an_event_with_a_known_id_is_kept_and_marked(put):
    assert not put(eventId="e1").repeated
    assert put(eventId="e1", itemId="b").repeated
    assert not put(eventId="e2", itemId="c").repeated


def test_an_id_may_repeat_within_a_call(put):
    put({"eventId": "e", "itemId": "a"}, {"eventId": "e", "itemId": "b"})
    assert list(Event.objects.order_by("pk").values_list("repeated", flat=True)) == [False, True]


def test_an_event_without_id_gets_one(put):
    assert uuid.UUID(put().event_id)


def test_an_event_without_user_belongs_to_its_session(put):
    event = put(user_id=None, session_id="anonymous")
    assert (event.user_id, event.session_id) == (None, "anonymous")


def test_a_call_is_kept_whole_or_not_at_all(put):
    with pytest.raises(InvalidInputException, match=r"eventList\.2"):
        put({"itemId": "a"}, {"itemId": None})
    assert Event.objects.count() == 0


@pytest.mark.parametrize("count", [0, 11])
def test_a_call_has_one_to_ten_events(put, ana, tracker, count):
    asked = [{"eventType": "Watch", "sentAt": index, "itemId": "a"} for index in range(count)]
    with pytest.raises(InvalidInputException, match="eventList"):
        put_events(ana, tracking_id=tracker.tracking_id, session_id="s", event_list=asked)


def test_an_event_has_ten_kilobytes_at_most(put):
    put(impression=["i" * 39] * 25)
    wide = "ü" * 256  # 512 bytes each
    with pytest.raises(InvalidInputException, match="larger than 10 KB"):
        put(impression=[wide] * 25)


def test_an_impression_has_a_thousand_characters_at_most(put):
    put(impression=["i" * 199, "j" * 199, "k" * 199, "l" * 199, "m" * 200])
    with pytest.raises(InvalidInputException, match="impression"):
        put(impression=["i" * 199, "j" * 199, "k" * 199, "l" * 199, "m" * 201])


def test_an_unknown_tracking_id_is_invalid(ana, tracker):
    asked = [{"eventType": "Watch", "sentAt": 1, "itemId": "a"}]
    with pytest.raises(InvalidInputException, match="no event tracker"):
        put_events(ana, tracking_id="unknown", session_id="s", event_list=asked)


def test_another_accounts_tracking_id_is_unknown(eve, tracker):
    asked = [{"eventType": "Watch", "sentAt": 1, "itemId": "a"}]
    with pytest.raises(InvalidInputException, match="no event tracker"):
        put_events(eve, tracking_id=tracker.tracking_id, session_id="s", event_list=asked)


def test_a_tracker_must_be_active(put, tracker):
    tracker.move(statuses.CREATE_IN_PROGRESS)
    with pytest.raises(InvalidInputException, match="CREATE IN_PROGRESS"):
        put()


def test_a_group_without_interactions_takes_no_events(put, tracker):
    Dataset.objects.all().delete()
    with pytest.raises(InvalidInputException, match="no active Item interactions dataset"):
        put()


def test_a_viewer_records_nothing(ben, tracker):
    with pytest.raises(AccessDeniedException):
        put_events(ben, tracking_id=tracker.tracking_id, session_id="s", event_list=[])


def test_too_many_calls_a_second_are_turned_away(put, settings, monkeypatch):
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_000.0)
    settings.QUOTAS = settings.QUOTAS | {"put_events_per_second": 2}
    put()
    put()
    with pytest.raises(ThrottlingException):
        put()
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_001.0)
    put()


def test_no_value_stands_in_an_error(put):
    for about in ({"properties": '{"numRatings": "probe"}'}, {"itemId": "probe" * 100}, {"properties": "probe"}):
        with pytest.raises(InvalidInputException) as refused:
            put(**about)
        assert "probe" not in refused.value.message


@pytest.mark.django_db(transaction=True)
def test_the_disk_is_waited_for(ana, monkeypatch):
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("other databases always wait for the disk")
    tracker, _ = group_of(ana)
    levels = []
    insert = runtime_event_log._insert

    def spy(*arguments):
        with connection.cursor() as cursor:
            levels.append(cursor.execute("PRAGMA synchronous").fetchone()[0])
        return insert(*arguments)

    monkeypatch.setattr(runtime_event_log, "_insert", spy)
    asked = [{"eventType": "Watch", "sentAt": 1, "itemId": "a"}]
    put_events(ana, tracking_id=tracker.tracking_id, session_id="s", event_list=asked)
    full = 2
    rejections.flush()
    assert levels == [full]
    assert Event.objects.count() == 1
