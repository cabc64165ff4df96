"""A solution whose recipe the service chooses: made, shown, cloned and updated before and after it has chosen."""

import pytest

from personalize_web.resources.models import Solution
from tests import factories
from tests.console.test_training_configuration import group as group

SOLUTIONS = "/console/dataset-groups/movies/solutions/"
START = f"{SOLUTIONS}-new/"


@pytest.fixture
def solution(ana, group):
    made = factories.solution(ana, group, "best", recipe="aws-hrnn", perform_auto_ml=True, perform_hpo=True)
    Solution.objects.filter(pk=made.pk).update(recipe_name=None)
    made.refresh_from_db()
    return made


def test_the_service_chooses_where_it_is_asked_to(console, group):
    given = {"name": "best", "solution_type": "items", "recipe_arn": "automatic"}
    training = console.post(f"{START}details/", given).headers["Location"]
    page = console.get(training).content.decode()
    assert "This recipe has nothing to set." in page
    assert 'name="frequency"' not in page
    review = console.post(training, {"perform_auto_training": "on"}).headers["Location"]
    assert "performAutoML" in console.get(review).content.decode()
    assert console.post(review).status_code == 303
    made = Solution.objects.get()
    assert made.perform_auto_ml is True
    assert made.recipe_name is None


def test_a_version_that_has_not_chosen_yet_has_a_page(console, ana, solution):
    version = factories.solution_version(ana, solution, status="CREATE IN_PROGRESS")
    page = console.get(f"{SOLUTIONS}best/versions/{version.version_id}/")
    assert "Chosen by the first training" in page.content.decode()


@pytest.mark.parametrize("chosen", [None, "aws-hrnn-metadata"])
@pytest.mark.parametrize("page", ["", "best/", "best/?tab=configuration", "best/-clone/details/", "best/-update/"])
def test_every_page_shows_it_before_and_after_a_recipe_was_chosen(console, solution, chosen, page):
    Solution.objects.filter(pk=solution.pk).update(recipe_name=chosen)
    assert console.get(f"{SOLUTIONS}{page}").status_code == 200


def test_its_interval_can_be_changed_later(console, solution):
    answer = console.post(f"{SOLUTIONS}best/-update/", {"perform_auto_training": "on", "frequency": "5"})
    assert answer.status_code == 303
    solution.refresh_from_db()
    assert solution.config["autoTrainingConfig"] == {"schedulingExpression": "rate(5 days)"}


def test_its_clone_is_chosen_by_the_service_as_well(console, solution):
    page = console.get(f"{SOLUTIONS}best/-clone/details/").content.decode()
    tile = page.partition('value="automatic"')[2].partition(">")[0]
    assert "checked" in tile
