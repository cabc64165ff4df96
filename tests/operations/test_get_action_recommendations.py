"""The actions that a user will most likely take, at this moment."""

import time

import pytest

from personalize_web.operations import (
    create_filter,
    get_action_recommendations,
    get_personalized_ranking,
    get_recommendations,
    put_action_interactions,
    put_events,
    runtime_rates,
    runtime_served_lists,
    statuses,
    try_recommendations,
)
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException, ThrottlingException
from personalize_web.resources.models import Event, Experiment, ServedList
from personalize_web.workers import events as storing
from tests import action_deployments as world
from tests import deployments
from tests.deployments import store


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """With and without anything done with actions; each is trained once."""
    return {done: world.train(tmp_path_factory.mktemp("actions"), with_actions=done) for done in (True, False)}


@pytest.fixture
def deployed(ana, db, models):
    return world.deploy(ana, models[True])


def ask(caller, deployed, user="u0", **about):
    return get_action_recommendations(caller, user_id=user, **deployed.target, **about)


def ids(answer):
    return [each["actionId"] for each in answer["actionList"]]


def look(caller, deployed, kind, *, user_id=None, session_id="s"):
    event_list = [
        {"eventType": "View", "itemId": f"k{kind}i{number}", "sentAt": time.time() + number} for number in (1, 4, 6)
    ]
    put_events(
        caller, tracking_id=deployed.tracker.tracking_id, user_id=user_id, session_id=session_id, event_list=event_list
    )


def do(caller, deployed, action, *, kind="Viewed", user_id="u0", session_id="s", at=None):
    given = {"actionId": action, "userId": user_id, "sessionId": session_id, "eventType": kind}
    tracking_id = deployed.datasets["ACTION_INTERACTIONS"].tracking_id
    put_action_interactions(
        caller, tracking_id=tracking_id, action_interactions=[given | {"timestamp": at or time.time()}]
    )


def test_five_actions_come_with_falling_chances_and_an_id(ana, deployed):
    answer = ask(ana, deployed)
    scores = [each["score"] for each in answer["actionList"]]
    assert set(answer["actionList"][0]) == {"actionId", "score"}
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= each <= 1 for each in scores)
    assert answer["recommendationId"].startswith("RID-")
    assert len(answer["recommendationId"]) == 40


def test_one_of_five_places_is_for_an_action_without_a_score(ana, deployed):
    answer = ask(ana, deployed)
    assert [each["actionId"] for each in answer["actionList"] if each["score"] == 0.0] == ["young"]
    assert ids(ask(ana, deployed, num_results=100))[-2:] == ["young", "old"]
    assert ask(ana, deployed, num_results=0)["actionList"] == []


@pytest.mark.parametrize(("config", "explored"), [({"explorationWeight": "0"}, []), ({"explorationWeight": "0.5"},
                          ["young", "old"]), ({"explorationWeight": "0.5", "explorationItemAgeCutOff": "30"},
                          ["young"])])  # fmt: skip
def test_the_campaign_says_how_much_is_explored(ana, db, models, config, explored):
    deployed = world.deploy(ana, models[True], config={"itemExplorationConfig": config})
    answer = ask(ana, deployed, num_results=4)["actionList"]
    assert [each["actionId"] for each in answer if each["score"] == 0.0] == explored


def test_without_action_data_every_score_is_zero_and_value_decides(ana, db, models):
    answer = ask(ana, world.deploy(ana, models[False]), num_results=10)["actionList"]
    assert {each["score"] for each in answer} == {0.0}
    assert [each["actionId"] for each in answer] == ["young", "buy3", "buy2", "buy1", "buy0", "old", "welcome"]


def test_what_a_user_looks_at_changes_the_next_answer(ana, deployed):
    answers = {}
    for kind in (0, 3):
        look(ana, deployed, kind, user_id=f"newcomer{kind}")
        found = ask(ana, deployed, f"newcomer{kind}", num_results=10)["actionList"]
        answers[kind] = {each["actionId"]: each["score"] for each in found}
    assert answers[0]["buy0"] > answers[3]["buy0"]
    assert answers[3]["buy3"] > answers[0]["buy3"]


