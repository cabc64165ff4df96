"""Every recipe and use case."""

from personalize_web.engine.algorithms import METHODS
from personalize_web.engine.recipes.catalogue import ALGORITHMS, FEATURE_TRANSFORMATIONS, RECIPES, recipe
from personalize_web.engine.recipes.recipe import FEATURES


def test_there_are_fourteen_recipes_and_five_use_cases_for_each_domain():
    domains = [each.domain for each in RECIPES.values()]
    assert [domains.count(each) for each in (None, "VIDEO_ON_DEMAND", "ECOMMERCE")] == [14, 5, 5]


def test_what_is_available_has_an_algorithm():
    assert {each.method for each in RECIPES.values() if each.available} == set(METHODS)


def test_features_are_known_by_name():
    assert set().union(*(each.features for each in RECIPES.values())) <= set(FEATURES)


def test_trending_now_has_an_algorithm_of_another_name():
    assert RECIPES["aws-trending-now"].algorithm_arn.endswith("algorithm/aws-trending-now-custom")


def test_popularity_count_is_served_as_popular_items():
    found = RECIPES["aws-popularity-count"]
    assert (found.type, found.served_as) == ("USER_PERSONALIZATION", "POPULAR_ITEMS")


def test_a_recipe_is_found_by_name_and_by_arn():
    assert recipe("arn:aws:personalize:::recipe/aws-sims") is recipe("aws-sims")


def test_use_cases_never_score():
    assert not [each.name for each in RECIPES.values() if each.domain and each.can("scores")]


def test_algorithms_publish_their_defaults():
    assert ALGORITHMS["aws-sims"].default_hyperparameters == {
        "popularity_discount_factor": "0.5", "min_cointeraction_count": "3"}


def test_feature_transformations_publish_theirs():
    assert FEATURE_TRANSFORMATIONS["sims"].default_parameters["max_item_interaction_count_percentile"] == "0.9"
    assert FEATURE_TRANSFORMATIONS["trending-now"].default_parameters == {"trend_discovery_frequency": "2 hours"}
