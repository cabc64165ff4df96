"""F29: an event tracker with the code that sends events."""

import pytest

from personalize_web.resources.models import EventTracker
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