def test_what_a_user_does_with_an_action_changes_the_next_answer(ana, deployed):
    before = ask(ana, deployed, "u1")["actionList"]
    do(ana, deployed, "buy2", kind="Taken", user_id="u1")
    assert ask(ana, deployed, "u1")["actionList"] != before


def test_an_anonymous_session_asks_by_its_own_id(ana, deployed):
    stranger = ask(ana, deployed, "session-7")["actionList"]
    look(ana, deployed, 3, session_id="session-7")
    known = ask(ana, deployed, "session-7")["actionList"]
    do(ana, deployed, "welcome", kind="Not Taken", user_id=None, session_id="session-7")
    assert stranger != known != ask(ana, deployed, "session-7")["actionList"]


def test_nobody_is_answered_with_what_others_begin_with(ana, deployed):
    assert ids(ask(ana, deployed, "nobody"))[0] == "welcome"


def test_events_in_bulk_count_from_the_next_training_on(ana, deployed):
    before = ask(ana, deployed)["actionList"]
    store(deployed.datasets["INTERACTIONS"], world.events(("u0", "k3i1", 1_800_000_000, "View")))
    assert ask(ana, deployed)["actionList"] == before


@pytest.mark.parametrize("late", [0, 3600])
def test_an_expired_action_is_never_answered(ana, deployed, late):
    now = int(time.time())
    store(deployed.datasets["ACTIONS"], world.actions(expires={"buy1": now - late, "buy2": now + 3600}))
    answer = ids(ask(ana, deployed, num_results=10))
    assert "buy1" not in answer
    assert "buy2" in answer


def test_an_action_comes_back_when_its_repeat_frequency_is_over(ana, deployed):
    store(deployed.datasets["ACTIONS"], world.actions(repeats={"buy1": 3, "buy2": 3}))
    do(ana, deployed, "buy1", kind="Viewed", user_id="newcomer", at=time.time() - 2.9 * 86400)
    do(ana, deployed, "buy2", kind="Taken", user_id="newcomer", at=time.time() - 3.1 * 86400)
    do(ana, deployed, "buy3", kind="Taken", user_id="newcomer")
    answer = ids(ask(ana, deployed, "newcomer", num_results=10))
    assert "buy1" not in answer
    assert {"buy2", "buy3"} <= set(answer)
    assert "buy1" in ids(ask(ana, deployed, "u0", num_results=10)), "somebody else may see it"


def test_what_was_stored_counts_for_the_repeat_frequency_too(ana, deployed):
    store(deployed.datasets["ACTIONS"], world.actions(repeats={"buy1": 3}))
    do(ana, deployed, "buy1", user_id="newcomer")
    storing.store_waiting(deployed.datasets["ACTION_INTERACTIONS"])
    assert not Event.objects.filter(stored=False).exists()
    assert "buy1" not in ids(ask(ana, deployed, "newcomer", num_results=10))


def a_filter(caller, deployed, expression, name="mine"):
    return create_filter(
        caller, name=name, dataset_group_arn=deployed.group.arn, filter_expression=expression
    )["filterArn"]  # fmt: skip


def test_a_filter_on_actions_decides_what_may_be_answered(ana, deployed, run_jobs):
    arn = a_filter(ana, deployed, 'INCLUDE ActionID WHERE Actions.CHANNEL IN ($CHANNEL)')
    run_jobs()
    answer = ask(ana, deployed, num_results=10, filter_arn=arn, filter_values={"CHANNEL": '"app"'})
    assert set(ids(answer)) == {"welcome", "young", "old"}
    with pytest.raises(InvalidInputException, match="CHANNEL"):
        ask(ana, deployed, filter_arn=arn)


def test_a_filter_sees_what_the_user_did_just_now(ana, deployed, run_jobs):
    arn = a_filter(ana, deployed, 'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("Taken")')
    run_jobs()
    do(ana, deployed, "buy2", kind="Taken", user_id="newcomer")
    do(ana, deployed, "buy3", kind="Viewed", user_id="newcomer")
    answer = ids(ask(ana, deployed, "newcomer", num_results=10, filter_arn=arn))
    assert "buy2" not in answer
    assert "buy3" in answer


