"""Event trackers: list, create, details with the code that sends events, a test event, delete."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.event_trackers import snippets
from apps.event_trackers.forms import EventTrackerForm, TestEventForm
from apps.event_trackers.rejected import RejectedPanel
from apps.ui import cells, formats, schema_editor, tags
from apps.ui.flashes import flash
from apps.ui.pages import Column, ConsolePage, DeletePage, DetailPage, Empty, FormPage, ListPage, RowAction
from personalize_web import operations
from personalize_web.operations import statuses
from personalize_web.operations.errors import ResourceNotFoundException

NEWEST = 50
"""Events on the page of what arrives."""
EVENT_TYPES = {"VIDEO_ON_DEMAND": "Watch", "ECOMMERCE": "View", None: "click"}


class GroupTrackers(ConsolePage):
    """A page that knows the trackers of the group; there is at most one."""

    section = "event-trackers"
    crumbs: tuple[tuple[str, str], ...] = (("Event trackers", "event_trackers:list"),)

    @cached_property
    def trackers(self) -> list[dict[str, Any]]:
        """Each as describe_event_tracker answers it."""
        arn = self.group["datasetGroupArn"]
        listed = operations.list_event_trackers(self.caller, dataset_group_arn=arn)["eventTrackers"]
        return [
            operations.describe_event_tracker(self.caller, event_tracker_arn=one["eventTrackerArn"])["eventTracker"]
            for one in listed
        ]

    @cached_property
    def interactions(self) -> Mapping[str, Any] | None:
        """The dataset that takes the events."""
        arn = self.group["datasetGroupArn"]
        found = operations.list_dataset_details(self.caller, dataset_group_arn=arn)["datasets"]
        return next((one for one in found if one["datasetType"].upper() == "INTERACTIONS"), None)

    def create_blocked(self) -> str:
        """One tracker a group, and a dataset to take the events."""
        if denied := self.denied("create_event_tracker"):
            return denied
        if self.trackers:
            return f"This group already has event tracker {self.trackers[0]['name']}."
        return "" if self.interactions else "Create the item interactions dataset first."


class EventTrackers(GroupTrackers, ListPage):
    """The trackers of the group."""

    operation, answer_key = operations.list_event_trackers, "eventTrackers"
    title, noun, info = "Event trackers", "event tracker", "event-tracker"
    crumbs = ()
    description = "A tracker takes what people do as it happens. A recorded event counts in the next answer."
    empty = Empty("No event tracker", "One per dataset group.")
    create = ("Create event tracker", "event_trackers:create")
    actions = (
        RowAction("view", "View details", lambda page, names: page.url("event_trackers:detail", tracker=names[0])),
        RowAction(
            "delete",
            "Delete",
            lambda page, names: page.url("event_trackers:delete", tracker=names[0]),
            icon="trash",
            operation="delete_event_tracker",
        ),
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """Links need the group's name."""
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url("event_trackers:detail", tracker=row["name"])),
                sortable=True,
            ),
            Column("trackingId", "Tracking ID", cells.copyable("trackingId", "tracking ID")),
            Column("status", "Status", cells.status(), sortable=True),
            Column("events", "Events 24 h", cells.number("events"), align="end"),
            Column("rejected", "Rejected 24 h", self._rejected, align="end"),
            Column("creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True),
        )

    def rows(self) -> list[Mapping[str, Any]]:
        """With their tracking IDs and what came through them in a day."""
        arn = self.group["datasetGroupArn"]
        counted = operations.describe_ingestion(self.caller, dataset_group_arn=arn)["operations"]
        events = next(one for one in counted if one["operation"] == "PutEvents")
        return [one | {"events": events["accepted"], "rejected": events["rejected"]} for one in self.trackers]

    def _rejected(self, row: Mapping[str, Any]) -> SafeString | str:
        """How many, and where they are."""
        if not row["rejected"]:
            return "0"
        address = f"{self.url('event_trackers:detail', tracker=row['name'])}?tab=rejected"
        return format_html('<a href="{}">{}</a>', address, formats.number(row["rejected"]))

    def create_blocked(self) -> str:
        """As every page of trackers says it."""
        return GroupTrackers.create_blocked(self)


class CreateEventTracker(GroupTrackers, FormPage):
    """F29, step 1; the page of the tracker is step 2."""

    operation, form_class = operations.create_event_tracker, EventTrackerForm
    title, noun, submit, cancel = "Create event tracker", "event tracker", "Next", "event_trackers:list"
    card_title = "Configure tracker"
    info = "event-tracker"
    description = "Step 1 of 2. The next page shows the tracking ID and the code to send events with."

    def arguments(self) -> dict[str, Any]:
        """For this group."""
        given = self.form.arguments() if self.form.is_valid() else {"name": self.form["name"].value()}
        return given | {"dataset_group_arn": self.group["datasetGroupArn"]}

    def blocked(self) -> str:
        """As the button that leads here."""
        return self.create_blocked()

    def success_url(self, answer: Any) -> str:
        """Step 2."""
        return self.url("event_trackers:detail", tracker=self.form.cleaned_data["name"])

    def success(self, answer: Any) -> None:
        """What is left to do."""
        flash(self.request, "success", "Event tracker created.", "Send events with the tracking ID below.")


