"""F16: a solution in three steps."""

import json
import re

import pytest

from personalize_web.resources.models import Solution
from tests import factories

START = "/console/dataset-groups/movies/solutions/-new/"
SIMS = "arn:aws:personalize:::recipe/aws-sims"
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"


def schema(*more):
    """An interactions schema with these fields beside the required ones."""
    required = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID")] + [
        {"name": "TIMESTAMP", "type": "long"}
    ]
    return json.dumps(
        {
            "type": "record",
            "name": "Interactions",
            "namespace": "com.amazonaws.personalize.schema",
            "version": "1.0",
            "fields": required + list(more),
        }
    )


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    factories.dataset(
        ana,
        made,
        of_schema=factories.schema(ana, "events", text=schema({"name": "EVENT_TYPE", "type": "string"})),
        statistics={"rows": 5000, "users_with_two": 300, "event_types": {"Watch": 4000, "Click": 1000}},
    )
    return made


def first(client, **values):
    return client.post(f"{START}details/", {"name": "related", "solution_type": "items", "recipe_arn": SIMS} | values)


def second(client, address, **values):
    given = {"perform_auto_training": "on", "frequency": "3", "parameter-popularity_discount_factor": "0.7"} | values
    return client.post(address, given)


def through(client, **values):
    training = first(client).headers["Location"]
    review = second(client, training, **values).headers["Location"]
    return client.post(review)


def test_the_three_steps_make_a_solution(console, group):
    answer = through(console, event_type="Watch")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console/dataset-groups/movies/solutions/related/"
    made = Solution.objects.get()
    assert made.recipe_name == "aws-sims"
    assert made.event_type == "Watch"
    assert made.config["autoTrainingConfig"] == {"schedulingExpression": "rate(3 days)"}
    assert made.config["algorithmHyperParameters"]["popularity_discount_factor"] == "0.7"


def test_a_bad_name_is_told_beside_its_field(console, group):
    answer = first(console, name="no blanks")
    assert answer.status_code == 422
    field = re.search(r'id="field-name">.*?</div></div>', answer.content.decode(), re.S)[0]
    assert "Use 1–63 letters, digits, hyphens or underscores" in field


def test_without_a_recipe_one_is_asked_for(console, group):
    answer = first(console, recipe_arn="")
    assert answer.status_code == 422
    assert "Choose a recipe." in answer.content.decode()


def test_both_recipes_of_user_segmentation_can_be_chosen(console, ana, group):
    factories.dataset(ana, group, "ITEMS")
    page = console.get(f"{START}details/").content.decode()
    for name in ("aws-item-affinity", "aws-item-attribute-affinity"):
        recipe_arn = f"arn:aws:personalize:::recipe/{name}"
        option = re.search(rf'<input[^>]*value="{recipe_arn}"[^>]*>', page)
        assert option
        assert "disabled" not in option[0]
        training = first(console, recipe_arn=recipe_arn, solution_type="segments")
        assert training.status_code == 303
        assert "hidden_dimension" in console.get(training.headers["Location"]).content.decode()


def test_a_recipe_that_cannot_be_trained_is_refused(console, group, monkeypatch):
    factories.untrainable(monkeypatch, "aws-sims")
    assert first(console, recipe_arn=SIMS).status_code == 422


def test_a_parameter_out_of_its_range_is_told_beside_it(console, group):
    answer = second(console, first(console).headers["Location"], **{"parameter-min_cointeraction_count": "11"})
    assert answer.status_code == 422
    assert "Enter a whole number from 0 to 10." in answer.content.decode()


def test_an_interval_beyond_thirty_days_is_refused(console, group):
    answer = second(console, first(console).headers["Location"], frequency="31")
    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 30." in answer.content.decode()


def test_without_automatic_training_no_interval_is_needed(console, group):
    training = first(console).headers["Location"]
    review = console.post(training, {"frequency": ""}).headers["Location"]
    console.post(review)
    assert Solution.objects.get().perform_auto_training is False


def test_only_the_parameters_of_the_recipe_are_asked_for(console, group):
    page = console.get(first(console, recipe_arn=POPULAR).headers["Location"]).content.decode()
    assert "This recipe has nothing to set." in page
    assert "popularity_discount_factor" not in page


def test_event_types_stand_with_their_counts(console, group):
    page = console.get(first(console).headers["Location"]).content.decode()
    assert "Watch (4,000 events)" in page


def test_what_was_entered_survives_a_reload_and_a_way_back(console, group):
    training = first(console).headers["Location"]
    back = console.post(training, {"frequency": "9", "_previous": "details"}).headers["Location"]
    assert 'value="related"' in console.get(back).content.decode()
    assert 'value="9"' in console.get(training).content.decode()


def test_a_later_step_opened_too_early_leads_to_the_first(console, group):
    answer = console.get(f"{START}review/?w=unknown")
    assert answer.status_code == 303
    assert "/details/" in answer.headers["Location"]


def test_a_taken_name_leads_back_to_its_field(console, group, ana):
    factories.solution(ana, group, "related", recipe="aws-sims")
    answer = through(console)
    assert answer.status_code == 422
    assert "already exists" in answer.content.decode()


def test_columns_switched_off_are_left_out_of_training(console, ana):
    made = factories.active_group(ana)
    device = {"name": "DEVICE", "type": "string", "categorical": True}
    factories.dataset(ana, made, of_schema=factories.schema(ana, "with-device", text=schema(device)))
    training = first(console).headers["Location"]
    assert "DEVICE" in console.get(training).content.decode()
    console.post(console.post(training, {"frequency": "7", "perform_auto_training": "on"}).headers["Location"])
    assert Solution.objects.get().config["trainingDataConfig"] == {
        "excludedDatasetColumns": {"INTERACTIONS": ["DEVICE"]}
    }


def test_a_viewer_cannot_finish(as_viewer, group):
    training = first(as_viewer).headers["Location"]
    review = second(as_viewer, training).headers["Location"]
    assert "Needs the Analyst role" in as_viewer.get(review).content.decode()
    assert as_viewer.post(review).status_code in (403, 422)
    assert not Solution.objects.exists()


def test_a_clone_begins_with_the_settings_of_the_original(console, group, ana):
    factories.solution(
        ana,
        group,
        "old",
        recipe="aws-sims",
        event_type="Watch",
        config={
            "algorithmHyperParameters": {"popularity_discount_factor": "0.9"},
            "autoTrainingConfig": {"schedulingExpression": "rate(4 days)"},
        },
    )
    details = "/console/dataset-groups/movies/solutions/old/-clone/details/"
    page = console.get(details).content.decode()
    assert re.search(rf'value="{re.escape(SIMS)}"[^>]* checked', page)
    training = console.post(details, {"name": "new", "solution_type": "items", "recipe_arn": SIMS}).headers["Location"]
    page = console.get(training).content.decode()
    assert 'value="0.9"' in page
    assert 'value="4"' in page
    assert re.search(r'<option value="Watch"[^>]*selected', page)
