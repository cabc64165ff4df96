"""The published set of ranking metrics."""

from personalize_web.engine.metrics import evaluate


def test_only_documented_keys_are_published():
    assert set(evaluate([(["a"], {"a"})])) == {
        "mean_reciprocal_rank_at_25",
        *(f"normalized_discounted_cumulative_gain_at_{k}" for k in (5, 10, 25)),
        *(f"precision_at_{k}" for k in (5, 10, 25)),
    }


def test_users_without_a_hit_count_as_zero():
    assert evaluate([(["a"], {"a"}), (["a"], {"b"})])["mean_reciprocal_rank_at_25"] == 0.5


def test_no_users_give_zeros():
    assert set(evaluate([]).values()) == {0.0}
