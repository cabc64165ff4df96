"""F16, step 2: hyperparameters and their search, events and their weights, columns, the objective."""

import json
import re

import pytest

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import parameters
from personalize_web.resources.models import Solution
from tests import factories

START = "/console/dataset-groups/movies/solutions/-new/"
OFFERED = [each for each in RECIPES.values() if not each.domain and not each.legacy and each.available]
TEXT = {"type": "string"}


def schema(record, *fields):
    required = {"Interactions": ("USER_ID", "ITEM_ID", "TIMESTAMP"), "Items": ("ITEM_ID",)}[record]
    keys = [{"name": name, "type": "long" if name == "TIMESTAMP" else "string"} for name in required]
    return json.dumps({"type": "record", "name": record, "namespace": "com.amazonaws.personalize.schema",
                       "version": "1.0", "fields": [*keys, *fields]})  # fmt: skip


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    events = schema("Interactions", {"name": "EVENT_TYPE", "type": "string"}, {"name": "EVENT_VALUE", "type": "float"})
    items = schema(
        "Items",
        {"name": "GENRE", "type": "string", "categorical": True},
        {"name": "MARGIN", "type": "float"},
        {"name": "WEIGHT", "type": ["null", "float"]},
    )
    counted = {"rows": 5000, "users_with_two": 300, "event_types": {"Watch": 4000, "Click": 1000}}
    factories.dataset(ana, made, of_schema=factories.schema(ana, "events", text=events), statistics=counted)
    of_items = factories.schema(ana, "items", dataset_type="ITEMS", text=items)
    factories.dataset(ana, made, "ITEMS", of_schema=of_items)
    return made


def training(client, recipe="aws-user-personalization", kind="items"):
    """The address of the second step."""
    given = {"name": "mine", "solution_type": kind, "recipe_arn": factories.recipe_arn(recipe)}
    return client.post(f"{START}details/", given).headers["Location"]


def answered(client, recipe="aws-user-personalization", **values):
    """What comes of answering the second step; every column stays ticked."""
    given = {"perform_auto_training": "on", "frequency": "7", "columns-ITEMS": ["GENRE", "MARGIN", "WEIGHT"]}
    return client.post(training(client, recipe), given | values)


def made(client, recipe="aws-user-personalization", **values):
    """The solution that comes of it."""
    assert client.post(answered(client, recipe, **values).headers["Location"]).status_code == 303
    return Solution.objects.get()


@pytest.mark.parametrize("recipe", OFFERED, ids=lambda each: each.name)
def test_every_hyperparameter_has_a_control_its_range_and_a_sentence(console, group, ana, recipe):
    kind = {"PERSONALIZED_ACTIONS": "actions", "USER_SEGMENTATION": "segments"}.get(recipe.type, "items")
    if recipe.datasets.get("ACTIONS") == "required":
        factories.dataset(ana, group, "ACTIONS")
    page = console.get(training(console, recipe.name, kind)).content.decode()
    for parameter in parameters(recipe.name):
        prefix = "low-" if parameter.search_only else "parameter-"
        assert f'name="{prefix}{parameter.name}"' in page
        assert parameter.help in page.replace("&#x27;", "'")


def test_a_search_gets_the_ranges_that_were_typed_and_fixed_values_stay(console, group):
    solution = made(
        console,
        perform_hpo="on",
        **{"how-hidden_dimension": "range", "low-hidden_dimension": "40", "high-hidden_dimension": "80",
           "how-bptt": "fixed", "parameter-bptt": "8", "how-recency_mask": "range", "jobs": "6", "parallel": "3"},
    )  # fmt: skip
    assert solution.perform_hpo is True
    assert solution.config["hpoConfig"] == {
        "algorithmHyperParameterRanges": {
            "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["true", "false"]}],
            "continuousHyperParameterRanges": [],
            "integerHyperParameterRanges": [{"name": "hidden_dimension", "minValue": 40, "maxValue": 80}],
        },
        "hpoResourceConfig": {"maxNumberOfTrainingJobs": "6", "maxParallelTrainingJobs": "3"},
    }
    assert solution.config["algorithmHyperParameters"]["bptt"] == "8"


def test_what_only_a_search_sets_needs_no_fixed_value(console, group):
    solution = made(console, "aws-similar-items", perform_hpo="on", **{"low-item_id_hidden_dim": "50"})
    integers = solution.config["hpoConfig"]["algorithmHyperParameterRanges"]["integerHyperParameterRanges"]
    assert {each["name"]: (each["minValue"], each["maxValue"]) for each in integers} == {
        "item_id_hidden_dim": (50, 200), "item_metadata_hidden_dim": (30, 200)}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("low-hidden_dimension", {"low-hidden_dimension": "31"}, "Enter a whole number from 32 to 256."),
        (
            "high-hidden_dimension",
            {"low-hidden_dimension": "90", "high-hidden_dimension": "80"},
            "The end of the range must not be below its beginning.",
        ),
        ("jobs", {"jobs": "41"}, "Enter a whole number from 1 to 40."),
        ("parallel", {"jobs": "2", "parallel": "3"}, "Not more at the same time than there are jobs."),
        (
            "perform_hpo",
            {f"how-{name}": "fixed" for name in ("hidden_dimension", "bptt", "recency_mask")},
            "Search for one parameter at least, or switch the search off.",
        ),
    ],
)
def test_a_search_that_cannot_be_made_is_told_beside_its_field(console, group, field, given, said):
    answer = answered(console, perform_hpo="on", **given)
    assert answer.status_code == 422
    message = answer.content.decode().partition(f'id="id_{field}_error">')[2].partition('class="field')[2][:200]
    assert said in message