class TrackerPage(GroupTrackers):
    """A page of one tracker."""

    def newest(self, *, paused: bool = False) -> dict[str, Any]:
        """What event_trackers/_live.html draws."""
        arn, name = self.group["datasetGroupArn"], self.resource["name"]
        return {
            "events": operations.list_newest_events(self.caller, dataset_group_arn=arn, limit=NEWEST)["events"],
            "paused": paused,
            "live_url": "" if paused else self.url("event_trackers:live", tracker=name),
        }

    @cached_property
    def resource(self) -> dict[str, Any]:
        """As describe_event_tracker answers it."""
        name = self.kwargs["tracker"]
        found = next((one for one in self.trackers if one["name"] == name), None)
        if found is None:
            raise ResourceNotFoundException(f"There is no event tracker {name} in this dataset group.")
        return found

    @cached_property
    def event_type(self) -> str:
        """The event type to show examples with: one the data have, else one of the domain."""
        types = (self.interactions or {}).get("statistics", {}).get("event_types") or {}
        return str(next(iter(types), EVENT_TYPES.get(self.group.get("domain"), "click")))


class EventTrackerDetails(TrackerPage, RejectedPanel, DetailPage):
    """Tracking ID, code, how columns are called in events; what was refused."""

    operation, answer_key, noun = operations.describe_event_tracker, "eventTracker", "event tracker"
    template_name = "event_trackers/detail.html"
    keep = (("tab", "rejected"),)
    tabs = (("install", "Install the SDK"), ("live", "Live events"), ("rejected", "Rejected"), ("tags", "Tags"))
    live = ("event_trackers/_head.html",)

    def arguments(self) -> dict[str, Any]:
        """The ARN."""
        return {"event_tracker_arn": self.resource["eventTrackerArn"]}

    def get_title(self) -> str:
        """Its name."""
        return str(self.kwargs["tracker"])

    def context(self) -> dict[str, Any]:
        """Only the chosen tab is worked out."""
        tracker, base = self.resource, super().context()
        arn = tracker["eventTrackerArn"]
        active = tracker["status"] == statuses.ACTIVE
        base |= {
            "tracker": tracker,
            "pairs": [
                {"label": "Tracking ID", "value": tracker["trackingId"], "copyable": True},
                {"label": "ARN", "value": arn, "copyable": True},
                {"label": "Created", "value": tracker["creationDateTime"], "moment": "full"},
            ],
            "delete_url": self.url("event_trackers:delete", tracker=tracker["name"]),
            "delete_denied": self.denied("delete_event_tracker"),
            "test_url": self.url("event_trackers:test", tracker=tracker["name"]),
            "test_disabled": self.denied("put_events") or ("" if active else "Wait until the event tracker is Active."),
            "overview_url": self.url("dataset_groups:overview"),
        }
        if base["tab"] == "rejected":
            return base | {"rejected": self.rejected()}
        if base["tab"] == "live":
            return base | self.newest(paused="pause" in self.request.GET)
        if base["tab"] == "tags":
            return base | {
                "tags": tags.of(self.caller, arn),
                "manage_url": f"/console/tags/?arn={arn}" if self.may("analyst") else "",
            }
        return base | self._installation()

    def _installation(self) -> dict[str, Any]:
        """Code with this installation's address and this tracker's ID."""
        columns: list[str] = []
        if self.interactions:
            schema = operations.describe_schema(self.caller, schema_arn=self.interactions["schemaArn"])["schema"]
            columns = [field["name"] for field in schema_editor.fields(schema["schema"])]
        return {
            "code_tabs": snippets.tabs(
                self.resource["trackingId"],
                endpoint=settings.PUBLIC_URL or self.request.build_absolute_uri("/")[:-1],
                region=self.caller.region,
                event_type=self.event_type,
            ),
            "properties": snippets.properties(columns),
        }


class LiveEvents(TrackerPage):
    """The newest events once more, for htmx."""

    template_name = "event_trackers/_live.html"

    def context(self) -> dict[str, Any]:
        """Nothing of the page around them."""
        return {"caller": self.caller, **self.newest()}


class SendTestEvent(TrackerPage, FormPage):
    """One event by hand, to see that it arrives."""

    operation, form_class = operations.put_events, TestEventForm
    title, noun, submit, cancel = "Send test event", "test event", "Send event", "event_trackers:list"
    description = "It is recorded like every other event and counts in the next answer for this user."

    def about(self) -> dict[str, Any]:
        """What events of this group are called."""
        return super().about() | {"event_type": self.event_type}

    def blocked(self) -> str:
        """V-READY."""
        active = self.resource["status"] == statuses.ACTIVE
        return super().blocked() or ("" if active else "Wait until the event tracker is Active.")

    def arguments(self) -> dict[str, Any]:
        """With this tracker's ID."""
        return self.form.arguments() | {"tracking_id": self.resource["trackingId"]}

    def context(self) -> dict[str, Any]:
        """The tracker's page has the code."""
        return super().context() | {"code": False}

    def cancel_url(self) -> str:
        """Back to the tracker."""
        return self.url("event_trackers:detail", tracker=self.resource["name"])

    def success_url(self, answer: Any) -> str:
        """Back to the tracker."""
        return self.cancel_url()

    def success(self, answer: Any) -> None:
        """It is on disk."""
        flash(self.request, "success", "The event was recorded.", "It counts in the next answer for this user.")


class DeleteEventTracker(TrackerPage, DeletePage):
    """Needed before the item interactions can be deleted."""

    operation, argument, noun = operations.delete_event_tracker, "event_tracker_arn", "event tracker"

    def names(self) -> Sequence[str]:
        """The tracker of the address."""
        return [str(self.kwargs["tracker"])]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return str(self.resource["eventTrackerArn"])

    def consequences(self) -> Sequence[str]:
        """What stops."""
        return ["Its tracking ID stops working: events sent with it are refused. What was recorded stays."]

    def success_url(self) -> str:
        """The list."""
        return self.url("event_trackers:list")
