"""The rules a schema must keep, read in one pass over the document."""

import json
from typing import Any

import fastavro

from personalize_web.engine.errors import DataError
from personalize_web.engine.schemas import document, field_rules, warnings
from personalize_web.engine.schemas.document import Node
from personalize_web.engine.schemas.fields import (
    NAMESPACE,
    RECORD_NAMES,
    VERSION,
    Field,
    Schema,
    dataset_type_of,
)
from personalize_web.engine.schemas.keywords import MAXIMUM_METADATA, keywords, supported
from personalize_web.engine.schemas.problems import Findings, Problem

MAXIMUM_LENGTH = 20_000


def parse(text: str, *, domain: str | None = None) -> Schema:
    """The schema in ``text``, valid for the dataset type its record names and for ``domain``.

    Raises :class:`DataError` with the first thing that is wrong.
    """
    findings = Findings(text)
    schema = _read(findings, domain, None)
    for problem in findings.problems:
        if problem.severity == "error":
            raise DataError(problem.refusal)
    assert schema is not None
    return schema


def check(text: str, *, dataset_type: str, domain: str | None) -> list[Problem]:
    """Everything an editor should show about ``text``, errors and warnings, in the order of the document."""
    findings = Findings(text)
    _read(findings, domain, dataset_type.upper())
    return sorted(findings.problems, key=lambda problem: (problem.line, problem.column))


def _read(findings: Findings, domain: str | None, expected: str | None) -> Schema | None:
    """The schema if it keeps every rule, with what was found noted in ``findings``."""
    root = _document(findings)
    if root is None:
        return None
    dataset_type = _head(findings, root, domain, expected)
    nodes = _field_nodes(findings, root)
    if dataset_type is None or nodes is None:
        return None
    fields = tuple(
        field for node in nodes if (field := field_rules.read(findings, node, dataset_type, domain)) is not None
    )
    _together(findings, root, nodes, fields, dataset_type, domain)
    if not findings.refused:
        warnings.look(findings, root, nodes, fields, dataset_type, domain)
    avro = None if findings.refused else _avro(findings, root.value)
    return None if findings.refused else Schema(dataset_type, domain, fields, findings.text, avro)


def _document(findings: Findings) -> Node | None:
    if len(findings.text) > MAXIMUM_LENGTH:
        findings.error("S1", f"Schema length must be at most {MAXIMUM_LENGTH}.")
        return None
    try:
        root = document.read(findings.text)
    except json.JSONDecodeError as mistake:
        detail = f"{mistake.msg} at line {mistake.lineno}, column {mistake.colno}"
        said = f"Line {mistake.lineno}: {mistake.msg[:1].lower()}{mistake.msg[1:]}."
        findings.error("S1", f"Schema is not valid JSON: {detail}", at=mistake.pos, message=said)
        return None
    except RecursionError:
        findings.error("S1", "Schema is not valid JSON: nested too deeply")
        return None
    if root.members is None:
        findings.error("S1", "Schema is not valid JSON: an object is expected", at=root)
        return None
    return root


def _head(findings: Findings, root: Node, domain: str | None, expected: str | None) -> str | None:
    """Check the record's own members; answers the dataset type where it is known."""
    text = findings.text
    kind = root.member("type")
    if kind is None or kind.value != "record":
        findings.error(
            "S2",
            'Schema type must be "record".',
            at=kind or root,
            fix=document.with_member(text, root, "type", "record"),
        )
    for name, only in (("namespace", NAMESPACE), ("version", VERSION)):
        given = root.member(name)
        if given is not None and given.value != only:
            findings.error("S2", f'Schema {name} must be "{only}".', at=given, fix=document.replaced(text, given, only))
    name_node = root.member("name")
    given_name = name_node.value if name_node is not None else None
    dataset_type = dataset_type_of(given_name) if isinstance(given_name, str) else None
    if expected is not None and dataset_type != expected:
        findings.error(
            "S2",
            _unknown_name(given_name),
            at=name_node or root,
            message=f"The record name must be {RECORD_NAMES[expected]} for this dataset.",
            fix=document.with_member(text, root, "name", RECORD_NAMES[expected]),
        )
        dataset_type = expected
    elif dataset_type is None:
        findings.error("S2", _unknown_name(given_name), at=name_node or root)
    if dataset_type is not None and not supported(dataset_type, domain):
        findings.error(
            "S2",
            f"Dataset type {RECORD_NAMES[dataset_type]} is not supported for domain {domain}.",
            at=name_node or root,
        )
        return None
    return dataset_type


