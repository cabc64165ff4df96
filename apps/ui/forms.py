"""OperationForm: its fields are the arguments of an operation, and its errors land beside their field."""

from typing import Any

from django import forms

from apps.ui.fields import (
    CheckField,
    ChoiceField,
    CodeField,
    IntegerField,
    KeyField,
    LocationField,
    MultipleField,
    NameField,
    NumberField,
    PasswordField,
    RadioField,
    RoleField,
    TagsField,
    TextAreaField,
    TextField,
    TileField,
)
from apps.ui.widgets import ComponentRenderer, MultiSelect, RadioGroup, Select, Tiles
from personalize_web.operations import Caller, ServiceError

__all__ = [
    "CheckField",
    "ChoiceField",
    "CodeField",
    "IntegerField",
    "KeyField",
    "LocationField",
    "MultiSelect",
    "MultipleField",
    "NameField",
    "NumberField",
    "OperationForm",
    "PasswordField",
    "RadioField",
    "RadioGroup",
    "RoleField",
    "Select",
    "TagsField",
    "TextAreaField",
    "TextField",
    "TileField",
    "Tiles",
]


class OperationForm(forms.Form):
    """A form whose field names are an operation's arguments in snake case.

    ``caller`` and ``about`` (what the page knows: group, resource, ...) are there for choices that depend on them.
    ``error_fields`` says beside which field an error of an argument that is no field belongs.
    """

    default_renderer = ComponentRenderer
    use_required_attribute = False
    required_css_class = ""
    error_fields: dict[str, str] = {}

    def __init__(self, *args: Any, caller: Caller | None = None, about: dict[str, Any] | None = None, **kwargs: Any):
        self.caller = caller
        self.about = about or {}
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if "required" in field.error_messages and field.error_messages["required"] == "This field is required.":
                field.error_messages["required"] = f"Enter a value for {(field.label or 'this field').lower()}."
        self.prepare()

    def prepare(self) -> None:
        """Where a subclass fills in choices and defaults; called once the fields exist."""

    def arguments(self) -> dict[str, Any]:
        """What the operation is called with: the values that were given. Override for nested arguments."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [], ())}

    def place(self, error: ServiceError) -> None:
        """Show what the operation refused: beside the field at fault, else above the form."""
        field = self.error_fields.get(error.field or "", error.field)
        self.add_error(field if field in self.fields else None, error.message)
