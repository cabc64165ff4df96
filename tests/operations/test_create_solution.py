"""A solution is a recipe with a configuration that is checked, completed and kept."""

import json

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from tests import factories

pytestmark = pytest.mark.django_db

TRANSFORMER = "aws-user-personalization-v2"
SIMS = "aws-sims"
EVENTS = """{"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema",
 "version": "1.0", "fields": [{"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"},
 {"name": "TIMESTAMP", "type": "long"}, {"name": "EVENT_TYPE", "type": "string"},
 {"name": "EVENT_VALUE", "type": ["null", "float"]},
 {"name": "DEVICE", "type": ["null", "string"], "categorical": true}]}"""


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    factories.dataset(ana, made, of_schema=factories.schema(ana, "events", text=EVENTS))
    return made


def create(caller, group, recipe=TRANSFORMER, name="picks", **more):
    if recipe is not None:
        more["recipe_arn"] = factories.recipe_arn(recipe)
    return operations.create_solution(caller, name=name, dataset_group_arn=group.arn, **more)["solutionArn"]


def describe(caller, arn):
    return operations.describe_solution(caller, solution_arn=arn)["solution"]


def test_every_default_is_shown(cleo, group):
    shown = describe(cleo, create(cleo, group))
    assert shown["solutionConfig"] == {
        "algorithmHyperParameters": {"apply_recency_bias": "true"},
        "featureTransformationParameters": {},
        "autoTrainingConfig": {"schedulingExpression": "rate(7 days)"},
    }
    assert [shown[name] for name in ("performHPO", "performAutoML", "performAutoTraining")] == [False, False, True]
    assert shown["status"] == "CREATE PENDING"
    assert shown["recipeArn"] == factories.recipe_arn(TRANSFORMER)
    assert {"latestSolutionVersion", "latestSolutionUpdate", "autoMLResult", "failureReason"}.isdisjoint(shown)


def test_it_becomes_active(ana, group, run_jobs):
    arn = create(ana, group)
    run_jobs()
    assert describe(ana, arn)["status"] == "ACTIVE"


def test_without_automatic_training_there_is_no_schedule(ana, group):
    assert "autoTrainingConfig" not in describe(ana, create(ana, group, perform_auto_training=False))["solutionConfig"]


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("rate(1 day)", True),
        ("rate(30 days)", True),
        ("rate(5 day)", True),
        ("rate(0 days)", False),
        ("rate(31 days)", False),
    ],
)
def test_the_schedule_is_every_1_to_30_days(ana, group, expression, fits):
    config = {"autoTrainingConfig": {"schedulingExpression": expression}}
    if fits:
        assert describe(ana, create(ana, group, solution_config=config))["solutionConfig"]["autoTrainingConfig"] == {
            "schedulingExpression": expression
        }
    else:
        with pytest.raises(InvalidInputException, match=r"rate\(1 day\) to rate\(30 days\)"):
            create(ana, group, solution_config=config)


def test_given_parameters_are_kept_beside_the_defaults_of_the_others(ana, group):
    config = {"algorithmHyperParameters": {"popularity_discount_factor": "0.2"}}
    shown = describe(ana, create(ana, group, SIMS, solution_config=config))["solutionConfig"]
    assert shown["algorithmHyperParameters"] == {"popularity_discount_factor": "0.2", "min_cointeraction_count": "3"}
    assert shown["featureTransformationParameters"]["max_item_interaction_count_percentile"] == "0.9"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"zebra": "1"}, "Unknown parameter for recipe aws-sims: zebra"),
        ({"popularity_discount_factor": "1.1"}, "It must be between 0.0 and 1.0"),
        ({"min_cointeraction_count": "2.5"}, "It must be a whole number"),
    ],
)
def test_unknown_parameters_and_values_out_of_range_are_refused(ana, group, parameters, words):
    with pytest.raises(InvalidInputException, match=words) as caught:
        create(ana, group, SIMS, solution_config={"algorithmHyperParameters": parameters})
    assert caught.value.field == "solution_config"


def test_a_recipe_is_needed_and_must_exist(ana, group):
    with pytest.raises(InvalidInputException, match="recipeArn is required unless performAutoML is true"):
        create(ana, group, None)
    with pytest.raises(ResourceNotFoundException):
        create(ana, group, "aws-absent")


def test_automl_excludes_a_recipe(ana, group):
    with pytest.raises(InvalidInputException, match="either recipeArn or performAutoML"):
        create(ana, group, perform_auto_ml=True)


