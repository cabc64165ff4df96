"""What replacing a dataset's schema would change, and why it may not."""

from dataclasses import dataclass
from typing import Literal

from personalize_web.engine.schemas.fields import Field, Schema

REPLACEABLE = ("ITEMS", "USERS")
"""Dataset types whose schema can be replaced."""


@dataclass(frozen=True)
class Change:
    """What happens to one column."""

    name: str
    change: Literal["same", "added", "removed", "changed"]
    message: str
    """For the dataset's owner; says what to do where the change is refused."""
    allowed: bool


def compare(old: Schema, new: Schema) -> list[Change]:
    """Every column of both schemas: those of ``old`` in its order, then those that ``new`` adds."""
    kept = [_kept(field, new.by_name.get(field.name)) for field in old.fields]
    return kept + [_added(field) for field in new.fields if field.name not in old.by_name]


def problems(old: Schema, new: Schema) -> list[str]:
    """Why ``new`` may not take the place of ``old``; empty where it may."""
    found = []
    if old.dataset_type not in REPLACEABLE:
        found.append(
            f"The schema of a dataset of type {old.dataset_type} cannot be replaced; "
            f"those of type {' and '.join(REPLACEABLE)} can."
        )
    if new.dataset_type != old.dataset_type:
        found.append(f"The new schema describes a dataset of type {new.dataset_type}, not {old.dataset_type}.")
        return found
    return found + [change.message for change in compare(old, new) if not change.allowed]


def _kept(old: Field, new: Field | None) -> Change:
    if new is None:
        return Change(
            old.name,
            "removed",
            f"Field {old.name} is missing: a new schema holds every field of the present one. Keep it, and leave the "
            "column out of training.",
            False,
        )
    said = [
        f"its {what} would change from {before} to {after}"
        for what, before, after in (
            ("type", _type(old), _type(new)),
            ("categorical attribute", _flag(old.categorical), _flag(new.categorical)),
            ("textual attribute", _flag(old.textual), _flag(new.textual)),
        )
        if before != after
    ]
    if said:
        return Change(
            old.name,
            "changed",
            f"Field {old.name} must stay as it is: {' and '.join(said)}. Add a field of another name instead.",
            False,
        )
    return Change(old.name, "same", "Stays as it is.", True)


def _added(field: Field) -> Change:
    if not field.nullable:
        return Change(
            field.name,
            "added",
            f'Field {field.name} is new and must support null: give it the type ["null", "{field.type}"].',
            False,
        )
    return Change(
        field.name, "added", "New; empty in the rows that are there, and left out of training at first.", True
    )


def _type(field: Field) -> str:
    return f"{field.type} or null" if field.nullable else field.type


def _flag(value: bool) -> str:
    return "true" if value else "false"
