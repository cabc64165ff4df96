"""The next best action, on a world where users take the action of what they look at."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import evaluation, serving
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.action_training import train_actions
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.next_best_action import NextBestAction
from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.evaluation.actions import MostTaken, evaluate, split_actions
from personalize_web.engine.exposures import exposures
from personalize_web.engine.metrics import documented
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import PastEvents, Request
from personalize_web.engine.serving.next_best_action import with_new_actions
from tests.engine.action_worlds import BEGIN, FEW, ActionWorld, action_dataset, action_schemas, actions_of, happened
from tests.engine.algorithms.contract import Stopping
from tests.engine.worlds import DAY, NOW, events, schema

RECIPE = RECIPES["aws-next-best-action"]
OPTIONS = Options(seed=3, time_budget=600.0, effort=0.4, threads=1)
METRICS = set(documented(RECIPE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("actions") / "model"


@pytest.fixture(scope="module")
def outcome(folder):
    return train_actions(RECIPE, ActionWorld().dataset(), None, folder, options=OPTIONS)


@pytest.fixture(scope="module")
def model(outcome, folder):
    return serving.load(folder)


def looked(kind, *, begin=NOW):
    items = [f"k{kind}i{number}" for number in (1, 4, 6)]
    return PastEvents(items, ["View"] * 3, [begin + 60 * place for place in range(3)], [None] * 3)


def did(*pairs, begin=NOW - 1000):
    return PastEvents(
        [action for action, _ in pairs],
        [kind for _, kind in pairs],
        [begin + place for place in range(len(pairs))],
        [None] * len(pairs),
    )


def ids(answer):
    return [each.item_id for each in answer]


def no_exploration(**given):
    return Request(**{"num_results": 10, "exploration_weight": 0.0, "exploration_age_cut_off": float("inf"), **given})


def test_what_a_user_looked_at_decides_far_beyond_popularity(model):
    before = did(("welcome", "TAKEN"))
    right = sum(
        ids(model.recommend(no_exploration(history=looked(kind, begin=NOW + turn), action_history=before)))[0]
        == f"buy{kind}"
        for kind in range(4)
        for turn in range(3)
    )
    assert right >= 10, "the most taken action would be right three times of twelve"


def test_users_of_another_day_are_answered_better_than_by_popularity(model):
    data = ActionWorld(seed=6).dataset()
    users = np.arange(len(data.events.user_ids))
    found, floor = (evaluate(each, data, users, 14) for each in (model, MostTaken(data)))
    assert found["auc"] > floor["auc"] + 0.1
    key = "normalized_discounted_cumulative_gain_at_5"
    assert found[key] > 1.1 * floor[key]


def test_only_documented_metrics_are_published(outcome, model):
    assert set(outcome.metrics) == METRICS
    assert all(0 <= value <= 1 for value in outcome.metrics.values())
    assert model.info["metrics"] == outcome.metrics


def test_metrics_have_intervals_and_are_kept_by_user(outcome, folder):
    whole = outcome.evaluation["models"]["version"]["all"]
    assert {key: each["value"] for key, each in whole.items()} == outcome.metrics
    assert whole["auc"]["low"] < whole["auc"]["value"] < whole["auc"]["high"]
    assert outcome.evaluation["models"].keys() == {"version", "most-taken-actions"}
    assert len(evaluation.read(folder).users) == outcome.details["test users"]


def test_the_version_before_stands_beside_as_it_serves_on_the_same_users(outcome, folder, tmp_path):
    """There is nothing to learn where no action has a score, so it takes no time; the one before has learned."""
    data = ActionWorld().dataset()
    plain = replace(data, scored=np.zeros(data.actions, bool))
    found = train_actions(RECIPE, plain, None, tmp_path / "version", options=OPTIONS, previous=folder)
    assert found.baselines.keys() == {"most-taken-actions", "previous"}
    assert found.evaluation["models"].keys() == {"version", "most-taken-actions", "previous"}
    gain = "normalized_discounted_cumulative_gain_at_5"
    assert found.baselines["previous"][gain] > found.metrics[gain]
    gone = train_actions(RECIPE, plain, None, tmp_path / "other", options=OPTIONS, previous=tmp_path / "gone")
    assert "cannot be read" in gone.evaluation["skipped"]["previous"]


def test_scores_fall_and_are_chances(model):
    scores = [each.score for each in model.recommend(no_exploration(history=looked(0)))]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= each <= 1 for each in scores)


def test_chances_are_about_as_high_as_what_comes_true(outcome):
    found = exposures(ActionWorld(seed=6).dataset(), 14, seed=0)
    assert outcome.details["learning"]["mean chance"] == pytest.approx(
        np.average(found.taken, weights=found.weight), abs=0.1
    )


def test_item_events_and_action_events_of_this_moment_change_the_answer(model):
    plain = no_exploration(history=looked(0))
    moved = no_exploration(history=looked(3))
    assert ids(model.recommend(plain)) != ids(model.recommend(moved))
    refused = no_exploration(history=looked(0), action_history=did(("welcome", "NOT_TAKEN"), begin=NOW + 500))
    assert model.recommend(plain) != model.recommend(refused)


def test_events_with_what_the_training_did_not_see_change_nothing(model):
    plain = no_exploration(history=looked(0))
    strange = PastEvents(
        [*looked(0).item_ids, "never seen"], ["View"] * 4, [*looked(0).timestamps, NOW + 999], [None] * 4
    )
    unknown = did(("no such action", "TAKEN"))
    assert model.recommend(no_exploration(history=strange, action_history=unknown)) == model.recommend(plain)


def test_new_users_are_answered_with_what_others_begin_with(model):
    assert ids(model.recommend(no_exploration(user_id="nobody")))[0] == "welcome"
    begun, later = model.item_rows(["welcome", "buy0"])
    assert model.arrays["bias"][begun] < model.arrays["bias"][later], "all in all it is taken less"


def test_actions_without_enough_interactions_have_score_zero_and_come_by_value(model):
    answer = model.recommend(no_exploration())
    assert [(each.item_id, each.score) for each in answer[-2:]] == [("young", 0.0), ("old", 0.0)]
    assert all(each.score > 0 for each in answer[:-2])


@pytest.mark.shows("exploration_weight", "aws-next-best-action")
@pytest.mark.parametrize(
    ("weight", "count", "explored"),
    [(0.0, 5, 0), (0.3, 5, 1), (None, 5, 1), (0.3, 3, 0), (0.5, 4, 2), (1.0, 4, 2), (0.3, 7, 2)],
)
def test_the_last_places_are_for_actions_without_a_score(model, weight, count, explored):
    answer = model.recommend(no_exploration(num_results=count, exploration_weight=weight))
    zeros = [each.item_id for each in answer if each.score == 0]
    assert len(answer) == count
    assert len(zeros) == explored
    assert zeros == ["young", "old"][:explored]
    assert [each.score == 0 for each in answer] == [False] * (count - explored) + [True] * explored


@pytest.mark.shows("exploration_item_age_cut_off", "aws-next-best-action")
def test_an_age_limit_keeps_old_actions_from_places_of_their_own(model):
    asked = {"num_results": 4, "exploration_weight": 0.5}
    answer = model.recommend(no_exploration(**asked, exploration_age_cut_off=30.0))
    assert [each.item_id for each in answer if each.score == 0] == ["young"]


def test_equal_chances_are_ordered_by_value_then_by_id(model, monkeypatch):
    monkeypatch.setattr(model, "chances", lambda request: np.full(len(model.items), 0.5))
    assert ids(model.recommend(no_exploration(num_results=5))) == ["buy3", "buy2", "buy1", "buy0", "welcome"]


def test_what_is_excluded_or_not_allowed_is_not_answered(model):
    assert "buy1" not in ids(model.recommend(no_exploration(exclude={"buy1", "young"})))
    allowed = np.isin(np.arange(len(model.items)), model.item_rows(["buy2", "old"]))
    assert ids(model.recommend(no_exploration(allowed=allowed))) == ["buy2", "old"]
    assert model.recommend(no_exploration(allowed=np.zeros(len(model.items), bool))) == []
    assert model.recommend(no_exploration(num_results=0)) == []


def test_new_actions_become_candidates_without_learning(model, folder, tmp_path):
    (folder / "beside").write_text("kept")
    present = pa.table({"ACTION_ID": ["buy0", "brand new", "bare"], "VALUE": [1, 10, None]})
    assert with_new_actions(folder, present, tmp_path / "updated") == 2
    updated = serving.load(tmp_path / "updated")
    assert (tmp_path / "updated" / "beside").read_text() == "kept"
    answer = updated.recommend(Request(history=looked(2), num_results=5, exploration_age_cut_off=float("inf")))
    assert (answer[-1].item_id, answer[-1].score) == ("brand new", 0.0)
    both = [each.recommend(no_exploration(history=looked(2), num_results=5)) for each in (model, updated)]
    assert both[0] == both[1], "what is known is answered as before"
    assert updated.recommend(no_exploration(action_history=did(("brand new", "TAKEN"))))
    assert with_new_actions(tmp_path / "updated", present, tmp_path / "again") == 0
    assert serving.load(tmp_path / "again").items.all() == updated.items.all()


def test_the_same_seed_and_data_give_the_same_version(tmp_path):
    data, few = ActionWorld(users=120).dataset(), Options(seed=1, time_budget=600.0, effort=0.02, threads=1)
    found = [train_actions(RECIPE, data, None, tmp_path / name, options=few).metrics for name in ("one", "two")]
    assert found[0] == found[1]


@pytest.mark.shows("action_optimization_period", "aws-next-best-action")
def test_a_longer_period_finds_more_takings(tmp_path):
    rows = [
        (f"u{user}", "a", kind, BEGIN + user + late * DAY)
        for user in range(200)
        for kind, late in (("VIEWED", 0), ("TAKEN", 20))
        if kind == "VIEWED" or user % 2
    ]
    items = [(f"u{user}", f"i{user % 9}", BEGIN + step, "View") for user in range(200) for step in range(6)]
    data = action_dataset(items, actions_of(("a",)), [*rows, ("end", "a", "VIEWED", BEGIN + 41 * DAY)])
    chances = {}
    for days in (7, 28):
        config = {"action_optimization_period": days}
        NextBestAction().train(data, config, Options(time_budget=600.0, effort=0.02, threads=1), Silent()).write(
            tmp_path / str(days)
        )
        history = PastEvents(["i1"], ["View"], [BEGIN], [None])
        chances[days] = serving.load(tmp_path / str(days)).recommend(Request(history=history))[0].score
    assert chances[28] > chances[7] + 0.1


def bare(*done, actions=(("a", 3), ("b", 7), ("c", 7, NOW))):
    items = [("u", "i", NOW - 100 * DAY, "View"), ("v", "i", NOW - 99 * DAY, "View")]
    return action_dataset(items, actions_of(*actions), list(done))


def interactions(action, taken, others, *, at=NOW, kind="VIEWED"):
    return [
        *((f"u{n}", action, "TAKEN", at) for n in range(taken)),
        *((f"u{n}", action, kind, at) for n in range(others)),
    ]


def test_without_action_interactions_everything_is_zero_by_value_then_newest(tmp_path):
    outcome = train_actions(RECIPE, bare(), None, tmp_path / "model")
    answer = serving.load(tmp_path / "model").recommend(Request(user_id="u", history=looked(1)))
    assert [(each.item_id, each.score) for each in answer] == [("c", 0.0), ("b", 0.0), ("a", 0.0)]
    assert set(outcome.metrics) == METRICS


@pytest.mark.parametrize(
    ("done", "scored"),
    [
        (interactions("a", 49, 60), False),
        (interactions("a", 60, 49), False),
        (interactions("a", 50, 50), True),
        (interactions("a", 50, 50, kind="NOT_TAKEN"), True),
        (interactions("a", 50, 25) + interactions("a", 0, 25, kind="Not Taken"), True),
        ([*interactions("a", 50, 50, at=NOW - 49 * DAY), ("u", "b", "VIEWED", NOW)], False),
        ([*interactions("a", 50, 50, at=NOW - 42 * DAY), ("u", "b", "VIEWED", NOW)], True),
        (interactions("a", 25, 50) + interactions("a", 25, 0, at=NOW - 49 * DAY), False),
    ],
)
def test_a_score_needs_fifty_takings_and_fifty_others_within_six_weeks(done, scored):
    assert bare(*done).scored[0] == scored


def test_at_most_a_thousand_actions_are_considered_the_newest_and_most_recently_used():
    many = [(f"a{number}", 1, NOW - 500 * DAY + number) for number in range(1005)]
    known = set(bare(("u", "a0", "VIEWED", NOW), actions=many).action_ids.to_pylist())
    assert len(known) == 1000
    assert "a0" in known
    assert known.isdisjoint({"a1", "a2", "a3", "a4", "a5"})


def test_interactions_with_actions_that_there_are_not_are_left_out():
    assert bare(("u", "gone", "TAKEN", NOW), ("u", "a", "TAKEN", NOW)).about_actions.sum() == 1


def test_an_actions_age_counts_from_its_creation_its_first_interaction_or_the_newest_one():
    table = actions_of(("a", 1, NOW - 9 * DAY), ("b",), ("c",)).set_column(
        2, "CREATION_TIMESTAMP", pa.array([NOW - 9 * DAY, None, None], pa.int64())
    )
    data = action_dataset([("u", "i", NOW, "View")], table, [("u", "b", "VIEWED", NOW - 5), ("u", "b", "TAKEN", NOW)])
    assert data.created.tolist() == [NOW - 9 * DAY, NOW - 5, NOW]


@pytest.mark.parametrize("actions", [None, actions_of()])
def test_without_actions_there_is_nothing_to_train(actions):
    with pytest.raises(DataError, match="holds no actions"):
        action_dataset([("u", "i", NOW, "View")], actions, [])


def test_users_who_only_did_something_with_actions_count_too():
    data = bare(("only here", "a", "TAKEN", NOW))
    assert "only here" in data.events.user_ids.to_pylist()


def test_test_users_are_a_tenth_and_unknown_to_the_training():
    data = ActionWorld().dataset()
    divided = split_actions(data, "0")
    ids_of = data.events.user_ids.to_pylist()
    held = {ids_of[row] for row in divided.tests}
    assert len(held) == pytest.approx(24, abs=8)
    assert held.isdisjoint(divided.train.events.user_ids.to_pylist())
    assert (divided.train.scored == data.scored).all()


def test_evaluation_asks_with_what_was_before_and_compares_with_what_came():
    done = [("u", "a", "VIEWED", NOW - 9 * DAY), ("u", "a", "TAKEN", NOW - DAY), ("u", "b", "VIEWED", NOW - 3600)]
    data = bare(*done)
    asked = []

    class Asked:
        def recommend(self, request):
            asked.append(request)
            return []

    found = evaluate(Asked(), data, np.array([data.events.user_ids.to_pylist().index("u")]), 14)
    assert asked[0].history.item_ids == ["i"]
    assert asked[0].action_history.item_ids == ["a", "a"]
    assert asked[0].action_history.event_types == ["VIEWED", "TAKEN"]
    assert found["recall"] == 0


def test_a_stop_ends_it_and_leaves_nothing(tmp_path):
    with pytest.raises(Stopped):
        train_actions(
            RECIPE, ActionWorld(users=120).dataset(), None, tmp_path / "version", options=OPTIONS, reporter=Stopping(4)
        )
    assert list(tmp_path.iterdir()) == []


def test_it_answers_without_torch(outcome, folder):
    program = (
        "import sys; from pathlib import Path; from personalize_web.engine import serving\n"
        f"model = serving.load(Path({str(folder)!r}))\n"
        "assert model.recommend(serving.Request(num_results=3))\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('torch', 'scipy', 'django')]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_no_user_of_the_training_has_says_nothing():
    world = ActionWorld(users=200)
    names = [f"u{user}" for user in range(200)]
    users = pa.table({"USER_ID": names, "AGE": pa.array(range(200), pa.int32())})
    known = {
        "INTERACTIONS": schema("Interactions", EVENT_TYPE={}),
        "USERS": schema("Users", AGE={"type": "int"}),
        **action_schemas(),
    }
    data = ActionDataset.from_tables(
        events(*world.item_rows), None, users, world.actions, happened(*world.done), schemas=known, limits=FEW
    )
    config = {"action_optimization_period": 14}
    options = Options(time_budget=600.0, effort=0.02, threads=1)
    table = NextBestAction().train(data, config, options, Silent()).arrays["user_table"]
    assert np.abs(table[0]).max() > 0, "an age"
    assert np.abs(table[1]).max() == 0, "no age, which is not asked about before somebody comes without"
