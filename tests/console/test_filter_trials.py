"""A filter is tried on its own page: on items, actions or users, whichever it chooses among."""

import uuid

import pytest

from tests import action_deployments, deployments, factories
from tests.console.data_files import text_of


def page_of(console, group, found, query=""):
    return text_of(console.get(f"/console/dataset-groups/{group.name}/filters/{found.name}/{query}"))


@pytest.fixture
def actions(ana, db):
    return action_deployments.deploy(ana, uuid.uuid4())


def test_a_filter_of_actions_is_tried_on_actions_and_leads_to_their_test_page(console, ana, actions):
    expression = 'INCLUDE ActionID WHERE Actions.CHANNEL IN ("mail")'
    found = factories.filter(ana, actions.group, "mail", expression=expression, fields=[])
    page = page_of(console, actions.group, found, "?try=1")
    assert "On the actions as they are now" in page and "Please buy0" in page and "Kept 4" in page
    assert actions.row.name in page


def test_what_a_user_did_with_actions_needs_the_user(console, ana, actions):
    expression = 'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("taken")'
    found = factories.filter(ana, actions.group, "taken", expression=expression, fields=[])
    assert "Enter a user ID." in page_of(console, actions.group, found, "?try=1&user_id=")


def test_a_filter_of_users_is_tried_on_users_and_asks_for_none(console, ana, db):
    made = deployments.deploy(ana, "aws-sims", uuid.uuid4())
    expression = 'INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("watch")'
    found = factories.filter(ana, made.group, "watchers", expression=expression, fields=[])
    page = page_of(console, made.group, found, "?try=1")
    assert "On the users as they are now" in page and "Kept 160" in page and "User ID" not in page
    assert "Requests must name a user" not in page
