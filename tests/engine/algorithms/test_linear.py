"""The regression of the next item on those before it."""

import numpy as np
import pytest

from personalize_web.engine.algorithms import linear
from personalize_web.engine.algorithms.linear import regression
from tests.engine.worlds import NOW, dataset_of


def walked(*walks: str):
    """Users who take items in the order of the letters."""
    return dataset_of(*[(f"u{user}", item, NOW + 60 * place) for user, walk in enumerate(walks)
                        for place, item in enumerate(walk)])


def weight(dataset, found, before, after):
    ids = dataset.item_ids.to_pylist()
    return found[ids.index(before), ids.index(after)]


def test_the_coefficient_of_one_pair_is_the_count_over_count_and_penalty(monkeypatch):
    monkeypatch.setattr(linear, "PENALTY", 2.0)
    dataset = walked("ab", "ab", "ab", "cd", "cd")
    found = regression(dataset)
    assert weight(dataset, found, "a", "b") == pytest.approx(3 / (3 + 2))
    assert weight(dataset, found, "c", "d") == pytest.approx(2 / (2 + 2))
    assert found.nnz == 2


def test_what_only_stands_beside_the_cause_gets_no_credit(monkeypatch):
    monkeypatch.setattr(linear, "PENALTY", 0.1)
    # x follows a, with or without b before it; b alone is followed by y
    dataset = walked(*["bax", "ax"] * 20, *["by"] * 20)
    found = regression(dataset)
    assert weight(dataset, found, "a", "x") > 0.8
    assert weight(dataset, found, "b", "x") < 0.1
    assert weight(dataset, found, "b", "y") > 0.3


def test_items_beyond_the_most_frequent_take_no_part(monkeypatch):
    monkeypatch.setattr(linear, "ITEMS", 2)
    dataset = walked(*["ab"] * 4, "cd", "cd")
    assert regression(dataset).nnz == 1


def test_items_met_once_take_no_part():
    dataset = walked("ab", "cd", "ef")
    assert regression(dataset).nnz == 0


def test_only_the_newest_events_are_learned_from(monkeypatch):
    monkeypatch.setattr(linear, "EVENTS", 3)
    old = [(f"o{user}", item, NOW + place) for user in range(3) for place, item in enumerate("ab")]
    new = [(f"n{user}", item, NOW + 1000 + place) for user in range(3) for place, item in enumerate("cd")]
    dataset = dataset_of(*old, *new)
    found = regression(dataset)
    assert weight(dataset, found, "c", "d") > 0
    assert np.isclose(weight(dataset, found, "a", "b"), 0)
