"""The form of a new filter: a name, one expression in two views, tags."""

from typing import Any

from apps.filters.builder import MISSING
from apps.ui import expressions
from apps.ui.forms import NameField, OperationForm, TagsField, TextAreaField, TextField

LONGEST = 2500


class FilterForm(OperationForm):
    """F27. ``about``: address, where the expression is checked while it is typed."""

    name = NameField(label="Filter name")
    filter_expression = TextAreaField(
        label="Expression",
        mono=True,
        max_length=LONGEST,
        error_messages={
            "required": "Enter an expression.",
            "max_length": f"An expression has at most {LONGEST:,} characters.",
        },
        help_text=f"Up to {LONGEST:,} characters. Texts stand in double quotes; $NAME is a value that requests give.",
    )
    tags = TagsField()

    def prepare(self) -> None:
        """The text is checked 400 ms after the last key."""
        self.fields["filter_expression"].widget.attrs |= {
            "rows": 5,
            "spellcheck": "false",
            "hx-post": self.about["address"],
            "hx-trigger": "input changed delay:400ms",
            "hx-vals": '{"_check": "1"}',
            "hx-target": "#expression-check",
            "hx-swap": "outerHTML",
        }

    def clean_filter_expression(self) -> str:
        """A builder with gaps says so, rather than where its text goes wrong."""
        text: str = self.cleaned_data["filter_expression"]
        if MISSING in text:
            self.add_error("filter_expression", "Choose a property and enter a value in every row.")
        return text

    def kept(self, data: Any) -> dict[str, Any]:
        """What was typed so far, without judging it."""
        return {
            name: self.fields[name].widget.value_from_datadict(data, {}, name)
            for name in ("name", "filter_expression", "tags")
        }


class TrialForm(OperationForm):
    """For whom, beside which item and with which values a filter is tried. ``about``: checked (its expression)."""

    user_id = TextField(label="User ID", max_length=256, error_messages={"required": "Enter a user ID."})
    item_id = TextField(label="Item ID", max_length=256, error_messages={"required": "Enter an item ID."})

    def prepare(self) -> None:
        checked = self.about["checked"]
        of_user = checked.get("ofUser") and checked.get("target") != "USER_ID"
        for name, needed in (("user_id", of_user), ("item_id", checked.get("ofItem"))):
            if not needed:
                del self.fields[name]
        for name in checked.get("placeholders", ()):
            needed = name in checked["needed"]
            self.fields[f"value-{name}"] = TextField(
                label=name, required=needed, mono=True, max_length=900,
                help_text="Commas separate several values.", error_messages={"required": f"Enter a value for {name}."},
            )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        values = {
            name: expressions.values(given[f"value-{name}"])
            for name in self.about["checked"].get("placeholders", ()) if given.get(f"value-{name}")
        }  # fmt: skip
        own = {name: given[name] for name in ("user_id", "item_id") if name in self.fields}
        return own | ({"filter_values": values} if values else {})
