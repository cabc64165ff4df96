"""User segmentation: users ranked for an item or for attributes."""

import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import evaluation, serving
from personalize_web.engine.algorithms.affinity import Affinity, _log_masses
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.intensity import Habits, habits, horizon_of
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.forgetting import forget_segments
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.training import train_version
from tests.engine.algorithms.contract import Stopping
from tests.engine.worlds import DAY, FEW, NOW, dataset_of, events, schema

GENRES, TITLES, USERS = 4, 8, 240
OPTIONS = Options(seed=3, time_budget=600.0, effort=0.2, threads=1)


class Town:
    """People who take one genre four times in five, each at a pace of their own; some left half a year ago."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.genre = np.arange(USERS) % GENRES
        self.pace = np.exp(rng.normal(0.0, 0.7, USERS)) * 8  # events a month
        self.left = rng.random(USERS) < 0.3
        rows = []
        for user in range(USERS):
            begin, end = NOW - 300 * DAY, NOW - (180 * DAY if self.left[user] else 0)
            moments = np.sort(rng.uniform(begin, end, max(3, rng.poisson(self.pace[user] * (end - begin) / DAY / 75))))
            for moment in moments:
                genre = self.genre[user] if rng.random() < 0.8 else rng.integers(GENRES)
                rows.append((f"u{user:03}", f"g{genre}t{rng.integers(TITLES)}", int(moment)))
        ids = [f"g{genre}t{title}" for genre in range(GENRES) for title in range(TITLES)] + ["g2new"]
        items = pa.table(
            {
                "ITEM_ID": ids,
                "GENRE": [f"genre {each[1]}|all" for each in ids],
                "MAKER": [f"maker {each[-1]}" for each in ids],
                "PRICE": [float(each[1]) for each in ids],
                "ABOUT": ["words"] * len(ids),
                "CREATION_TIMESTAMP": pa.array([NOW - 400 * DAY] * len(ids), pa.int64()),
            }
        )
        self.dataset = Dataset.from_tables(
            events(*rows),
            items,
            limits=FEW,
            attributes=True,
            schemas={
                "INTERACTIONS": schema("Interactions"),
                "ITEMS": schema(
                    "Items",
                    GENRE={"categorical": True},
                    MAKER={},
                    PRICE={"type": "float"},
                    ABOUT={"textual": True},
                    CREATION_TIMESTAMP={"type": "long"},
                ),
            },
        )

    def expected(self, genre: int) -> np.ndarray:
        """User -> how many titles of a genre the user takes within a month, by the laws of the town."""
        share = np.where(self.genre == genre, 0.8 + 0.2 / GENRES, 0.2 / GENRES)
        return share * self.pace * ~self.left


def train(dataset, recipe="aws-item-affinity", options=OPTIONS, **config):
    whole = {**typed(RECIPES[recipe], None), "hidden_dimension": 32, **config}
    return Affinity().train(dataset, whole, options, Silent())


@pytest.fixture(scope="module")
def town():
    return Town()


@pytest.fixture(scope="module")
def trained(town):
    return train(town.dataset)


@pytest.fixture(scope="module")
def kept(trained, tmp_path_factory):
    directory = tmp_path_factory.mktemp("models") / "affinity"
    trained.write(directory, {"recipe": "aws-item-affinity"})
    return directory


@pytest.fixture(scope="module")
def model(kept):
    return serving.load(kept)


def users_of(model, items, number=USERS, **how):
    return [int(each[1:]) for each in model.users.ids(model.segment(items, number, **how))]


def caught(order, truth, first=24):
    """What the first users will take, as a part of what the best ones would."""
    return truth[order[:first]].sum() / np.sort(truth)[::-1][:first].sum()


@pytest.mark.parametrize("genre", range(GENRES))
def test_a_segment_of_an_attribute_catches_most_of_what_will_be_taken(town, model, genre):
    truth = town.expected(genre)
    order = users_of(model, model.items_having(f'ITEMS.GENRE = "genre {genre}"'))
    by_activity = np.argsort(-np.bincount(town.dataset.user), kind="stable")
    by_chance = truth.mean() * 24 / np.sort(truth)[::-1][:24].sum()
    assert caught(order, truth) > 0.75
    assert caught(order, truth) > 1.4 * caught(by_activity, truth)
    assert caught(order, truth) > 3 * by_chance


def test_a_segment_of_an_item_is_led_by_those_who_love_its_genre_and_still_come(town, model):
    first = np.array([users_of(model, model.item(f"g{genre}t3"), 20) for genre in range(GENRES)])
    assert (town.genre[first] == np.arange(GENRES)[:, None]).mean() > 0.8
    assert town.left[first].mean() < 0.15


def test_an_item_that_nobody_took_yet_goes_to_twice_as_many_lovers_of_its_genre_as_chance_finds(town, model):
    assert (town.genre[users_of(model, model.item("g2new"), 20)] == 2).mean() >= 2 / GENRES


def test_who_left_stands_behind_those_who_come_as_often_as_before(town, model):
    loving = [user for user in users_of(model, model.items_having('GENRE = "genre 1"')) if town.genre[user] == 1]
    place = {user: at for at, user in enumerate(loving)}
    assert np.mean([place[user] for user in loving if town.left[user]]) > 1.5 * np.mean(
        [place[user] for user in loving if not town.left[user]]
    )


def test_shares_of_all_items_sum_to_one_for_every_user(trained):
    arrays = trained.arrays
    seen = tuple(arrays[f"user_seen_{part}"] for part in ("starts", "items", "extra"))
    masses = _log_masses(arrays["user_vectors"], arrays["vectors"], arrays["bias"], seen, 0, Silent())
    for user in range(0, USERS, 17):
        logits = arrays["vectors"] @ arrays["user_vectors"][user] + arrays["bias"]
        pairs = slice(seen[0][user], seen[0][user + 1])
        logits[seen[1][pairs]] += seen[2][pairs]
        assert np.exp(logits - masses[user]).sum() == pytest.approx(1, abs=1e-3)


def test_more_items_are_as_likely_as_each_of_them_together(model):
    pair = np.concatenate([model.item("g1t3"), model.item("g3t1")])
    alone = np.exp(model._log_share(0, USERS, pair[:1])) + np.exp(model._log_share(0, USERS, pair[1:]))
    assert np.exp(model._log_share(0, USERS, pair)) == pytest.approx(alone, rel=1e-4)


def test_blocks_change_nothing(model, monkeypatch):
    asked = model.items_having('GENRE = "all"')
    whole = model.segment(asked, 50).tolist()
    monkeypatch.setattr("personalize_web.engine.serving.affinity._LOGITS", 1)
    monkeypatch.setattr("personalize_web.engine.serving.affinity.ITEMS_AT_ONCE", 7)
    monkeypatch.setattr("personalize_web.engine.serving.affinity.LEAST_AT_ONCE", 16)
    monkeypatch.setattr("personalize_web.engine.serving.affinity.USERS_AT_ONCE", 16)
    assert model.segment(asked, 50).tolist() == whole


def test_equally_likely_users_stand_in_the_order_of_their_ids(trained, tmp_path):
    same = {
        name: np.zeros_like(trained.arrays[name])
        for name in ("user_vectors", "user_shift", "user_seen_starts", "user_seen_extra")
    }
    replace(trained, arrays={**trained.arrays, **same}).write(tmp_path / "same")
    model = serving.load(tmp_path / "same")
    assert users_of(model, model.item("g0t0"), 5) == [0, 1, 2, 3, 4]


def test_only_allowed_users_are_in_a_segment_and_never_more_than_asked_for(model):
    allowed = np.zeros(USERS, bool)
    allowed[::3] = True
    found = users_of(model, model.item("g1t1"), allowed=allowed)
    assert sorted(found) == list(range(0, USERS, 3))
    assert users_of(model, model.item("g1t1"), 7, allowed=allowed) == found[:7]
    assert users_of(model, model.item("g1t1"), allowed=np.zeros(USERS, bool)) == []


def test_numbers_and_plain_texts_can_be_asked_for_too(model):
    assert len(model.items_having("ITEMS.price = 2")) == TITLES + 1
    assert len(model.items_having('ITEMS.PRICE = "2.0" AND ITEMS.MAKER = "maker 4"')) == 1
    assert len(model.items_having('GENRE = "genre 2" AND GENRE = "all"')) == TITLES + 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('GENRE = "genre 9"', "character 1: no item that this solution version was trained on has GENRE = 'genre 9'"),
        ('GENRE = "all" AND MAKER = "Maker 1"', "character 19: no item .* has MAKER = 'Maker 1'"),
        (
            'GENRE = "genre 1" AND GENRE = "genre 2"',
            "no item that this solution version was trained on has all of these",
        ),
        ('ABOUT = "words"', "ABOUT is no column that can be asked for.* are: GENRE, MAKER, PRICE"),
        ("CREATION_TIMESTAMP = 5", "CREATION_TIMESTAMP is no column"),
        ('PRICE = "dear"', "PRICE holds numbers, not 'dear'"),
    ],
)
def test_attributes_that_the_training_did_not_know_are_refused(model, query, said):
    with pytest.raises(DataError, match=said):
        model.items_having(query)


def test_an_item_that_the_training_did_not_know_is_refused(model):
    with pytest.raises(DataError, match="Item g7t7 was not in the data"):
        model.item("g7t7")


@pytest.mark.shows("hidden_dimension", "aws-item-affinity", "aws-item-attribute-affinity")
def test_the_hidden_dimension_is_the_width_of_both_kinds_of_vectors(town):
    found = train(town.dataset, options=replace(OPTIONS, effort=0.01), hidden_dimension=40).arrays
    assert found["vectors"].shape[1] == found["user_vectors"].shape[1] == 40


def test_events_that_all_happened_at_once_teach_no_order():
    with pytest.raises(DataError, match="All item interactions have the same TIMESTAMP"):
        train(dataset_of(*[(f"u{user}", f"i{item}", NOW) for user in range(5) for item in range(5)]))


def test_item_attribute_affinity_reads_no_metadata_of_users(town):
    column = replace(town.dataset.item_columns[0], name="CLUB")
    dataset = replace(town.dataset, user_columns=(column,), contexts=(column,))
    for recipe, names in (("aws-item-affinity", ["CLUB"]), ("aws-item-attribute-affinity", [])):
        read = Affinity().trained_on(dataset, typed(RECIPES[recipe], None))
        assert ([each.name for each in read.user_columns], read.contexts) == (names, ())


def test_habits_are_what_was_done_until_a_moment_and_since_when():
    dataset = dataset_of(("a", "i", NOW - 100 * DAY), ("a", "i", NOW - 5 * DAY), ("a", "j", NOW), ("b", "i", NOW))
    found = np.expm1(habits(dataset, np.array([NOW - 4 * DAY, NOW])))
    assert found[0] == pytest.approx([2, 0, 1, 1, 1, 1, 96], rel=1e-4)  # all; 1, 7, 30, 90 days; since last, first
    assert found[1] == pytest.approx([1, 1, 1, 1, 1, 0, 0], abs=1e-4)


def test_who_did_more_of_late_is_expected_to_do_more(town):
    def nothing(part):
        return np.zeros((len(part.user_ids), 1), np.float32)

    expected = Habits(town.dataset, nothing, seed=1)
    now = habits(town.dataset, np.full(USERS, town.dataset.latest))
    monthly = np.exp(expected(now, nothing(town.dataset)))
    assert horizon_of(town.dataset) == 30 * DAY
    assert np.corrcoef(monthly, town.pace * ~town.left)[0, 1] > 0.8
    # the town's people do 2.4 times their pace within 30 days: a row has one event for every 75 days of pace
    assert monthly[~town.left].mean() == pytest.approx((town.pace * 30 / 75)[~town.left].mean(), rel=0.25)
    assert monthly[town.left].mean() < 0.3 * monthly[~town.left].mean()


def test_deleted_users_leave_the_model_and_the_others_keep_their_order(model, kept, tmp_path):
    shutil.copytree(kept, tmp_path / "model")
    assert forget_segments(tmp_path / "model", ["u007", "u100", "nobody"]) == 2
    less = serving.load(tmp_path / "model")
    assert len(less.users) == USERS - 2
    for query in (model.item("g1t1"), model.items_having('GENRE = "genre 3"')):
        assert users_of(less, query) == [user for user in users_of(model, query) if user not in (7, 100)]
    assert not any(b"u007" in path.read_bytes() for path in (tmp_path / "model").iterdir())
    assert forget_segments(tmp_path / "model", ["u007"]) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("recipe", ["aws-item-affinity", "aws-item-attribute-affinity"])
def test_a_version_publishes_the_documented_metrics_alone_and_beats_the_most_active(recipe, town, tmp_path):
    outcome = train_version(
        RECIPES[recipe],
        town.dataset,
        {"algorithmHyperParameters": {"hidden_dimension": "32"}},
        tmp_path / "version",
        options=replace(OPTIONS, effort=0.1),
    )
    keys = {"coverage", "hits_at_1_percent", "recall_at_1_percent"}
    assert set(outcome.metrics) == set(outcome.baselines["most-active-users"]) == keys
    for key in keys:
        assert outcome.metrics[key] > outcome.baselines["most-active-users"][key]
    assert serving.load(tmp_path / "version").info["metrics"] == outcome.metrics
    assert outcome.details["test users"] == USERS
    whole = outcome.evaluation["models"]["version"]["all"]
    assert {key: each["value"] for key, each in whole.items()} == outcome.metrics
    recall = whole["recall_at_1_percent"]
    assert recall["low"] < recall["value"] < recall["high"]
    floor = outcome.evaluation["models"]["most-active-users"]["all"]
    assert {key: each["value"] for key, each in floor.items()} == outcome.baselines["most-active-users"]
    assert evaluation.read(tmp_path / "version").keys == ("hits_at_1_percent", "recall_at_1_percent")


def test_a_stop_ends_it_and_leaves_nothing(town, tmp_path):
    with pytest.raises(Stopped):
        train_version(
            RECIPES["aws-item-affinity"],
            town.dataset,
            None,
            tmp_path / "version",
            options=OPTIONS,
            reporter=Stopping(2),
        )
    assert list(tmp_path.iterdir()) == []
