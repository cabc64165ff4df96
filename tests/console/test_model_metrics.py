"""Metrics in words: order, change, baseline, and the step they suggest."""

from apps.ui import model_metrics

ORDINARY = {"normalized_discounted_cumulative_gain_at_10": 0.08, "coverage": 0.3, "precision_at_5": 0.07}


def row(metrics, key, **more):
    return next(each for each in model_metrics.rows(metrics, **more) if each.key == key)


def test_metrics_stand_in_reading_order_and_unknown_ones_last():
    found = [each.key for each in model_metrics.rows({"zeta": 1.0, "precision_at_5": 0.1, "coverage": 0.2})]
    assert found == ["coverage", "precision_at_5", "zeta"]


def test_the_change_is_relative_to_the_other_version():
    found = row({"coverage": 0.33}, "coverage", other={"coverage": 0.3})
    assert (found.change_text, found.direction, found.good) == ("+10.0%", "up", True)


def test_a_fall_has_a_real_minus_sign():
    found = row({"coverage": 0.27}, "coverage", other={"coverage": 0.3})
    assert (found.change_text, found.direction, found.good) == ("−10.0%", "down", False)


def test_against_a_version_that_scored_nothing_there_is_no_change():
    assert row({"coverage": 0.3}, "coverage", other={"coverage": 0.0}).change is None


def test_bars_of_one_family_share_their_scale():
    metrics = {"precision_at_5": 0.1, "precision_at_10": 0.05}
    found = row(metrics, "precision_at_10", baseline={"precision_at_10": 0.025})
    assert (found.share, found.baseline_share) == (50.0, 25.0)


def test_a_humanised_label_for_an_unknown_metric():
    assert model_metrics.describe("novelty_at_k").label == "Novelty at k"


def test_an_interval_stands_with_its_value():
    found = row({"coverage": 0.3, "precision_at_5": 0.1}, "precision_at_5", intervals={"precision_at_5": (0.08, 0.12)})
    assert found.interval == "0.0800 to 0.1200"
    assert row({"coverage": 0.3}, "coverage").interval == ""


def test_without_metrics_nothing_is_advised():
    assert model_metrics.advice(None, None, None) is None


def test_a_fall_of_more_than_a_fifth_is_not_deployed():
    found = model_metrics.advice(ORDINARY, {"precision_at_5": 0.1}, None)
    assert (found.kind, found.deploy) == ("warning", False)


def test_below_the_baseline_is_not_deployed():
    found = model_metrics.advice(ORDINARY, None, {"normalized_discounted_cumulative_gain_at_10": 0.09})
    assert (found.kind, found.deploy) == ("warning", False)
    assert ("warning", "NDCG at 10 is below the baseline") in found.facts


def test_low_coverage_suggests_to_explore():
    found = model_metrics.advice(ORDINARY | {"coverage": 0.04}, None, None)
    assert "explores" in found.text


def test_few_test_users_are_told():
    found = model_metrics.advice(ORDINARY, None, None, {"test users": 61})
    assert ("warning", "Only 61 test users: differences under 5% may be chance") in found.facts


def test_a_steady_version_is_deployed():
    found = model_metrics.advice(ORDINARY, ORDINARY, {"normalized_discounted_cumulative_gain_at_10": 0.04})
    assert (found.kind, found.deploy) == ("success", True)
    assert ("success", "NDCG at 10 is 2.0 times the baseline") in found.facts


def test_what_was_held_back_depends_on_the_type_of_the_recipe():
    assert model_metrics.tested("RELATED_ITEMS", 1610) == "Newest 10% of the events of 1,610 held-out users. "
    assert model_metrics.tested("USER_SEGMENTATION", 61).startswith("Newest 20% of the events of 61 users")
    assert model_metrics.tested("RELATED_ITEMS", None) == ""


def test_the_baseline_is_the_simple_model_and_never_the_version_before():
    found = {"previous": {"coverage": 0.5}, "most-active-users": {"coverage": 0.1}}
    assert model_metrics.baseline(found) == ({"coverage": 0.1}, "The most active users for every query")
    assert model_metrics.baseline({"previous": {"coverage": 0.5}}) == ({}, "")


SEGMENTS = {"coverage": 0.02, "hits_at_1_percent": 1.5, "recall_at_1_percent": 0.3}


def test_segments_are_told_in_users_and_not_in_items():
    found = row(SEGMENTS, "coverage", recipe_type="USER_SEGMENTATION")
    assert found.tells == "Share of all users who are in the first 1% of some segment"
    assert row(SEGMENTS, "coverage").tells == "Share of the catalogue that is recommended to someone"
    assert model_metrics.example("USER_SEGMENTATION", SEGMENTS, 250) == (
        "1% of 250 users: the first 3 of a segment. 1.5 of them did interact, on average. ")
    assert "the first one of a segment" in model_metrics.example("USER_SEGMENTATION", SEGMENTS, 60)
    assert model_metrics.example("RELATED_ITEMS", SEGMENTS, 250) == ""


def test_a_version_of_segments_is_asked_by_jobs_and_judged_by_the_most_active_users():
    def advice(floor, other=None):
        return model_metrics.advice(SEGMENTS, other, floor, recipe_type="USER_SEGMENTATION")

    good = advice({"recall_at_1_percent": 0.1})
    assert (good.title, good.deploy) == ("Ready for batch segment jobs", True)
    assert good.facts == (("success", "Recall at 1% is 3.0 times the baseline"),)
    assert advice({"recall_at_1_percent": 0.4}).title == "The most active users do better"
    fallen = advice({}, {"recall_at_1_percent": 0.6})
    assert (fallen.title, fallen.deploy) == ("Compare the data first", False)