def _unknown_name(given: Any) -> str:
    shown = given if isinstance(given, str) else json.dumps(given)
    return f"Schema name {shown} does not match a dataset type. Valid names: {', '.join(RECORD_NAMES.values())}."


def _field_nodes(findings: Findings, root: Node) -> tuple[Node, ...] | None:
    fields = root.member("fields")
    if fields is None or not fields.items:
        findings.error("S2", "Schema must define at least one field.", at=fields or root)
        return None
    return fields.items


def _together(
    findings: Findings,
    root: Node,
    nodes: tuple[Node, ...],
    fields: tuple[Field, ...],
    dataset_type: str,
    domain: str | None,
) -> None:
    """Rules about the fields as a whole: missing, repeated, too many, too few."""
    array = root.members["fields"] if root.members else root
    names = [node.value.get("name") for node in nodes if isinstance(node.value, dict)]
    written = {name for name in names if isinstance(name, str)}
    nearly = {name.upper() for name in written}
    missing = [word for word in keywords(dataset_type, domain).values() if word.required and word.name not in nearly]
    if missing:
        message = " ".join(f"Add the required field {word.name} ({word.type})." for word in missing)
        findings.error(
            "S11",
            f"Schema is missing required fields: [{', '.join(word.name for word in missing)}]",
            at=array,
            message=message,
            fix=document.with_items(findings.text, array, [word.declaration for word in missing]),
        )
    _repeated(findings, nodes)
    if {"EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP"} <= written:
        findings.error(
            "S9", "EXPIRATION_TIMESTAMP and ACTION_EXPIRATION_TIMESTAMP mean the same; keep one of them.", at=array
        )
    textual = [field for field in fields if field.textual]
    if dataset_type == "ITEMS" and len(textual) > 1:
        findings.error(
            "S13",
            "At most 1 textual field is allowed.",
            at=_node_of(nodes, textual[1].name),
            field=textual[1].name,
            message="Only one textual field is allowed.",
        )
    _counts(findings, array, nodes, fields, dataset_type)


def _repeated(findings: Findings, nodes: tuple[Node, ...]) -> None:
    seen: dict[str, str] = {}
    for node in nodes:
        name = node.value.get("name") if isinstance(node.value, dict) else None
        if not isinstance(name, str):
            continue
        plain = name.replace("_", "").lower()
        if plain in seen:
            findings.error(
                "S9",
                f"Field names must be unique: {seen[plain]}, {name}",
                at=node.member("name") or node,
                field=name,
                message=f"{seen[plain]} and {name} count as the same name.",
            )
        seen.setdefault(plain, name)


def _counts(
    findings: Findings, array: Node, nodes: tuple[Node, ...], fields: tuple[Field, ...], dataset_type: str
) -> None:
    maximum = MAXIMUM_METADATA[dataset_type]
    metadata = [field for field in fields if not field.keyword]
    if len(metadata) > maximum:
        findings.error(
            "S18",
            f"Too many metadata fields: {len(metadata)} (maximum {maximum}).",
            at=_node_of(nodes, metadata[maximum].name),
            message=f"At most {maximum} metadata fields.",
        )
    if dataset_type not in ("USERS", "ITEMS", "ACTIONS") or len(fields) < len(nodes):
        return
    useful = [
        field
        for field in fields
        if field.kind == "categorical"
        or (field.kind == "textual" and dataset_type == "ITEMS")
        or field.kind == "numeric"
    ]
    if not useful:
        findings.error(
            "S18",
            f"{RECORD_NAMES[dataset_type]} schema requires at least one metadata field.",
            at=array,
            message="Add at least one metadata field.",
        )


def _node_of(nodes: tuple[Node, ...], name: str) -> Node:
    return next(node for node in nodes if isinstance(node.value, dict) and node.value.get("name") == name)


def _avro(findings: Findings, record: dict[str, Any]) -> Any:
    """fastavro's form of the record; its own objections count as ours."""
    try:
        return fastavro.parse_schema({**record, "namespace": NAMESPACE})
    except Exception as objection:  # fastavro raises its own and plain ValueErrors alike
        findings.error("S1", f"Schema is not a valid Avro record: {objection}")
        return None
