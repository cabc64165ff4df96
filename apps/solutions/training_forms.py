"""How a solution trains: the second step of its wizard, and what of it may be changed later."""

from typing import Any

from apps.solutions.events import EventRowsField
from apps.solutions.forms import AUTOMATIC
from apps.solutions.parameters import ParametersForm, as_text
from apps.ui import recipes
from apps.ui.column_choices import ColumnsForm
from apps.ui.forms import CheckField, ChoiceField, IntegerField, NumberField, OperationForm, RadioField, TextField

ONE, SEVERAL = "one", "several"
OTHER = ":other:"
SENSITIVITIES = {
    "OFF": ("Off", "The order is by relevance alone; the objective is not used."),
    "LOW": ("Low", "Relevance decides most of the order."),
    "MEDIUM": ("Medium", "Relevance and objective weigh the same."),
    "HIGH": ("High", "The objective decides most of the order."),
}


class ScheduleForm(OperationForm):
    """When versions are trained by themselves. ``about``: recipe."""

    perform_auto_training = CheckField(
        label="Automatic training",
        toggle=True,
        initial=True,
        description="A new version is trained regularly until you switch this off or delete the solution.",
    )
    frequency = IntegerField(label="Train every", min_value=1, max_value=30, initial=7, suffix="days", unmarked=True)
    perform_incremental_update = CheckField(
        label="Incremental updates",
        toggle=True,
        description="New items may be added to the newest model between two trainings.",
    )

    def prepare(self) -> None:
        super().prepare()
        if self.about["recipe"] is AUTOMATIC and not self.about.get("updates"):
            del self.fields["frequency"]
        if not recipes.can(self.about["recipe"], "update_mode"):
            del self.fields["perform_incremental_update"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("perform_auto_training"):
            self.errors.pop("frequency", None)
        return cleaned

    def schedule(self) -> dict[str, Any]:
        """The switches as arguments."""
        given = self.cleaned_data
        names = ("perform_auto_training", "perform_incremental_update")
        return {name: bool(given[name]) for name in names if name in self.fields and name in given}

    def schedule_config(self) -> dict[str, Any]:
        """``autoTrainingConfig``, where training is automatic."""
        given = self.cleaned_data
        if not given.get("perform_auto_training") or not given.get("frequency"):
            return {}
        days = given["frequency"]
        return {"autoTrainingConfig": {"schedulingExpression": f"rate({days} day{'' if days == 1 else 's'})"}}


class EventsForm(OperationForm):
    """Which events are trained on. ``about``: event_types (type -> count; None without the column), event_value."""

    events = EventRowsField(
        label="Event types and weights",
        required=False,
        unmarked=True,
        description="Only these types are trained on. An event of weight 0.5 counts half of one of weight 1.",
    )

    def prepare(self) -> None:
        super().prepare()
        if self.about["event_types"] is None:
            del self.fields["events"]
        else:
            self.fields["events"].widget.event_types = self.about["event_types"]
            self.fields["events"].widget.valued = self.about["event_value"]

    def events_config(self) -> dict[str, Any]:
        """``eventsConfig``, where several types were chosen."""
        listed = self.cleaned_data.get("events")
        return {"eventsConfig": {"eventParametersList": listed}} if listed else {}


class TrainingForm(ParametersForm, ScheduleForm, EventsForm, ColumnsForm):
    """Step 2: how to train. ``about``: recipe, columns, event_types, event_value, objectives (Items columns)."""

    event_mode = RadioField(
        label="Events to train on",
        choices=[(ONE, "All events, or one type"), (SEVERAL, "Several types with weights")],
        initial=ONE,
        required=False,
        unmarked=True,
        columns="two",
    )
    event_type = ChoiceField(label="Event type", required=False)
    other_event_type = TextField(label="Other event type", required=False, unmarked=True, max_length=256)
    event_value_threshold = NumberField(
        label="Event value threshold",
        required=False,
        description="Only events with at least this EVENT_VALUE are trained on.",
    )
    objective = ChoiceField(
        label="Objective",
        required=False,
        description="A numeric column of the items that never lacks a value. Items with larger values come further up.",
    )
    sensitivity = RadioField(
        label="Objective sensitivity",
        choices=[(key, title) for key, (title, _) in SENSITIVITIES.items()],
        about={key: {"description": text} for key, (_, text) in SENSITIVITIES.items()},
        initial="OFF",
        required=False,
        unmarked=True,
        columns="two",
    )

    def prepare(self) -> None:
        super().prepare()
        self._prepare_events()
        choices: list[str] = self.about["objectives"]
        if not recipes.can(self.recipe, "objective"):
            del self.fields["objective"], self.fields["sensitivity"]
        else:
            self.fields["objective"].choices = [("", "None"), *((name, name) for name in choices)]

    def _prepare_events(self) -> None:
        counts = self.about["event_types"]
        if counts is None:
            for name in ("event_mode", "event_type", "other_event_type"):
                del self.fields[name]
        else:
            shown = sorted(counts.items(), key=lambda each: -each[1])
            self.fields["event_type"].choices = [
                ("", "All events"),
                *((name, f"{name} ({count:,} events)") for name, count in shown),
                (OTHER, "Another event type"),
            ]
        if not (counts is not None and self.about["event_value"]):
            del self.fields["event_value_threshold"]

    def several(self) -> bool:
        """Whether event types are listed with their weights."""
        return self.cleaned_data.get("event_mode") == SEVERAL

    def event_type_given(self) -> str:
        """The one event type that was chosen; empty for all."""
        chosen = self.cleaned_data.get("event_type") or ""
        return (self.cleaned_data.get("other_event_type") or "") if chosen == OTHER else chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.several():
            self.errors.pop("events", None)
            if cleaned.get("event_type") == OTHER and not cleaned.get("other_event_type"):
                self.add_error("other_event_type", "Enter an event type.")
        else:
            for name in ("event_type", "other_event_type", "event_value_threshold"):
                self.errors.pop(name, None)
            if "events" not in self.errors and not cleaned.get("events"):
                self.add_error("events", "Add an event type.")
        objective = cleaned.get("objective")
        if objective and objective not in self._kept_items():
            self.add_error("objective", f"Tick {objective} below: an objective must be trained on.")
        return cleaned

    def _kept_items(self) -> set[str]:
        return {name for group in self.column_groups if group.dataset_type == "ITEMS" for name in self.kept(group)}

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        config = self.parameter_config() | self.schedule_config()
        if columns := self.training_data_config():
            config["trainingDataConfig"] = columns
        arguments = self.schedule()
        if given.get("perform_hpo"):
            arguments["perform_hpo"] = True
        if self.several():
            config |= self.events_config()
        else:
            if given.get("event_value_threshold") is not None:
                config["eventValueThreshold"] = as_text(given["event_value_threshold"])
            if event_type := self.event_type_given():
                arguments["event_type"] = event_type
        if given.get("objective"):
            config["optimizationObjective"] = {
                "itemAttribute": given["objective"],
                "objectiveSensitivity": given.get("sensitivity") or "OFF",
            }
        return arguments | ({"solution_config": config} if config else {})


class UpdateForm(ScheduleForm, EventsForm):
    """What of a solution may change. ``about``: recipe, event_types, event_value, lists_events."""

    def prepare(self) -> None:
        super().prepare()
        if not self.about["lists_events"]:
            self.fields.pop("events", None)
        elif "events" in self.fields:
            self.fields["events"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "events" in self.fields and "events" not in self.errors and not cleaned.get("events"):
            self.add_error("events", "Add an event type.")
        return cleaned

    def arguments(self) -> dict[str, Any]:
        config = self.schedule_config() | self.events_config()
        return self.schedule() | ({"solution_update_config": config} if config else {})
