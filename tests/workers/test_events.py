"""From the log to the columns: every kind of record, in order, once, and only what has a user."""

import json
import uuid

import pytest

from personalize_web import operations
from personalize_web.engine.columns import ColumnStore
from personalize_web.operations import statuses
from personalize_web.resources.models import Dataset, Event, Record
from personalize_web.workers import events, folders, indexes, storing
from tests import factories

pytestmark = pytest.mark.django_db

USER_FIELDS = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": ["null", "int"]}]
ITEM_FIELDS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "PRICE", "type": ["null", "float"]},
    {"name": "NEW", "type": ["null", "boolean"]},
    {"name": "GENRES", "type": ["null", "string"], "categorical": True},
]
EVENT_FIELDS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "IMPRESSION", "type": ["null", "string"]},
    {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
]


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def dataset_of(ana, group):
    """Makes a dataset of a type, with fields or those of the template."""

    def make(dataset_type, name=None, fields=None, **values):
        text = fields and json.dumps({"type": "record", "name": name, "fields": fields})
        schema = factories.schema(ana, dataset_type=dataset_type, text=text)
        return factories.dataset(ana, group, dataset_type, of_schema=schema, **values)

    return make


@pytest.fixture
def interactions(dataset_of):
    return dataset_of("INTERACTIONS", "Interactions", EVENT_FIELDS)


@pytest.fixture
def actions(dataset_of):
    return dataset_of("ACTION_INTERACTIONS", tracking_id=str(uuid.uuid4()))


def record(dataset, number, *, user="ben", session="s", **about):
    return Event.objects.create(
        dataset=dataset, digest=uuid.uuid4().hex, event_id=uuid.uuid4().hex, user_id=user, session_id=session,
        **{"item_id": "a", "event_type": "watch", "timestamp": 1_700_000_000 + number} | about,
    )  # fmt: skip


def rows(dataset, origin=None):
    snapshot = folders.store_of(dataset).snapshot()
    return (snapshot.raw(origin) if origin else snapshot.table()).to_pylist()


def test_an_event_becomes_a_row_with_every_column(interactions):
    record(
        interactions, 0, event_value=2.5, impression=["a", "b"], properties={"DEVICE": "tv"}, timestamp=1_700_000_000.7
    )
    record(interactions, 1)
    assert events.store_waiting(interactions) == 2
    assert rows(interactions) == [
        {"USER_ID": "ben", "ITEM_ID": "a", "TIMESTAMP": 1_700_000_000, "EVENT_TYPE": "watch", "EVENT_VALUE": 2.5,
         "IMPRESSION": "a|b", "DEVICE": "tv"},
        {"USER_ID": "ben", "ITEM_ID": "a", "TIMESTAMP": 1_700_000_001, "EVENT_TYPE": "watch", "EVENT_VALUE": None,
         "IMPRESSION": None, "DEVICE": None},
    ]  # fmt: skip


def test_an_action_interaction_becomes_a_row_of_its_action(actions):
    record(actions, 0, item_id="join", event_type="TAKEN")
    assert events.store_waiting(actions) == 1
    assert rows(actions) == [{"USER_ID": "ben", "ACTION_ID": "join", "EVENT_TYPE": "TAKEN", "TIMESTAMP": 1_700_000_000}]


@pytest.mark.parametrize("dataset_type", ["USERS", "ITEMS", "ACTIONS"])
def test_a_record_becomes_a_row_and_the_newest_of_an_id_counts(dataset_of, dataset_type):
    key = {"USERS": "USER_ID", "ITEMS": "ITEM_ID", "ACTIONS": "ACTION_ID"}[dataset_type]
    fields = [{"name": key, "type": "string"}, {"name": "SIZE", "type": ["null", "int"]}]
    dataset = dataset_of(dataset_type, dataset_type.capitalize(), fields)
    for name, size in (("a", 1), ("b", 2), ("a", 3)):
        Record.objects.create(dataset=dataset, key=name, values={"SIZE": size})
    assert events.store_waiting(dataset) == 3
    Record.objects.create(dataset=dataset, key="b", values={})
    assert events.store_waiting(dataset) == 1
    assert sorted((row[key], row["SIZE"]) for row in rows(dataset)) == [("a", 3), ("b", None)]
    assert [(row[key], row["SIZE"]) for row in rows(dataset, "PUT")] == [("a", 1), ("b", 2), ("a", 3), ("b", None)]


def test_values_have_the_types_of_their_columns(dataset_of):
    items = dataset_of("ITEMS", "Items", ITEM_FIELDS)
    Record.objects.create(dataset=items, key="a", values={"PRICE": 3, "NEW": True, "GENRES": "x|y"})
    Record.objects.create(dataset=items, key="b", values={"PRICE": 10**300})
    events.store_waiting(items)
    first, second = rows(items)
    assert first == {"ITEM_ID": "a", "PRICE": 3.0, "NEW": True, "GENRES": "x|y"}
    assert second["PRICE"] == 1e300


def test_every_batch_is_moved(interactions, monkeypatch):
    monkeypatch.setattr(storing, "BATCH", 3)
    monkeypatch.setattr(storing, "AT_ONCE", 2)
    for number in range(8):
        record(interactions, number)
    assert events.store_waiting(interactions) == 8
    assert [row["TIMESTAMP"] - 1_700_000_000 for row in rows(interactions, "PUT")] == list(range(8))
    assert not Event.objects.filter(stored=False).exists()
    assert events.store_waiting(interactions) == 0


