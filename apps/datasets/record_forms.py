"""The form of records written by hand: JSON that is one object or a list of up to ten."""

import json
from typing import Any

from django.core.exceptions import ValidationError

from apps.ui.forms import CodeField, OperationForm

MOST = 10


class RecordsForm(OperationForm):
    """The records as JSON; ``cleaned_data["records"]`` are 1 to 10 objects."""

    error_fields = {"records": "records"}

    records = CodeField(
        label="Record input",
        short=True,
        help_text="Up to 10 records. Recommended for history; send live events from your application.",
        error_messages={"required": "Write at least one record."},
    )

    def clean_records(self) -> list[dict[str, Any]]:
        """A JSON array of objects, or one object."""
        try:
            found = json.loads(self.cleaned_data["records"], parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise ValidationError(
                f"Line {error.lineno}, column {error.colno}: this is no valid JSON ({error.msg})."
            ) from error
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return checked(found)


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no value in JSON. Write a number, or null.")


def checked(found: Any) -> list[dict[str, Any]]:
    """1 to 10 objects, or ValidationError."""
    records = [found] if isinstance(found, dict) else found
    if not isinstance(records, list):
        raise ValidationError("Write one object, or an array of objects in [ ].")
    if not records:
        raise ValidationError("Write at least one record.")
    if len(records) > MOST:
        raise ValidationError(f"These are {len(records)} records; at most {MOST} are taken at a time.")
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise ValidationError(f"Record {number}: expected an object with columns as keys.")
        if not record:
            raise ValidationError(f"Record {number} is empty.")
    return records
