"""The form of a new experiment."""

from typing import Any

from apps.ui.forms import (
    CheckField,
    ChoiceField,
    IntegerField,
    NameField,
    NumberField,
    OperationForm,
    TextAreaField,
    TextField,
)

VARIANTS, METRICS = 3, 3
KINDS = (
    ("conversion", "Share of the users with such an event"),
    ("events", "Such events of a user"),
    ("value", "Sum of a user's event values"),
)


class ExperimentForm(OperationForm):
    """``about``: answering (campaigns and recommenders: name, arn, text), event_types."""

    name = NameField(label="Experiment name")
    hypothesis = TextAreaField(
        label="Hypothesis",
        required=False,
        max_length=2000,
        help_text="What should change, for whom, and why. It is read when the experiment is judged.",
    )
    control_arn = ChoiceField(
        label="Control", unmarked=True, help_text="Programs go on asking it; its requests are shared out.",
        error_messages={"required": "Choose what programs ask today."},
    )  # fmt: skip
    control_share = IntegerField(label="Share of the control", min_value=1, max_value=100, initial=50, unmarked=True)
    audience = IntegerField(
        label="Users who take part", min_value=1, max_value=100, initial=100, suffix="%", unmarked=True
    )
    testers = TextAreaField(
        label="Testers",
        required=False,
        mono=True,
        help_text="One a line: user ID, a blank, the name of the variant this user always gets. Testers do not count.",
    )

    error_fields = {"variants": "variant_1", "metrics": "metric_1_name"}

    def prepare(self) -> None:
        answering = [(each["arn"], each["text"]) for each in self.about["answering"]]
        self.fields["control_arn"].choices = [("", "Choose"), *answering]
        for number in range(1, VARIANTS + 1):
            first = number == 1
            self.fields[f"variant_{number}"] = ChoiceField(
                label="Variant" if first else f"Variant {number}", required=first, unmarked=first,
                choices=[("", "Choose" if first else "None"), *answering],
                error_messages={"required": "Choose what the control is compared with."},
            )  # fmt: skip
            self.fields[f"share_{number}"] = IntegerField(
                label="Share", min_value=1, max_value=100, initial=50, required=False, unmarked=True
            )
        for number in range(1, METRICS + 1):
            first = number == 1
            self.fields[f"metric_{number}_name"] = TextField(
                label="Name", required=first, unmarked=True, max_length=63,
                error_messages={"required": "Name what decides."},
            )  # fmt: skip
            self.fields[f"metric_{number}_kind"] = ChoiceField(
                label="What counts", choices=KINDS, required=False, unmarked=True
            )
            self.fields[f"metric_{number}_event"] = TextField(
                label="Event type", required=first, unmarked=True, max_length=256,
                error_messages={"required": "Enter an event type."},
            )  # fmt: skip
            self.fields[f"metric_{number}_event"].widget.attrs["list"] = "experiment-event-types"
            self.fields[f"metric_{number}_days"] = IntegerField(
                label="Within", min_value=1, max_value=28, initial=7, suffix="days", required=False, unmarked=True
            )

    def variant_rows(self) -> list[tuple[Any, Any]]:
        """The fields of each variant: which, and its share."""
        return [(self[f"variant_{number}"], self[f"share_{number}"]) for number in range(1, VARIANTS + 1)]

    def metric_rows(self) -> list[tuple[Any, ...]]:
        """The fields of each metric."""
        parts = ("name", "kind", "event", "days")
        return [tuple(self[f"metric_{number}_{part}"] for part in parts) for number in range(1, METRICS + 1)]

    def clean_testers(self) -> dict[str, str]:
        """User -> variant; a line without both is told by its number."""
        found = {}
        for number, line in enumerate(self.cleaned_data["testers"].splitlines(), start=1):
            user, _, variant = line.strip().rpartition(" ")
            if not line.strip():
                continue
            if not user.strip():
                self.add_error("testers", f"Line {number} needs a user ID, a blank and the name of a variant.")
                return {}
            found[user.strip()] = variant
        return found

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = {each["arn"]: each["name"] for each in self.about["answering"]}
        variants = [
            {"name": names.get(arn, ""), "arn": arn, "share": given.get(f"share_{number}") or 50}
            for number in range(1, VARIANTS + 1) if (arn := given.get(f"variant_{number}"))
        ]  # fmt: skip
        metrics = [
            {
                "name": given[f"metric_{number}_name"], "kind": given.get(f"metric_{number}_kind") or "conversion",
                "eventType": given.get(f"metric_{number}_event", ""), "days": given.get(f"metric_{number}_days") or 7,
            }
            for number in range(1, METRICS + 1) if given.get(f"metric_{number}_name")
        ]  # fmt: skip
        own = ("name", "hypothesis", "control_arn", "control_share", "audience", "testers")
        return {name: given.get(name) for name in own} | {"variants": variants, "metrics": metrics}


class PlanForm(OperationForm):
    """How many users it takes."""

    kind = ChoiceField(label="What counts", choices=KINDS, unmarked=True)
    event_type = TextField(label="Event type", unmarked=True, max_length=256)
    lift = NumberField(
        label="Smallest change worth seeing", min_value=0.1, max_value=1000, initial=10, suffix="%", unmarked=True
    )
    variants = IntegerField(label="Variants with the control", min_value=2, max_value=5, initial=2, unmarked=True)
    certain = CheckField(
        label="See it nine times in ten", description="Otherwise eight times in ten, as is usual.", required=False
    )

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "kind": given["kind"],
            "event_type": given["event_type"],
            "days": 7,
            "lift": given["lift"] / 100,
            "variants": given["variants"],
            "power": 0.9 if given["certain"] else 0.8,
        }
