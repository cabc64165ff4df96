"""The pages to try recommendations."""

import re

import pytest

from personalize_web.operations import statuses
from personalize_web.resources.models import Event
from tests import deployments


@pytest.fixture(scope="session")
def related_model(tmp_path_factory):
    return deployments.train("aws-sims", tmp_path_factory.mktemp("related"))


@pytest.fixture(scope="session")
def popular_model(tmp_path_factory):
    return deployments.train("aws-vod-most-popular", tmp_path_factory.mktemp("popular"))


@pytest.fixture
def related(ana, related_model):
    return deployments.deploy(ana, "aws-sims", related_model, config={"enableMetadataWithRecommendations": True})


@pytest.fixture
def popular(ana, popular_model):
    return deployments.deploy(ana, "aws-vod-most-popular", popular_model)


def address(deployed, query=""):
    kind = "campaigns" if deployed.version else "recommenders"
    return f"/console/dataset-groups/{deployed.group.name}/{kind}/{deployed.row.name}/-test/{query}"


def test_nothing_is_asked_before_one_asks(console, related):
    page = console.get(address(related)).content.decode()
    assert "Nothing asked yet" in page


def test_the_request_is_the_address_and_its_answer_the_page(console, related):
    page = console.get(address(related, "?item_id=1-3&num_results=5")).content.decode()
    assert len(re.findall(r"<tr class=\"[^\"]*\" data-row>", page)) == 5
    assert re.search(r"RID-[0-9a-f-]{36}", page)
    assert f"model {related.version.version_id}" in page
    assert " ms</span>" in page


def test_titles_stand_beside_ids(console, related):
    assert "Title 1-" in console.get(address(related, "?item_id=1-3&num_results=5")).content.decode()


def test_a_missing_item_is_told_beside_its_field(console, related):
    answer = console.get(address(related, "?item_id=&num_results=5"))
    assert answer.status_code == 422
    assert "Enter an item ID." in re.search(r'id="field-item_id">.*?</div></div>', answer.content.decode(), re.S)[0]


@pytest.mark.parametrize("number", ["0", "501", "many"])
def test_a_number_of_results_out_of_bounds_is_refused(console, related, number):
    answer = console.get(address(related, f"?item_id=1-3&num_results={number}"))
    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 500." in answer.content.decode()


def test_with_columns_at_most_fifty_results(console, related):
    answer = console.get(address(related, "?item_id=1-3&num_results=51&columns=GENRES"))
    assert answer.status_code == 422
    assert "from 1 to 50" in answer.content.decode()


def test_chosen_columns_stand_in_the_table(console, related):
    page = console.get(address(related, "?item_id=1-3&num_results=5&columns=GENRES")).content.decode()
    assert '<span class="chip">genre 1</span>' in page


def test_the_users_own_history_stands_beside(console, related):
    page = console.get(address(related, "?item_id=1-3&user_id=u1&num_results=5")).content.decode()
    assert "Known user · 20 events" in page
    assert "12 of 20 events" in page


def test_an_unknown_user_is_no_error(console, related):
    answer = console.get(address(related, "?item_id=1-3&user_id=nobody&num_results=5"))
    assert answer.status_code == 200
    assert "Unknown user" in answer.content.decode()


def test_what_the_user_knows_is_marked(console, related):
    page = console.get(address(related, "?item_id=0-3&user_id=u0&num_results=25")).content.decode()
    assert re.search(r"[1-9]\d* already seen", page)


def test_every_item_can_be_asked_why_it_is_there(console, related):
    path = address(related, "-why/?item_id=1-1&why=1-2")
    assert "-why/?item_id=1-1&amp;why=" in console.get(address(related, "?item_id=1-1")).content.decode()
    page = console.get(path).content.decode()
    assert "Comes with Title 1-1" in page
    assert "<nav" in page
    dialog = console.get(path, headers={"HX-Request": "true", "HX-Target": "modal"}).content.decode()
    assert '<dialog class="modal"' in dialog
    assert "<nav" not in dialog


def test_a_request_that_is_not_complete_explains_nothing(console, related):
    assert "Ask again first." in console.get(address(related, "-why/?user_id=u1&why=1-2")).content.decode()


