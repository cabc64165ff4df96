"""Items that come after a training: described by what it left, found by exploration alone."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.serving import PastEvents, Request
from personalize_web.engine.training import train_version
from personalize_web.engine.updating import Cold, Rules, update
from tests.engine.worlds import DAY, NOW, World, events

RULES = Rules(most_items=1000)
RECIPE = RECIPES["aws-user-personalization-v2"]


class Data:
    """A world's tables as columns on disk, and what is added to them later."""

    def __init__(self, world, folder):
        self.schemas = world.schemas
        self.stores = {kind: ColumnStore(folder / kind) for kind in ("INTERACTIONS", "ITEMS")}
        for kind, table in (("INTERACTIONS", world.interactions), ("ITEMS", world.items)):
            self.add(kind, table)

    def add(self, kind, table, *, instead=False):
        store = self.stores[kind]
        with store.staging() as aside:
            pq.write_table(table, aside / "rows.parquet")
            put = store.replace_bulk if instead or not store.snapshot().segments else store.append_bulk
            put([aside / "rows.parquet"], self.schemas[kind])

    def update(self, model, target, rules=RULES):
        return update(model, target, self.stores["INTERACTIONS"].snapshot(), self.stores["ITEMS"].snapshot(), rules)


def items(**genres):
    """Items that are a day old at the newest event; ``id=genre``."""
    return pa.table(
        {
            "ITEM_ID": list(genres),
            "GENRE": list(genres.values()),
            "CREATION_TIMESTAMP": pa.array([NOW] * len(genres), pa.int64()),
        }
    )


@pytest.fixture(scope="module")
def world():
    return World(users=80, fresh=1)


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "model"
    train_version(RECIPE, world.dataset(), None, folder, options=Options(seed=3, effort=0.4, threads=1, refit="none"))
    return folder


@pytest.fixture
def data(world, tmp_path):
    return Data(world, tmp_path / "data")


@pytest.fixture
def updated(data, trained, tmp_path):
    """A model with two later items of each of the first two genres."""
    data.add("ITEMS", items(later0a="genre 0|all", later0b="genre 0|all", later1a="genre 1|all", later1b="genre 1|all"))
    data.update(trained, tmp_path / "updated")
    return serving.load(tmp_path / "updated")


def watched(*ids):
    return PastEvents(list(ids), ["Watch"] * len(ids), [NOW + place for place in range(len(ids))], [None] * len(ids))


def asked(model, seed=0, **given):
    return model.recommend(Request(**{"history": watched("g1t3", "g1t4"), "num_results": 10, "seed": seed, **given}))


def test_later_items_are_explored_and_never_relevant(updated):
    found = [each for seed in range(60) for each in asked(updated, seed, exploration_weight=0.3)]
    later = [each for each in found if each.item_id.startswith("later")]
    assert later
    assert {each.reasons for each in later} == {("Exploration",)}
    assert not any(
        each.item_id.startswith("later")
        for seed in range(20)
        for each in asked(updated, seed, exploration_weight=0.0, num_results=70)
    )


def test_relevance_answers_as_before(trained, updated):
    before = serving.load(trained)
    for history in (watched("g1t3", "g1t4"), watched()):
        given = {"history": history, "exploration_weight": 0.0, "num_results": 50}
        assert asked(updated, **given) == asked(before, **given)


def test_a_later_item_stands_where_the_training_puts_one_like_it(updated):
    for genre in (0, 1):
        later, alike = (updated.items.row(each) for each in (f"later{genre}a", f"g{genre}new0"))
        for name in ("vectors", "bias", "trend", "at_first"):
            assert updated.arrays[name][later] == pytest.approx(updated.arrays[name][alike], abs=1e-5)
    other = np.abs(updated.arrays["vectors"][later] - updated.arrays["vectors"][updated.items.row("g0new0")])
    assert other.max() > 0.01


def test_they_reach_users_of_whom_nothing_is_known(updated):
    found = {
        each.item_id for seed in range(60) for each in asked(updated, seed, history=watched(), exploration_weight=0.3)
    }
    assert any(each.startswith("later") for each in found)


def test_events_on_later_items_change_nothing_before_the_next_training(updated):
    given = {"exploration_weight": 0.0}
    assert asked(updated, history=watched("g1t3", "later0a", "g1t4", "later0b"), **given) == asked(updated, **given)


def test_a_ranking_puts_them_last_without_a_score(updated):
    found = updated.rank(Request(history=watched("g1t3")), ["later1a", "g1t5", "later0a", "g0t1"])
    assert [each.item_id for each in found[2:]] == ["later1a", "later0a"]
    assert [each.score is None for each in found] == [False, False, True, True]


