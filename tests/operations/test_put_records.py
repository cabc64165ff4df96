"""Single users, items and actions: what is kept, what replaces what, and what is refused."""

import json

import pytest

from personalize_web.engine.schemas.fields import NAMESPACE
from personalize_web.operations import (
    list_rejected_records,
    put_actions,
    put_items,
    put_users,
    runtime_rates,
    runtime_values,
    statuses,
)
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceInUseException,
    ResourceNotFoundException,
    ThrottlingException,
)
from personalize_web.resources.models import Record
from tests import factories

pytestmark = pytest.mark.django_db

ITEM_FIELDS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRES", "type": ["null", "string"], "categorical": True},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
    {"name": "NUM_RATINGS", "type": ["null", "int"]},
    {"name": "TITLE", "type": ["null", "string"]},
    {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True},
]
ACTION_FIELDS = [
    {"name": "ACTION_ID", "type": "string"},
    {"name": "VALUE", "type": ["null", "long"]},
    {"name": "MEMBERSHIP_LEVEL", "type": ["null", "string"], "categorical": True},
    {"name": "REPEAT_FREQUENCY", "type": ["long", "null"]},
    {"name": "EXPIRATION_TIMESTAMP", "type": ["null", "long"]},
]


def text(name, fields):
    return json.dumps({"type": "record", "name": name, "namespace": NAMESPACE, "fields": fields, "version": "1.0"})


@pytest.fixture(autouse=True)
def _unhurried(settings):
    """Tests ask faster than ten times a second, in groups that have the same number."""
    settings.QUOTAS = settings.QUOTAS | {"put_records_per_second": 1_000}


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def items(ana, group):
    return factories.dataset(
        ana, group, "ITEMS", of_schema=factories.schema(ana, dataset_type="ITEMS", text=text("Items", ITEM_FIELDS))
    )


@pytest.fixture
def actions(ana, group):
    schema = factories.schema(ana, dataset_type="ACTIONS", text=text("Actions", ACTION_FIELDS))
    return factories.dataset(ana, group, "ACTIONS", of_schema=schema)


@pytest.fixture
def put(ana, items):
    """Puts one item with the given properties; gives what is kept of it."""

    def one(item_id="a", **properties):
        given = {"creationTimestamp": 5} | properties
        put_items(ana, dataset_arn=items.arn, items=[{"itemId": item_id, "properties": json.dumps(given)}])
        return Record.objects.order_by("pk").last().values

    return one


@pytest.fixture
def put_action(ana, actions):
    """Puts one action with the given properties; gives what is kept of it."""

    def one(**properties):
        given = [{"actionId": "join", "properties": json.dumps(properties)}]
        put_actions(ana, dataset_arn=actions.arn, actions=given)
        return Record.objects.order_by("pk").last().values

    return one


def test_an_item_is_kept_under_its_columns(ana, items, put):
    kept = put(numRatings="12", genres="Drama|Noir", title="Night", DESCRIPTION="Dark.")
    assert kept == {
        "CREATION_TIMESTAMP": 5, "NUM_RATINGS": 12, "GENRES": "Drama|Noir", "TITLE": "Night", "DESCRIPTION": "Dark.",
    }  # fmt: skip
    (record,) = Record.objects.all()
    assert (record.dataset, record.key, record.stored) == (items, "a", False)


def test_users_and_actions_are_kept_likewise(ana, group, actions):
    fields = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
    schema = factories.schema(ana, dataset_type="USERS", text=text("Users", fields))
    users = factories.dataset(ana, group, "USERS", of_schema=schema)
    put_users(ana, dataset_arn=users.arn, users=[{"userId": "u", "properties": '{"age": "41"}'}])
    put_actions(ana, dataset_arn=actions.arn, actions=[{"actionId": "join", "properties": '{"value": "10"}'}])
    assert list(Record.objects.order_by("pk").values_list("dataset", "key", "values")) == [
        (users.pk, "u", {"AGE": 41}),
        (actions.pk, "join", {"VALUE": 10}),
    ]


