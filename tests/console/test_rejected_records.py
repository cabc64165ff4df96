"""What Put calls refused: found again with its reason, its shape and how to mend it."""

import contextlib
import json
import time

import pytest

from personalize_web import operations
from personalize_web.operations import ServiceError, rejections
from tests import factories
from tests.console.data_files import text_of

GROUP = "/console/dataset-groups/movies/"
PAGE = f"{GROUP}event-trackers/-rejected/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def tracker(ana, group):
    factories.dataset(ana, group)
    return factories.event_tracker(ana, group, "web")


def send(caller, tracker, **event):
    event = {"eventType": "click", "itemId": "i1", "sentAt": time.time()} | event
    with contextlib.suppress(ServiceError):
        operations.put_events(
            caller, tracking_id=tracker.tracking_id, session_id="s1", user_id="secret-person", event_list=[event]
        )
    rejections.flush()


@pytest.fixture
def refused(ana, tracker):
    """One accepted event with a key that is no column, one refused for its item, one for its properties."""
    send(ana, tracker, properties=json.dumps({"shoeSize": 43}))
    send(ana, tracker, itemId="")
    send(ana, tracker, properties=json.dumps({"userId": "secret-person"}))
    return tracker


def test_reasons_hints_and_places_newest_first(console, refused):
    words = text_of(console.get(PAGE))
    assert "Rejected records (2)" in words and "eventList.1" in words and "PutEvents" in words
    assert words.index("must not contain") < words.index("itemId")
    assert "Move these keys out of properties" in words


def test_a_day_is_counted_with_ignored_keys(console, refused):
    words = text_of(console.get(PAGE))
    assert "PutEvents 3 1 2 0 shoeSize · 1" in words


def test_values_are_hidden_until_an_analyst_asks(console, refused):
    page = console.get(PAGE)
    assert "secret-person" not in page.content.decode() and "Shape of the payload" in text_of(page)
    shown = console.get(f"{PAGE}?values=1")
    assert "secret-person" in shown.content.decode() and "Hide values" in text_of(shown)


def test_a_viewer_never_sees_values(as_viewer, refused):
    page = as_viewer.get(f"{PAGE}?values=1")
    assert "secret-person" not in page.content.decode() and "Needs the Analyst role" in page.content.decode()


def test_reasons_are_searched_and_operations_chosen(console, refused):
    found = text_of(console.get(f"{PAGE}?q=must+not+contain"))
    assert "Rejected records (1)" in found and "1 match" in found
    assert "No matches" in text_of(console.get(f"{PAGE}?operation=PutItems"))
    assert "Rejected records (2)" in text_of(console.get(f"{PAGE}?operation=PutEvents"))


def test_the_oldest_are_pages_away(console, ana, tracker):
    for number in range(23):
        send(ana, tracker, eventValue=f"no number {number}")
    first = console.get(PAGE).content.decode()
    older = first[first.index('">Older</a>') - 400 : first.index('">Older</a>')].rpartition('href="')[2]
    second = console.get(older.replace("&amp;", "&"))
    assert text_of(second).count("PutEvents ") >= 3 and "Newest" in text_of(second)


def test_a_stale_page_begins_again(console, refused):
    assert console.get(f"{PAGE}?token=stale").status_code == 200


def test_the_tracker_has_them_in_a_tab(console, refused):
    words = text_of(console.get(f"{GROUP}event-trackers/web/?tab=rejected"))
    assert "Rejected records (2)" in words
    page = console.get(f"{GROUP}event-trackers/web/?tab=rejected&q=contain").content.decode()
    assert 'name="tab" value="rejected"' in page


def test_the_overview_and_the_datasets_lead_there(console, refused):
    overview = console.get(GROUP)
    assert "2 rejected" in text_of(overview) and f'href="{PAGE}"' in overview.content.decode()
    assert "1 record in the last 24 hours" in text_of(overview)
    assert f'href="{PAGE}"' in console.get(f"{GROUP}datasets/").content.decode()


def test_nothing_was_rejected(console, group):
    words = text_of(console.get(PAGE))
    assert "No rejected records" in words and "No calls since" in words


def test_another_group_has_its_own(console, ana, refused):
    factories.active_group(ana, "other")
    assert "No rejected records" in text_of(console.get("/console/dataset-groups/other/event-trackers/-rejected/"))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("There is no event tracker with this trackingId.", "Copy the tracking ID"),
        ("eventList.1 is larger than 10 KB.", "Leave out properties"),
        ("users.2.properties has keys that are no column of the dataset: a.", "Correct the keys"),
        ("eventList.1 needs a value for EVENT_VALUE: the schema does not allow null.", "Send a value"),
        ("Value at 'eventList.1.itemId' failed: length greater than or equal to 1", "it is missing or empty"),
        ("Something new.", "Compare the record with the columns"),
    ],
)
def test_each_reason_has_a_hint(reason, expected):
    from apps.event_trackers.hints import hint

    assert expected in hint(reason)


def test_the_list_of_trackers_counts_a_day(console, refused):
    page = console.get(f"{GROUP}event-trackers/")
    assert "Events 24 h" in text_of(page)
    assert f'<a href="{GROUP}event-trackers/web/?tab=rejected">2</a>' in page.content.decode()
