"""A version, simple popularity and the previous version on the same test users."""

import numpy as np
import pytest

from personalize_web.engine import evaluation, serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.popularity import Popularity
from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation.judging import evaluate, judge, packed, unpacked
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import Recommended, ServingModel
from personalize_web.engine.splitting import split
from personalize_web.engine.training import train_version
from tests.engine.worlds import World, dataset_of

SIMS, POPULAR = RECIPES["aws-sims"], RECIPES["aws-popularity-count"]
NDCG = "normalized_discounted_cumulative_gain_at_10"


@pytest.fixture(scope="module")
def dataset():
    return World(users=400).dataset()


@pytest.fixture(scope="module")
def versions(dataset, tmp_path_factory):
    """A first version of SIMS, and a second one beside it."""
    folder = tmp_path_factory.mktemp("versions")
    first = train_version(SIMS, dataset, None, folder / "first")
    second = train_version(SIMS, dataset, None, folder / "second", previous=folder / "first")
    return folder, first, second


class Fixed(ServingModel):
    """The same list for everybody."""

    def __init__(self, *items):
        self.arrays, self._items = {}, items

    def recommend(self, request):
        return [Recommended(each) for each in self._items][: request.num_results]


def test_hits_are_kept_as_bits():
    hit = np.zeros(25, bool)
    hit[[0, 7, 24]] = True
    assert unpacked(np.array([packed(hit), packed(~hit)])).tolist() == [hit.tolist(), (~hit).tolist()]


def test_a_list_worked_by_hand():
    """Ten users each; the newest tenth of ten events is one: what is held back of everybody is x."""
    rows = [(f"u{user}", "x" if at == 9 else f"i{at}", at) for user in range(20) for at in range(10)]
    dataset = dataset_of(*rows)
    tests = split(dataset, "0").tests
    found = evaluate(Fixed("i0", "unknown", "x"), dataset, tests, POPULAR)
    assert found["mean_reciprocal_rank_at_25"] == round(1 / 3, 4)
    assert found["precision_at_5"] == 0.2
    assert found[NDCG] == 0.5
    assert found["coverage"] == round(2 / 10, 4)


def test_blocks_change_nothing(dataset, versions, monkeypatch):
    model = serving.load(versions[0] / "first")
    tests = split(dataset, "0").tests
    whole = judge(model, dataset, tests, SIMS)
    monkeypatch.setattr("personalize_web.engine.evaluation.judging.BLOCK", 7)
    parts = judge(model, dataset, tests, SIMS)
    assert np.array_equal(parts.hits, whole.hits)
    assert parts.coverage == whole.coverage


def test_means_and_intervals_of_every_cohort_are_kept(versions):
    summary = versions[1].evaluation
    assert [each["key"] for each in summary["cohorts"]] == [
        "all", "new_users", "heavy_users", "head_items", "tail_items"]
    whole = summary["models"]["version"]["all"]
    assert {key: each["value"] for key, each in whole.items()} == versions[1].metrics
    assert whole[NDCG]["low"] < whole[NDCG]["value"] < whole[NDCG]["high"]
    assert "low" not in whole["coverage"]
    sizes = {each["key"]: each["users"] for each in summary["cohorts"]}
    assert sizes["all"] == summary["testUsers"] >= max(sizes.values())
    assert "new_users" not in summary["models"]["version"]


def test_hits_of_head_and_tail_are_the_hits(dataset, versions):
    found = judge(serving.load(versions[0] / "first"), dataset, split(dataset, "0").tests, SIMS,
                  parts=evaluation.item_parts(dataset))
    head, tail = found.part_hits["head_items"], found.part_hits["tail_items"]
    assert np.array_equal(head | tail, found.hits)
    assert not (head & tail).any()


def test_the_previous_version_stands_beside_as_it_serves_on_the_same_users(dataset, versions):
    folder, first, second = versions
    assert first.baselines.keys() == {"aws-popularity-count"}
    assert second.baselines.keys() == {"aws-popularity-count", "previous"}
    assert second.metrics == first.metrics
    served = evaluate(serving.load(folder / "first"), dataset, split(dataset, "0").tests, SIMS)
    assert second.baselines["previous"] == served
    assert second.evaluation["models"].keys() == {"version", "aws-popularity-count", "previous"}
    assert second.evaluation["skipped"] == {}


def test_a_previous_version_that_cannot_be_loaded_is_left_out_with_the_reason(dataset, tmp_path):
    found = train_version(POPULAR, dataset, None, tmp_path / "version", previous=tmp_path / "gone")
    assert found.baselines.keys() == {"aws-popularity-count"}
    assert "cannot be read" in found.evaluation["skipped"]["previous"]


def test_the_same_versions_differ_by_nothing_user_by_user(versions):
    folder, _, _ = versions
    found = evaluation.compare(evaluation.read(folder / "first"), evaluation.read(folder / "second"))
    assert found.paired
    assert {(each.value, each.low, each.high) for each in found.differences.values()} == {(0.0, 0.0, 0.0)}


def test_a_better_version_is_surely_better(dataset, versions, tmp_path):
    train_version(POPULAR, dataset, None, tmp_path / "popular")
    found = evaluation.compare(evaluation.read(tmp_path / "popular"), evaluation.read(versions[0] / "first"))
    difference = found.differences[NDCG]
    assert found.paired
    assert difference.sure
    assert 0 < difference.low < difference.value < difference.high


def test_other_test_users_are_compared_unpaired_and_less_surely(dataset, versions, tmp_path):
    folder, first, _ = versions
    other = train_version(SIMS, dataset, None, tmp_path / "other", options=Options(seed=1))
    found = evaluation.compare(evaluation.read(folder / "first"), evaluation.read(tmp_path / "other"))
    assert not found.paired
    assert found.differences[NDCG].value == pytest.approx(other.metrics[NDCG] - first.metrics[NDCG], abs=1e-3)
    assert found.differences[NDCG].high > found.differences[NDCG].low


def test_what_is_kept_names_no_user(versions):
    with np.load(versions[0] / "first" / evaluation.FILE) as arrays:
        assert {array.dtype.kind for array in arrays.values()} == {"u"}


def test_a_version_from_before_tells_that_nothing_was_kept(tmp_path):
    with pytest.raises(DataError, match="not kept of versions trained earlier"):
        evaluation.read(tmp_path)


def test_of_very_many_test_users_some_are_asked_and_always_the_same(dataset, monkeypatch):
    tests = split(dataset, "0").tests
    assert evaluation.asked(dataset, tests) == tests
    monkeypatch.setattr("personalize_web.engine.evaluation.protocol.JUDGED_USERS", 10)
    some = evaluation.asked(dataset, tests)
    assert len(some) == 10
    kept = dataset.of_users(np.array([each.row for each in tests]))
    ids = {dataset.user_ids[each.row].as_py() for each in some}
    again = evaluation.asked(kept, split(kept, "0").tests[:0] + tuple(
        type(tests[0])(row, int(kept.starts[row]), int(kept.starts[row + 1]) - 1, int(kept.starts[row + 1]))
        for row in range(len(kept.user_ids))))
    assert {kept.user_ids[each.row].as_py() for each in again} == ids


def test_popularity_is_judged_as_popularity(dataset, versions, tmp_path):
    divided = split(dataset, "0")
    Popularity().train(divided.train, {"count": "users"}, Options(), Silent()).write(tmp_path / "popular")
    found = evaluate(serving.load(tmp_path / "popular"), dataset, divided.tests, SIMS)
    assert versions[1].baselines["aws-popularity-count"] == found
