"""The schemas an editor starts with."""

import json
from typing import Any

from personalize_web.engine.errors import DataError
from personalize_web.engine.schemas.fields import NAMESPACE, RECORD_NAMES, VERSION
from personalize_web.engine.schemas.keywords import keywords, supported

_EVENT = ("USER_ID", "ITEM_ID", "TIMESTAMP")
_DOMAIN_EVENT = ("USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP")
_NULLABLE = ["null", "string"]

_FIELDS: dict[tuple[str, str | None], tuple[str | dict[str, Any], ...]] = {
    ("INTERACTIONS", None): _EVENT,
    ("INTERACTIONS", "VIDEO_ON_DEMAND"): _DOMAIN_EVENT,
    ("INTERACTIONS", "ECOMMERCE"): _DOMAIN_EVENT,
    ("USERS", None): (
        "USER_ID",
        {"name": "AGE", "type": "int"},
        {"name": "GENDER", "type": "string", "categorical": True},
    ),
    ("USERS", "VIDEO_ON_DEMAND"): (
        "USER_ID",
        {"name": "SUBSCRIPTION_MODEL", "type": "string", "categorical": True},
    ),
    ("USERS", "ECOMMERCE"): ("USER_ID", {"name": "MEMBERSHIP_STATUS", "type": "string", "categorical": True}),
    ("ITEMS", None): (
        "ITEM_ID",
        {"name": "GENRES", "type": _NULLABLE, "categorical": True},
        "CREATION_TIMESTAMP",
    ),
    ("ITEMS", "VIDEO_ON_DEMAND"): (
        "ITEM_ID",
        {"name": "GENRES", "type": ["string"], "categorical": True},
        "CREATION_TIMESTAMP",
    ),
    ("ITEMS", "ECOMMERCE"): (
        "ITEM_ID",
        "PRICE",
        {"name": "CATEGORY_L1", "type": ["string"], "categorical": True},
    ),
    ("ACTIONS", None): (
        "ACTION_ID",
        "VALUE",
        {"name": "MEMBERSHIP_LEVEL", "type": _NULLABLE, "categorical": True},
        "CREATION_TIMESTAMP",
        {"name": "REPEAT_FREQUENCY", "type": ["long", "null"]},
    ),
    ("ACTION_INTERACTIONS", None): ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"),
}


def template(dataset_type: str, domain: str | None) -> str:
    """A valid schema to start from, one field a line; raises :class:`DataError` for a type the domain lacks."""
    kind = dataset_type.upper()
    if not supported(kind, domain):
        raise DataError(f"Dataset type {RECORD_NAMES.get(kind, dataset_type)} is not supported for domain {domain}.")
    words = keywords(kind, domain)
    entries = [words[entry].declaration if isinstance(entry, str) else entry for entry in _FIELDS[kind, domain]]
    return written(kind, entries)


def written(dataset_type: str, fields: list[dict[str, Any]]) -> str:
    """The schema document of these fields, laid out as our templates are."""
    lines = ",\n".join("    " + json.dumps(field) for field in fields)
    name = RECORD_NAMES[dataset_type]
    return (
        "{\n"
        '  "type": "record",\n'
        f'  "name": "{name}",\n'
        f'  "namespace": "{NAMESPACE}",\n'
        '  "fields": [\n'
        f"{lines}\n"
        "  ],\n"
        f'  "version": "{VERSION}"\n'
        "}\n"
    )