def test_a_recipe_without_scores_shows_none(console, related):
    page = console.get(address(related, "?item_id=1-3&num_results=5")).content.decode()
    assert '<th scope="col" class="end">Score</th>' not in page
    assert "it gives no scores" in page


def test_the_answer_is_there_as_cards_and_json_too(console, related):
    page = console.get(address(related, "?item_id=1-3&num_results=5&view=json")).content.decode()
    assert '<div class="code" data-view-of="json" tabindex="0" role="region" aria-label="Answer as JSON">' in page
    assert "&quot;recommendationId&quot;" in page


def test_the_request_stands_as_code(console, related):
    page = console.get(address(related, "?item_id=1-3&num_results=5")).content.decode()
    assert "runtime.get_recommendations(" in page
    assert f"campaignArn=&quot;{related.row.arn}&quot;" in page
    assert "aws personalize-runtime get-recommendations" in page


def test_the_code_follows_the_form(console, related):
    answer = console.get(f"{address(related)}-code/?item_id=2-1&num_results=7", headers={"HX-Request": "true"})
    assert "itemId=&quot;2-1&quot;" in answer.content.decode()
    assert "numResults=7" in answer.content.decode()


def test_a_suggested_user_comes_into_the_address(console, related):
    answer = console.get(f"{address(related)}-suggest/?kind=random&item_id=1-3")
    assert answer.status_code == 303
    assert re.search(r"user_id=u\d+", answer.headers["Location"])
    assert "item_id=1-3" in answer.headers["Location"]


def test_items_are_found_by_their_titles(console, related):
    answer = console.get(f"{address(related)}-suggest/?kind=item&item_id=Title+2-1")
    assert 'data-item="2-1"' in answer.content.decode()


def test_an_event_is_sent_for_a_recommended_item(console, related):
    page = console.get(address(related, "?item_id=1-3&user_id=u1&num_results=5")).content.decode()
    rid = re.search(r"RID-[0-9a-f-]{36}", page)[0]
    answer = console.post(
        f"{address(related)}-send-event/",
        {
            "user_id": "u1",
            "item_id": "1-4",
            "event_type": "Watch",
            "recommendation_id": rid,
            "query": "item_id=1-3&user_id=u1",
        },
    )
    assert answer.headers["Location"] == address(related, "?item_id=1-3&user_id=u1")
    event = Event.objects.get()
    assert (event.user_id, event.item_id, event.event_type) == ("u1", "1-4", "Watch")
    assert "Watch of Title 1-4 recorded for user u1." in console.get(answer.headers["Location"]).content.decode()


def test_without_a_tracker_no_event_is_offered(console, related):
    related.tracker.delete()
    page = console.get(address(related, "?item_id=1-3&user_id=u1&num_results=5")).content.decode()
    assert 'id="send-event"' not in page
    assert console.post(f"{address(related)}-send-event/", {}).status_code == 404


def test_while_not_active_nothing_is_asked(console, related):
    related.row.status = statuses.CREATE_IN_PROGRESS
    related.row.save()
    page = console.get(address(related, "?item_id=1-3&num_results=5")).content.decode()
    assert "Wait until it is Active." in page
    assert "RID-" not in page


def test_a_recommender_asks_what_its_use_case_needs(console, popular):
    page = console.get(address(popular)).content.decode()
    assert "Recommendation parameters" in page
    assert 'name="user_id"' in page
    assert 'name="item_id"' not in page
    answer = console.get(address(popular, "?user_id=u1&num_results=4"))
    assert len(re.findall(r"data-row>", answer.content.decode().split("</table>")[0])) == 4


def test_columns_need_metadata_switched_on(console, popular):
    page = console.get(address(popular)).content.decode()
    assert "made without item metadata" in page
    assert 'name="columns"' not in page


def test_viewers_may_try_but_not_send_events(as_viewer, related):
    page = as_viewer.get(address(related, "?item_id=1-3&user_id=u1&num_results=5")).content.decode()
    assert "RID-" in page
    assert "Needs the Analyst role" in page
