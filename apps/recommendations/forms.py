"""The request of a test page: what the recipe takes, and nothing else."""

from typing import Any

from apps.recommendations.filtering import Filtering
from apps.ui.forms import IntegerField, MultipleField, OperationForm, TextAreaField, TextField
from personalize_web.operations import ServiceError

CONTEXT = "context-"
MOST, MOST_WITH_METADATA, MOST_COLUMNS, MOST_ITEMS = 500, 50, 10, 500
MOST_ACTIONS, DEFAULT, DEFAULT_ACTIONS = 100, 25, 5


class RequestForm(Filtering, OperationForm):
    """``about``: recipe, actions (whether it answers those), context_columns, item_columns, metadata_denied (why
    columns cannot be asked for), filters, related."""

    user_id = TextField(
        label="User ID", mono=True, max_length=256, error_messages={"required": "Enter a user ID."}, strip=True
    )
    item_id = TextField(label="Item ID", mono=True, max_length=256, error_messages={"required": "Enter an item ID."})
    input_list = TextAreaField(
        label="Item IDs",
        mono=True,
        help_text="Separate ids with commas or new lines.",
        error_messages={"required": "Enter at least one item ID."},
    )
    columns = MultipleField(label="Items dataset columns", required=False, unmarked=True)
    num_results = IntegerField(label="Number of results", min_value=1, max_value=MOST, initial=DEFAULT, unmarked=True)

    error_fields = {"metadata_columns": "columns", "context": "columns"}

    def prepare(self) -> None:
        inputs = self.about["recipe"]["requestInputs"]
        ranks = inputs["inputList"] == "required"
        for name, key in (("user_id", "userId"), ("item_id", "itemId"), ("input_list", "inputList")):
            if inputs[key] == "not used":
                del self.fields[name]
            else:
                self.fields[name].required = inputs[key] == "required"
        if ranks:
            del self.fields["num_results"]
        elif self.about["actions"]:
            self.fields["num_results"] = IntegerField(
                label="Number of results", min_value=1, max_value=MOST_ACTIONS, initial=DEFAULT_ACTIONS, unmarked=True
            )
        self.fields["columns"].choices = [(name, name) for name in self.about["item_columns"]]
        if not self.about["item_columns"] or self.about["metadata_denied"]:
            del self.fields["columns"]
        self.add_filtering(promotes=not ranks and not self.about["actions"])
        for name in self.about["context_columns"]:
            self.fields[CONTEXT + name] = TextField(
                label=name, required=False, unmarked=True, max_length=1000, mono=True
            )

    def context_fields(self) -> list[Any]:
        """The fields of the context, one for each contextual column."""
        return [self[name] for name in self.fields if name.startswith(CONTEXT)]

    @property
    def context_open(self) -> bool:
        return any(field.value() for field in self.context_fields())

    @property
    def columns_open(self) -> bool:
        return "columns" in self.fields and bool(self["columns"].value() or self["columns"].errors)

    def clean_columns(self) -> list[str]:
        columns = self.cleaned_data["columns"]
        if len(columns) > MOST_COLUMNS:
            self.add_error("columns", f"Choose at most {MOST_COLUMNS} columns.")
        return columns

    def clean_input_list(self) -> list[str]:
        found = [
            each.strip() for each in self.cleaned_data["input_list"].replace(",", "\n").splitlines() if each.strip()
        ]
        if len(found) > MOST_ITEMS:
            self.add_error("input_list", f"Enter at most {MOST_ITEMS} item IDs.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("columns") and (cleaned.get("num_results") or 0) > MOST_WITH_METADATA:
            self.add_error("num_results", f"Enter a whole number from 1 to {MOST_WITH_METADATA}: columns were chosen.")
        self.check_filtering(cleaned)
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """Arguments of the runtime operation without the ARN; of a form with errors those that are right."""
        given = getattr(self, "cleaned_data", {})
        wanted = {name: given[name] for name in ("user_id", "item_id", "input_list", "num_results") if given.get(name)}
        context = {
            name.removeprefix(CONTEXT): value for name, value in given.items() if name.startswith(CONTEXT) and value
        }
        if context:
            wanted["context"] = context
        if given.get("columns"):
            wanted["metadata_columns"] = {"ITEMS": given["columns"]}
        return wanted | self.filtering_arguments()

    def place(self, error: ServiceError) -> None:
        """What the runtime says of a filter lands beside it."""
        field = self.field_of(error)
        if field in self.fields:
            self.add_error(field, error.message)
        else:
            super().place(error)
