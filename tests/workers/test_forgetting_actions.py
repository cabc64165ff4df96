"""A data deletion job where a next best action answers: what its users did with actions is forgotten as well."""

import time

import pytest

from personalize_web import operations
from personalize_web.engine.history import HistoryIndex
from personalize_web.resources import locations
from tests import action_deployments
from tests.workers import world

pytestmark = pytest.mark.django_db


def answers(ana, deployed, user):
    return operations.get_action_recommendations(ana, user_id=user, num_results=100, **deployed.target)["actionList"]


def actions_of(path, user):
    return list(HistoryIndex.open(path).of(user).item_ids)


def test_what_users_did_with_actions_is_forgotten_by_data_and_model(ana, run_jobs, tmp_path):
    deployed = action_deployments.deploy(
        ana, action_deployments.train(tmp_path / "columns-of-training", options=action_deployments.QUICKEST)
    )
    done = deployed.datasets["ACTION_INTERACTIONS"]
    lately = {"actionId": "buy1", "userId": "u0", "sessionId": "s", "eventType": "Viewed", "timestamp": time.time()}
    operations.put_action_interactions(ana, tracking_id=done.tracking_id, action_interactions=[lately])
    of_model = locations.model_folder(deployed.version.storage_key) / locations.ACTION_HISTORY
    of_dataset = locations.columns_folder(done.storage_key) / locations.HISTORY
    past = {path: actions_of(path, "u1") for path in (of_model, of_dataset)}
    assert all(past.values()) and all(actions_of(path, "u0") for path in past)
    before = {user: answers(ana, deployed, user) for user in ("u0", "u1", "newcomer")}
    assert before["u0"] != before["newcomer"]

    operations.create_data_deletion_job(
        ana, job_name="erase", dataset_group_arn=deployed.group.arn, role_arn="arn:aws:iam::123456789012:role/eraser",
        data_source={"dataLocation": world.put_csv("victims.csv", "USER_ID", ["u0"])})
    run_jobs()

    assert {path: actions_of(path, "u1") for path in past} == past
    assert not any(actions_of(path, "u0") for path in past)
    assert not done.events.exists()
    assert {user: answers(ana, deployed, user) for user in before} == before | {"u0": before["newcomer"]}
