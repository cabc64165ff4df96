"""What the page to try recommendations shows beside them."""

import pytest

from personalize_web.engine.serving import PastEvents
from personalize_web.operations import (
    describe_items,
    get_user_history,
    put_events,
    runtime_histories,
    search_items,
    suggest_users,
)
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException
from tests import factories
from tests.deployments import START, deploy, train


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return train("aws-popularity-count", tmp_path_factory.mktemp("columns"))


@pytest.fixture
def movies(ana, db, model):
    return deploy(ana, "aws-popularity-count", model)


@pytest.fixture
def arn(movies):
    return movies.group.arn


def test_a_history_begins_with_the_newest_event(ana, arn):
    history = get_user_history(ana, dataset_group_arn=arn, user_id="u0", limit=2)
    assert (history["known"], history["total"]) == (True, 20)
    assert history["events"] == [
        {"itemId": "0-19", "title": "Title 0-19", "eventType": "Watch", "timestamp": START + 19_000},
        {"itemId": "0-18", "title": "Title 0-18", "eventType": "Watch", "timestamp": START + 18_000},
    ]


def test_what_was_recorded_a_moment_ago_stands_first(ana, arn, movies):
    event = {"eventType": "Click", "sentAt": START + 10_000_000, "itemId": "unheard of"}
    put_events(ana, tracking_id=movies.tracker.tracking_id, session_id="s", user_id="u0", event_list=[event])
    history = get_user_history(ana, dataset_group_arn=arn, user_id="u0")
    assert (history["total"], len(history["events"])) == (21, 21)
    assert history["events"][0] == {
        "itemId": "unheard of", "title": None, "eventType": "Click", "timestamp": START + 10_000_000,
    }  # fmt: skip


def test_an_unknown_user_has_no_history(ana, arn):
    assert get_user_history(ana, dataset_group_arn=arn, user_id="nobody") == {"known": False, "total": 0, "events": []}


def test_items_are_described_with_title_and_columns(ana, arn):
    found = describe_items(ana, dataset_group_arn=arn, item_ids=["1-2", "unheard of"])
    assert found["titleColumn"] == "TITLE"
    assert found["items"] == {
        "1-2": {
            "TITLE": "Title 1-2",
            "CREATION_TIMESTAMP": 1_690_000_032,
            "GENRES": "genre 1",
            "DURATION": 90.5,
            "title": "Title 1-2",
        }
    }


def test_items_are_found_by_title_and_by_id(ana, arn):
    by_title = search_items(ana, dataset_group_arn=arn, text="title 2-11")["items"]
    assert by_title == [{"itemId": "2-11", "title": "Title 2-11"}]
    assert search_items(ana, dataset_group_arn=arn, text="3-3")["items"][0]["itemId"] == "3-3"


def test_without_items_an_item_is_found_by_its_id(ana, arn, movies):
    movies.group.datasets.filter(dataset_type="ITEMS").delete()
    assert search_items(ana, dataset_group_arn=arn, text="3-3")["items"] == [{"itemId": "3-3", "title": None}]
    assert search_items(ana, dataset_group_arn=arn, text="unheard of")["items"] == []
    assert describe_items(ana, dataset_group_arn=arn, item_ids=["3-3"]) == {"items": {}, "titleColumn": None}


@pytest.mark.parametrize("kind", ["random", "heavy"])
def test_users_are_suggested(ana, arn, kind):
    users = suggest_users(ana, dataset_group_arn=arn, kind=kind)["users"]
    assert len({user["userId"] for user in users}) == 10
    assert all(user["events"] == 20 for user in users)


def test_nobody_is_new_where_all_have_long_histories(ana, arn):
    assert suggest_users(ana, dataset_group_arn=arn, kind="new")["users"] == []


def test_a_kind_that_is_none_is_refused(ana, arn):
    with pytest.raises(InvalidInputException):
        suggest_users(ana, dataset_group_arn=arn, kind="rich")


def test_a_group_without_data_has_nobody(ana, db):
    arn = factories.group(ana, "empty").arn
    assert suggest_users(ana, dataset_group_arn=arn)["users"] == []
    assert get_user_history(ana, dataset_group_arn=arn, user_id="u0")["total"] == 0
    assert search_items(ana, dataset_group_arn=arn, text="a")["items"] == []


def test_another_accounts_group_is_not_found(eve, arn):
    with pytest.raises(ResourceNotFoundException):
        get_user_history(eve, dataset_group_arn=arn, user_id="u0")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ([], ["a1", "b5"]),
        ([(9.5, "d"), (7.0, "c")], ["a1", "b5", "c7", "d9"]),
        ([(5.4, "b"), (3.0, "z"), (9.0, "d")], ["a1", "z3", "b5", "d9"]),
        ([(5.4, "other")], ["a1", "b5", "other5"]),
    ],
)
def test_index_and_log_are_joined_in_the_order_of_time_and_equal_events_count_once(since, expected):
    kept = PastEvents(["a", "b"], ["w", "w"], [1, 5], [None, 2.0])
    found = runtime_histories.joined(kept, [runtime_histories.Past(at, item, "w", None) for at, item in since])
    assert [f"{item}{at}" for item, at in zip(found.item_ids, found.timestamps, strict=True)] == expected
    assert len(found.event_types) == len(found.values) == len(expected)