def test_a_filter_for_items_is_refused(ana, deployed, run_jobs):
    arn = a_filter(ana, deployed, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("View")')
    run_jobs()
    with pytest.raises(InvalidInputException, match="not for actions"):
        ask(ana, deployed, filter_arn=arn)


def test_the_answer_is_remembered_and_events_may_name_it(ana, deployed):
    answer = ask(ana, deployed)
    runtime_served_lists.flush()
    kept = ServedList.objects.get(recommendation_id=answer["recommendationId"])
    assert (kept.source_arn, kept.user_id, kept.item_ids) == (deployed.row.arn, "u0", ids(answer))
    put_action_interactions(
        ana,
        tracking_id=deployed.datasets["ACTION_INTERACTIONS"].tracking_id,
        action_interactions=[
            {
                "actionId": ids(answer)[0],
                "userId": "u0",
                "sessionId": "s",
                "eventType": "Taken",
                "timestamp": time.time(),
                "recommendationId": answer["recommendationId"],
            }
        ],
    )
    assert Event.objects.get().recommendation_id == kept.recommendation_id


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"num_results": 101}, "numResults can be at most 100"),
        ({"num_results": -1}, "numResults"),
        ({"user": None}, "userId must be given"),
        ({"user": "x" * 257}, "userId"),
    ],
)
def test_what_does_not_fit_is_refused(ana, deployed, about, says):
    with pytest.raises(InvalidInputException, match=says):
        ask(ana, deployed, **about)


def test_a_campaign_must_be_named_exist_and_be_active(ana, eve, deployed):
    with pytest.raises(InvalidInputException, match="campaignArn must be given"):
        get_action_recommendations(ana, user_id="u0")
    with pytest.raises(ResourceNotFoundException):
        ask(eve, deployed)
    deployed.row.move(statuses.CREATE_PENDING)
    with pytest.raises(InvalidInputException, match="must be ACTIVE"):
        ask(ana, deployed)


def test_each_kind_of_campaign_answers_its_own_operation(ana, deployed, tmp_path):
    with pytest.raises(InvalidInputException, match="GetRecommendations does not fit aws-next-best-action"):
        get_recommendations(ana, user_id="u0", **deployed.target)
    with pytest.raises(InvalidInputException, match="GetPersonalizedRanking does not fit aws-next-best-action"):
        get_personalized_ranking(ana, user_id="u0", input_list=["k0i1"], **deployed.target)
    popular = deployments.deploy(
        ana, "aws-popularity-count", deployments.train("aws-popularity-count", tmp_path)
    )
    with pytest.raises(InvalidInputException, match="GetActionRecommendations does not fit aws-popularity-count"):
        get_action_recommendations(ana, user_id="u0", **popular.target)


def test_too_many_requests_a_second_are_turned_away(ana, deployed, settings, monkeypatch):
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_000.0)
    settings.QUOTAS = settings.QUOTAS | {"requests_per_second": 1}
    ask(ana, deployed)
    with pytest.raises(ThrottlingException):
        ask(ana, deployed)


def test_an_experiment_shares_out_its_users(ana, deployed, models):
    other = world.deploy(ana, models[False])
    variants = [{"name": "control", "arn": deployed.row.arn, "share": 0},
                {"name": "zeros", "arn": other.row.arn, "share": 100}]  # fmt: skip
    Experiment.objects.create(
        arn=f"{deployed.row.arn}-experiment", account=ana.account, region=ana.region, name="zeros", status="RUNNING",
        dataset_group=deployed.group, control_arn=deployed.row.arn, variants=variants, salt="s",
    )  # fmt: skip
    assert {each["score"] for each in ask(ana, deployed)["actionList"]} == {0.0}


def test_a_viewer_may_ask(ben, deployed):
    assert ids(ask(ben, deployed))


def test_the_page_gets_the_same_answer_and_how_long_it_took(ana, deployed):
    tried = try_recommendations(ana, user_id="u0", num_results=3, **deployed.target)
    assert tried["actionList"] == ask(ana, deployed, num_results=3)["actionList"]
    assert tried["milliseconds"] > 0
    assert tried["known_user"]
    assert tried["solutionVersionArn"] == deployed.version.arn
