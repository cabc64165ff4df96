"""Recipes, algorithms and feature transformations, as the service publishes them."""

import pytest

from personalize_web import operations
from personalize_web.engine.recipes.catalogue import ALGORITHMS, FEATURE_TRANSFORMATIONS, RECIPES
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException

RECIPE = "arn:aws:personalize:::recipe/"


def test_all_recipes_are_listed_by_name_and_use_cases_show_their_domain(ben):
    listed = operations.list_recipes(ben)["recipes"]
    assert [recipe["name"] for recipe in listed] == sorted(RECIPES)
    assert {recipe["name"] for recipe in listed if "domain" not in recipe} == {
        name for name, recipe in RECIPES.items() if recipe.domain is None
    }


@pytest.mark.parametrize(("domain", "start"), [("ECOMMERCE", "aws-ecomm-"), ("VIDEO_ON_DEMAND", "aws-vod-")])
def test_a_domain_has_five_use_cases(ben, domain, start):
    listed = operations.list_recipes(ben, domain=domain)["recipes"]
    assert len(listed) == 5
    assert all(recipe["name"].startswith(start) and recipe["domain"] == domain for recipe in listed)


def test_the_only_provider_is_the_service(ben):
    assert operations.list_recipes(ben, recipe_provider="SERVICE")["recipes"]
    with pytest.raises(InvalidInputException, match="enum value set"):
        operations.list_recipes(ben, recipe_provider="CUSTOM")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_leads_to_its_algorithm_and_transformation(ben, name):
    shown = operations.describe_recipe(ben, recipe_arn=RECIPE + name)["recipe"]
    assert (shown["name"], shown["status"]) == (name, "ACTIVE")
    assert "domain" not in shown
    algorithm = operations.describe_algorithm(ben, algorithm_arn=shown["algorithmArn"])["algorithm"]
    assert set(algorithm["defaultHyperParameterRanges"]) == {
        "integerHyperParameterRanges",
        "continuousHyperParameterRanges",
        "categoricalHyperParameterRanges",
    }
    if "featureTransformationArn" in shown:
        arn = shown["featureTransformationArn"]
        found = operations.describe_feature_transformation(ben, feature_transformation_arn=arn)
        assert all(isinstance(value, str) for value in found["featureTransformation"]["defaultParameters"].values())


def test_popularity_count_is_reported_as_user_personalization(ben):
    shown = operations.describe_recipe(ben, recipe_arn=RECIPE + "aws-popularity-count")["recipe"]
    assert shown["recipeType"] == "USER_PERSONALIZATION"


def test_the_ranges_of_an_algorithm_say_what_can_be_tuned(ben):
    arn = "arn:aws:personalize:::algorithm/aws-hrnn"
    algorithm = operations.describe_algorithm(ben, algorithm_arn=arn)["algorithm"]
    ranges = algorithm["defaultHyperParameterRanges"]
    assert {"name": "bptt", "minValue": 2, "maxValue": 32, "isTunable": True} in ranges["integerHyperParameterRanges"]
    assert ranges["categoricalHyperParameterRanges"] == [
        {"name": "recency_mask", "values": ["true", "false"], "isTunable": True}
    ]
    assert algorithm["defaultHyperParameters"]["bptt"] == "32"


@pytest.mark.parametrize(
    ("operation", "argument", "kind"),
    [
        ("describe_recipe", "recipe_arn", "recipe"),
        ("describe_algorithm", "algorithm_arn", "algorithm"),
        ("describe_feature_transformation", "feature_transformation_arn", "feature-transformation"),
    ],
)
def test_what_the_service_does_not_have_is_not_found(ben, operation, argument, kind):
    for arn in (f"arn:aws:personalize:::{kind}/absent", f"arn:aws:personalize:us-east-1:123456789012:{kind}/aws-sims"):
        with pytest.raises(ResourceNotFoundException, match="does not exist"):
            getattr(operations, operation)(ben, **{argument: arn})
    with pytest.raises(InvalidInputException, match="is not the ARN of a"):
        getattr(operations, operation)(ben, **{argument: "arn:aws:personalize:::other/aws-sims"})


def test_details_tell_the_console_what_a_recipe_needs_and_can(ben):
    details = {recipe["name"]: recipe for recipe in operations.list_recipe_details(ben)["recipes"]}
    assert len(details) == 14
    similar = details["aws-sims"]
    assert similar["requestInputs"] == {"userId": "filter", "itemId": "required", "inputList": "not used"}
    assert similar["datasets"]["INTERACTIONS"] == "required"
    discount = next(each for each in similar["hyperparameters"] if each["name"] == "popularity_discount_factor")
    assert (discount["map"], discount["default"], discount["low"], discount["high"]) == (
        "algorithmHyperParameters",
        "0.5",
        0.0,
        1.0,
    )
    shop = operations.list_recipe_details(ben, domain="ECOMMERCE")["recipes"]
    assert {recipe["domain"] for recipe in shop} == {"ECOMMERCE"}
    watched = operations.describe_recipe_details(ben, recipe_arn=RECIPE + "aws-vod-because-you-watched-x")["recipe"]
    assert watched["requiredEventType"] == "Watch"


def test_every_published_name_is_reached_by_a_recipe():
    assert {recipe.algorithm for recipe in RECIPES.values()} == set(ALGORITHMS)
    assert {each.feature_transformation for each in RECIPES.values()} - {None} == set(FEATURE_TRANSFORMATIONS)


def test_an_algorithm_names_an_image_a_role_and_how_many_trainings_a_search_takes(ben):
    arn = "arn:aws:personalize:::algorithm/aws-sims"
    algorithm = operations.describe_algorithm(ben, algorithm_arn=arn)["algorithm"]
    assert algorithm["algorithmImage"] == {"name": "aws-sims", "dockerURI": "personalize-web/aws-sims"}
    assert algorithm["roleArn"].endswith(":role/training")
    assert algorithm["defaultResourceConfig"] == {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "2"}
