"""The rules one field must keep."""

import re
from typing import Any

from personalize_web.engine.schemas import document
from personalize_web.engine.schemas.document import Node
from personalize_web.engine.schemas.fields import NUMERIC_TYPES, Field
from personalize_web.engine.schemas.keywords import Keyword, keywords
from personalize_web.engine.schemas.problems import Findings

TYPES = NUMERIC_TYPES | {"string", "boolean", "null"}
_COMPLEX = frozenset({"record", "array", "map", "enum", "fixed"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,149}")


def read(findings: Findings, node: Node, dataset_type: str, domain: str | None) -> Field | None:
    """The field of a node, or None where it cannot be understood; what is wrong with it goes to ``findings``."""
    name = _name(findings, node)
    if name is None:
        return None
    words = keywords(dataset_type, domain)
    word = words.get(name)
    if word is None:
        _near_keyword(findings, node, name, words)
    found = _type(findings, node, name)
    categorical = _flag(findings, node, name, "categorical")
    textual = _flag(findings, node, name, "textual")
    if found is None:
        return None
    type_, nullable = found
    field = Field(name, type_, nullable, categorical, textual, keyword=word is not None)
    if word is not None:
        _keyword(findings, node, field, word, domain)
    elif (categorical or textual) and type_ != "string":
        flag = "categorical" if categorical else "textual"
        findings.error(
            "S14" if categorical else "S13",
            f"Field {name} can't be {flag}.",
            at=node.member(flag) or node,
            field=name,
            message=f"Only string fields can be {flag}.",
            fix=document.with_member(findings.text, node, flag, False),
        )
    if categorical and textual:
        findings.error(
            "S14",
            f"Field {name} can't be both categorical and textual.",
            at=node.member("textual") or node,
            field=name,
            fix=document.with_member(findings.text, node, "categorical", False),
        )
    if textual and dataset_type != "ITEMS":
        findings.error(
            "S13",
            "Only Items schemas support textual fields.",
            at=node.member("textual") or node,
            field=name,
            fix=document.with_member(findings.text, node, "textual", False),
        )
    return field


def _name(findings: Findings, node: Node) -> str | None:
    if node.members is None:
        findings.error("S3", "Each field must be an object with a name and a type.", at=node)
        return None
    given = node.member("name")
    if given is None or not isinstance(given.value, str):
        findings.error("S3", "Each field must have a name.", at=node)
        return None
    name: str = given.value
    if not _NAME.fullmatch(name):
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:150]
        findings.error(
            "S10",
            f"Field name {name} must be alphanumeric.",
            at=given,
            field=name,
            fix=document.replaced(findings.text, given, plain) if _NAME.fullmatch(plain) else None,
        )
    return name


def _near_keyword(findings: Findings, node: Node, name: str, words: Any) -> None:
    near = next((known for known in words if known == name.upper()), None)
    if near is not None:
        given = node.member("name") or node
        findings.error(
            "S20",
            f"Field name {name} differs from the keyword {near} only in case.",
            at=given,
            field=name,
            message=f"Write the keyword {near} in upper case.",
            fix=document.replaced(findings.text, given, near),
        )


def _type(findings: Findings, node: Node, name: str) -> tuple[str, bool] | None:
    """The one type beside null, and whether null is in it."""
    given = node.member("type")
    if given is None:
        findings.error("S3", f"Field {name} must have a type.", at=node, field=name)
        return None
    parts = given.value if isinstance(given.value, list) else [given.value]
    for part in parts:
        if not isinstance(part, str) or part in _COMPLEX:
            findings.error(
                "S5",
                f"Schema must be flat; field {name} has a complex type.",
                at=given,
                field=name,
                message="Nested and complex types are not supported.",
            )
            return None
        if part not in TYPES:
            findings.error(
                "S4",
                f"Unsupported type {part} for field {name}.",
                at=given,
                field=name,
                message=f"Unsupported type {part}: use float, double, int, long, string, boolean or null.",
            )
            return None
    others = [part for part in parts if part != "null"]
    if len(others) != 1 or len(parts) - len(others) > 1:
        findings.error(
            "S8",
            f"Field {name} must have one type, optionally with null.",
            at=given,
            field=name,
            message="Use one type, optionally with null.",
        )
        return None
    return others[0], len(parts) > 1


def _flag(findings: Findings, node: Node, name: str, flag: str) -> bool:
    given = node.member(flag)
    if given is None:
        return False
    if not isinstance(given.value, bool):
        lower = str(given.value).lower()
        findings.error(
            "S3",
            f"Attribute {flag} of field {name} must be true or false.",
            at=given,
            field=name,
            fix=document.replaced(findings.text, given, lower == "true") if lower in ("true", "false") else None,
        )
        return False
    return given.value


def _keyword(findings: Findings, node: Node, field: Field, word: Keyword, domain: str | None) -> None:
    """A required or reserved name with exactly the type and role it stands for."""
    kind = "required" if word.required else "reserved"
    type_node = node.member("type") or node
    rule = "S11" if word.required else "S12"
    tolerated = domain == "ECOMMERCE" and word.name == "CREATION_TIMESTAMP" and field.type == "float"
    whole: str | list[str] = ["null", word.type] if field.nullable and word.nullable else word.type
    if field.type != word.type and not tolerated:
        findings.error(
            rule,
            f"Field {word.name} must be of type {word.type}.",
            at=type_node,
            field=word.name,
            message=f"{word.name} is {kind} and must be {word.type}.",
            fix=document.replaced(findings.text, type_node, whole),
        )
    elif field.nullable and not word.nullable:
        findings.error(
            rule,
            f"Field {word.name} does not support null.",
            at=type_node,
            field=word.name,
            message=f"{word.name} is {kind} and must always have a value.",
            fix=document.replaced(findings.text, type_node, field.type),
        )
    for flag in ("categorical", "textual"):
        asked, has = word.role == flag, getattr(field, flag)
        if asked != has:
            findings.error(
                "S12",
                f"Field {word.name} must be {flag}." if asked else f"Field {word.name} can't be {flag}.",
                at=node.member(flag) or node,
                field=word.name,
                message=f"{word.name} is {kind} and {'must' if asked else 'must not'} be {flag}.",
                fix=document.with_member(findings.text, node, flag, asked),
            )
