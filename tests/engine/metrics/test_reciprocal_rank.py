"""Reciprocal rank by hand."""

from personalize_web.engine.metrics import evaluate, reciprocal_rank


def test_the_first_relevant_place_counts():
    assert reciprocal_rank(["a", "B", "c", "d", "E"], {"B", "E"}, 25) == 0.5


def test_a_hit_beyond_k_does_not_count():
    assert reciprocal_rank(list(range(30)), {25}, 25) == 0.0


def test_users_whose_first_hits_stand_fourth_second_and_sixth():
    pairs = [(list(range(10)), {place - 1}) for place in (4, 2, 6)]
    assert round(evaluate(pairs)["mean_reciprocal_rank_at_25"], 4) == 0.3056
