"""Events as they arrive in a real browser: seen without reloading, paused, both themes, a phone."""

from datetime import UTC, datetime

import pytest

from personalize_web import operations
from tests import factories
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def accessible(page):
    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_an_event_appears_by_itself_and_then_stands_still(open_page, ana):
    group = factories.active_group(ana)
    factories.dataset(ana, group)
    tracker = factories.event_tracker(ana, group, "site")
    page = open_page(f"/console/dataset-groups/{group.name}/event-trackers/site/?tab=live")
    assert page.get_by_text("Nothing has been recorded yet.").is_visible()
    operations.put_events(
        ana, tracking_id=tracker.tracking_id, session_id="visit-1", user_id="ann",
        event_list=[{"eventType": "watch", "itemId": "film-1", "sentAt": datetime.now(UTC)}],
    )  # fmt: skip
    page.get_by_role("cell", name="film-1").wait_for()
    accessible(page)
    page.get_by_role("link", name="Pause").click()
    assert page.get_by_role("link", name="Resume").is_visible() and page.get_by_text("Paused.").is_visible()
    page = open_page(
        f"/console/dataset-groups/{group.name}/event-trackers/site/?tab=live&pause=1", dark=True, width=390
    )
    accessible(page)
