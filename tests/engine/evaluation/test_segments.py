"""Segments judged on what was held out, with numbers worked by hand."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine.dataset import Column
from personalize_web.engine.evaluation.segments import evaluate
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.reporting import Silent
from personalize_web.engine.splitting import TestUser
from tests.engine.worlds import dataset_of


class Fixed:
    """Answers item x with user u001, everything else with u000."""

    def __init__(self, dataset):
        self.users = Vocabulary.of(sorted(dataset.user_ids.to_pylist()))
        self.arrays = {"bias": np.zeros(len(dataset.item_ids))}
        self._x = dataset.item_ids.to_pylist().index("x")

    def segment(self, items, number, at_last, check):
        first = 1 if self._x in items else 0
        return np.array([first, 2, 3])[:number]


def held(dataset):
    """What happened from 5 on."""
    late = dataset.timestamp >= 5
    return tuple(
        TestUser(row, int(dataset.starts[row]), int(np.flatnonzero((dataset.user == row) & late)[0]),
                 int(dataset.starts[row + 1])) for row in range(4))


@pytest.fixture
def dataset():
    """Four users, u003 first: 101 events would be two of them, so that one per cent of four users is one."""
    rows = [("u003", "x", 1), ("u000", "x", 1), ("u001", "x", 1), ("u001", "y", 2), ("u002", "y", 1),
            ("u000", "y", 5), ("u001", "x", 6), ("u002", "x", 7), ("u003", "y", 8)]
    found = dataset_of(*rows)
    labels = Column("GENRE", "categorical", codes=np.zeros(2, np.int32), labels=("both|both",))
    return replace(found, item_attributes=(labels,))


def test_each_item_counts_the_same(dataset):
    found, baseline = evaluate(
        Fixed(dataset), dataset, held(dataset), by_attributes=False, reporter=Silent())
    # x was taken by u001 and u002, u001 is predicted: 1 hit, recall 1/2; y by u000 and u003, u000: the same
    assert found == {"hits_at_1_percent": 1.0, "recall_at_1_percent": 0.5, "coverage": 0.5}
    # u001 has most events before the cut: 1 hit of x, none of y
    assert baseline == {"hits_at_1_percent": 0.5, "recall_at_1_percent": 0.25, "coverage": 0.25}


def test_an_attribute_is_all_of_its_items(dataset):
    found, _ = evaluate(Fixed(dataset), dataset, held(dataset), by_attributes=True, reporter=Silent())
    assert found == {"hits_at_1_percent": 1.0, "recall_at_1_percent": 0.25, "coverage": 0.25}


def test_numbers_are_asked_for_where_there_are_no_categories(dataset):
    numbers = replace(dataset, item_attributes=(Column("PRICE", "numeric", values=np.array([5.0, np.nan])),))
    assert pa.array(numbers.item_ids).to_pylist() == ["x", "y"]
    found, _ = evaluate(Fixed(numbers), numbers, held(dataset), by_attributes=True, reporter=Silent())
    assert found["recall_at_1_percent"] == 0.5


def test_with_nothing_held_out_there_is_nothing_to_be_good_at(dataset):
    found, _ = evaluate(
        Fixed(dataset), dataset, (), by_attributes=False, reporter=Silent())
    assert set(found.values()) == {0.0}