def test_nothing_is_answered(ana, items):
    given = [{"itemId": "a", "properties": '{"creationTimestamp": 1}'}]
    assert put_items(ana, dataset_arn=items.arn, items=given) is None


def test_the_same_id_again_is_a_whole_new_version_and_the_old_one_stays(put):
    put(title="Night", numRatings=3)
    assert put(title="Day") == {"CREATION_TIMESTAMP": 5, "TITLE": "Day"}
    assert list(Record.objects.order_by("pk").values_list("key", flat=True)) == ["a", "a"]


def test_properties_may_be_missing_where_every_column_allows_null(ana, actions):
    put_actions(ana, dataset_arn=actions.arn, actions=[{"actionId": "join"}])
    assert Record.objects.get().values == {}


def test_a_column_that_needs_a_value_must_be_given(ana, items):
    with pytest.raises(InvalidInputException, match=r"items\.1\.properties CREATION_TIMESTAMP is required"):
        put_items(ana, dataset_arn=items.arn, items=[{"itemId": "a", "properties": "{}"}])


def test_a_key_that_is_no_column_is_named(put):
    with pytest.raises(InvalidInputException, match=r"items\.1\.properties .*no column of the dataset: Colour\."):
        put(Colour="red")
    with pytest.raises(InvalidInputException, match="itemId stands beside properties"):
        put(itemId="a")


def test_a_column_under_two_names_is_refused(put):
    with pytest.raises(InvalidInputException, match="gives one column twice"):
        put(numRatings=1, NUM_RATINGS=2)


@pytest.mark.parametrize("count", [0, 11])
def test_a_call_has_one_to_ten_records(ana, items, count):
    given = [{"itemId": str(n), "properties": '{"creationTimestamp": 1}'} for n in range(count)]
    with pytest.raises(InvalidInputException, match="items"):
        put_items(ana, dataset_arn=items.arn, items=given)


def test_a_call_is_kept_whole_or_not_at_all(ana, items):
    given = [{"itemId": "a", "properties": '{"creationTimestamp": 1}'}, {"itemId": "b"}]
    with pytest.raises(InvalidInputException, match=r"items\.2"):
        put_items(ana, dataset_arn=items.arn, items=given)
    assert not Record.objects.exists()


def test_lengths_are_those_of_the_service_model(ana, items, actions):
    long = json.dumps({"creationTimestamp": 1, "description": "x" * 32_000})
    with pytest.raises(InvalidInputException, match="32000"):
        put_items(ana, dataset_arn=items.arn, items=[{"itemId": "a", "properties": long}])
    with pytest.raises(InvalidInputException, match="256"):
        put_actions(ana, dataset_arn=actions.arn, actions=[{"actionId": "a" * 257}])
    with pytest.raises(InvalidInputException, match="length"):
        put_actions(ana, dataset_arn=actions.arn, actions=[{"actionId": ""}])


def test_categories_have_a_thousand_characters_at_most(put):
    assert len(put(genres="x" * 1000)["GENRES"]) == 1000
    with pytest.raises(InvalidInputException, match="at most 1000 characters"):
        put(genres=["x" * 500, "y" * 500])


def test_plain_text_has_twenty_thousand_characters_at_most(put):
    assert len(put(title="x" * 20_000)["TITLE"]) == 20_000
    with pytest.raises(InvalidInputException, match="at most 20000 characters"):
        put(title="x" * 20_001)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("x" * 25_000, 20_000),
        ("x" * 20_000, 20_000),
        ("雨" * 5_000, 5_000),
        ("雨" * 7_500, 7_000),
        ("あ" * 4_000 + "カ" * 4_000, 7_000),
        ("雨" * 3_500 + "x" * 3_501, 7_001),
        ("雨" * 3_502 + "x" * 3_500, 7_000),
        ("雨" * 3_000 + "1" * 9_000, 7_000),
    ],
)
def test_long_text_is_cut_as_an_import_cuts_it(given, kept):
    from personalize_web.engine.columns.duck import connect
    from personalize_web.engine.importing import rules

    assert len(runtime_values.truncated(given)) == kept
    with connect() as connection:
        (found,) = connection.sql("SELECT ?::VARCHAR AS t", params=[given]).project(rules._truncated("t")).fetchone()
    assert found == runtime_values.truncated(given)


