"""What helps to ask again, and to ask something at all: recent requests, lists of items to rank, notes."""

import uuid

import pytest

from tests import deployments
from tests.console.data_files import text_of


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    return deployments.train("aws-popularity-count", tmp_path_factory.mktemp("counted"))


@pytest.fixture
def deployed(ana, db, counted):
    return deployments.deploy(ana, "aws-popularity-count", counted)


def address(deployed, do=""):
    return f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/{do}"


def menu(page):
    text = page.content.decode().partition(">Recent<")[2].partition("</details>")[0]
    return [each.partition("<")[0] for each in text.split("<span>")[1:]]


def test_the_last_ten_requests_are_kept_the_newest_first_each_once(console, deployed):
    for user in [*range(12), 5]:
        page = console.get(address(deployed), {"user_id": f"u{user}", "num_results": "3", "view": "cards"})
    assert menu(page) == [f"User u{user}" for user in (5, 11, 10, 9, 8, 7, 6, 4, 3, 2)]
    assert f'href="{address(deployed)}?user_id=u5&amp;num_results=3"' in page.content.decode()


def test_another_campaign_has_requests_of_its_own_and_refused_ones_are_not_kept(console, ana, deployed, counted):
    other = deployments.deploy(ana, "aws-popularity-count", counted)
    console.get(address(deployed), {"user_id": "u1"})
    console.get(address(other), {"user_id": "u1", "num_results": "900"})
    assert menu(console.get(address(other))) == []


def test_somebody_else_sees_none_of_them(console, as_viewer, deployed):
    console.get(address(deployed), {"user_id": "u1"})
    assert menu(as_viewer.get(address(deployed))) == []


@pytest.mark.parametrize(("kind", "number"), [("popular-items", 50), ("random-items", 50)])
def test_items_to_rank_are_suggested(console, ana, kind, number, db):
    ranked = deployments.deploy(ana, "aws-personalized-ranking-v2", uuid.uuid4())
    page = console.get(address(ranked))
    assert "Top 50 popular" in text_of(page) and "Random 50" in text_of(page)
    answer = console.get(address(ranked, "-suggest/"), {"kind": kind, "user_id": "u1"})
    assert answer.status_code == 303 and "user_id=u1" in answer.headers["Location"]
    assert answer.headers["Location"].count("%0A") == number - 1


def test_what_is_suggested_before_the_rest_is_there_fills_the_form_and_asks_nothing(console, ana, db):
    ranked = deployments.deploy(ana, "aws-personalized-ranking-v2", uuid.uuid4())
    answer = console.get(address(ranked, "-suggest/"), {"kind": "popular-items"})
    page = console.get(answer.headers["Location"])
    assert page.status_code == 200 and "Nothing asked yet" in text_of(page) and "0-15" in text_of(page)


def test_while_an_update_runs_the_page_says_what_answers(console, deployed):
    deployed.row.latest_update = {"status": "CREATE IN_PROGRESS", "solutionVersionArn": deployed.version.arn}
    deployed.row.save()
    assert "The previous configuration answers until the update completes." in text_of(console.get(address(deployed)))
