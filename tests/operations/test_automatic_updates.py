"""Models that take in new items by themselves: which, when, and what becomes of it."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.engine import updating
from personalize_web.operations import automatic_updates
from personalize_web.operations.errors import AccessDeniedException
from personalize_web.resources import locations
from personalize_web.resources.models import Campaign, Dataset, Job, Recommender, SolutionVersion
from personalize_web.workers import housekeeping
from tests import factories
from tests.deployments import START, deploy, of_domain

pytestmark = pytest.mark.django_db
V2 = "aws-user-personalization-v2"
TOP_PICKS = "aws-vod-top-picks"
NEWEST = START + 159 * 50 + 19 * 1000
"""The newest event of the training."""


def trained(deployed, **ago):
    """The version or recommender, as if its training had begun so long ago."""
    row = deployed.version or deployed.row
    row.change(
        training_started_at=timezone.now() - timedelta(**ago),
        details={"snapshot": {"INTERACTIONS": 1, "ITEMS": 1}},
    )
    Dataset.objects.update(created_at=timezone.now() - timedelta(days=30))
    return row


@pytest.fixture
def personal(ana, db, model_of):
    """A campaign of a version that was trained three hours ago."""
    deployed = deploy(ana, V2, model_of(V2))
    trained(deployed, hours=3)
    return deployed


@pytest.fixture
def top_picks(ana, db, model_of):
    deployed = deploy(ana, TOP_PICKS, model_of(TOP_PICKS))
    trained(deployed, hours=3)
    return deployed


def put_item(caller, deployed, item="brand-new", genre="genre 1"):
    values = {"title": "New", "creationTimestamp": NEWEST, "genres": genre} | of_domain(deployed.group)
    operations.put_items(
        caller,
        dataset_arn=deployed.group.datasets.get(dataset_type="ITEMS").arn,
        items=[{"itemId": item, "properties": json.dumps(values)}],
    )


def watch(caller, deployed, item, user="u1"):
    event = {"eventType": "Watch", "sentAt": NEWEST + 60, "itemId": item}
    operations.put_events(
        caller, tracking_id=deployed.tracker.tracking_id, session_id="s", user_id=user, event_list=[event]
    )


def two_hours_pass(run_jobs):
    tasks.update_models()
    return run_jobs()


def shown(caller, deployed, times=20, **about):
    """Item -> its reasons, of many answers."""
    found = {}
    for number in range(times):
        answer = operations.get_recommendations(
            caller, user_id=f"u{number}", num_results=50, **about, **deployed.target
        )
        found |= {each["itemId"]: each.get("reason") for each in answer["itemList"]}
    return found


def test_a_new_item_is_explored_after_an_update_and_the_version_stays_the_same(ana, personal, run_jobs):
    before = operations.describe_solution_version(ana, solution_version_arn=personal.version.arn)
    put_item(ana, personal)
    assert "brand-new" not in shown(ana, personal)
    assert two_hours_pass(run_jobs) == 1
    assert shown(ana, personal)["brand-new"] == ["Exploration"]
    assert operations.describe_solution_version(ana, solution_version_arn=personal.version.arn) == before
    assert SolutionVersion.objects.count() == 1
    after = SolutionVersion.objects.get()
    assert after.last_update > personal.version.training_started_at
    assert after.storage_key != personal.version.storage_key


def test_an_item_that_only_events_name_is_explored_too(ana, personal, run_jobs):
    watch(ana, personal, "seen-first-today")
    two_hours_pass(run_jobs)
    assert shown(ana, personal)["seen-first-today"] == ["Exploration"]


def test_events_of_known_items_make_no_item_new_but_count_as_data(ana, personal, run_jobs):
    watch(ana, personal, "1-3")
    assert two_hours_pass(run_jobs) == 1
    assert any("0 items are new" in line.text for line in Job.objects.get(kind="update-version-model").log_lines.all())


def test_without_new_data_nothing_happens(personal, run_jobs):
    assert two_hours_pass(run_jobs) == 0


def test_nothing_happens_within_two_hours_of_a_training_or_an_update(ana, personal, run_jobs):
    personal.version.change(training_started_at=timezone.now() - timedelta(minutes=110))
    put_item(ana, personal)
    assert two_hours_pass(run_jobs) == 0
    personal.version.change(training_started_at=timezone.now() - timedelta(minutes=121))
    assert two_hours_pass(run_jobs) == 1
    put_item(ana, personal, "newer still")
    assert two_hours_pass(run_jobs) == 0


def test_the_period_is_a_setting(ana, personal, run_jobs, settings):
    settings.AUTO_UPDATE_SECONDS = 24 * 3600
    put_item(ana, personal)
    assert two_hours_pass(run_jobs) == 0


def test_a_version_without_a_campaign_is_not_updated(ana, personal, run_jobs):
    put_item(ana, personal)
    Campaign.objects.all().delete()
    assert two_hours_pass(run_jobs) == 0


def test_an_older_version_is_not_updated_though_it_is_deployed(ana, personal, run_jobs):
    put_item(ana, personal)
    factories.solution_version(ana, personal.version.solution, status="CREATE FAILED")
    assert automatic_updates.standing(personal.version).on
    factories.solution_version(ana, personal.version.solution)
    assert automatic_updates.standing(personal.version).why_not == "A newer version of the solution exists."
    assert two_hours_pass(run_jobs) == 0


def test_an_update_version_is_not_updated_and_halts_the_one_before(ana, db, model_of, run_jobs):
    deployed = deploy(ana, "aws-user-personalization", model_of(V2))
    trained(deployed, hours=3)
    put_item(ana, deployed)
    second = factories.solution_version(ana, deployed.version.solution, training_mode="UPDATE")
    factories.campaign(ana, second, "second")
    assert "training mode UPDATE" in automatic_updates.standing(second).why_not
    assert two_hours_pass(run_jobs) == 0


@pytest.mark.parametrize("kind", ["ITEMS", "INTERACTIONS"])
def test_a_deleted_dataset_halts_updates_until_the_next_training(ana, personal, run_jobs, kind):
    put_item(ana, personal)
    watch(ana, personal, "2-2")
    personal.tracker.delete()
    dataset = personal.group.datasets.get(dataset_type=kind)
    operations.delete_dataset(ana, dataset_arn=dataset.arn)
    run_jobs()
    assert f"The dataset {kind}" in automatic_updates.standing(personal.version).why_not
    factories.dataset(ana, personal.group, kind, of_schema=dataset.schema)
    assert two_hours_pass(run_jobs) == 0, "nor does another dataset of the type change that"
    personal.version.change(training_started_at=timezone.now())
    assert automatic_updates.standing(personal.version).on


def test_a_use_case_is_updated_as_well_unless_it_is_stopped(ana, top_picks, run_jobs):
    put_item(ana, top_picks)
    operations.stop_recommender(ana, recommender_arn=top_picks.row.arn)
    run_jobs()
    assert two_hours_pass(run_jobs) == 0
    operations.start_recommender(ana, recommender_arn=top_picks.row.arn)
    run_jobs()
    assert two_hours_pass(run_jobs) == 1
    assert "brand-new" in shown(ana, top_picks)
    assert Recommender.objects.get().last_update is not None


def test_filters_know_the_new_items(ana, personal, run_jobs):
    put_item(ana, personal, "brand-new", "a genre of its own")
    made = factories.filter(
        ana, personal.group, expression='INCLUDE ItemID WHERE Items.GENRES IN ("a genre of its own")', fields=[]
    )
    two_hours_pass(run_jobs)
    assert set(shown(ana, personal, filter_arn=made.arn)) == {"brand-new"}


def test_a_training_that_ended_meanwhile_is_not_undone(ana, personal, run_jobs, monkeypatch):
    put_item(ana, personal)
    update, newer = updating.update, uuid.uuid4()

    def trained_meanwhile(*given):
        SolutionVersion.objects.update(storage_key=newer)
        return update(*given)

    monkeypatch.setattr(updating, "update", trained_meanwhile)
    two_hours_pass(run_jobs)
    row = SolutionVersion.objects.get()
    assert (row.storage_key, row.last_update) == (newer, None)


def test_an_update_that_fails_leaves_the_model_and_is_not_tried_at_once_again(ana, personal, run_jobs, monkeypatch):
    put_item(ana, personal)
    monkeypatch.setattr(updating, "update", lambda *_: 1 / 0)
    assert two_hours_pass(run_jobs) == 1
    assert two_hours_pass(run_jobs) == 0
    assert SolutionVersion.objects.get().storage_key == personal.version.storage_key
    assert len(shown(ana, personal, times=1)) == 50


def test_cleaning_up_leaves_the_old_model_to_those_who_still_read_it(ana, personal, run_jobs):
    old = locations.model_folder(personal.version.storage_key)
    put_item(ana, personal)
    two_hours_pass(run_jobs)
    housekeeping.clean_up()
    assert old.is_dir()
    assert locations.model_folder(SolutionVersion.objects.get().storage_key).is_dir()


def test_recipes_without_exploration_have_no_updates(ana, db, run_jobs):
    version = factories.solution_version(ana, factories.active_solution(ana, recipe="aws-sims"))
    assert automatic_updates.standing(version) is None


def test_people_are_not_the_clock(ana):
    with pytest.raises(AccessDeniedException):
        automatic_updates.update_models(ana)
