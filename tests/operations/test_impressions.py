"""What was shown, from lists and from recommendation ids, and what it does to exploration."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from personalize_web.operations import runtime_datasets, runtime_impressions, runtime_served_lists
from personalize_web.operations.events import put_events
from personalize_web.operations.recommendations import get_recommendations
from personalize_web.resources.models import Event, ServedList
from tests.deployments import deploy, train

RECIPE = "aws-popularity-count"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return train(RECIPE, tmp_path_factory.mktemp("popular"))


@pytest.fixture
def deployed(ana, db, model):
    runtime_impressions._of_all.clear()
    return deploy(ana, RECIPE, model)


@pytest.fixture
def places(deployed):
    return runtime_datasets.of_group(deployed.group.pk)


def record(caller, deployed, item, user="u", **about):
    event = {"eventType": "click", "itemId": item, "sentAt": datetime.now(UTC)} | about
    put_events(caller, tracking_id=deployed.tracker.tracking_id, session_id="s", user_id=user, event_list=[event])


def test_a_list_says_what_was_shown_and_not_chosen(ana, deployed, places):
    record(ana, deployed, "0-1", impression=["0-1", "0-2", "0-3"])
    record(ana, deployed, "0-4", impression=["0-4", "0-2"])
    assert runtime_impressions.in_vain(places, "u") == {"0-2": 2, "0-3": 1}
    assert runtime_impressions.of_everybody(places) == {"0-1": 1, "0-2": 2, "0-3": 1, "0-4": 1}


def test_a_recommendation_id_stands_for_the_items_that_were_served(ana, deployed, places):
    answer = get_recommendations(ana, num_results=3, user_id="u", **deployed.target)
    runtime_served_lists.flush()
    served = [each["itemId"] for each in answer["itemList"]]
    record(ana, deployed, served[0], recommendationId=answer["recommendationId"])
    assert runtime_impressions.in_vain(places, "u") == {served[1]: 1, served[2]: 1}


def test_a_list_counts_where_an_event_has_both(ana, deployed, places):
    answer = get_recommendations(ana, num_results=3, user_id="u", **deployed.target)
    runtime_served_lists.flush()
    record(ana, deployed, "3-1", recommendationId=answer["recommendationId"], impression=["3-1", "3-2"])
    assert runtime_impressions.in_vain(places, "u") == {"3-2": 1}


def test_an_id_that_nobody_knows_any_more_shows_nothing(ana, deployed, places):
    record(ana, deployed, "0-1", recommendationId="RID-forgotten")
    assert runtime_impressions.in_vain(places, "u") == {}
    ServedList.objects.all().delete()
    assert runtime_impressions.of_everybody(places) == {}


def test_what_was_shown_to_others_or_long_ago_is_not_in_vain(ana, deployed, places):
    record(ana, deployed, "0-1", user="other", impression=["0-1", "0-2"])
    record(ana, deployed, "0-1", impression=["0-1", "0-3"])
    Event.objects.filter(user_id="u").update(received_at=timezone.now() - timedelta(days=31))
    assert runtime_impressions.in_vain(places, "u") == {}


def test_a_session_is_asked_by_its_own_name(ana, deployed, places):
    record(ana, deployed, "0-1", user=None, impression=["0-1", "0-2"])
    assert runtime_impressions.in_vain(places, "s") == {"0-2": 1}


def test_many_users_are_looked_up_together_as_each_alone(ana, deployed, places, django_assert_max_num_queries):
    users = [f"u{number}" for number in range(5)]
    for number, user in enumerate(users):
        record(ana, deployed, "0-1", user=user, impression=["0-1", "0-2", f"1-{number}"])
    record(ana, deployed, "0-2", user="u0", impression=["0-2"])
    record(ana, deployed, "0-1", user=None, impression=["0-1", "2-2"])
    last = Event.objects.order_by("pk").last().pk
    with django_assert_max_num_queries(3):
        found = runtime_impressions.in_vain_for_many(places, [*users, "s", "nobody"], event_upto=last)
    assert found == {user: runtime_impressions.in_vain(places, user) for user in [*users, "s", "nobody"]}
    assert found["u0"] == {"1-0": 1} and found["u1"] == {"0-2": 1, "1-1": 1} and found["s"]["2-2"] == 1
    assert not any(runtime_impressions.in_vain_for_many(places, users, event_upto=0).values())


def test_of_many_users_too_the_newest_events_count(ana, deployed, places, monkeypatch):
    monkeypatch.setattr(runtime_impressions, "EVENTS_OF_USER", 2)
    for shown in ("0-2", "0-3", "0-4"):
        record(ana, deployed, "0-1", impression=["0-1", shown])
    last = Event.objects.order_by("pk").last().pk
    assert runtime_impressions.in_vain_for_many(places, ["u"], event_upto=last) == {"u": {"0-3": 1, "0-4": 1}}
    assert runtime_impressions.in_vain_for_many(places, ["u"], event_upto=last - 1) == {"u": {"0-2": 1, "0-3": 1}}


def test_an_order_of_items_means_nothing(ana, deployed, places):
    record(ana, deployed, "0-1", impression=["0-3", "0-1", "0-2"])
    assert runtime_impressions.in_vain(places, "u") == {"0-2": 1, "0-3": 1}


def test_only_recipes_that_impressions_guide_are_told(ana, deployed, monkeypatch):
    def never(*_):
        raise AssertionError("nobody needs this")

    monkeypatch.setattr(runtime_impressions, "in_vain", never)
    get_recommendations(ana, user_id="u", **deployed.target)
