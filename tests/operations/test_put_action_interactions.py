"""What users did with actions: what is kept, in which words, and what is refused."""

import uuid

import pytest

from personalize_web.operations import put_action_interactions, put_events, runtime_rates, statuses
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceInUseException,
    ResourceNotFoundException,
    ThrottlingException,
)
from personalize_web.resources.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(ana):
    group = factories.active_group(ana)
    return factories.dataset(ana, group, "ACTION_INTERACTIONS", tracking_id=str(uuid.uuid4()))


@pytest.fixture
def put(ana, dataset):
    """Records one action interaction of ben's, or what is given."""

    def record(*given, **about):
        asked = [
            {"actionId": "join", "userId": "ben", "sessionId": "s", "eventType": "Taken", "timestamp": 1_700_000_000}
            | one
            for one in given or [about]
        ]
        put_action_interactions(ana, tracking_id=dataset.tracking_id, action_interactions=asked)
        return Event.objects.order_by("pk").last()

    return record


def test_an_action_interaction_is_kept_in_its_own_dataset(put, dataset):
    event = put(eventId="e", impression=["join", "leave"], recommendationId="RID-1")
    assert (event.dataset, event.user_id, event.session_id, event.item_id) == (dataset, "ben", "s", "join")
    assert (event.event_type, event.timestamp, event.event_id) == ("TAKEN", 1_700_000_000, "e")
    assert (event.impression, event.recommendation_id) == (["join", "leave"], "RID-1")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("TAKEN", "TAKEN"),
        ("taken", "TAKEN"),
        ("Not Taken", "NOT_TAKEN"),
        ("Not taken", "NOT_TAKEN"),
        ("NOT_TAKEN", "NOT_TAKEN"),
        ("not-taken", "NOT_TAKEN"),
        ("Viewed", "VIEWED"),
    ],
)
def test_every_spelling_of_an_event_type_is_understood(put, given, kept):
    assert put(eventType=given).event_type == kept


@pytest.mark.parametrize("given", ["Clicked", "Nottaken", "taken?"])
def test_another_event_type_is_refused(put, given):
    with pytest.raises(InvalidInputException, match=r"actionInteractions\.1\.eventType must be Taken"):
        put(eventType=given)


def test_a_call_may_mix_users_and_sessions(put):
    put({"userId": "ben", "sessionId": "one"}, {"userId": None, "sessionId": "two"})
    assert list(Event.objects.order_by("pk").values_list("user_id", "session_id")) == [("ben", "one"), (None, "two")]


@pytest.mark.parametrize("member", ["actionId", "sessionId", "eventType", "timestamp"])
def test_action_session_type_and_time_are_required(put, member):
    with pytest.raises(InvalidInputException, match=member):
        put(**{member: None})


@pytest.mark.parametrize("count", [0, 11])
def test_a_call_has_one_to_ten(put, ana, dataset, count):
    asked = [{"actionId": "a", "sessionId": "s", "eventType": "Taken", "timestamp": n} for n in range(count)]
    with pytest.raises(InvalidInputException, match="actionInteractions"):
        put_action_interactions(ana, tracking_id=dataset.tracking_id, action_interactions=asked)


def test_equal_ones_are_kept_once_and_a_known_id_is_marked(put):
    put(eventId="e")
    put(eventId="e")
    assert Event.objects.count() == 1
    assert put(eventId="e", actionId="leave").repeated


def test_what_stands_beside_the_properties_is_refused_in_them(put):
    with pytest.raises(InvalidInputException, match="must not contain"):
        put(properties='{"user_id": "x"}')


def test_a_call_is_kept_whole_or_not_at_all(put):
    with pytest.raises(InvalidInputException, match=r"actionInteractions\.2"):
        put({}, {"eventType": "Clicked"})
    assert not Event.objects.exists()


def test_an_unknown_tracking_id_is_not_found(ana, eve, dataset):
    asked = [{"actionId": "a", "sessionId": "s", "eventType": "Taken", "timestamp": 1}]
    for caller, tracking_id in ((ana, "unknown"), (eve, dataset.tracking_id)):
        with pytest.raises(ResourceNotFoundException):
            put_action_interactions(caller, tracking_id=tracking_id, action_interactions=asked)


def test_a_dataset_in_the_making_is_in_use(put, dataset):
    dataset.move(statuses.CREATE_IN_PROGRESS)
    with pytest.raises(ResourceInUseException):
        put()


def test_the_two_kinds_of_tracking_ids_are_told_apart(ana, put, dataset):
    tracker = factories.event_tracker(ana, dataset.dataset_group)
    asked = [{"actionId": "a", "sessionId": "s", "eventType": "Taken", "timestamp": 1}]
    with pytest.raises(ResourceNotFoundException):
        put_action_interactions(ana, tracking_id=tracker.tracking_id, action_interactions=asked)
    with pytest.raises(InvalidInputException, match="PutActionInteractions"):
        put_events(
            ana, tracking_id=dataset.tracking_id, session_id="s",
            event_list=[{"eventType": "Watch", "sentAt": 1, "itemId": "a"}],
        )  # fmt: skip


def test_too_many_calls_a_second_are_turned_away(put, settings, monkeypatch):
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_000.0)
    settings.QUOTAS = settings.QUOTAS | {"put_action_interactions_per_second": 1}
    put()
    with pytest.raises(ThrottlingException):
        put()
