"""Which moments are learned from, and what is known at each."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine.action_dataset import KINDS, NOT_TAKEN, TAKEN, VIEWED
from personalize_web.engine.exposures import exposures, facts, facts_of_history
from tests.engine.action_worlds import action_dataset, actions_of
from tests.engine.worlds import DAY, NOW

LONG_AGO = NOW - 41 * DAY


def enough(action):
    """Interactions of others that give an action its score, long enough before anything is still open."""
    return [(f"other{user}", action, kind, LONG_AGO + user)
            for kind in ("TAKEN", "NOT_TAKEN") for user in range(60)]


def dataset(*done, items=(), actions=("a", "b")):
    rows = [("ann", "i", LONG_AGO - DAY, "View"), *items]
    others = [row for action in actions for row in enough(action)]
    known = actions_of(*((each,) for each in actions))
    return action_dataset(rows, known, [*others, ("end", "a", "VIEWED", NOW), *done])


def of_ann(data, days=14):
    """ann's exposures: (action, events known before, taken, weight)."""
    found = exposures(data, days, seed=1)
    ann = data.events.user_ids.to_pylist().index("ann")
    ids = data.action_ids.to_pylist()
    rows = [row for row in range(len(found)) if found.user[row] == ann]
    return [(ids[found.action[row]], int(found.place[row] - data.events.starts[ann]), bool(found.taken[row]),
             round(float(found.weight[row]), 2)) for row in rows]


def test_a_viewing_is_taken_when_a_taking_follows_within_the_period():
    begin = NOW - 35 * DAY
    data = dataset(("ann", "a", "VIEWED", begin), ("ann", "a", "TAKEN", begin + 10 * DAY))
    assert of_ann(data, 14) == [("a", 1, True, 1.0)]
    assert of_ann(data, 7)[0] == ("a", 1, False, 1.0)


def test_a_longer_period_makes_more_takings_count():
    begin = NOW - 35 * DAY
    rows = [(f"u{user}", "a", kind, begin + late * DAY) for user in range(30) for kind, late in
            (("VIEWED", 0), ("TAKEN", 20))]
    data = dataset(*rows)
    share = [float(np.average(found.taken, weights=found.weight)) for days in (7, 14, 28)
             for found in [exposures(data, days, 1)]]
    assert share[2] > share[1]


def test_a_refusal_after_a_viewing_belongs_to_it_and_one_by_itself_counts():
    begin = NOW - 35 * DAY
    data = dataset(("ann", "a", "VIEWED", begin), ("ann", "a", "NOT_TAKEN", begin + 60),
                   ("ann", "b", "NOT_TAKEN", begin + 90))
    assert of_ann(data) == [("a", 1, False, 1.0), ("b", 3, False, 1.0)]


def test_a_taking_without_an_exposure_stands_for_two_moments_of_half_weight():
    begin = NOW - 30 * DAY
    data = dataset(("ann", "a", "TAKEN", begin), items=[("ann", "i", begin - 60, "View")])
    found = of_ann(data)
    assert [each[2:] for each in found] == [(True, 0.5)] * 2
    assert found[0][1] == 2
    assert found[1][1] in (1, 2)


def test_actions_without_a_score_are_not_learned_from():
    data = action_dataset([("ann", "i", LONG_AGO, "View")], actions_of(("a",)), [("ann", "a", "VIEWED", NOW)])
    assert len(exposures(data, 14, 1)) == 0


def test_where_an_answer_may_still_come_an_exposure_weighs_by_how_many_came_as_early():
    begin = NOW - 30 * DAY
    prompt = [(f"u{user}", "b", kind, begin + late) for user in range(40) for kind, late in
              (("VIEWED", 0), ("TAKEN", DAY if user % 4 == 0 else 60))]
    data = dataset(*prompt, ("ann", "a", "VIEWED", NOW - 3600), ("ann", "b", "VIEWED", NOW - 2 * DAY),
                   ("ann", "a", "VIEWED", NOW - 20 * DAY))
    assert {each[0]: each[3] for each in of_ann(data) if each[1] > 1} == {"a": 0.75, "b": 1.0}
    assert of_ann(data)[0][3] == 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(KINDS), st.integers(0, 20)), min_size=1, max_size=12))
def test_facts_are_the_same_in_training_and_in_answers(history):
    rows = sorted(history, key=lambda row: row[2])
    data = dataset(*(("ann", action, kind, LONG_AGO + 2 * DAY * day) for action, kind, day in rows))
    found = exposures(data, 14, seed=2)
    told = facts(data, found)
    for row in range(len(found)):
        begin, place = int(data.events.starts[found.user[row]]), int(found.place[row])
        known = np.arange(begin, place)
        own = known[data.about_actions[known]]
        newest = int(data.events.timestamp[place - 1]) if place > begin else 0
        expected = facts_of_history(data.events.item[own] - data.items, data.kinds[own], data.events.timestamp[own],
                                    newest, data.actions)[found.action[row]]
        np.testing.assert_allclose(told[row], expected, rtol=1e-5, atol=1e-6)


def test_facts_are_counts_of_the_action_and_of_all_actions():
    found = facts_of_history(np.array([0, 0, 1]), np.array([TAKEN, VIEWED, NOT_TAKEN]),
                             np.array([NOW - 7 * DAY, NOW - 7 * DAY, NOW]), NOW, 3)
    np.testing.assert_allclose(np.expm1(found[:, :3]), [[1, 0, 1], [0, 1, 0], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(found[:, 3], [0.5, 1.0, 0.0])
    np.testing.assert_allclose(np.expm1(found[:, 4:]), [[1, 2]] * 3, rtol=1e-6)
