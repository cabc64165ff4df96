"""The form of a new filter: a name, one expression in two views, tags."""

from typing import Any

from apps.filters.builder import MISSING
from apps.ui.forms import NameField, OperationForm, TagsField, TextAreaField

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
