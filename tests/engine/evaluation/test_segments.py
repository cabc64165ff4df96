"""Segments judged on what was held out, with numbers worked by hand."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import evaluation
from personalize_web.engine.dataset import Column
from personalize_web.engine.evaluation.keeping_segments import SegmentEvaluation
from personalize_web.engine.evaluation.segments import Asked, Query, evaluate
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
        TestUser(
            row,
            int(dataset.starts[row]),
            int(np.flatnonzero((dataset.user == row) & late)[0]),
            int(dataset.starts[row + 1]),
        )
        for row in range(4)
    )


@pytest.fixture
def dataset():
    """Four users, u003 first: 101 events would be two of them, so that one per cent of four users is one."""
    rows = [
        ("u003", "x", 1),
        ("u000", "x", 1),
        ("u001", "x", 1),
        ("u001", "y", 2),
        ("u002", "y", 1),
        ("u000", "y", 5),
        ("u001", "x", 6),
        ("u002", "x", 7),
        ("u003", "y", 8),
    ]
    found = dataset_of(*rows)
    labels = Column("GENRE", "categorical", codes=np.zeros(2, np.int32), labels=("both|both",))
    return replace(found, item_attributes=(labels,))


def test_each_item_counts_the_same(dataset):
    found, baseline = evaluate(Fixed(dataset), dataset, held(dataset), by_attributes=False, reporter=Silent())
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


def judged(hits):
    """Forty items of three users each; of the first ``hits`` of them one user is caught, who is old in the first 30."""
    queries = [Query(f"i{place}", np.array([place]), {place, 30 + place, 60 + place}) for place in range(40)]
    new = np.arange(101) >= 30
    asked = Asked(
        queries,
        1,
        [0],
        {"new_users": new, "heavy_users": np.zeros(101, bool)},
        np.arange(40) < 5,
        by_attributes=False,
        heavy_from=9,
    )
    segments = [[place if place < hits else 100] for place in range(40)]
    return SegmentEvaluation.of(asked, {"version": segments}, 101, 77)


def test_parts_of_the_users_and_of_the_items_stand_with_their_intervals():
    summary = judged(10).summary()
    assert (summary["counted"], summary["testUsers"]) == ("items", 77)
    assert [(each["key"], each["users"], each["enough"]) for each in summary["cohorts"]] == [
        ("all", 40, True),
        ("new_users", 40, True),
        ("heavy_users", 0, False),
        ("head_items", 5, False),
        ("tail_items", 35, True),
    ]
    own = summary["models"]["version"]
    assert own["all"]["hits_at_1_percent"]["value"] == 0.25
    assert own["all"]["recall_at_1_percent"]["value"] == round(0.25 / 3, 4)
    assert own["all"]["hits_at_1_percent"]["low"] < 0.25 < own["all"]["hits_at_1_percent"]["high"]
    assert own["all"]["coverage"] == {"value": round(11 / 101, 4)}
    assert own["new_users"]["recall_at_1_percent"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert own["tail_items"]["hits_at_1_percent"]["value"] == round(5 / 35, 4)
    assert "head_items" not in own


def test_what_is_kept_of_segments_is_compared_by_pairs_and_names_no_user(tmp_path):
    folders = []
    for name, hits in (("worse", 0), ("better", 30)):
        (tmp_path / name).mkdir()
        (tmp_path / name / evaluation.FILE).write_bytes(judged(hits).packed())
        folders.append(tmp_path / name)
    found = evaluation.compare(*(evaluation.read(each) for each in folders))
    assert (found.paired, found.counted, found.users) == (True, "items", (40, 40))
    assert found.differences["hits_at_1_percent"].value == 0.75
    assert found.differences["hits_at_1_percent"].sure
    assert evaluation.without((folders[0] / evaluation.FILE).read_bytes(), ["u000"]) is None


def test_with_nothing_held_out_there_is_nothing_to_be_good_at(dataset):
    found, _ = evaluate(Fixed(dataset), dataset, (), by_attributes=False, reporter=Silent())
    assert set(found.values()) == {0.0}
