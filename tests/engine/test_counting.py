"""Counting models and how they are asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine.algorithms.blending import counted_features
from personalize_web.engine.algorithms.transitions import as_matrix, count, followers
from personalize_web.engine.counting import QUERIES, Counted, Query, seen_features
from tests.engine.worlds import World, dataset_of


def test_followers_are_weighted_by_distance():
    found = followers(dataset_of(("u", "a", 1), ("u", "b", 2), ("u", "c", 3), ("v", "a", 1)), 10).toarray()
    assert found[0].tolist() == pytest.approx([0, 1.0, 0.8])
    assert found[1].tolist() == pytest.approx([0, 0, 1.0])
    assert found[2].tolist() == [0, 0, 0]


def test_scores_share_out_the_weighted_rows():
    model = Counted(np.array([0, 2, 3, 3]), np.array([1, 2, 2], np.int32), np.array([1.0, 1.0, 4.0], np.float32))
    items, features = model.scores(np.array([0, 1]), Query(2, 0.5))
    # row 0 counts 1 and 1, row 1 counts 0.5 * 4 on item 2: shares 1/4 and 3/4 of three items
    assert items.tolist() == [1, 2]
    assert features.tolist() == pytest.approx([np.log(1 + 3 / 4), np.log(1 + 9 / 4)])


def test_a_history_of_which_nothing_is_known_has_no_scores():
    model = Counted(np.array([0, 0, 0]), np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert len(model.scores(np.array([1, 0]), QUERIES["following"])[0]) == 0
    assert len(model.scores(np.zeros(0, np.int64), QUERIES["following"])[0]) == 0


def test_the_cosine_has_no_diagonal():
    assert as_matrix(count(World(users=80).dataset())["together"]).diagonal().max() == 0


histories = st.lists(st.lists(st.integers(0, 59), min_size=1, max_size=25), min_size=1, max_size=5)
MODELS = count(World(users=80).dataset())


@given(histories)
@settings(max_examples=25)
def test_many_histories_are_answered_as_each_alone(many):
    asked = [np.array(each, np.int64) for each in many]
    together = counted_features(MODELS, asked)
    for name, model in MODELS.items():
        for row, history in enumerate(asked):
            alone = np.zeros(len(model.starts) - 1)
            items, features = model.scores(history, QUERIES[name])
            assert len(set(items.tolist())) == len(items)
            alone[items] = features
            np.testing.assert_allclose(together[name][row].toarray()[0], alone, rtol=1e-3, atol=1e-5)


def test_seen_items_tell_how_often_and_how_long_ago():
    items, facts = seen_features(np.array([7, 3, 7]))
    assert items.tolist() == [3, 7]
    np.testing.assert_allclose(facts, [[1, 0, np.log(2)], [1, np.log(2), 0]])