@pytest.mark.parametrize("after", ["append", "index"])
def test_what_was_interrupted_is_stored_once(interactions, monkeypatch, after):
    record(interactions, 0)
    record(interactions, 1)
    broken = (indexes, "count") if after == "index" else (indexes, "after_storing")
    with monkeypatch.context() as patched:
        patched.setattr(*broken, lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            events.store_waiting(interactions)
    events.store_waiting(interactions)
    assert len(rows(interactions)) == 2
    assert not Event.objects.filter(stored=False).exists()


def test_a_newer_version_stays_the_newest_when_storing_was_interrupted(dataset_of, monkeypatch):
    users = dataset_of("USERS", "Users", USER_FIELDS)
    Record.objects.create(dataset=users, key="u", values={"AGE": 1})
    with monkeypatch.context() as patched:
        patched.setattr(indexes, "after_storing", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            events.store_waiting(users)
    Record.objects.create(dataset=users, key="u", values={"AGE": 2})
    events.store_waiting(users)
    assert rows(users) == [{"USER_ID": "u", "AGE": 2}]


def test_what_reads_the_columns_is_renewed_before_the_log_is_marked(interactions, monkeypatch):
    seen = []

    def look(dataset, moved):
        seen.append((moved, Event.objects.filter(stored=True).count()))

    monkeypatch.setattr(indexes, "after_storing", look)
    record(interactions, 0)
    events.store_waiting(interactions)
    assert seen == [(1, 0)]


def test_two_never_store_at_a_time(interactions, monkeypatch):
    tried = []

    def meanwhile(store, table, *rest):
        tried.append(storing._flocked((storing.settings.DATA_DIR / "locks" / name).open("w")))
        return append(store, table, *rest)

    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("other databases lock by themselves")
    name, append = f"storing-{interactions.storage_key}", ColumnStore.append_individual
    monkeypatch.setattr(ColumnStore, "append_individual", meanwhile)
    record(interactions, 0)
    events.store_waiting(interactions)
    assert tried == [False]


def test_the_clock_stores_every_kind_that_waits(ana, group, interactions, actions, dataset_of, run_jobs):
    items = dataset_of("ITEMS", "Items", ITEM_FIELDS)
    dataset_of("USERS", "Users", USER_FIELDS)
    record(interactions, 0)
    record(actions, 0, item_id="join", event_type="TAKEN")
    Record.objects.create(dataset=items, key="a", values={})
    clock = operations.Caller(ana.account, ana.region, "administrator", "clock", "arn:clock", "scheduler")
    assert sorted(operations.store_new_events(clock)["datasetArns"]) == sorted(
        [interactions.arn, actions.arn, items.arn]
    )
    run_jobs()
    assert [len(rows(dataset)) for dataset in (interactions, actions, items)] == [1, 1, 1]


# Anonymous sessions -----------------------------------------------------------------------------


def users_of(*found):
    return [Event.objects.get(pk=event.pk).user_id for event in found]


def test_anonymous_events_are_stored_only_once_their_session_is_linked(group, interactions):
    anonymous = record(interactions, 0, user=None)
    assert events.store_waiting(interactions) == 0
    record(interactions, 1, user="ben")
    assert events.store_waiting(interactions) == 1
    assert users_of(anonymous) == [None], "a link takes effect at a training"
    events.link_sessions(group)
    assert events.store_waiting(interactions) == 1
    assert [row["USER_ID"] for row in rows(interactions)] == ["ben", "ben"]


def test_a_session_of_several_users_goes_to_the_next_named_one_else_to_the_last(group, interactions):
    first, _, between, _, after = (
        record(interactions, number, user=user) for number, user in enumerate([None, "ann", None, "bob", None])
    )
    stranger = record(interactions, 9, user=None, session="another")
    assert events.link_sessions(group) == stranger.pk
    assert users_of(first, between, after, stranger) == ["ann", "bob", "bob", None]


def test_a_link_in_one_event_dataset_counts_in_the_other(group, interactions, actions):
    watched = record(interactions, 0, user=None, session="one")
    record(actions, 1, user="ben", session="one", item_id="join", event_type="TAKEN")
    taken = record(actions, 2, user=None, session="two", item_id="join", event_type="VIEWED")
    record(interactions, 3, user="eva", session="two")
    events.link_sessions(group)
    assert users_of(watched, taken) == ["ben", "eva"]


def test_sessions_of_another_group_are_of_no_concern(ana, group, interactions):
    other = factories.dataset(ana, factories.active_group(ana, "books"))
    mine, theirs = record(interactions, 0, user=None), record(other, 1, user="ann")
    events.link_sessions(group)
    assert users_of(mine, theirs) == [None, "ann"]


def test_many_sessions_are_linked_in_parts(group, interactions, monkeypatch):
    monkeypatch.setattr(storing, "AT_ONCE", 2)
    anonymous = [record(interactions, number, user=None, session=f"s{number}") for number in range(5)]
    for number in range(5):
        record(interactions, number, user=f"u{number}", session=f"s{number}")
    events.link_sessions(group)
    assert users_of(*anonymous) == [f"u{number}" for number in range(5)]


def test_a_dataset_on_its_way_out_is_left_alone(group, interactions):
    anonymous = record(interactions, 0, user=None)
    record(interactions, 1)
    Dataset.objects.update(status=statuses.DELETE_PENDING)
    events.link_sessions(group)
    assert users_of(anonymous) == [None]
