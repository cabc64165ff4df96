"""Experiments: who gets which variant through the same call, and what is found."""

import uuid

import pytest
from django.utils import timezone

from personalize_web.operations import (
    create_experiment,
    delete_experiment,
    describe_experiment,
    explain_recommendation,
    get_experiment_results,
    get_recommendations,
    list_experiments,
    plan_experiment,
    start_experiment,
    statuses,
    stop_experiment,
)
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
)
from personalize_web.resources.models import Campaign, Event, Experiment, Exposure, ServedList
from tests import factories
from tests.deployments import deploy, train, viewings

METRIC = {"name": "watched", "kind": "conversion", "eventType": "Watch", "days": 7}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return train("aws-popularity-count", tmp_path_factory.mktemp("popular"))


@pytest.fixture
def home(ana, db, model):
    """The control's deployment."""
    return deploy(ana, "aws-popularity-count", model)


@pytest.fixture
def rival(ana, home):
    """A second campaign of the same group."""
    return factories.campaign(ana, home.version, f"rival-{uuid.uuid4().hex[:4]}")


@pytest.fixture
def experiment(ana, home, rival):
    return create_experiment(ana, **arguments(home, rival))["experimentArn"]


def arguments(home, rival, **more):
    return {
        "name": "shelf", "dataset_group_arn": home.group.arn, "control_arn": home.row.arn,
        "variants": [{"name": "rival", "arn": rival.arn, "share": 50}], "metrics": [METRIC],
    } | more  # fmt: skip


def ask(caller, home, user):
    """Which campaign answered."""
    answer = get_recommendations(caller, user_id=user, num_results=1, **home.target)
    return ServedList.objects.get(recommendation_id=answer["recommendationId"]).source_arn


def watch(home, user, *, value=None, at=None, session="s"):
    Event.objects.create(
        dataset=home.dataset, digest=uuid.uuid4().hex, event_id=uuid.uuid4().hex, user_id=user, session_id=session,
        item_id="0-1", event_type="watch", event_value=value, timestamp=at or timezone.now().timestamp() + 1,
    )  # fmt: skip


def test_a_draft_shares_nothing_out(ana, home, experiment):
    assert {ask(ana, home, f"u{number}") for number in range(20)} == {home.row.arn}
    assert not Exposure.objects.exists()


def test_a_running_one_shares_users_out_and_keeps_to_it(ana, home, rival, experiment):
    start_experiment(ana, experiment_arn=experiment)
    first = {user: ask(ana, home, user) for user in map(str, range(60))}
    assert 15 < list(first.values()).count(rival.arn) < 45
    assert {user: ask(ana, home, user) for user in first} == first
    assert Exposure.objects.count() == 60
    assert set(Exposure.objects.values_list("lists", flat=True)) == {2}


def test_requests_without_a_user_and_to_the_variant_itself_are_left_alone(ana, home, rival, experiment):
    start_experiment(ana, experiment_arn=experiment)
    get_recommendations(ana, num_results=1, **home.target)
    get_recommendations(ana, campaign_arn=rival.arn, user_id="u1", num_results=1)
    assert not Exposure.objects.exists()


def test_reasons_are_those_of_the_variant_that_answered(ana, home, tmp_path):
    few = train("aws-popularity-count", tmp_path, interactions=viewings(users=40))
    version = factories.solution_version(ana, home.version.solution, storage_key=few)
    rival = factories.campaign(ana, version, "few")
    start_experiment(ana, experiment_arn=create_experiment(ana, **arguments(home, rival))["experimentArn"])
    counted = {}
    for user in map(str, range(20)):
        found = explain_recommendation(ana, user_id=user, recommended_item_id="0-1", **home.target)
        counted.setdefault(ask(ana, home, user), set()).add(found["causes"][0]["value"])
    assert [len(each) for each in counted.values()] == [1, 1]
    assert counted[rival.arn] != counted[home.row.arn]


def test_only_the_audience_takes_part(ana, home, rival):
    arn = create_experiment(ana, **arguments(home, rival, audience=20))["experimentArn"]
    start_experiment(ana, experiment_arn=arn)
    for number in range(100):
        ask(ana, home, f"u{number}")
    assert 8 < Exposure.objects.count() < 35


