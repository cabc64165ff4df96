"""Every recipe and use case."""

import pytest

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
        "popularity_discount_factor": "0.5",
        "min_cointeraction_count": "3",
    }


def test_feature_transformations_publish_theirs():
    assert FEATURE_TRANSFORMATIONS["sims"].default_parameters["max_item_interaction_count_percentile"] == "0.9"
    assert FEATURE_TRANSFORMATIONS["trending-now"].default_parameters == {"trend_discovery_frequency": "2 hours"}


@pytest.mark.parametrize(
    ("name", "user", "item", "excluded", "abilities"),
    [
        ("aws-user-personalization-v2", "required", "not used", None, "context promotions scores reasons real_time"),
        ("aws-user-personalization", "required", "not used", None, "context promotions scores real_time impressions"),
        ("aws-hrnn", "required", "not used", None, "promotions scores real_time"),
        ("aws-hrnn-metadata", "required", "not used", None, "context promotions scores real_time"),
        ("aws-hrnn-coldstart", "required", "not used", None, "context promotions scores real_time"),
        ("aws-trending-now", "filter", "not used", None, "promotions"),
        ("aws-popularity-count", "filter", "not used", None, "promotions"),
        ("aws-similar-items", "filter", "required", None, "promotions"),
        ("aws-sims", "filter", "required", None, "promotions"),
        ("aws-personalized-ranking-v2", "required", "not used", None, "context scores real_time"),
        ("aws-personalized-ranking", "required", "not used", None, "context scores real_time"),
        ("aws-next-best-action", "required", "not used", None, "scores real_time"),
        ("aws-vod-because-you-watched-x", "required", "required", "Watch", "promotions"),
        ("aws-vod-more-like-x", "required", "required", "Watch", "promotions"),
        ("aws-vod-most-popular", "required", "not used", None, "promotions"),
        ("aws-vod-trending-now", "filter", "not used", None, "promotions"),
        ("aws-vod-top-picks", "required", "not used", "Watch", "context promotions real_time impressions"),
        ("aws-ecomm-popular-items-by-views", "required", "not used", None, "promotions"),
        ("aws-ecomm-popular-items-by-purchases", "required", "not used", None, "promotions"),
        ("aws-ecomm-frequently-bought-together", "filter", "required", None, "promotions"),
        ("aws-ecomm-customers-who-viewed-x-also-viewed", "required", "required", "Purchase", "promotions"),
        (
            "aws-ecomm-recommended-for-you",
            "required",
            "not used",
            "Purchase",
            "context promotions real_time impressions",
        ),
    ],
)
def test_what_a_request_says_and_what_an_answer_has(name, user, item, excluded, abilities):
    found = RECIPES[name]
    looked_at = {"context", "promotions", "scores", "reasons", "real_time", "impressions"}
    assert (found.user_id, found.item_id, found.automatic_exclusion) == (user, item, excluded)
    assert found.features & looked_at == set(abilities.split())
