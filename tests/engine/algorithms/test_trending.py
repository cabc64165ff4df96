"""Items that are rising."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine import serving, trends
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.trending import Trending, rising_at
from personalize_web.engine.evaluation.measuring import POPULARITY, foreseen
from personalize_web.engine.metrics import trend_prediction_accuracy
from personalize_web.engine.reporting import Silent
from personalize_web.engine.selection import EventChoice, Selection
from personalize_web.engine.serving import Request
from tests.engine.algorithms.contract import METRICS, Contract
from tests.engine.worlds import dataset_of

HOUR = 3600
NOW = 1_700_000_000


class TestTrendingNow(Contract):
    recipe = "aws-trending-now"
    metrics = METRICS | {"trend_prediction_accuracy"}


class TestTrendingNowOfADomain(TestTrendingNow):
    recipe = "aws-vod-trending-now"


def events(*counts):
    """Interactions of (item, how many in the last hour, how many in the hour before it)."""
    rows = [(item, NOW - place) for item, late, _ in counts for place in range(late)]
    rows += [(item, NOW - HOUR - place) for item, _, early in counts for place in range(early)]
    return pa.table({"ITEM_ID": [row[0] for row in rows], "TIMESTAMP": [row[1] for row in rows]})


def found(*counts, now=NOW):
    table = events(*counts)
    return trends.evaluate(table, np.ones(table.num_rows), now=now, interval=HOUR).item_ids


def test_the_greatest_increase_comes_first_and_what_falls_is_not_rising():
    assert found(("slow", 5, 3), ("burst", 9, 1), ("falling", 2, 6), ("steady", 4, 4)) == ["burst", "slow"]


def test_interactions_count_as_they_weigh():
    rows = [(f"u{place}", "viewed", NOW - place, "View") for place in range(3)] + [("u", "bought", NOW, "Buy")]
    weights = Selection(events=(EventChoice("Buy"), EventChoice("View", None, 0.25)))
    for selection, first in ((Selection(), "viewed"), (weights, "bought")):
        dataset = dataset_of(*rows, selection=selection)
        assert dataset.item_ids[int(rising_at(dataset, NOW, HOUR)[0])].as_py() == first


def test_equal_increases_go_by_ratio_then_by_id():
    assert found(("big", 12, 10), ("new", 2, 0)) == ["new", "big"]
    assert found(("b", 2, 0), ("a", 2, 0)) == ["a", "b"]


def test_a_time_without_events_has_no_trends():
    assert found(("burst", 9, 1), now=NOW + 2 * HOUR) == []


def test_an_event_at_the_border_belongs_to_the_older_interval():
    table = pa.table({"ITEM_ID": ["a", "b"], "TIMESTAMP": [NOW - HOUR, NOW - 2 * HOUR]})
    late, early = trends.increases(
        np.array([0, 1]), np.array(table["TIMESTAMP"]), np.ones(2), items=2, now=NOW, interval=HOUR
    )
    assert (late.tolist(), early.tolist()) == ([0, 0], [1, 0])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3 * HOUR)), max_size=60))
def test_increases_are_what_counting_one_by_one_gives(rows):
    item = np.array([row[0] for row in rows], np.int64)
    stamp = np.array([NOW - row[1] for row in rows], np.int64)
    late, early = trends.increases(item, stamp, np.ones(len(rows)), items=6, now=NOW, interval=HOUR)
    for each in range(6):
        assert late[each] == sum(1 for row in rows if row[0] == each and row[1] < HOUR)
        assert early[each] == sum(1 for row in rows if row[0] == each and HOUR <= row[1] < 2 * HOUR)


@pytest.fixture
def model(tmp_path):
    rows = [(f"u{user}", item, NOW - 30 * HOUR + place) for user in range(9) for place, item in enumerate("abc")]
    rows += [("u0", "a", NOW - 40 * HOUR)]
    Trending().train(dataset_of(*rows), {"trend_discovery_frequency": "1 hour"}, Options(), Silent()).write(
        tmp_path / "model"
    )
    return serving.load(tmp_path / "model"), tmp_path / "model"


def asked(model, **more):
    return [each.item_id for each in model.recommend(Request(num_results=4, **more))]


def test_trends_evaluated_later_come_before_the_popular_ones(model):
    answerer, folder = model
    trends.write(folder, trends.Trends(["c", "b"], NOW))
    assert asked(answerer) == ["c", "b", "a"]
    trends.write(folder, trends.Trends([], NOW + HOUR))
    assert asked(answerer)[0] == "a"


def test_an_item_no_training_has_seen_may_be_rising(model):
    answerer, folder = model
    trends.write(folder, trends.Trends(["brand new", "c"], NOW))
    assert asked(answerer) == ["brand new", "c", "a", "b"]
    assert asked(answerer, exclude={"brand new", "a"}) == ["c", "b"]
    assert asked(answerer, allowed=np.ones(3, bool)) == ["c", "a", "b"]


@pytest.mark.shows("trend_discovery_frequency", "aws-trending-now")
@pytest.mark.parametrize(("text", "seconds"), trends.SECONDS.items())
def test_the_frequency_is_the_length_of_the_interval(text, seconds):
    rows = [(f"u{place}", "late", NOW - place) for place in range(5)]
    rows += [(f"u{place}", "early", NOW - seconds - place) for place in range(9)]
    model = Trending().train(dataset_of(*rows), {"trend_discovery_frequency": text}, Options(), Silent())
    assert model.settings["interval"] == seconds
    assert len(model.arrays["rising"]) == 1


def test_the_accuracy_is_the_share_of_the_increase_that_was_foreseen():
    increase = np.array([10.0, 5.0, -3.0, 5.0])
    assert trend_prediction_accuracy([0], increase) == 0.5
    assert trend_prediction_accuracy([0, 1, 3], increase) == 1.0
    assert trend_prediction_accuracy([2], increase) == 0.0
    assert trend_prediction_accuracy([0, 1], np.zeros(2)) == 0.0
    assert trend_prediction_accuracy([1, 0], increase, k=1) == 0.5


def test_a_trend_that_goes_on_is_foreseen():
    rows = [
        (f"u{place}", "up", NOW - at * HOUR - place) for at, count in ((0, 9), (1, 4), (2, 1)) for place in range(count)
    ]
    rows += [
        (f"u{place}", "down", NOW - at * HOUR - place)
        for at, count in ((0, 1), (1, 4), (2, 9))
        for place in range(count)
    ]
    data = dataset_of(*rows)
    assert data.item_ids.take(pa.array(rising_at(data, NOW, HOUR))).to_pylist() == ["up"]
    assert foreseen(data, HOUR) == {"version": 1.0, POPULARITY: 1.0}


def test_popular_items_foresee_no_burst():
    rows = [(f"u{place}", f"always{item}", NOW - 5 * HOUR - place) for item in range(25) for place in range(20)]
    rows += [
        (f"u{place}", "burst", NOW - at * HOUR - place)
        for at, count in ((0, 9), (1, 4), (2, 1))
        for place in range(count)
    ]
    assert foreseen(dataset_of(*rows), HOUR) == {"version": 1.0, POPULARITY: 0.0}
