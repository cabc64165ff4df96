"""What the console tells of models that take in new items, and of models that are behind the data."""

from datetime import timedelta

import pytest
from django.utils import timezone

from personalize_web.resources.models import SolutionVersion
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def solution(ana):
    return factories.active_solution(ana, recipe="aws-user-personalization")


def trained(ana, solution, **ago):
    return factories.solution_version(
        ana,
        solution,
        metrics={"coverage": 0.5},
        details={"snapshot": {"INTERACTIONS": 1}},
        training_started_at=timezone.now() - timedelta(**ago),
    )


def page(console, version):
    return console.get(
        f"/console/dataset-groups/movies/solutions/picks/versions/{version.version_id}/"
    ).content.decode()


def test_a_version_shows_its_last_and_its_next_update(console, ana, solution):
    solution.dataset_group.datasets.update(created_at=timezone.now() - timedelta(days=9))
    version = trained(ana, solution, hours=1)
    factories.campaign(ana, version)
    factories.import_job(ana, solution.dataset_group.datasets.get())
    shown = page(console, version)
    assert "Last automatic update" in shown
    assert "Not yet" in shown
    assert "Next automatic update" in shown
    assert "Once new data arrive" not in shown


def test_a_version_that_waits_for_data_says_so(console, ana, solution):
    solution.dataset_group.datasets.update(created_at=timezone.now() - timedelta(days=9))
    version = trained(ana, solution, hours=1)
    factories.campaign(ana, version)
    assert "Once new data arrive; checked every 2 h" in page(console, version)


def test_a_version_that_is_not_updated_says_why(console, ana, solution):
    assert "Off. No campaign serves this version." in page(console, trained(ana, solution, hours=1))


def test_recipes_without_updates_say_nothing(console, ana):
    solution = factories.active_solution(ana, recipe="aws-sims")
    assert "automatic update" not in page(console, trained(ana, solution, hours=1))


def test_update_mode_can_be_chosen_once_a_full_version_is_active(console, ana, solution):
    address = "/console/dataset-groups/movies/solutions/picks/versions/-new/"
    assert "Only once a full version is Active." in console.get(address).content.decode()
    trained(ana, solution, hours=1)
    assert "Automatic updates stop for this version" in console.get(address).content.decode()
    assert console.post(address, {"training_mode": "UPDATE"}).status_code == 303
    made = SolutionVersion.objects.order_by("-pk").first()
    assert made.training_mode == "UPDATE"
    made.move("ACTIVE", details={"updated_from": "0a1b2c3d"})
    assert "Update of 0a1b2c3d" in page(console, made)


def test_other_recipes_cannot_choose_update_mode(console, ana):
    factories.solution_version(ana, factories.active_solution(ana))
    shown = console.get("/console/dataset-groups/movies/solutions/picks/versions/-new/").content.decode()
    assert "Only with User-Personalization." in shown


def overview(console):
    return console.get("/console/dataset-groups/movies/").content.decode()


def test_a_training_of_more_than_a_week_ago_stands_in_the_checklist(console, ana, solution):
    trained(ana, solution, days=7, hours=1)
    assert "once a week is advised" not in overview(console)
    SolutionVersion.objects.update(training_started_at=timezone.now() - timedelta(days=9))
    assert "Solution picks: last trained 9 days ago; once a week is advised" in overview(console)


@pytest.mark.parametrize(("recipe", "told"), [("aws-sims", True), ("aws-user-personalization-v2", False)])
def test_items_that_only_a_training_takes_in_stand_in_the_checklist(console, ana, recipe, told):
    solution = factories.active_solution(ana, recipe=recipe)
    trained(ana, solution, hours=5)
    assert "items came after" not in overview(console)
    factories.import_job(ana, factories.dataset(ana, solution.dataset_group, "ITEMS"))
    assert ("Solution picks: items came after its last training" in overview(console)) == told
