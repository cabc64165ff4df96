"""The page to try actions: a user in, what that user will most likely do out."""

import re

import pytest

from personalize_web.operations import create_filter
from personalize_web.resources.models import Event
from tests import action_deployments


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return action_deployments.train(tmp_path_factory.mktemp("actions"), options=action_deployments.QUICKEST)


@pytest.fixture
def deployed(ana, db, model):
    return action_deployments.deploy(ana, model)


@pytest.fixture
def address(deployed):
    return f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/"


def shown(page):
    return re.findall(r'data-row>.*?<td class="mono-small secondary[^"]*">([^<]+)</td>', page)


def test_the_top_five_actions_come_with_their_scores_and_titles(console, address):
    page = console.get(address, {"user_id": "u0"}).content.decode()
    assert len(shown(page)) == 5
    assert shown(page)[-1] == "young"
    assert "Please buy" in page
    assert "Action ID" in page
    assert len(re.findall(r'<span class="mono-small">0\.\d{7}</span>', page)) == 5
    assert re.search(r"RID-[0-9a-f-]{36}", page)


def test_the_form_asks_for_a_user_a_filter_and_a_number_alone(console, address):
    page = console.get(address).content.decode()
    assert 'name="user_id"' in page
    assert 'name="filter"' in page
    assert re.search(r'name="num_results"[^>]*value="5"|value="5"[^>]*name="num_results"', page)
    for absent in ('name="promotion"', 'name="columns"', 'name="item_id"', 'name="input_list"', "Additional metadata"):
        assert absent not in page
    assert "All scores are 0 until action interactions exist" in page


def test_a_filter_for_actions_is_offered_and_applied(console, ana, address, deployed, run_jobs):
    for name, expression in (("app", 'INCLUDE ActionID WHERE Actions.CHANNEL IN ("app")'),
                             ("items", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("View")')):  # fmt: skip
        create_filter(ana, name=name, dataset_group_arn=deployed.group.arn, filter_expression=expression)
    run_jobs()
    page = console.get(address, {"user_id": "u0", "filter": "app"}).content.decode()
    assert set(shown(page)) == {"welcome", "young", "old"}
    assert '<option value="items"' not in page


def test_the_request_is_shown_as_code(console, address):
    page = console.get(address, {"user_id": "u0", "num_results": "3"}).content.decode()
    assert "runtime.get_action_recommendations(" in page
    assert "get-action-recommendations" in page
    assert "POST /action-recommendations" in page
    assert "actionList" in page


def test_an_event_for_an_action_is_sent_and_stands_in_the_history(console, address):
    sent = console.post(
        f"{address}-send-event/",
        {"user_id": "newcomer", "item_id": "buy1", "event_type": "Taken", "query": "user_id=newcomer"},
    )
    assert sent.status_code in (302, 303)
    event = Event.objects.get()
    assert (event.user_id, event.item_id, event.event_type) == ("newcomer", "buy1", "TAKEN")
    page = console.get(address, {"user_id": "newcomer"}).content.decode()
    assert "Please buy1" in page
    assert "TAKEN" in page


def test_an_unknown_user_is_told_to_be_a_cold_start(console, address):
    assert "Cold start" in console.get(address, {"user_id": "nobody"}).content.decode()


@pytest.mark.parametrize(
    ("given", "says"), [({"user_id": ""}, "Enter a user ID."), ({"user_id": "u0", "num_results": "101"}, "100")]
)
def test_what_does_not_fit_is_told_beside_its_field(console, address, given, says):
    answer = console.get(address, given)
    assert answer.status_code == 422
    assert says in answer.content.decode()
