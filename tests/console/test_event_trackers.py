"""F29: an event tracker with the code that sends events."""

import pytest

from personalize_web.resources.models import Event, EventTracker
from tests import factories
from tests.console.data_files import text_of

BASE = "/console/dataset-groups/movies/event-trackers/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


def test_a_tracker_is_created_and_shows_its_code(console, ana, group, run_jobs):
    factories.dataset(ana, group)
    answer = console.post(f"{BASE}-new/configure/", {"name": "web"})
    assert answer.headers["Location"] == f"{BASE}web/"
    run_jobs()
    tracker = EventTracker.objects.get()
    page = console.get(f"{BASE}web/")
    words = text_of(page)
    assert tracker.tracking_id in words
    assert "put_events(" in words and "http://testserver" in words
    assert "sentAt" in words and "TIMESTAMP" in words


def test_the_dataset_comes_first(console, group):
    assert "Create the item interactions dataset first." in console.get(f"{BASE}-new/configure/").content.decode()


def test_there_is_one_a_group(console, ana, group):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group, "web")
    assert "This group already has event tracker web." in console.get(BASE).content.decode()
    answer = console.post(f"{BASE}-new/configure/", {"name": "other"})
    assert answer.status_code == 422 and "already has an event tracker" in text_of(answer)


def test_no_tracker_yet(console, group):
    assert "No event tracker" in text_of(console.get(BASE))


def test_a_tracker_is_deleted_by_typing_its_name(console, ana, group, run_jobs):
    factories.event_tracker(ana, group, "web")
    assert "Its tracking ID stops working" in text_of(console.get(f"{BASE}web/-delete/"))
    console.post(f"{BASE}web/-delete/", {"confirmation": "web"})
    run_jobs()
    assert not EventTracker.objects.exists()


def test_a_tracker_of_another_group_is_not_shown(console, ana, group):
    factories.event_tracker(ana, factories.active_group(ana, "other"), "web")
    assert console.get(f"{BASE}web/").status_code == 404


def test_the_code_is_there_in_every_language(console, ana, group):
    factories.dataset(ana, group)
    tracker = factories.event_tracker(ana, group, "web")
    words = text_of(console.get(f"{BASE}web/"))
    assert "PutEventsCommand({" in words and "--aws-sigv4" in words and "put-events" in words
    assert words.count(tracker.tracking_id) >= 5


def test_a_test_event_is_recorded(console, ana, group):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group, "web")
    page = console.get(f"{BASE}web/-test/")
    assert 'value="click"' in page.content.decode() and 'value="console-test"' in page.content.decode()
    answer = console.post(
        f"{BASE}web/-test/", {"user_id": "u1", "session_id": "s1", "item_id": "i1", "event_type": "click"}
    )
    assert answer.headers["Location"] == f"{BASE}web/"
    event = Event.objects.get()
    assert (event.user_id, event.session_id, event.item_id, event.event_type) == ("u1", "s1", "i1", "click")
    assert "The event was recorded." in text_of(console.get(f"{BASE}web/"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item_id": ""}, "Enter a value for item id."),
        ({"session_id": ""}, "Enter a value for session id."),
        ({"event_type": ""}, "Enter a value for event type."),
        ({"item_id": "ITEM_ID"}, "is the name of a column"),
    ],
)
def test_a_test_event_that_cannot_be_recorded_says_why(console, ana, group, change, message):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group, "web")
    given = {"user_id": "u1", "session_id": "s1", "item_id": "i1", "event_type": "click"} | change
    answer = console.post(f"{BASE}web/-test/", given)
    assert answer.status_code == 422 and message in text_of(answer)
    assert not Event.objects.exists()


def test_a_tracker_that_is_being_created_takes_no_test_event(console, ana, group):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group, "web", status="CREATE IN_PROGRESS")
    assert "Wait until the event tracker is Active." in console.get(f"{BASE}web/").content.decode()


def test_viewers_send_nothing(as_viewer, ana, group):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group, "web")
    assert "Needs the Analyst role" in as_viewer.get(f"{BASE}web/").content.decode()
    as_viewer.post(f"{BASE}web/-test/", {"session_id": "s1", "item_id": "i1", "event_type": "click"})
    assert not Event.objects.exists()
