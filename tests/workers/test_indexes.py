"""Indexes that requests read: when they are made anew, and what is true in between."""

import pytest

from personalize_web.engine.attributes import Attributes
from personalize_web.engine.history import HistoryIndex
from personalize_web.operations import runtime_datasets, runtime_histories
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, Event, Record
from personalize_web.workers import events, folders, indexes
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(ana, run_jobs):
    world.filled(ana, run_jobs)
    return Dataset.objects.get()


@pytest.fixture
def large(dataset, monkeypatch):
    """The dataset counts as one of many events."""
    monkeypatch.setattr(indexes, "QUICK_ROWS", 0)
    return dataset


def record(dataset, number, *, user="u0", session="s"):
    return Event.objects.create(
        dataset=dataset,
        digest=f"d{number}",
        event_id=f"e{number}",
        user_id=user,
        session_id=session,
        item_id=f"new{number}",
        event_type="watch",
        timestamp=1_800_000_000.5 + number,
    )


def index_of(dataset):
    return HistoryIndex.open(locations.columns_folder(dataset.storage_key) / locations.HISTORY)


def newest(dataset, count, user="u0"):
    places = runtime_datasets.of_group(dataset.dataset_group_id)
    return list(runtime_histories.look_up(places, user).stored().item_ids)[-count:]


def test_few_events_leave_a_large_index_alone_and_are_read_from_the_log(large):
    before = index_of(large).version
    first, second = record(large, 1), record(large, 2)
    events.store_waiting(large)
    record(large, 3)
    assert index_of(large).version == before
    assert newest(large, 4)[1:] == ["new1", "new2", "new3"]
    indexes.renew(large)
    assert (index_of(large).event_upto, index_of(large).about.covered.events) == (second.pk, 2)
    assert newest(large, 4)[1:] == ["new1", "new2", "new3"], "each once, from index and log"
    assert first.pk < second.pk


def test_many_events_make_it_anew(large, monkeypatch):
    monkeypatch.setattr(indexes, "MOST_EVENTS", 2)
    monkeypatch.setattr(indexes, "MOST_SHARE", 2 / 1200)
    record(large, 1), record(large, 2)
    events.store_waiting(large)
    assert index_of(large).event_upto == 0
    record(large, 3)
    events.store_waiting(large)
    assert list(index_of(large).of("u0").item_ids)[-3:] == ["new1", "new2", "new3"]


def test_events_of_a_session_whose_user_became_known_late_make_it_anew(large):
    early = record(large, 1, user=None)
    record(large, 2)
    events.store_waiting(large)
    indexes.renew(large)
    assert index_of(large).event_upto > early.pk
    Event.objects.filter(pk=early.pk).update(user_id="u0")
    events.store_waiting(large)
    assert newest(large, 2) == ["new1", "new2"]
    version = index_of(large).version
    record(large, 3)
    events.store_waiting(large)
    assert index_of(large).version == version, "once is enough"


def test_a_small_index_is_always_up_to_date(dataset):
    record(dataset, 1)
    events.store_waiting(dataset)
    assert list(index_of(dataset).of("u0").item_ids)[-1] == "new1"


def test_counts_of_many_rows_follow_at_once_in_number_and_later_in_detail(large, monkeypatch):
    indexes.count(large)
    record(large, 1, user="newcomer")
    events.store_waiting(large)
    large.refresh_from_db()
    known = large.statistics
    assert (known["rows"], known["rows_individual"], known["users"]) == (1201, 1, world.USERS)
    monkeypatch.setattr(indexes, "COUNT_SECONDS", 0)
    indexes.count(large)
    large.refresh_from_db()
    assert (large.statistics["rows"], large.statistics["users"]) == (1201, world.USERS + 1)


def test_counts_of_the_index_are_those_of_the_columns(dataset):
    counted = indexes.counts(dataset)
    (locations.columns_folder(dataset.storage_key) / locations.HISTORY).unlink()
    assert {**indexes.counts(dataset), "counted_at": 0} == {**counted, "counted_at": 0}


def test_a_model_gets_the_indexes_of_its_snapshot(dataset, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    snapshots = {"INTERACTIONS": (folders.store_of(dataset).snapshot(), folders.schema_of(dataset))}
    indexes.lay_beside(model, snapshots)
    present = locations.columns_folder(dataset.storage_key) / locations.HISTORY
    assert (model / locations.HISTORY).samefile(present)
    record(dataset, 1)
    events.store_waiting(dataset)
    indexes.renew(dataset)
    other = tmp_path / "other"
    other.mkdir()
    indexes.lay_beside(other, snapshots)
    assert "new1" not in HistoryIndex.open(other / locations.HISTORY).of("u0").item_ids


def test_records_that_were_stored_are_in_their_index(ana, dataset):
    users = factories.dataset(ana, dataset.dataset_group, "USERS")
    Record.objects.create(dataset=users, key="Ada", values={"AGE": 30})
    events.store_waiting(users)
    found = Attributes.open(locations.columns_folder(users.storage_key) / locations.ATTRIBUTES)
    assert found.row("Ada")["AGE"] == 30
    users.refresh_from_db()
    assert users.statistics["rows"] == 1