def test_automl_reads_its_own_configuration_alone_and_always_searches(ana, group):
    own = {"metricName": "precision_at_5", "recipeList": [factories.recipe_arn("aws-hrnn")]}
    given = {"autoMLConfig": own, "eventValueThreshold": "0.5", "algorithmHyperParameters": {"depth": "1"}}
    shown = describe(ana, create(ana, group, None, perform_auto_ml=True, solution_config=given))
    assert shown["solutionConfig"] == {
        "autoMLConfig": own, "autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}
    }  # fmt: skip
    assert (shown["performAutoML"], shown["performHPO"]) == (True, True)
    assert {"recipeArn", "autoMLResult"}.isdisjoint(shown)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"solution_config": {"autoMLConfig": {"recipeList": [factories.recipe_arn("aws-sims")]}}}, "is none of them"),
        ({"solution_config": {"autoMLConfig": {"metricName": "beauty"}}}, "metricName must be one of coverage"),
        ({"perform_hpo": False}, "leave performHPO out"),
    ],
)
def test_what_automl_cannot_do_is_refused(ana, group, given, said):
    with pytest.raises(InvalidInputException, match=said):
        create(ana, group, None, perform_auto_ml=True, **given)


def test_use_cases_belong_to_recommenders(ana, group):
    with pytest.raises(InvalidInputException, match="does not support CreateSolution"):
        create(ana, group, "aws-vod-top-picks")


def test_a_recipe_that_cannot_be_trained_is_not_available_yet(ana, group, monkeypatch):
    factories.untrainable(monkeypatch, SIMS)
    with pytest.raises(InvalidInputException, match="Recipe aws-sims is not available yet in this version"):
        create(ana, group, SIMS)


def test_a_search_over_hyperparameters_is_for_recipes_that_have_any(ana, group):
    with pytest.raises(InvalidInputException, match="does not support performHPO"):
        create(ana, group, "aws-popularity-count", perform_hpo=True)
    assert describe(ana, create(ana, group, SIMS, perform_hpo=True))["performHPO"] is True


def items(*columns):
    fields = [{"name": "ITEM_ID", "type": "string"}, *columns]
    return json.dumps(
        {
            "type": "record",
            "name": "Items",
            "namespace": "com.amazonaws.personalize.schema",
            "version": "1.0",
            "fields": fields,
        }
    )


CREATED = {"name": "CREATION_TIMESTAMP", "type": "long"}
TEXT = {"name": "ABOUT", "type": ["null", "string"], "textual": True}


def test_item_attribute_affinity_needs_items_with_an_attribute_to_ask_for(ana, group):
    recipe = "aws-item-attribute-affinity"
    with pytest.raises(InvalidInputException, match="no dataset of type ITEMS, which recipe aws-item-attribute"):
        create(ana, group, recipe)
    schema = factories.schema(ana, "texts", dataset_type="ITEMS", text=items(CREATED, TEXT))
    dataset = factories.dataset(ana, group, "ITEMS", of_schema=schema)
    with pytest.raises(InvalidInputException, match="needs a metadata column in the Items schema that is neither"):
        create(ana, group, recipe)
    dataset.schema = factories.schema(
        ana, "makers", dataset_type="ITEMS", text=items(CREATED, TEXT, {"name": "MAKER", "type": "string"})
    )
    dataset.save()
    config = describe(ana, create(ana, group, recipe))["solutionConfig"]
    assert config["algorithmHyperParameters"] == {"hidden_dimension": "149"}


def test_user_segmentation_has_no_search_and_a_width_within_bounds(ana, group):
    with pytest.raises(InvalidInputException, match="of type USER_SEGMENTATION does not support performHPO"):
        create(ana, group, "aws-item-affinity", perform_hpo=True)
    for width in ("31", "257"):
        with pytest.raises(InvalidInputException, match=r"hidden_dimension: .* must be between 32 and 256"):
            create(
                ana,
                group,
                "aws-item-affinity",
                solution_config={"algorithmHyperParameters": {"hidden_dimension": width}},
            )


def search(name="popularity_discount_factor", low=0.1, high=0.9, jobs="4", parallel="2"):
    return {
        "hpoConfig": {
            "hpoResourceConfig": {"maxNumberOfTrainingJobs": jobs, "maxParallelTrainingJobs": parallel},
            "algorithmHyperParameterRanges": {
                "continuousHyperParameterRanges": [{"name": name, "minValue": low, "maxValue": high}],
                "integerHyperParameterRanges": [],
                "categoricalHyperParameterRanges": [],
            },
        }
    }