def test_the_name_of_a_column_is_no_value(put, ana, items):
    assert put(genres="CREATION_TIMESTAMP") == {"CREATION_TIMESTAMP": 5}
    with pytest.raises(InvalidInputException, match="name of a column"):
        put(item_id="ITEM_ID")


def test_a_time_in_milliseconds_is_refused(put):
    with pytest.raises(InvalidInputException, match="looks like milliseconds"):
        put(creationTimestamp=1_700_000_000_000)


@pytest.mark.parametrize("value", ["1_000", "twelve", 1.5, True, 2**31, "0x10", "", "１２"])
def test_what_is_no_whole_number_is_refused(put, value):
    if value == "":
        assert "NUM_RATINGS" not in put(numRatings=value)
        return
    with pytest.raises(InvalidInputException, match="NUM_RATINGS"):
        put(numRatings=value)


@pytest.mark.parametrize(
    ("name", "value"), [("value", 0), ("value", 11), ("repeatFrequency", 0), ("repeatFrequency", 31)]
)
def test_business_value_and_repeat_frequency_have_bounds(put_action, name, value):
    with pytest.raises(InvalidInputException, match="must be from 1 to"):
        put_action(**{name: value})


def test_bounds_are_values(put_action):
    assert put_action(value=1, repeatFrequency=30) == {"VALUE": 1, "REPEAT_FREQUENCY": 30}
    assert put_action(value=10, repeatFrequency=1) == {"VALUE": 10, "REPEAT_FREQUENCY": 1}


@pytest.mark.parametrize("name", ["expirationTimestamp", "actionExpirationTimestamp", "ACTION_EXPIRATION_TIMESTAMP"])
def test_both_names_of_the_expiry_are_understood(put_action, name):
    assert put_action(**{name: 9}) == {"EXPIRATION_TIMESTAMP": 9}


def test_both_names_of_the_expiry_at_once_are_refused(put_action):
    with pytest.raises(InvalidInputException, match="twice"):
        put_action(expirationTimestamp=9, actionExpirationTimestamp=10)


def test_a_dataset_of_another_type_is_invalid(ana, items):
    with pytest.raises(InvalidInputException, match="of type ITEMS; this call needs one of type USERS"):
        put_users(ana, dataset_arn=items.arn, users=[{"userId": "u"}])


def test_an_unknown_dataset_is_not_found(ana, eve, items):
    given = [{"itemId": "a", "properties": '{"creationTimestamp": 1}'}]
    for caller, arn in ((ana, items.arn.replace("movies", "songs")), (eve, items.arn)):
        with pytest.raises(ResourceNotFoundException):
            put_items(caller, dataset_arn=arn, items=given)


def test_a_dataset_in_the_making_is_in_use(put, items):
    items.move(statuses.CREATE_IN_PROGRESS)
    with pytest.raises(ResourceInUseException, match="CREATE IN_PROGRESS"):
        put()


def test_a_viewer_puts_nothing(ben, items):
    with pytest.raises(AccessDeniedException):
        put_items(ben, dataset_arn=items.arn, items=[{"itemId": "a"}])


def test_each_operation_has_ten_requests_a_second_a_group(ana, put, put_action, settings, monkeypatch):
    settings.QUOTAS = settings.QUOTAS | {"put_records_per_second": 10}
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_000.0)
    for _ in range(10):
        put()
    with pytest.raises(ThrottlingException):
        put()
    put_action(value=1)
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_001.0)
    put()


def test_no_value_stands_in_an_error_and_the_record_is_found_among_the_rejected(ana, group, put):
    with pytest.raises(InvalidInputException) as refused:
        put(numRatings="probe")
    assert "probe" not in refused.value.message
    (row,) = list_rejected_records(ana, dataset_group_arn=group.arn, show_values=True)["rejectedRecords"]
    assert (row["operation"], row["place"]) == ("PutItems", "items.1")
    assert json.loads(row["payload"]["properties"])["numRatings"] == "probe"