def test_a_recipe_that_is_not_tuned_offers_no_search(console, group):
    page = console.get(training(console, "aws-user-personalization-v2")).content.decode()
    assert 'name="perform_hpo"' not in page
    assert "by itself every 90 days" in page
    assert "by itself every 90 days" not in console.get(training(console, "aws-sims")).content.decode()


def test_percentiles_out_of_order_are_told_beside_the_second(console, group):
    wrong = {"parameter-min_user_history_length_percentile": "0.9",
             "parameter-max_user_history_length_percentile": "0.5"}  # fmt: skip
    page = answered(console, **wrong).content.decode()
    assert "It must be greater than min_user_history_length_percentile." in page


def test_several_event_types_have_thresholds_and_weights(console, group):
    types, thresholds, weights = ["Watch", "Click", ""], ["0.5", "", ""], ["1", "0.25", "1"]
    rows = {"events-type": types, "events-threshold": thresholds, "events-weight": weights}
    solution = made(console, event_mode="several", **rows)
    assert solution.config["eventsConfig"]["eventParametersList"] == [
        {"eventType": "Watch", "eventValueThreshold": 0.5, "weight": 1.0},
        {"eventType": "Click", "weight": 0.25},
    ]
    assert solution.event_type is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((["Watch", "watch"], ["", ""], ["1", "1"]), "This event type stands above already."),
        ((["Watch"], ["much"], ["1"]), "Enter a number."),
        ((["Watch"], [""], ["1.5"]), "Enter a number from 0 to 1."),
        (([""], [""], ["1"]), "Add an event type."),
        (([""], ["2"], ["1"]), "Enter an event type."),
        (([f"type {n}" for n in range(11)], [""] * 11, ["1"] * 11), "At most 10 event types can be chosen."),
    ],
)
def test_a_bad_event_type_is_told_in_its_row(console, group, rows, said):
    names = ("events-type", "events-threshold", "events-weight")
    answer = answered(console, event_mode="several", **dict(zip(names, rows, strict=True)))
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_one_event_type_may_be_one_that_has_not_been_recorded_yet(console, group):
    assert made(console, event_type=":other:", other_event_type="Rent").event_type == "Rent"


def test_the_threshold_is_kept_as_text(console, group):
    assert made(console, event_type="Watch", event_value_threshold="0.5").config["eventValueThreshold"] == "0.5"


def test_columns_may_be_taken_by_name_so_that_later_ones_do_not_train(console, group):
    solution = made(console, column_mode="includedDatasetColumns", **{"columns-ITEMS": ["GENRE"]})
    assert solution.config["trainingDataConfig"] == {"includedDatasetColumns": {"ITEMS": ["GENRE"]}}


def test_the_objective_is_a_numeric_column_that_never_lacks_a_value(console, group):
    page = console.get(training(console)).content.decode()
    offered = re.search(r'<select name="objective".*?</select>', page, re.S)[0]
    assert re.findall(r'value="(\w*)"', offered) == ["", "MARGIN"]
    for words in ("relevance alone", "decides most of the order", "weigh the same"):
        assert words in page
    solution = made(console, objective="MARGIN", sensitivity="HIGH")
    assert solution.config["optimizationObjective"] == {"itemAttribute": "MARGIN", "objectiveSensitivity": "HIGH"}


def test_an_objective_that_is_not_trained_on_is_refused(console, group):
    answer = answered(console, objective="MARGIN", **{"columns-ITEMS": ["GENRE"]})
    assert "Tick MARGIN below: an objective must be trained on." in answer.content.decode()


def test_recipes_without_an_objective_do_not_offer_one(console, group):
    assert 'name="objective"' not in console.get(training(console, "aws-sims")).content.decode()


def test_incremental_updates_are_a_switch_of_user_personalization(console, group):
    assert 'name="perform_incremental_update"' not in console.get(training(console, "aws-sims")).content.decode()
    assert made(console, perform_incremental_update="on").perform_incremental_update is True


def test_the_review_shows_the_same_request_as_code(console, group):
    review = answered(console, perform_hpo="on", objective="MARGIN", sensitivity="LOW").headers["Location"]
    page = console.get(review).content.decode()
    assert "Objective sensitivity" in page
    assert "data-view-code" in page
    shown = re.sub(r"<[^>]+>", "", console.post(review, {"_code": "1"}).content.decode()).replace("&quot;", '"')
    for part in ("personalize.create_solution(", "aws personalize create-solution", '"performHPO": true',
                 '"itemAttribute": "MARGIN"'):  # fmt: skip
        assert part in shown
    assert not Solution.objects.exists()


def test_a_recipe_of_another_type_is_refused(console, group):
    given = {"name": "mine", "solution_type": "segments", "recipe_arn": factories.recipe_arn("aws-sims")}
    answer = console.post(f"{START}details/", given)
    assert answer.status_code == 422


def test_a_recipe_whose_dataset_is_missing_says_what_it_needs(console, ana):
    bare = factories.active_group(ana)
    factories.dataset(ana, bare)
    page = console.get(f"{START}details/").content.decode()
    tile = re.search(r'id="id_recipe-aws-sims".*?</label>', page, re.S)[0]
    assert "Needs" not in tile