def test_a_tester_gets_the_variant_named_and_is_not_counted(ana, home, rival):
    arn = create_experiment(ana, **arguments(home, rival, testers={"me": "rival", "you": "control"}))["experimentArn"]
    start_experiment(ana, experiment_arn=arn)
    assert (ask(ana, home, "me"), ask(ana, home, "you")) == (rival.arn, home.row.arn)
    assert not Exposure.objects.exists()


def test_a_variant_that_cannot_answer_is_answered_for_by_the_control(ana, home, rival, experiment):
    start_experiment(ana, experiment_arn=experiment)
    Campaign.objects.filter(pk=rival.pk).update(status=statuses.CREATE_FAILED)
    assert {ask(ana, home, f"u{number}") for number in range(20)} == {home.row.arn}
    assert set(Exposure.objects.values_list("variant", flat=True)) == {0}
    assert "rival" in describe_experiment(ana, experiment_arn=experiment)["experiment"]["problems"]


def test_once_stopped_the_control_answers_everybody(ana, home, experiment):
    start_experiment(ana, experiment_arn=experiment)
    stop_experiment(ana, experiment_arn=experiment)
    assert {ask(ana, home, f"u{number}") for number in range(20)} == {home.row.arn}


def test_conversions_are_counted_for_each_variant(ana, home, rival, experiment):
    start_experiment(ana, experiment_arn=experiment)
    got = {user: ask(ana, home, user) for user in map(str, range(200))}
    for user, arn in got.items():
        if arn == rival.arn or int(user) % 10 == 0:
            watch(home, user)
            watch(home, user)
    found = get_experiment_results(ana, experiment_arn=experiment)
    assert found["users"] == [list(got.values()).count(arn) for arn in (home.row.arn, rival.arn)]
    control, variant = found["metrics"][0]["variants"]
    assert variant["mean"] == 1.0
    assert 0.02 < control["mean"] < 0.25
    assert variant["significant"]
    assert variant["absolute"] == pytest.approx(1 - control["mean"])
    assert not found["mismatched"]
    assert found["complete"]


def test_what_was_done_in_a_session_counts_for_who_asked_by_its_id(ana, home, experiment):
    start_experiment(ana, experiment_arn=experiment)
    ask(ana, home, "a-session")
    watch(home, None, session="a-session")
    watch(home, None, session="another")
    watch(home, "somebody", session="a-session")
    found = get_experiment_results(ana, experiment_arn=experiment)["metrics"][0]["variants"]
    assert [each["mean"] for each in found if each["users"]] == [1.0]


def test_events_before_the_first_answer_or_after_the_days_do_not_count(ana, home, experiment):
    start_experiment(ana, experiment_arn=experiment)
    now = timezone.now().timestamp()
    ask(ana, home, "u1")
    watch(home, "u1", at=now - 3600)
    watch(home, "u1", at=now + 8 * 86_400)
    found = get_experiment_results(ana, experiment_arn=experiment)["metrics"][0]["variants"]
    assert [each["mean"] for each in found] == [0.0, 0.0]


def test_events_and_values_are_means_over_users(ana, home, rival):
    metrics = [METRIC | {"name": kind, "kind": kind} for kind in ("events", "value")]
    arn = create_experiment(ana, **arguments(home, rival, metrics=metrics))["experimentArn"]
    start_experiment(ana, experiment_arn=arn)
    got = {user: ask(ana, home, user) for user in map(str, range(40))}
    for user, answered in got.items():
        if answered == rival.arn:
            watch(home, user, value=2.5)
            watch(home, user, value=1.0)
    events, value = (each["variants"][1] for each in get_experiment_results(ana, experiment_arn=arn)["metrics"])
    assert events["mean"] == 2.0
    assert value["mean"] == 3.5


def test_users_that_are_not_shared_out_as_they_should_be_are_told(ana, experiment):
    found = Experiment.objects.get(arn=experiment)
    Exposure.objects.bulk_create(
        Exposure(experiment=found, user_id=str(number), variant=int(number < 60), first_seen=0.0)
        for number in range(200)
    )
    assert get_experiment_results(ana, experiment_arn=experiment)["mismatched"]