def test_unknown_categories_and_missing_values_are_no_hindrance(data, trained, tmp_path):
    data.add("ITEMS", items(strange="opera", silent=None))
    data.add("INTERACTIONS", events(("u1", "unlisted", NOW + 60, "Watch")))
    assert data.update(trained, tmp_path / "updated").new_items == 3
    model = serving.load(tmp_path / "updated")
    found = {each.item_id for seed in range(80) for each in asked(model, seed, exploration_weight=0.8)}
    assert {"strange", "silent", "unlisted"} <= found


def test_ages_are_counted_from_the_newest_event_of_now(data, trained, tmp_path):
    data.add("ITEMS", items(early="genre 1|all"))
    data.add("INTERACTIONS", events(("u1", "late", NOW + 40 * DAY, "Watch"), ("u2", "g1t1", NOW + 40 * DAY, "Watch")))
    found = data.update(trained, tmp_path / "updated")
    assert found.latest == NOW + 40 * DAY
    model = serving.load(tmp_path / "updated")
    shown = {each.item_id for seed in range(80) for each in asked(model, seed, exploration_weight=0.9) if each.reasons}
    assert shown == {"late"}, "and those of the training's end are 40 days old"
    longer = {
        each.item_id
        for seed in range(80)
        for each in asked(model, seed, exploration_weight=0.9, exploration_age_cut_off=60.0)
        if each.reasons
    }
    assert {"late", "early"} <= longer


def test_an_item_without_any_date_is_as_old_as_the_newest_event_of_the_training(data, trained, tmp_path, world):
    table = items(undated="genre 0|all").set_column(2, "CREATION_TIMESTAMP", pa.array([None], pa.int64()))
    data.add("ITEMS", table)
    data.add("INTERACTIONS", events(("u1", "g1t1", NOW + 9 * DAY, "Watch")))
    data.update(trained, tmp_path / "updated")
    model = serving.load(tmp_path / "updated")
    assert model.arrays["created"][model.items.row("undated")] == world.dataset().latest


def test_a_changed_creation_time_makes_a_trained_item_young(data, trained, tmp_path):
    data.add("ITEMS", items(g2t2="genre 2|all"))
    assert data.update(trained, tmp_path / "updated").new_items == 0
    model = serving.load(tmp_path / "updated")
    assert model.arrays["created"][model.items.row("g2t2")] == NOW


def test_beyond_the_most_items_of_a_recipe_the_newest_enter(data, trained, tmp_path):
    table = items(first="genre 0|all", second="genre 0|all", third="genre 0|all")
    data.add("ITEMS", table.set_column(2, "CREATION_TIMESTAMP", pa.array([NOW, NOW + 2, NOW + 1], pa.int64())))
    found = data.update(trained, tmp_path / "updated", Rules(most_items=66))
    model = serving.load(tmp_path / "updated")
    assert (found.new_items, found.left_out, len(model.items)) == (2, 1, 66)
    assert not model.knows_item("first")
    assert data.update(trained, tmp_path / "full", Rules(most_items=50)).new_items == 0


def test_an_update_of_an_update_starts_from_the_training(data, trained, tmp_path, world, updated):
    data.add("ITEMS", pa.concat_tables([world.items, items(other="genre 3|all")]), instead=True)
    assert data.update(tmp_path / "updated", tmp_path / "again").new_items == 1
    again = serving.load(tmp_path / "again")
    assert again.knows_item("other")
    assert not again.knows_item("later0a")
    data.update(trained, tmp_path / "once")
    once = serving.load(tmp_path / "once")
    for name, array in once.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name], err_msg=name)


def test_what_stays_the_same_is_shared_and_what_was_measured_stays(trained, tmp_path, updated):
    assert (tmp_path / "updated" / "encoder.onnx").stat().st_ino == (trained / "encoder.onnx").stat().st_ino
    before = serving.load(trained).info
    assert {key: updated.info[key] for key in ("metrics", "seed", "trained", "data", "configuration")} == {
        key: before[key] for key in ("metrics", "seed", "trained", "data", "configuration")
    }
    assert "updated" in updated.info


def test_cold_items_are_answered_by_relevance_where_a_model_answers_cold_items(data, trained, tmp_path):
    data.add("ITEMS", items(cold="genre 1|all"))
    data.add("INTERACTIONS", events(*((f"u{user}", "warm", NOW + user, "Watch") for user in range(8))))
    data.update(trained, tmp_path / "updated", Rules(1000, Cold(5, 3.0)))
    found = {each.item_id for each in asked(serving.load(tmp_path / "updated"), exploration_weight=0.0, num_results=80)}
    assert "cold" in found
    assert "warm" not in found


def test_other_models_are_not_updated(data, tmp_path, world):
    train_version(RECIPES["aws-sims"], world.dataset(), None, tmp_path / "sims")
    with pytest.raises(DataError, match="explore new items"):
        data.update(tmp_path / "sims", tmp_path / "updated")