def test_ranges_of_a_search_are_kept_as_given(ana, group):
    given = search(jobs="40", parallel="10")
    assert (
        describe(ana, create(ana, group, SIMS, solution_config=given))["solutionConfig"]["hpoConfig"]
        == given["hpoConfig"]
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (search(jobs="41"), "maxNumberOfTrainingJobs must be a whole number from 1 to 40"),
        (search(jobs="0"), "maxNumberOfTrainingJobs"),
        (search(jobs="many"), "maxNumberOfTrainingJobs"),
        (search(parallel="11"), "maxParallelTrainingJobs must be a whole number from 1 to 10"),
        (search(name="min_user_history_length_percentile"), "no tunable hyperparameter"),
        (search(high=1.5), "It must be between 0.0 and 1.0"),
        (search(low=0.9, high=0.1), "must not be above its maxValue"),
    ],
)
def test_ranges_of_a_search_that_cannot_be_searched_are_refused(ana, group, given, words):
    with pytest.raises(InvalidInputException, match=words):
        create(ana, group, SIMS, solution_config=given)


def test_a_hyperparameter_has_one_range(ana, group):
    given = search(name="bptt", low=2.0, high=8.0)
    twice = [{"name": "training.bptt", "minValue": 2, "maxValue": 4}]
    given["hpoConfig"]["algorithmHyperParameterRanges"]["integerHyperParameterRanges"] = twice
    with pytest.raises(InvalidInputException, match="Hyperparameter bptt has more than one range"):
        create(ana, group, "aws-hrnn", perform_hpo=True, solution_config=given)


def test_an_objective_is_not_for_these_recipes(ana, group):
    given = {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}}
    with pytest.raises(InvalidInputException, match="does not support optimizationObjective"):
        create(ana, group, solution_config=given)


ITEMS = """{"type": "record", "name": "Items", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
 "fields": [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": "string", "categorical": true},
 {"name": "MARGIN", "type": "float"}, {"name": "RATING", "type": ["null", "float"]}]}"""


@pytest.mark.parametrize(
    ("attribute", "columns", "words"),
    [
        ("MARGIN", {}, None),
        ("MARGIN", {"excludedDatasetColumns": {"ITEMS": ["GENRE"]}}, None),
        ("RATING", {}, "must name a numeric column of the Items schema that allows no null"),
        ("GENRE", {}, "must name a numeric column of the Items schema that allows no null"),
        ("ABSENT", {}, "must name a numeric column of the Items schema that allows no null"),
        ("MARGIN", {"excludedDatasetColumns": {"ITEMS": ["MARGIN"]}}, "MARGIN must be trained on"),
        ("MARGIN", {"includedDatasetColumns": {"ITEMS": ["GENRE"]}}, "MARGIN must be trained on"),
    ],
)
def test_an_objective_is_a_numeric_column_without_null_that_is_trained_on(ana, group, attribute, columns, words):
    of_items = factories.schema(ana, "titles", dataset_type="ITEMS", text=ITEMS)
    factories.dataset(ana, group, "ITEMS", of_schema=of_items)
    config = {
        "optimizationObjective": {"itemAttribute": attribute, "objectiveSensitivity": "HIGH"},
        "trainingDataConfig": columns,
    }
    if words is None:
        arn = create(ana, group, "aws-personalized-ranking", solution_config=config)
        assert describe(ana, arn)["solutionConfig"]["optimizationObjective"]["itemAttribute"] == attribute
        return
    with pytest.raises(InvalidInputException, match=words):
        create(ana, group, "aws-personalized-ranking", solution_config=config)


def test_events_can_be_chosen_by_type_and_value(ana, group):
    arn = create(ana, group, event_type="watch", solution_config={"eventValueThreshold": "0.5"})
    shown = describe(ana, arn)
    assert (shown["eventType"], shown["solutionConfig"]["eventValueThreshold"]) == ("watch", "0.5")


def test_several_event_types_have_weights_and_thresholds(ana, group):
    listed = [{"eventType": "watch", "eventValueThreshold": 0.5, "weight": 1.0}, {"eventType": "click", "weight": 0.1}]
    given = {"eventsConfig": {"eventParametersList": listed}}
    assert (
        describe(ana, create(ana, group, solution_config=given))["solutionConfig"]["eventsConfig"]
        == given["eventsConfig"]
    )


LISTED = {"eventsConfig": {"eventParametersList": [{"eventType": "watch"}]}}