def test_a_plan_says_how_many_users_it_takes(ana, home):
    for number in range(140):
        watch(home, f"u{number}", at=timezone.now().timestamp() - 3600)
        Event.objects.filter(user_id=f"u{number}").update(event_type="watch" if number % 5 == 0 else "click")
    found = plan_experiment(
        ana, dataset_group_arn=home.group.arn, kind="conversion", event_type="Watch", days=7, lift=0.5
    )
    assert (found["users"], found["mean"], found["usersADay"]) == (140, pytest.approx(0.2), 10.0)
    assert found["usersEach"] == 294
    assert found["days"] == 59


def test_a_plan_without_events_says_what_is_missing(ana, home):
    with pytest.raises(InvalidInputException, match="0 users were recorded"):
        plan_experiment(ana, dataset_group_arn=home.group.arn, kind="events", event_type="Watch", days=7, lift=0.1)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"name": "a/b"}, "1 to 63 letters"),
        ({"variants": []}, "1 to 4 variants"),
        ({"metrics": []}, "at least one metric"),
        ({"metrics": [METRIC | {"kind": "luck"}]}, "conversion, events, value"),
        ({"metrics": [METRIC | {"days": 0}]}, "1 to 28 days"),
        ({"metrics": [METRIC] * 6}, "at most 5 metrics"),
        ({"audience": 0}, "from 1 to 100"),
        ({"testers": {"me": "nobody"}}, "no such variant"),
    ],
)
def test_what_makes_no_experiment_is_refused(ana, home, rival, change, says):
    with pytest.raises(InvalidInputException, match=says):
        create_experiment(ana, **arguments(home, rival, **change))
    assert not Experiment.objects.exists()


def test_variants_must_answer_the_same_kind_of_request(ana, home, tmp_path):
    related = deploy(ana, "aws-sims", train("aws-sims", tmp_path))
    Campaign.objects.filter(pk=related.row.pk).update(dataset_group=home.group)
    with pytest.raises(InvalidInputException, match="same kind of request"):
        create_experiment(ana, **arguments(home, related.row))


def test_what_everybody_gets_can_be_compared_with_what_each_user_gets(ana, home):
    solution = factories.solution(ana, home.group, "personal", recipe="aws-user-personalization")
    version = factories.solution_version(ana, solution, storage_key=home.version.storage_key)
    personal = factories.campaign(ana, version, "personal")
    assert create_experiment(ana, **arguments(home, personal))["experimentArn"]


def test_a_variant_without_metadata_cannot_answer_for_a_control_with_them(ana, home, rival):
    Campaign.objects.filter(pk=home.row.pk).update(config={"enableMetadataWithRecommendations": True})
    with pytest.raises(InvalidInputException, match="answers without metadata, which the control answers with"):
        create_experiment(ana, **arguments(home, rival))


def test_a_variant_of_another_group_is_refused(ana, home, model):
    other = deploy(ana, "aws-popularity-count", model)
    with pytest.raises(InvalidInputException, match="another dataset group"):
        create_experiment(ana, **arguments(home, other.row))


def test_two_cannot_share_out_the_same_requests(ana, home, rival, experiment):
    start_experiment(ana, experiment_arn=experiment)
    second = create_experiment(ana, **arguments(home, rival, name="again"))["experimentArn"]
    with pytest.raises(ResourceInUseException, match="shelf already shares out"):
        start_experiment(ana, experiment_arn=second)


def test_a_running_one_is_not_deleted_and_a_stopped_one_not_started(ana, home, experiment):
    start_experiment(ana, experiment_arn=experiment)
    with pytest.raises(ResourceInUseException):
        delete_experiment(ana, experiment_arn=experiment)
    stop_experiment(ana, experiment_arn=experiment)
    with pytest.raises(ResourceInUseException):
        start_experiment(ana, experiment_arn=experiment)
    delete_experiment(ana, experiment_arn=experiment)
    assert list_experiments(ana, dataset_group_arn=home.group.arn) == {"experiments": []}


def test_a_name_is_taken_once(ana, home, rival, experiment):
    with pytest.raises(ResourceAlreadyExistsException):
        create_experiment(ana, **arguments(home, rival))


def test_viewers_look_and_do_not_touch(ben, home, rival, experiment):
    assert get_experiment_results(ben, experiment_arn=experiment)["users"] == [0, 0]
    with pytest.raises(AccessDeniedException):
        start_experiment(ben, experiment_arn=experiment)
