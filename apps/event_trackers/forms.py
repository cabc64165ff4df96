"""The forms of a new event tracker and of a test event."""

from typing import Any

from django.utils import timezone

from apps.ui.forms import NameField, OperationForm, TagsField, TextField


class EventTrackerForm(OperationForm):
    """F29, step 1."""

    name = NameField(label="Tracker name")
    tags = TagsField()

    def prepare(self) -> None:
        """A name to begin with."""
        self.initial.setdefault("name", f"{self.about['group']['name'][:55]}-events")


class TestEventForm(OperationForm):
    """One event as an application would send it. ``about``: event_type."""

    error_fields = {"event_list": "__all__"}

    user_id = TextField(
        label="User ID",
        max_length=256,
        mono=True,
        narrow=True,
        required=False,
        description="Without one the event belongs to the session alone.",
    )
    session_id = TextField(label="Session ID", max_length=256, mono=True, narrow=True, initial="console-test")
    item_id = TextField(label="Item ID", max_length=256, mono=True, narrow=True)
    event_type = TextField(label="Event type", max_length=256, narrow=True)

    def prepare(self) -> None:
        """The type that the group has most of."""
        self.initial.setdefault("event_type", self.about["event_type"])

    def arguments(self) -> dict[str, Any]:
        """As put_events takes them; the tracking ID is the page's to add."""
        data = self.cleaned_data
        event = {
            "eventType": data.get("event_type", ""),
            "itemId": data.get("item_id", ""),
            "sentAt": timezone.now(),
        }
        given = {"session_id": data.get("session_id", ""), "event_list": [event]}
        return given | ({"user_id": data["user_id"]} if data.get("user_id") else {})
