"""The five Put operations as boto3 sends them: empty answers, what is kept, and the errors each declares."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from personalize_web.operations import Caller, rejections, statuses
from personalize_web.resources.models import Event, Record
from tests import factories

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
CALLER = Caller("123456789012", "us-east-1", "administrator", "ana", "arn:ana", "api")
FIELDS = {
    "USERS": [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": ["null", "int"]}],
    "ITEMS": [{"name": "ITEM_ID", "type": "string"}, {"name": "PRICE", "type": ["null", "float"]}],
    "ACTIONS": [{"name": "ACTION_ID", "type": "string"}, {"name": "VALUE", "type": ["null", "long"]},
                {"name": "COST", "type": ["null", "float"]}],
}  # fmt: skip


@pytest.fixture
def group(db):
    return factories.active_group(CALLER)


@pytest.fixture
def datasets(group):
    """A dataset of each type, by type."""
    made = {}
    for kind, fields in FIELDS.items():
        text = json.dumps({"type": "record", "name": kind.capitalize(), "fields": fields})
        made[kind] = factories.dataset(
            CALLER, group, kind, of_schema=factories.schema(CALLER, dataset_type=kind, text=text)
        )
    made["INTERACTIONS"] = factories.dataset(CALLER, group)
    made["ACTION_INTERACTIONS"] = factories.dataset(CALLER, group, "ACTION_INTERACTIONS", tracking_id=str(uuid.uuid4()))
    return made


@pytest.fixture
def tracker(group):
    return factories.event_tracker(CALLER, group)


@pytest.fixture
def calls(datasets, tracker):
    """Good input of each operation, by name."""
    return {
        "put_events": {
            "trackingId": tracker.tracking_id,
            "sessionId": "s",
            "userId": "ben",
            "eventList": [
                {"eventType": "watch", "sentAt": NOW, "itemId": "a", "eventValue": 4.5, "eventId": "e",
                 "impression": ["a", "b"], "recommendationId": "RID-" + str(uuid.uuid4()),
                 "metricAttribution": {"eventAttributionSource": "mail"}, "properties": '{"unknown": 1}'}
            ],
        },
        "put_users": {
            "datasetArn": datasets["USERS"].arn,
            "users": [{"userId": "ben", "properties": '{"age": "41"}'}],
        },
        "put_items": {
            "datasetArn": datasets["ITEMS"].arn,
            "items": [{"itemId": "a", "properties": '{"price": 5}'}],
        },
        "put_actions": {
            "datasetArn": datasets["ACTIONS"].arn,
            "actions": [{"actionId": "join", "properties": '{"value": "7"}'}],
        },
        "put_action_interactions": {
            "trackingId": datasets["ACTION_INTERACTIONS"].tracking_id,
            "actionInteractions": [
                {"actionId": "join", "userId": "ben", "sessionId": "s", "eventType": "Not Taken", "timestamp": NOW}
            ],
        },
    }  # fmt: skip


@pytest.fixture
def send(client_of, calls):
    """Sends one of the calls, with changes; gives the answer."""
    client = client_of("personalize-events")
    return lambda name, **changes: getattr(client, name)(**calls[name] | changes)


def refusal(send, name, **changes):
    with pytest.raises(ClientError) as refused:
        send(name, **changes)
    told = refused.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]


NAMES = ("put_events", "put_users", "put_items", "put_actions", "put_action_interactions")


@pytest.mark.parametrize("name", NAMES)
def test_success_is_an_empty_answer(send, name):
    told = send(name)
    assert set(told) == {"ResponseMetadata"}
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert told["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"


def test_what_was_sent_is_what_is_kept(send):
    for name in NAMES:
        send(name)
    item, action = Event.objects.order_by("pk")
    assert (item.user_id, item.session_id, item.item_id, item.event_type) == ("ben", "s", "a", "watch")
    assert (item.timestamp, item.event_value, item.event_id) == (NOW.timestamp(), 4.5, "e")
    assert (item.impression, item.attribution_source, len(item.recommendation_id)) == (["a", "b"], "mail", 40)
    assert (action.item_id, action.event_type, action.timestamp) == ("join", "NOT_TAKEN", NOW.timestamp())
    assert list(Record.objects.order_by("pk").values_list("key", "values")) == [
        ("ben", {"AGE": 41}),
        ("a", {"PRICE": 5.0}),
        ("join", {"VALUE": 7}),
    ]


def test_properties_may_come_as_an_object(post, calls):
    body = calls["put_items"] | {"items": [{"itemId": "a", "properties": {"price": 5}}]}
    assert post(json.dumps(body).encode(), path="/items").status_code == 200
    assert Record.objects.get().values == {"PRICE": 5.0}


@pytest.mark.parametrize("name", ["put_users", "put_items", "put_actions"])
def test_an_unknown_dataset_is_404(send, calls, name):
    absent = calls[name]["datasetArn"].replace("movies", "absent")
    assert refusal(send, name, datasetArn=absent) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("name", ["put_users", "put_items", "put_actions", "put_action_interactions"])
def test_a_dataset_that_is_not_active_is_409(send, datasets, name):
    for dataset in datasets.values():
        dataset.move(statuses.CREATE_IN_PROGRESS)
    assert refusal(send, name) == (409, "ResourceInUseException")


@pytest.mark.parametrize("name", ["put_users", "put_items", "put_actions"])
def test_a_dataset_of_another_type_is_400(send, datasets, name):
    assert refusal(send, name, datasetArn=datasets["INTERACTIONS"].arn) == (400, "InvalidInputException")


def test_an_unknown_tracking_id_is_400_for_events_and_404_for_action_interactions(send):
    assert refusal(send, "put_events", trackingId="absent") == (400, "InvalidInputException")
    assert refusal(send, "put_action_interactions", trackingId="absent") == (404, "ResourceNotFoundException")


def test_a_tracker_that_is_not_active_is_400(send, tracker):
    tracker.move(statuses.CREATE_PENDING)
    assert refusal(send, "put_events") == (400, "InvalidInputException")


@pytest.mark.parametrize("name", NAMES)
def test_too_fast_is_throttling(send, settings, name):
    limits = dict.fromkeys(("put_events_per_second", "put_action_interactions_per_second", "put_records_per_second"), 0)
    settings.QUOTAS = settings.QUOTAS | limits
    assert refusal(send, name) == (400, "ThrottlingException")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [0, 11])
def test_none_and_eleven_are_too_few_and_too_many(send, calls, name, count):
    member = next(member for member, value in calls[name].items() if isinstance(value, list))
    assert refusal(send, name, **{member: calls[name][member] * count}) == (400, "InvalidInputException")


@pytest.mark.parametrize("source", ["", " ", "x" * 1025, "é", "a\nb"])
def test_a_source_is_printable_and_not_only_blanks(send, calls, source):
    event = calls["put_events"]["eventList"][0] | {"metricAttribution": {"eventAttributionSource": source}}
    assert refusal(send, "put_events", eventList=[event]) == (400, "InvalidInputException")


def test_a_source_has_1024_characters_at_most(send, calls):
    event = calls["put_events"]["eventList"][0] | {"metricAttribution": {"eventAttributionSource": "x" * 1024}}
    send("put_events", eventList=[event])


@pytest.mark.parametrize(("name", "length"), [("put_events", 1024), ("put_users", 24_000), ("put_items", 32_000)])
def test_properties_are_as_long_as_the_service_model_says(send, calls, name, length):
    member = next(member for member, value in calls[name].items() if isinstance(value, list))
    for longer, expected in ((0, True), (1, False)):
        text = "{" + " " * (length - 2 + longer) + "}"
        call = {member: [calls[name][member][0] | {"properties": text}]}
        if expected:
            send(name, **call)
        else:
            assert refusal(send, name, **call) == (400, "InvalidInputException")


def test_a_key_for_events_records_and_reads_nothing(client_of, calls):
    events, control = (client_of(service, scope="events") for service in ("personalize-events", "personalize"))
    events.put_events(**calls["put_events"])
    with pytest.raises(ClientError) as refused:
        control.list_datasets()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.django_db(transaction=True)
def test_what_is_acknowledged_is_seen_from_every_connection(send):
    """Outside a test's transaction the writer's thread does the writing, on a connection of its own."""
    for name in NAMES:
        send(name)
    send("put_events")  # an equal one
    assert Event.objects.count() == 2
    assert Record.objects.count() == 3
    rejections.flush()
