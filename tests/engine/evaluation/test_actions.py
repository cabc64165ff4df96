"""Actions judged by parts of the users and of the actions, with intervals, and what is kept of it."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine import evaluation, metrics
from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation.actions import MostTaken, answers, judge, published, split_actions
from personalize_web.engine.evaluation.bootstrap import once
from personalize_web.engine.evaluation.cohorts import LEAST_USERS
from personalize_web.engine.evaluation.keeping_actions import ActionEvaluation, Outcome, _matrix, action_parts
from personalize_web.engine.serving import Recommended
from personalize_web.engine.splitting import hash_of
from tests.engine.action_worlds import ActionWorld

NDCG = "normalized_discounted_cumulative_gain_at_5"


class Drawn:
    """Another order of the actions for every user."""

    def __init__(self, data):
        self._ids = data.action_ids.to_pylist()

    def recommend(self, request):
        rng = np.random.default_rng(request.seed)
        order = rng.permutation(len(self._ids))
        return [Recommended(self._ids[row], round(float(rng.random()), 1)) for row in order][: request.num_results]


@pytest.fixture(scope="module")
def judged():
    """Most users are tested, so that there are enough of each kind."""
    data = ActionWorld(users=120).dataset()
    asked = answers(data, np.arange(len(data.events.user_ids)), 14)
    models = {
        name: judge(model, data, asked, action_parts(data))
        for name, model in (("version", Drawn(data)), ("most-taken-actions", MostTaken(data)))
    }
    return SimpleNamespace(data=data, asked=asked, models=models, kept=ActionEvaluation.of(data, asked, models))


@pytest.fixture(scope="module")
def folder(judged, tmp_path_factory):
    found = tmp_path_factory.mktemp("model")
    (found / evaluation.FILE).write_bytes(judged.kept.packed())
    return found


lists = st.lists(st.integers(0, 5), unique=True, max_size=5)
users = st.lists(
    st.tuples(lists, lists, st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.9]), st.booleans()), max_size=3)),
    min_size=1,
    max_size=12,
)


def padded(rows):
    return np.array([[*row, *[-1] * (5 - len(row))] for row in rows], np.int32)


@given(users, st.integers(0, 3))
@settings(max_examples=60)
def test_figures_of_a_draw_are_the_metrics_of_the_users_as_often_as_they_were_drawn(given_users, seed):
    times = np.random.default_rng(seed).integers(0, 3, len(given_users))
    pairs = [(place, *pair) for place, (_, _, own) in enumerate(given_users) for pair in own]
    found = Outcome(
        np.zeros((len(given_users), 3)),
        _matrix(padded([each[0] for each in given_users]), 6),
        _matrix(padded([each[1] for each in given_users]), 6),
        np.array([each[0] for each in pairs], np.int64),
        np.array([each[2] for each in pairs], bool),
        np.array([each[1] for each in pairs], np.float64),
    ).figures()(times[None].astype(np.float64))[0]
    again = [each for each, count in zip(given_users, times, strict=True) for _ in range(count)]
    labels = np.array([pair[1] for each in again for pair in each[2]], bool)
    scores = np.array([pair[0] for each in again for pair in each[2]], np.float64)
    expected = (
        metrics.action_precision((each[0], each[1]) for each in again) if any(each[0] for each in again) else np.nan,
        metrics.action_recall((each[0], each[1]) for each in again) if any(each[1] for each in again) else np.nan,
        metrics.area_under_curve(scores, labels) if 0 < labels.sum() < len(labels) else np.nan,
    )
    assert found[3:] == pytest.approx(expected, nan_ok=True)


def test_means_and_intervals_of_every_cohort_are_kept(judged):
    summary = judged.kept.summary()
    assert [each["key"] for each in summary["cohorts"]] == [
        "all",
        "new_users",
        "heavy_users",
        "head_actions",
        "tail_actions",
    ]
    for name, each in judged.models.items():
        whole = summary["models"][name]["all"]
        assert {key: figure["value"] for key, figure in whole.items()} == published(each, judged.data, judged.asked)
        for key in (NDCG, "precision", "recall", "auc"):
            assert whole[key]["low"] <= whole[key]["value"] <= whole[key]["high"]
    own = summary["models"]["version"]["all"]
    assert own["auc"]["low"] < own["auc"]["high"]
    assert "low" not in own["coverage"]
    sizes = {each["key"]: each["users"] for each in summary["cohorts"]}
    assert sizes["all"] == summary["testUsers"] == 120
    assert ("new_users" in summary["models"]["version"]) == (sizes["new_users"] >= LEAST_USERS)


def test_of_the_head_only_its_actions_count(judged):
    """The most taken actions are the head: nobody is better at them than the list that begins with them."""
    head = judged.kept.parts["head_actions"]
    first = [row for row in judged.models["most-taken-actions"].recommended[0] if row >= 0][: head.sum()]
    assert set(first) == set(np.flatnonzero(head))
    parts = judged.kept.summary()["models"]["most-taken-actions"]
    assert parts["head_actions"]["recall"]["value"] == 1.0
    assert parts["head_actions"]["precision"]["value"] > parts["all"]["precision"]["value"]
    hits = judged.models["version"]
    assert np.array_equal(hits.part_hits["head_actions"] | hits.part_hits["tail_actions"], hits.hits)


def test_what_is_kept_answers_like_the_evaluation(judged, folder):
    kept = evaluation.read(folder)
    whole = judged.kept.summary()["models"]["version"]["all"]
    found = dict(zip(kept.keys, once(kept.figures, len(kept.users)), strict=True))
    assert {key: round(value, 4) for key, value in found.items()} == {
        key: each["value"] for key, each in whole.items() if key != "coverage"
    }


def test_versions_are_compared_by_pairs(judged, folder, tmp_path):
    swapped = {"version": judged.models["most-taken-actions"]}
    other = ActionEvaluation.of(judged.data, judged.asked, swapped)
    (tmp_path / evaluation.FILE).write_bytes(other.packed())
    found = evaluation.compare(evaluation.read(folder), evaluation.read(tmp_path))
    assert found.paired
    assert found.differences[NDCG].sure
    assert found.differences[NDCG].value > 0
    same = evaluation.compare(evaluation.read(folder), evaluation.read(folder))
    assert {(each.value, each.low, each.high) for each in same.differences.values()} == {(0.0, 0.0, 0.0)}


def test_a_forgotten_user_is_taken_out_with_all_pairs(judged, folder, tmp_path):
    content = (folder / evaluation.FILE).read_bytes()
    left = evaluation.without(content, ["u7"])
    (tmp_path / evaluation.FILE).write_bytes(left)
    with np.load(tmp_path / evaluation.FILE) as arrays:
        assert hash_of("u7") not in arrays["users"]
        assert hash_of("u7") not in arrays["pair_users"]
        assert len(arrays["pair_scores"]) == len(arrays["pair_users"]) < len(judged.kept.pair_user)
    assert len(evaluation.read(tmp_path).users) == 119
    assert evaluation.without(content, ["nobody"]) is None


def test_actions_and_items_have_no_metric_in_common(folder, tmp_path):
    np.savez(
        tmp_path / evaluation.FILE,
        queries=np.zeros(1, np.uint64),
        hits=np.ones(1),
        truths=np.ones(1),
        by_attributes=np.zeros(1),
    )
    with pytest.raises(DataError, match="no metric in common"):
        evaluation.compare(evaluation.read(folder), evaluation.read(tmp_path))


def test_without_test_users_there_are_zeros(judged):
    nobody = split_actions(judged.data, "0").tests[:0]
    asked = answers(judged.data, nobody, 14)
    found = {"version": judge(MostTaken(judged.data), judged.data, asked, action_parts(judged.data))}
    summary = ActionEvaluation.of(judged.data, asked, found).summary()
    assert set(summary["models"]["version"]) == {"all"}
    assert summary["models"]["version"]["all"]["precision"] == {"value": 0.0}