@pytest.mark.parametrize(
    ("event_type", "config", "words"),
    [
        (None, {"eventValueThreshold": "much"}, "eventValueThreshold must be a number"),
        ("watch", LISTED, "cannot be combined with eventType"),
        (None, LISTED | {"eventValueThreshold": "1"}, "cannot be combined with eventType"),
        (
            None,
            {"eventsConfig": {"eventParametersList": [{"eventType": "watch"}, {"eventType": "Watch"}]}},
            "stands twice",
        ),
    ],
)
def test_a_choice_of_events_that_contradicts_itself_is_refused(ana, group, event_type, config, words):
    with pytest.raises(InvalidInputException, match=words):
        create(ana, group, solution_config=config, **({"event_type": event_type} if event_type else {}))


def test_events_are_chosen_only_by_columns_that_exist(ana):
    group = factories.active_group(ana, "plain")
    plain = EVENTS.replace(' {"name": "EVENT_VALUE", "type": ["null", "float"]},', "").replace(
        ', {"name": "EVENT_TYPE", "type": "string"}', ""
    )
    factories.dataset(ana, group, of_schema=factories.schema(ana, "plain", text=plain))
    with pytest.raises(InvalidInputException, match="no EVENT_TYPE column") as caught:
        create(ana, group, event_type="watch")
    assert caught.value.field == "event_type"
    with pytest.raises(InvalidInputException, match="no EVENT_VALUE column"):
        create(ana, group, solution_config={"eventValueThreshold": "1"})


def columns(kind="excludedDatasetColumns", **chosen):
    return {"trainingDataConfig": {kind: chosen}}


def test_columns_can_be_left_out_of_training(ana, group):
    given = columns(INTERACTIONS=["DEVICE"])
    assert describe(ana, create(ana, group, solution_config=given))["solutionConfig"]["trainingDataConfig"] == {
        "excludedDatasetColumns": {"INTERACTIONS": ["DEVICE"]}
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (columns(INTERACTIONS=["EVENT_TYPE"]), "EVENT_TYPE of dataset INTERACTIONS cannot be excluded"),
        (columns(INTERACTIONS=["USER_ID"]), "cannot be excluded"),
        (columns(INTERACTIONS=["ZEBRA"]), "Unknown column in dataset INTERACTIONS: ZEBRA"),
        (columns(ITEMS=["GENRES"]), "Unknown dataset type"),
        (
            {
                "trainingDataConfig": {
                    "excludedDatasetColumns": {"INTERACTIONS": ["DEVICE"]},
                    "includedDatasetColumns": {"INTERACTIONS": ["DEVICE"]},
                }
            },
            "not both",
        ),
    ],
)
def test_columns_that_cannot_be_left_out_are_refused(ana, group, given, words):
    with pytest.raises(InvalidInputException, match=words):
        create(ana, group, solution_config=given)


def test_an_interactions_dataset_is_needed_and_must_be_active(ana):
    group = factories.active_group(ana)
    with pytest.raises(InvalidInputException, match="has no dataset of type INTERACTIONS"):
        create(ana, group)
    factories.dataset(ana, group, status="CREATE PENDING")
    with pytest.raises(ResourceInUseException, match="CREATE PENDING"):
        create(ana, group)


def test_the_group_is_active(ana):
    with pytest.raises(ResourceInUseException):
        create(ana, factories.group(ana, status="CREATE FAILED"))


def test_names_are_unique(ana, group):
    create(ana, group)
    with pytest.raises(ResourceAlreadyExistsException):
        create(ana, group)


def test_the_eleventh_solution_of_a_group_exceeds_the_quota(ana, group):
    for number in range(10):
        factories.solution(ana, group, f"solution-{number}")
    factories.solution(ana, group, "failed", status="CREATE FAILED")
    with pytest.raises(LimitExceededException, match="More than 10 resources in ACTIVE state"):
        create(ana, group)
    other = factories.active_group(ana, "other")
    factories.dataset(ana, other)
    create(ana, other)


def test_what_only_the_service_model_knows_is_kept_and_returned(ana, group):
    assert describe(ana, create(ana, group, perform_incremental_update=True))["performIncrementalUpdate"] is True


def test_the_latest_version_is_shown(ana, group):
    solution = factories.solution(ana, group)
    factories.solution_version(ana, solution)
    newest = factories.solution_version(ana, solution, status="CREATE FAILED", failure_reason="Too few.")
    shown = describe(ana, solution.arn)["latestSolutionVersion"]
    assert (shown["solutionVersionArn"], shown["failureReason"]) == (newest.arn, "Too few.")


def test_lists_hold_those_of_a_group_or_all(ana, group):
    create(ana, group)
    factories.solution(ana, factories.active_group(ana, "other"), "second")

    def names(**narrowed):
        return [each["name"] for each in operations.list_solutions(ana, **narrowed)["solutions"]]

    assert names() == ["second", "picks"]
    assert names(dataset_group_arn=group.arn) == ["picks"]
