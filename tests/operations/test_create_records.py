"""Records written by hand: column names or camel case, all or none, each with its answer."""

import uuid

import pytest

from personalize_web.operations import create_records, list_rejected_records, record_template
from personalize_web.operations.errors import AccessDeniedException, InvalidInputException
from personalize_web.resources.models import Event, Record
from tests import factories

pytestmark = pytest.mark.django_db

EVENT = {"USER_ID": "ben", "ITEM_ID": "a", "TIMESTAMP": 1_700_000_000, "EVENT_TYPE": "Watch"}


@pytest.fixture
def interactions(ana):
    group = factories.active_group(ana, domain="VIDEO_ON_DEMAND")
    factories.event_tracker(ana, group)
    return factories.dataset(ana, group)


@pytest.fixture
def items(ana):
    return factories.dataset(ana, factories.active_group(ana, "films", domain="VIDEO_ON_DEMAND"), "ITEMS")


def results(answer):
    return [(row["id"], row["result"]) for row in answer["records"]]


def test_a_template_names_every_column_and_what_it_takes(ana, interactions, items):
    answer = record_template(ana, dataset_arn=interactions.arn)
    assert answer["template"] == {
        "USER_ID": "text", "ITEM_ID": "text", "EVENT_TYPE": "text", "TIMESTAMP": "time in Unix seconds",
    }  # fmt: skip
    assert answer["required"] == ["USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP"]
    assert answer["trackingId"] == interactions.dataset_group.event_trackers.get().tracking_id
    answer = record_template(ana, dataset_arn=items.arn)
    assert answer["template"]["GENRES"] == "text, several categories joined by |"
    assert answer["trackingId"] is None


def test_events_of_several_users_are_created_from_column_names_or_camel_case(ana, interactions):
    other = {"userId": 7, "itemId": "b", "sentAt": 5, "eventType": "Click", "sessionId": "x"}
    assert results(create_records(ana, dataset_arn=interactions.arn, records=[EVENT, other])) == [
        ("ben / a", "success"),
        ("7 / b", "success"),
    ]
    kept = Event.objects.order_by("pk").values_list("user_id", "session_id", "item_id", "event_type", "timestamp")
    assert list(kept) == [("ben", "console", "a", "Watch", 1_700_000_000), ("7", "x", "b", "Click", 5)]


def test_none_is_created_when_one_is_refused(ana, interactions):
    answer = create_records(ana, dataset_arn=interactions.arn, records=[EVENT, EVENT | {"TIMESTAMP": None}])
    assert [row["result"] for row in answer["records"]] == ["failure", "failure"]
    assert answer["records"][0]["message"].startswith("Not created: record 2 was refused")
    assert "sentAt" in answer["records"][1]["message"]
    assert not Event.objects.exists()


def test_a_refused_one_is_found_among_the_rejected(ana, interactions):
    create_records(ana, dataset_arn=interactions.arn, records=[EVENT, EVENT | {"TIMESTAMP": None}])
    (row,) = list_rejected_records(ana, dataset_group_arn=interactions.dataset_group.arn)["rejectedRecords"]
    assert row["operation"] == "PutEvents"


def test_items_are_created(ana, items):
    given = {"ITEM_ID": 12, "GENRES": "Drama", "creationTimestamp": 5}
    assert results(create_records(ana, dataset_arn=items.arn, records=[given])) == [("12", "success")]
    record = Record.objects.get()
    assert (record.key, record.values) == ("12", {"GENRES": "Drama", "CREATION_TIMESTAMP": 5})


def test_an_item_that_lacks_a_column_says_which(ana, items):
    good = {"ITEM_ID": "a", "GENRES": "Drama", "CREATION_TIMESTAMP": 5}
    answer = create_records(ana, dataset_arn=items.arn, records=[good, {"ITEM_ID": "b", "GENRES": "Noir"}])
    assert "CREATION_TIMESTAMP is required" in answer["records"][1]["message"]
    assert not Record.objects.exists()


def test_action_interactions_are_created(ana):
    group = factories.active_group(ana)
    dataset = factories.dataset(ana, group, "ACTION_INTERACTIONS", tracking_id=str(uuid.uuid4()))
    given = {"USER_ID": "ben", "ACTION_ID": "join", "EVENT_TYPE": "Not Taken", "TIMESTAMP": 5}
    assert results(create_records(ana, dataset_arn=dataset.arn, records=[given])) == [("ben / join", "success")]
    assert Event.objects.get().event_type == "NOT_TAKEN"
    assert record_template(ana, dataset_arn=dataset.arn)["template"]["EVENT_TYPE"] == "Taken, Not Taken or Viewed"


def test_impressions_and_sources_are_taken_as_in_a_file(ana, interactions):
    given = EVENT | {"IMPRESSION": "a|b", "EVENT_ATTRIBUTION_SOURCE": "mail", "EVENT_VALUE": 2}
    create_records(ana, dataset_arn=interactions.arn, records=[given])
    event = Event.objects.get()
    assert (event.impression, event.attribution_source, event.event_value) == (["a", "b"], "mail", 2)


def test_interactions_need_an_event_tracker(ana):
    dataset = factories.dataset(ana, factories.active_group(ana))
    with pytest.raises(InvalidInputException, match="needs an event tracker"):
        create_records(ana, dataset_arn=dataset.arn, records=[EVENT])


@pytest.mark.parametrize("records", [[], [EVENT] * 11, [{}], ["text"], {"a": 1}])
def test_one_to_ten_objects_are_given(ana, interactions, records):
    with pytest.raises(InvalidInputException) as refused:
        create_records(ana, dataset_arn=interactions.arn, records=records)
    assert refused.value.field == "records"


def test_a_viewer_creates_nothing(ben, interactions):
    with pytest.raises(AccessDeniedException):
        create_records(ben, dataset_arn=interactions.arn, records=[EVENT])
