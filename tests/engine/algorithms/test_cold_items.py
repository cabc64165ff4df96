"""Items that nobody has met are placed by what is known of items like them."""

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine.algorithms import cold_items
from personalize_web.engine.algorithms.cold_items import Known, place, terms, weigh
from personalize_web.engine.algorithms.transitions import count
from personalize_web.engine.counting import QUERIES, Counted
from personalize_web.engine.dataset import Dataset
from tests.engine.worlds import FEW, NOW, World, dataset_of, events, schema


def shop(items: dict[str, tuple[str, str]], *walks: str) -> Dataset:
    """Users who take items in the order of the letters; items have a name and categories."""
    rows = [(f"u{user}", item, NOW + 60 * step) for user, walk in enumerate(walks) for step, item in enumerate(walk)]
    table = pa.table({"ITEM_ID": list(items), "NAME": [name for name, _ in items.values()],
                      "KIND": [kind for _, kind in items.values()]})
    schemas = {"INTERACTIONS": schema("Interactions"),
               "ITEMS": schema("Items", NAME={"textual": True}, KIND={"categorical": True})}
    return Dataset.from_tables(events(*rows), table, schemas=schemas, limits=FEW)


CUPS = {"a": ("Red cup", "kitchen"), "b": ("Red plate", "kitchen"), "c": ("Garden gnome", "garden|gift"),
        "d": ("red CUP, large", "kitchen"), "e": ("Gnome", "gift"), "f": ("", "other")}


@pytest.fixture(scope="module")
def cups() -> Dataset:
    return shop(CUPS, "abc", "ab", "cab")


def rows(dataset, letters):
    return np.array([dataset.item_ids.to_pylist().index(each) for each in letters])


def test_words_in_any_case_and_categories_are_terms(cups):
    found = terms(cups.item_columns)
    assert np.diff(found.indptr)[rows(cups, "acdf")].tolist() == [3, 4, 4, 1]
    assert np.allclose(np.asarray(found.multiply(found).sum(axis=1)).ravel(), 1)


def test_without_texts_and_categories_there_are_no_terms():
    assert terms(dataset_of(("u", "a", NOW), ("u", "b", NOW + 1)).item_columns) is None


def test_a_cold_item_stands_by_known_items_like_it_alone(cups):
    cold = np.sort(rows(cups, "def"))
    words, following = terms(cups.item_columns), count(cups, ["following"])["following"]
    found = place(cold, cups.interactions_of_items > 0, words, following)
    by_item = dict(zip(np.array(list("abcdef"))[np.argsort(rows(cups, "abcdef"))][cold], found.neighbours.toarray(),
                       strict=True))
    a, b, c = rows(cups, "abc")
    assert by_item["d"][a] > by_item["d"][b] > 0
    assert by_item["d"].sum() == pytest.approx(1)
    assert by_item["e"][c] == pytest.approx(1)
    assert by_item["f"].sum() == 0
    assert found.neighbours[:, cold].nnz == 0


def test_content_and_kindred_speak_of_the_placed_items_alone(cups):
    cold = np.sort(rows(cups, "de"))
    words, following = terms(cups.item_columns), count(cups, ["following"])["following"]
    found = place(cold, cups.interactions_of_items > 0, words, following)
    for name in ("content", "kindred"):
        assert set(found.counted[name].columns.tolist()) <= set(cold.tolist())
    red, _ = found.counted["content"].scores(rows(cups, "b"), QUERIES["content"])
    assert red.tolist() == rows(cups, "d").tolist()
    # b follows a and is like d; what comes after a is therefore d as well
    after, _ = found.counted["kindred"].scores(rows(cups, "a"), QUERIES["kindred"])
    assert rows(cups, "d")[0] in after.tolist()


def test_the_share_of_a_cold_item_does_not_grow_because_it_is_the_only_one():
    model = Counted(np.array([0, 1, 1]), np.array([1], np.int32), np.array([0.1], np.float32))
    assert model.scores(np.array([0]), QUERIES["content"])[1].tolist() == pytest.approx([np.log1p(2 * 0.1)])


def test_the_most_frequent_terms_are_left_out_where_products_would_be_too_many(cups, monkeypatch):
    monkeypatch.setattr(cold_items, "PRODUCTS", 1)
    cold = rows(cups, "de")
    words, following = terms(cups.item_columns), count(cups, ["following"])["following"]
    found = place(np.sort(cold), cups.interactions_of_items > 0, words, following)
    assert found.neighbours.nnz <= 1


@pytest.fixture(scope="module")
def world():
    return World(users=80).dataset()


def weighed(world, queries, vectors):
    rng = np.random.default_rng(0)
    targets = rng.permutation(np.flatnonzero(world.interactions_of_items > 0))[:40]
    histories = [np.array([(target + 1) % 60]) for target in targets]
    return weigh(world, terms(world.item_columns), count(world, ["following"])["following"], vectors, Known(
        queries[targets], histories, targets, lambda items: np.zeros((len(targets), len(items)), np.float32)), 0)


def test_vectors_that_point_at_the_target_are_believed_more_than_vectors_that_point_elsewhere(world):
    genre = np.array([int(each[1]) for each in world.item_ids.to_pylist()])
    telling = np.eye(4, dtype=np.float32)[genre]
    misleading = np.eye(4, dtype=np.float32)[(genre + 1) % 4]
    assert weighed(world, telling, telling).vectors > 0.5 > weighed(world, misleading, telling).vectors


def test_no_weight_is_below_nothing(world):
    vectors = np.random.default_rng(1).standard_normal((len(world.item_ids), 4)).astype(np.float32)
    found = weighed(world, -vectors, vectors)
    assert min(found.vectors, found.content, found.kindred) >= 0


def test_items_of_which_nothing_is_like_them_keep_their_vectors(cups):
    vectors, bias = np.ones((6, 2), np.float32), np.zeros(6, np.float32)
    found = cold_items.placed(cups, cold_items.ColdWeights(2.0, 1.0, 1.0, -3.0), 0.5, {}, vectors, bias)
    assert set(found) == {"content", "kindred"}
    assert vectors[rows(cups, "f")].tolist() == [[1, 1]]
    assert vectors[rows(cups, "d")].ravel().tolist() == pytest.approx([4, 4])  # 2 / 0.5 times the mean of ones
    assert bias[rows(cups, "def")].tolist() == [-3, -3, 0]
