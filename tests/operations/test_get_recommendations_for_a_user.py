"""Personal recommendations: from what the training saw, and from what was recorded since."""

import pyarrow as pa
import pytest

from personalize_web.engine.training import Options
from personalize_web.operations import get_recommendations, put_events, try_recommendations
from personalize_web.resources.models import Event
from personalize_web.workers import events as storing
from tests import factories
from tests.deployments import START, deploy, store, train, viewings

LATER = START + 10_000_000
QUICK = Options(threads=1, effort=0.2, refit="none")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Recipe -> the key of its model; each is trained once."""
    quick = {"aws-user-personalization-v2": QUICK, "aws-vod-top-picks": QUICK, "aws-vod-because-you-watched-x": None}
    return {recipe: train(recipe, tmp_path_factory.mktemp(recipe), options=how) for recipe, how in quick.items()}


@pytest.fixture
def personal(ana, db, models):
    return deploy(ana, "aws-user-personalization-v2", models["aws-user-personalization-v2"])


@pytest.fixture
def top_picks(ana, db, models):
    return deploy(ana, "aws-vod-top-picks", models["aws-vod-top-picks"])


@pytest.fixture
def because(ana, db, models):
    return deploy(ana, "aws-vod-because-you-watched-x", models["aws-vod-because-you-watched-x"])


def watch(ana, deployed, items, *, user_id=None, session_id="s", kind="Watch", at=LATER):
    for number, item in enumerate(items):
        event = {"eventType": kind, "sentAt": at + number, "itemId": item}
        put_events(
            ana, tracking_id=deployed.tracker.tracking_id, session_id=session_id, user_id=user_id, event_list=[event]
        )


def ids(answer):
    return [item["itemId"] for item in answer["itemList"]]


def ask(ana, deployed, user, **about):
    return ids(get_recommendations(ana, user_id=user, **({"num_results": 10} | about), **deployed.target))


def share(items, genre):
    return sum(item.startswith(f"{genre}-") for item in items) / len(items)


def test_scores_are_probabilities_in_descending_order_and_reasons_are_lists(ana, personal):
    answer = get_recommendations(ana, user_id="u0", num_results=100, **personal.target)["itemList"]
    scores = [item["score"] for item in answer if "score" in item]
    assert scores
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert all(isinstance(item["reason"], list) for item in answer)


def test_promoted_items_say_so_among_their_reasons(ana, personal):
    three = factories.filter(ana, personal.group, expression='INCLUDE ItemID WHERE Items.GENRES IN ("genre 3")')
    promoted = [{"name": "ours", "percentPromotedItems": 30, "filterArn": three.arn}]
    found = get_recommendations(ana, user_id="u0", num_results=10, promotions=promoted, **personal.target)["itemList"]
    own = [item for item in found if item.get("promotionName") == "ours"]
    assert len(own) == 3
    assert {tuple(item["reason"]) for item in own} == {("Promoted item",)}
    assert not [item for item in found if item not in own and "Promoted item" in item["reason"]]


def test_a_use_case_has_neither_scores_nor_reasons(ana, top_picks):
    answer = get_recommendations(ana, user_id="u0", **top_picks.target)["itemList"]
    assert all(set(item) == {"itemId"} for item in answer)


def test_an_unknown_user_is_answered(ana, personal):
    assert len(ask(ana, personal, "nobody")) == 10


def test_metadata_need_no_switch(ana, personal):
    wanted = {"ITEMS": ["TITLE"]}
    answer = get_recommendations(ana, user_id="u0", metadata_columns=wanted, **personal.target)["itemList"]
    assert answer[0]["metadata"] == {"TITLE": f"Title {answer[0]['itemId']}"}


def test_after_three_titles_of_a_genre_the_list_moves_towards_it(ana, personal):
    before = share(ask(ana, personal, "newcomer"), 2)
    watch(ana, personal, ["2-4", "2-5", "2-6"], user_id="newcomer")
    assert share(ask(ana, personal, "newcomer"), 2) > max(before, 0.5)


def test_a_known_user_can_change_taste(ana, personal):
    assert share(ask(ana, personal, "u0"), 3) < 0.5
    watch(ana, personal, [f"3-{number}" for number in range(3)], user_id="u0")
    assert share(ask(ana, personal, "u0"), 3) > 0.5


def test_a_session_is_asked_for_as_a_user(ana, personal):
    watch(ana, personal, ["2-4", "2-5", "2-6"], session_id="visit-1")
    assert share(ask(ana, personal, "visit-1"), 2) > 0.5
    told = try_recommendations(ana, user_id="visit-1", **personal.target)
    assert (told["known_user"], told["historyLength"]) == (True, 3)


def test_a_session_that_a_training_saw_and_nobody_claimed_no_longer_counts(ana, personal):
    watch(ana, personal, ["2-4", "2-5", "2-6"], session_id="visit-1")
    personal.version.change(event_cutoff=Event.objects.order_by("-pk").first().pk)
    assert try_recommendations(ana, user_id="visit-1", **personal.target)["historyLength"] == 0


def test_a_users_own_session_is_not_the_users_twice(ana, personal):
    watch(ana, personal, ["2-4"], user_id="newcomer", session_id="newcomer")
    assert try_recommendations(ana, user_id="newcomer", **personal.target)["historyLength"] == 1


def test_an_event_with_a_repeated_id_does_not_count(ana, personal):
    for item in ("2-4", "2-5"):
        put_events(
            ana, tracking_id=personal.tracker.tracking_id, session_id="s", user_id="newcomer",
            event_list=[{"eventType": "Watch", "sentAt": LATER, "itemId": item, "eventId": "once"}],
        )  # fmt: skip
    assert try_recommendations(ana, user_id="newcomer", **personal.target)["historyLength"] == 1


def test_an_event_counts_once_while_it_moves_into_the_columns(ana, personal):
    watch(ana, personal, ["2-4", "2-5", "2-6"], user_id="u0")
    counted = [try_recommendations(ana, user_id="u0", **personal.target)["historyLength"]]
    storing.store_waiting(personal.dataset)
    counted.append(try_recommendations(ana, user_id="u0", **personal.target)["historyLength"])
    Event.objects.update(stored=False)  # in the columns already, not yet marked
    counted.append(try_recommendations(ana, user_id="u0", **personal.target)["historyLength"])
    assert counted == [23, 23, 23]


def test_what_is_imported_after_the_training_changes_no_answer(ana, personal):
    before = ask(ana, personal, "u0", num_results=5)
    extra = pa.table(
        {"USER_ID": ["u0"] * 3, "ITEM_ID": ["3-1", "3-2", "3-3"], "EVENT_TYPE": ["Watch"] * 3,
         "TIMESTAMP": [LATER + number for number in range(3)]}
    )  # fmt: skip
    store(personal.dataset, pa.concat_tables([viewings(), extra]))
    assert share(before, 3) == share(ask(ana, personal, "u0", num_results=5), 3)
    assert try_recommendations(ana, user_id="u0", **personal.target)["historyLength"] == 20


def test_what_was_watched_is_left_out_of_top_picks(ana, top_picks):
    watched = {f"0-{number}" for number in range(20)}  # u0 begins with 0-0 and sees twenty
    assert not watched & set(ask(ana, top_picks, "u0", num_results=500))


def test_what_is_watched_now_is_left_out_at_once_in_whatever_spelling(ana, top_picks):
    watch(ana, top_picks, ["2-4"], user_id="newcomer", kind="WATCH")
    watch(ana, top_picks, ["2-5"], user_id="newcomer", kind="Click")
    found = ask(ana, top_picks, "newcomer", num_results=500)
    assert "2-4" not in found
    assert "2-5" in found


def test_what_was_watched_is_left_out_of_related_items(ana, because):
    everything = ask(ana, because, "nobody", item_id="0-25", num_results=500)
    found = ask(ana, because, "u0", item_id="0-25", num_results=500)
    assert {"0-3", "0-24"} <= set(everything)
    assert "0-3" not in found
    assert "0-24" in found


def test_what_was_watched_is_not_promoted_either(ana, because):
    own = factories.filter(ana, because.group, expression='INCLUDE ItemID WHERE Items.GENRES IN ("genre 0")')
    asked = {"promotions": [{"name": "own", "percentPromotedItems": 60, "filterArn": own.arn}], "item_id": "1-1"}
    found = get_recommendations(ana, user_id="u0", num_results=20, **asked, **because.target)["itemList"]
    promoted = {item["itemId"] for item in found if item.get("promotionName") == "own"}
    assert promoted == {f"0-{number}" for number in range(20, 30)}
    assert len(found) == 20


def test_an_import_is_left_out_without_a_new_training(ana, because):
    extra = pa.table({"USER_ID": ["u0"], "ITEM_ID": ["0-24"], "EVENT_TYPE": ["Watch"], "TIMESTAMP": [LATER]})
    store(because.dataset, pa.concat_tables([viewings(), extra]))
    assert "0-24" not in ask(ana, because, "u0", item_id="0-25", num_results=500)


def test_the_newest_hundred_of_the_type_are_left_out(ana, because, settings):
    settings.QUOTAS = settings.QUOTAS | {"filter_interactions": 5}
    found = ask(ana, because, "u0", item_id="0-25", num_results=500)
    assert not {f"0-{number}" for number in range(15, 20)} & set(found)
    assert "0-14" in found
