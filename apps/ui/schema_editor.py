"""What the schema editor is given: the default text, the names with a meaning, and what is wrong with a text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui.dataset_types import DatasetType
from personalize_web import operations
from personalize_web.operations import Caller

RECORD_NAMES = {
    "INTERACTIONS": "Interactions",
    "USERS": "Users",
    "ITEMS": "Items",
    "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "ActionInteractions",
}
FIXES = {
    "W1": "Make categorical",
    "W2": "Change to string",
    "W3": "Allow null",
    "W4": "Add EVENT_TYPE",
    "W6": "Change to long",
    "S20": "Write in upper case",
}


def problems(caller: Caller, text: str, kind: DatasetType, domain: str | None) -> list[dict[str, Any]]:
    """Everything wrong with ``text``, errors first where lines are the same; each fix has a word on its button."""
    found = operations.check_schema(caller, schema=text, dataset_type=kind.key, domain=domain)["problems"]
    return [
        {name: problem[name] for name in ("severity", "line", "column", "field", "rule", "message", "fix")}
        | {"fix_label": _fix_label(problem)}
        for problem in found
    ]


def _fix_label(problem: Mapping[str, Any]) -> str:
    message = problem["message"]
    if problem["rule"] in FIXES:
        return FIXES[problem["rule"]]
    if " and must be " in message and message.count(" ") <= 8:
        wanted = message.rsplit(" ", 1)[-1].rstrip(".")
        return f"Make {wanted}" if wanted in ("categorical", "textual") else f"Change to {wanted}"
    if message.startswith("Add the required"):
        return "Add"
    if "must not be" in message or "can't be" in message or message.startswith("Only"):
        return "Remove the attribute"
    if "always have a value" in message:
        return "Remove null"
    return "Fix"


def counts(found: list[dict[str, Any]], text: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """How many errors, warnings, fields and metadata fields there are; fields are unknown while the text is no JSON."""
    names = _names(text)
    known = {word["name"] for word in facts["keywords"]}
    return {
        "errors": sum(problem["severity"] == "error" for problem in found),
        "warnings": sum(problem["severity"] == "warning" for problem in found),
        "fields": None if names is None else len(names),
        "metadata": sum(name not in known for name in names or ()),
        "maximum": facts["maximumMetadata"],
    }


def facts(caller: Caller, kind: DatasetType, domain: str | None) -> dict[str, Any]:
    """schema (the default text), recordName, keywords and maximumMetadata of a kind of dataset."""
    return operations.get_schema_template(caller, dataset_type=kind.key, domain=domain)


def context(caller: Caller, text: str, kind: DatasetType, domain: str | None) -> dict[str, Any]:
    """The variables of schemas/_editor.html, but for its field and addresses."""
    about = facts(caller, kind, domain)
    found = problems(caller, text, kind, domain)
    return {
        "problems": found,
        "counts": counts(found, text, about),
        "default_text": about["schema"],
        "keywords": about["keywords"],
        "record_name": about["recordName"],
    }


def declared(text: str) -> list[dict[str, Any]]:
    """The fields of a valid schema: name, type, nullable, categorical, textual."""
    found = []
    for field in json.loads(text)["fields"]:
        types = field["type"] if isinstance(field["type"], list) else [field["type"]]
        found.append(
            {
                "name": field["name"],
                "type": next((kind for kind in types if kind != "null"), "string"),
                "nullable": "null" in types,
                "categorical": bool(field.get("categorical")),
                "textual": bool(field.get("textual")),
            }
        )
    return found


def written(kind: DatasetType, fields: Sequence[Mapping[str, Any]]) -> str:
    """The schema of fields as :func:`declared` gives them, one a line."""
    lines = []
    for field in fields:
        entry: dict[str, Any] = {
            "name": field["name"],
            "type": ["null", field["type"]] if field.get("nullable") else field["type"],
        }
        entry |= {attribute: True for attribute in ("categorical", "textual") if field.get(attribute)}
        lines.append("    " + json.dumps(entry))
    name = RECORD_NAMES[kind.key]
    head = {"type": "record", "name": name, "namespace": "com.amazonaws.personalize.schema"}
    members = [f'  "{key}": "{value}"' for key, value in head.items()]
    members += ['  "fields": [\n' + ",\n".join(lines) + "\n  ]", '  "version": "1.0"']
    return "{\n" + ",\n".join(members) + "\n}\n"


def fields(text: str) -> list[dict[str, Any]]:
    """The fields of a schema as rows of a table: name, type, nullable, role."""
    try:
        document = json.loads(text)
        return [_field(field) for field in document["fields"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    plain = next((kind for kind in types if kind != "null"), "null")
    name = field["name"]
    if name in ("USER_ID", "ITEM_ID", "ACTION_ID"):
        role = "Identifier"
    elif name.endswith("TIMESTAMP"):
        role = "Timestamp"
    elif name == "EVENT_TYPE":
        role = "Event type"
    elif field.get("categorical"):
        role = "Categorical"
    elif field.get("textual"):
        role = "Textual"
    elif plain in ("int", "long", "float", "double"):
        role = "Numeric"
    else:
        role = "Not for training"
    return {"name": name, "type": plain, "nullable": "null" in types, "role": role}


def _names(text: str) -> list[str] | None:
    try:
        return [str(field["name"]) for field in json.loads(text)["fields"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
