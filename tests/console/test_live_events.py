"""What a site sends is seen as it arrives."""

from datetime import UTC, datetime

import pytest

from personalize_web import operations
from personalize_web.resources.models import Event
from tests import factories
from tests.console.data_files import text_of


@pytest.fixture
def tracker(ana, db):
    group = factories.active_group(ana)
    factories.dataset(ana, group)
    return factories.event_tracker(ana, group, "site")


def send(ana, tracker, number, **more):
    event = {"eventType": "watch", "itemId": f"i{number}", "sentAt": datetime.now(UTC)} | more
    user = {"user_id": f"u{number}"} if number % 2 else {}
    operations.put_events(ana, tracking_id=tracker.tracking_id, session_id="s", event_list=[event], **user)


def newest(ana, tracker, **given):
    return operations.list_newest_events(ana, dataset_group_arn=tracker.dataset_group.arn, **given)["events"]


def test_the_newest_events_come_first_whether_stored_or_not(ana, tracker):
    for number in range(6):
        send(ana, tracker, number)
    Event.objects.filter(item_id__in=("i1", "i4")).update(stored=True)
    assert [each["itemId"] for each in newest(ana, tracker, limit=5)] == ["i5", "i4", "i3", "i2", "i1"]
    assert "userId" not in newest(ana, tracker)[1] and newest(ana, tracker)[0]["userId"] == "u5"


def test_another_group_s_events_are_not_among_them(ana, tracker):
    other = factories.active_group(ana, "other")
    factories.dataset(ana, other)
    send(ana, factories.event_tracker(ana, other, "elsewhere"), 1)
    assert newest(ana, tracker) == []


def test_the_page_asks_again_until_it_is_paused(console, ana, tracker):
    own = f"/console/dataset-groups/{tracker.dataset_group.name}/event-trackers/site/"
    page = console.get(f"{own}?tab=live")
    assert "Nothing has been recorded yet." in text_of(page)
    assert f'hx-get="{own}-live/"' in page.content.decode()
    send(ana, tracker, 1, eventId="<b>", eventValue=2.5)
    again = console.get(f"{own}-live/", headers={"HX-Request": "true"})
    assert "watch 2.5" in text_of(again) and "u1" in text_of(again) and again.content.startswith(b"<tbody")
    paused = console.get(f"{own}?tab=live&pause=1").content.decode()
    assert f'hx-get="{own}-live/"' not in paused and "Resume" in paused
