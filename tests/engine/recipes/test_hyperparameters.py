"""A solution's settings against what its recipe publishes."""

import pytest

from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import resolve, typed

SIMS, V2 = RECIPES["aws-sims"], RECIPES["aws-user-personalization-v2"]


def algorithm(**given):
    return {"algorithmHyperParameters": given}


def test_defaults_are_filled_in():
    assert resolve(V2, None) == {
        "algorithmHyperParameters": {"apply_recency_bias": "true"}, "featureTransformationParameters": {}}


def test_given_values_stand_as_given_and_others_are_added():
    found = resolve(SIMS, {"algorithmHyperParameters": {"min_cointeraction_count": "5"}, "eventValueThreshold": "0.3"})
    assert found["algorithmHyperParameters"] == {"popularity_discount_factor": "0.5", "min_cointeraction_count": "5"}
    assert found["eventValueThreshold"] == "0.3"


def test_booleans_are_read_in_any_case():
    assert resolve(V2, algorithm(apply_recency_bias="FALSE"))["algorithmHyperParameters"] == {
        "apply_recency_bias": "false"}


def test_a_parameter_in_the_other_map_moves():
    found = resolve(SIMS, algorithm(max_item_interaction_count_percentile="0.95"))
    assert found["featureTransformationParameters"]["max_item_interaction_count_percentile"] == "0.95"
    assert "max_item_interaction_count_percentile" not in found["algorithmHyperParameters"]


def test_an_alias_of_the_guide_is_understood():
    found = resolve(SIMS, {"featureTransformationParameters": {"min_hist_length_percentile": "0.1"}})
    assert found["featureTransformationParameters"]["min_user_history_length_percentile"] == "0.1"


def test_unknown_names_are_refused():
    with pytest.raises(DataError, match="Unknown parameter for recipe aws-sims: depth"):
        resolve(SIMS, algorithm(depth="3"))


@pytest.mark.parametrize(("name", "text", "said"), [
    ("min_cointeraction_count", "11", "between 0 and 10"), ("min_cointeraction_count", "2.5", "a whole number"),
    ("popularity_discount_factor", "-0.1", r"between 0\.0 and 1\.0"), ("popularity_discount_factor", "nan", "a number"),
])
def test_values_outside_their_range_are_refused(name, text, said):
    with pytest.raises(DataError, match=f"Invalid value for {name}: {text}. It must be {said}"):
        resolve(SIMS, algorithm(**{name: text}))


def test_a_boolean_must_be_one():
    with pytest.raises(DataError, match="must be true or false"):
        resolve(V2, algorithm(apply_recency_bias="yes"))


def test_the_least_percentile_stays_below_the_greatest():
    with pytest.raises(DataError, match="must be less than"):
        resolve(SIMS, {"featureTransformationParameters": {"min_user_history_length_percentile": "0.995"}})


def test_the_trend_frequency_is_stored_in_its_plural_form():
    found = resolve(RECIPES["aws-trending-now"], {"featureTransformationParameters": {
        "trend_discovery_frequency": "3 hour"}})
    assert found["featureTransformationParameters"] == {"trend_discovery_frequency": "3 hours"}


def test_widths_of_similar_items_are_for_searches_only():
    similar = RECIPES["aws-similar-items"]
    assert resolve(similar, None)["algorithmHyperParameters"] == {"popularity_discount_factor": "0.0"}
    with pytest.raises(DataError, match="range of hyperparameter optimization"):
        resolve(similar, algorithm(item_id_hidden_dim="100"))


def test_algorithms_get_numbers():
    assert typed(SIMS, algorithm(min_cointeraction_count="4"))["min_cointeraction_count"] == 4
    assert typed(RECIPES["aws-vod-because-you-watched-x"], None)["min_cointeraction_count"] == 2
    assert typed(RECIPES["aws-vod-top-picks"], None) == {"apply_recency_bias": True, "exploration_weight": "0.3"}
