"""A filter tried on the items, actions or users of its group."""

import uuid
from datetime import UTC, datetime

import pytest

from personalize_web import operations
from personalize_web.operations import create_filter, put_events, try_filter
from personalize_web.operations.errors import InvalidInputException
from tests import action_deployments, factories
from tests.deployments import deploy, train


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return train("aws-sims", tmp_path_factory.mktemp("related"))


@pytest.fixture
def deployed(ana, db, model):
    return deploy(ana, "aws-sims", model)


@pytest.fixture
def tried(ana, deployed, run_jobs):
    """What an expression lets through."""

    def ask(expression, **given):
        arn = create_filter(
            ana, name="tried", dataset_group_arn=deployed.group.arn, filter_expression=expression
        )["filterArn"]  # fmt: skip
        run_jobs()
        return try_filter(ana, filter_arn=arn, **given)

    return ask


def test_kept_and_removed_items_are_counted_and_shown(tried):
    found = tried('INCLUDE ItemID WHERE Items.GENRES IN ("genre 1")')
    assert (found["total"], found["kept"], found["removed"]) == (120, 30, 90)
    assert len(found["keptExamples"]) == len(found["removedExamples"]) == 10
    assert {each["columns"]["GENRES"] for each in found["keptExamples"]} == {"genre 1"}
    assert found["keptExamples"][0] == {"id": "1-0", "title": "Title 1-0", "columns": {"GENRES": "genre 1"}}


def test_values_are_taken_as_a_request_gives_them(tried):
    found = tried("EXCLUDE ItemID WHERE Items.GENRES IN ($GENRE)", filter_values={"GENRE": '"genre 1","genre 2"'})
    assert found["removed"] == 60


def test_what_a_user_did_a_moment_ago_counts(ana, deployed, tried):
    put_events(
        ana, tracking_id=deployed.tracker.tracking_id, session_id="s", user_id="new",
        event_list=[{"eventType": "Watch", "itemId": "2-5", "sentAt": datetime.now(UTC)}],
    )  # fmt: skip
    found = tried('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")', user_id="new")
    assert [each["id"] for each in found["removedExamples"]] == ["2-5"]


def test_the_items_own_columns_are_compared(tried):
    found = tried("INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES", item_id="3-3")
    assert {each["id"][0] for each in found["keptExamples"]} == {"3"}


def test_users_with_events_are_tried_where_there_is_no_users_dataset(ana, deployed, tried):
    put_events(
        ana, tracking_id=deployed.tracker.tracking_id, session_id="s", user_id="u7",
        event_list=[{"eventType": "Click", "itemId": "2-5", "sentAt": datetime.now(UTC)}],
    )  # fmt: skip
    found = tried('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")')
    assert (found["total"], found["kept"]) == (160, 1)
    assert found["keptExamples"] == [{"id": "u7", "title": None, "columns": {}}]


@pytest.fixture
def with_actions(ana, db):
    """A group of actions, one of which somebody took a moment ago."""
    made = action_deployments.deploy(ana, uuid.uuid4())
    event = {"userId": "ann", "actionId": "buy0", "sessionId": "s", "eventType": "Taken"}
    event["timestamp"] = datetime.now(UTC)
    tracking = made.datasets["ACTION_INTERACTIONS"].tracking_id
    operations.put_action_interactions(ana, tracking_id=tracking, action_interactions=[event])
    return made.group


@pytest.mark.parametrize(
    "expression, kept",
    [
        ('INCLUDE ActionID WHERE Actions.CHANNEL IN ("mail")', {"buy0", "buy1", "buy2", "buy3"}),
        ('INCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("taken")', {"buy0"}),
    ],
)
def test_actions_are_tried_with_what_the_user_did_with_them(ana, with_actions, expression, kept):
    found = factories.filter(ana, with_actions, "tried", expression=expression, fields=[])
    answer = try_filter(ana, filter_arn=found.arn, user_id="ann")
    assert {each["id"] for each in answer["keptExamples"]} == kept and answer["kept"] == len(kept)
    assert answer["total"] == answer["kept"] + answer["removed"] > len(kept)


@pytest.mark.parametrize(
    "expression, says",
    [
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")', "userId must be given"),
        ("INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES", "itemId must be given"),
        ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)", "GENRE"),
    ],
)
def test_what_a_request_would_refuse_is_refused(tried, expression, says):
    with pytest.raises(InvalidInputException, match=says):
        tried(expression)


def test_without_items_there_is_nothing_to_try_it_on(ana, db):
    group = factories.active_group(ana)
    factories.dataset(ana, group, "ITEMS")
    found = factories.filter(ana, group)
    with pytest.raises(InvalidInputException, match="no items to try"):
        try_filter(ana, filter_arn=found.arn)
