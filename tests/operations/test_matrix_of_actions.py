"""When new data change the next best action: line by line. What a training brings is not in here."""

import json
import time

import pyarrow as pa
import pytest

from apps.timetable import tasks
from personalize_web import operations
from tests import action_deployments, factories
from tests.deployments import store
from tests.operations.test_automatic_updates import trained, two_hours_pass
from tests.operations.test_get_action_recommendations import ask, do, ids, look

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return action_deployments.train(tmp_path_factory.mktemp("actions"), options=action_deployments.QUICKEST)


@pytest.fixture
def deployed(ana, db, model):
    """A campaign of a version that was trained three hours ago."""
    found = action_deployments.deploy(ana, model)
    trained(found, hours=3).change(details={"snapshot": dict.fromkeys(found.datasets, 1)})
    return found


def put_action(caller, deployed, action="brand-new", **changed):
    """Keep an action that is worth much, as it is or in the place of what was known of it."""
    values = {"value": 10, "creationTimestamp": int(time.time()), "title": "New", "channel": "app"} | changed
    operations.put_actions(
        caller,
        dataset_arn=deployed.datasets["ACTIONS"].arn,
        actions=[{"actionId": action, "properties": json.dumps(values)}],
    )


def records_are_stored(run_jobs):
    tasks.store_events()
    run_jobs()


def scores(caller, deployed, user="u0"):
    return {each["actionId"]: each["score"] for each in ask(caller, deployed, user, num_results=100)["actionList"]}


def test_streamed_events_with_items_and_with_actions_each_change_the_next_answer(ana, deployed):
    before = scores(ana, deployed)
    look(ana, deployed, 3, user_id="u0")
    looked = scores(ana, deployed)
    do(ana, deployed, "buy2", kind="Taken")
    assert before != looked != scores(ana, deployed)


def test_bulk_events_with_items_and_with_actions_wait_for_a_training(ana, deployed, run_jobs):
    before = scores(ana, deployed)
    rows = {"USER_ID": ["u0"], "ACTION_ID": ["buy2"], "EVENT_TYPE": ["TAKEN"], "TIMESTAMP": [1_800_000_000]}
    store(deployed.datasets["ACTION_INTERACTIONS"], pa.table(rows))
    store(deployed.datasets["INTERACTIONS"], action_deployments.events(("u0", "k3i1", 1_800_000_000, "View")))
    assert scores(ana, deployed) == before
    for number, kind in enumerate(("INTERACTIONS", "ACTION_INTERACTIONS", "ACTIONS")):
        factories.import_job(ana, deployed.datasets[kind], f"import-{number}")
    assert two_hours_pass(run_jobs) == 1
    assert scores(ana, deployed) == before, "nor does an automatic update learn from them"


def test_a_new_action_comes_within_two_hours_and_by_exploration_alone(ana, deployed, run_jobs):
    put_action(ana, deployed)
    assert "brand-new" not in scores(ana, deployed)
    assert two_hours_pass(run_jobs) == 1
    assert scores(ana, deployed)["brand-new"] == 0.0
    assert "brand-new" in ids(ask(ana, deployed))
    deployed.row.change(config={"itemExplorationConfig": {"explorationWeight": "0"}})
    assert "brand-new" not in ids(ask(ana, deployed))


def test_events_with_actions_that_came_after_the_training_do_not_count(ana, deployed, run_jobs):
    put_action(ana, deployed)
    assert two_hours_pass(run_jobs) == 1
    before = scores(ana, deployed)
    do(ana, deployed, "brand-new", kind="Taken")
    assert scores(ana, deployed) == before


def test_a_new_user_gets_what_users_begin_with_and_events_personalise_it(ana, deployed):
    begun = scores(ana, deployed, "newcomer")
    assert begun == scores(ana, deployed, "another newcomer")
    look(ana, deployed, 3, user_id="newcomer")
    looked = scores(ana, deployed, "newcomer")
    do(ana, deployed, "buy2", kind="Taken", user_id="newcomer")
    assert begun != looked != scores(ana, deployed, "newcomer")


def test_an_action_expires_at_its_date_without_anything_being_done(ana, deployed, monkeypatch):
    now = time.time()
    store(deployed.datasets["ACTIONS"], action_deployments.actions(expires={"buy1": int(now) + 3600}))
    assert "buy1" in scores(ana, deployed)
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    assert "buy1" not in scores(ana, deployed)


def test_a_past_date_that_is_set_or_updated_later_holds_within_two_hours(ana, deployed, run_jobs):
    now = int(time.time())
    store(deployed.datasets["ACTIONS"], action_deployments.actions(expires={"buy1": now + 3600}))
    assert {"buy1", "buy2"} <= set(scores(ana, deployed))
    for action in ("buy1", "buy2"):
        put_action(ana, deployed, action, expirationTimestamp=now - 60)
    records_are_stored(run_jobs)
    assert {"buy1", "buy2"}.isdisjoint(scores(ana, deployed))


def test_changed_metadata_reach_filters_and_leave_the_model_as_it_is(ana, deployed, run_jobs):
    before = ask(ana, deployed, num_results=100)["actionList"]
    made = factories.filter(
        ana, deployed.group, expression='INCLUDE ActionID WHERE Actions.CHANNEL IN ("renamed")', fields=[]
    )
    assert ids(ask(ana, deployed, filter_arn=made.arn)) == []
    put_action(ana, deployed, "buy0", channel="renamed")
    records_are_stored(run_jobs)
    assert ids(ask(ana, deployed, filter_arn=made.arn)) == ["buy0"]
    two_hours_pass(run_jobs)
    assert ask(ana, deployed, num_results=100)["actionList"] == before, "its VALUE, too, waits for a training"


def test_a_filter_sees_a_streamed_event_within_seconds(ana, deployed):
    made = factories.filter(
        ana, deployed.group, expression='EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("Viewed")', fields=[]
    )
    first = ids(ask(ana, deployed, "newcomer", filter_arn=made.arn))[0]
    do(ana, deployed, first, user_id="newcomer")
    assert first not in ids(ask(ana, deployed, "newcomer", filter_arn=made.arn))
