"""What a valid schema may still lack in practice."""

from personalize_web.engine.schemas import document
from personalize_web.engine.schemas.document import Node
from personalize_web.engine.schemas.fields import Field
from personalize_web.engine.schemas.problems import Findings

_EXPECTED_EVENTS = {"VIDEO_ON_DEMAND": "Watch and Click", "ECOMMERCE": "View and Purchase"}
_PLAIN_ON_PURPOSE = ("TITLE", "NAME")


def look(
    findings: Findings,
    root: Node,
    nodes: tuple[Node, ...],
    fields: tuple[Field, ...],
    dataset_type: str,
    domain: str | None,
) -> None:
    """Note every warning of a schema without errors; ``fields`` stand in the order of ``nodes``."""
    for node, field in zip(nodes, fields, strict=True):
        _field(findings, node, field, domain)
    if dataset_type != "INTERACTIONS":
        return
    array = root.member("fields") or root
    types = next((node for node, field in zip(nodes, fields, strict=True) if field.name == "EVENT_TYPE"), None)
    if types is None:
        findings.warning(
            "W4",
            "EVENT_TYPE is needed for event filters and metric attribution.",
            at=array,
            fix=document.with_items(findings.text, array, [{"name": "EVENT_TYPE", "type": "string"}]),
        )
    elif domain in _EXPECTED_EVENTS:
        findings.warning(
            "W5",
            f"Recommenders of this domain expect {_EXPECTED_EVENTS[domain]} events.",
            at=types,
            field="EVENT_TYPE",
        )


def _field(findings: Findings, node: Node, field: Field, domain: str | None) -> None:
    text = findings.text
    type_node = node.member("type") or node
    if field.kind == "string" and not field.keyword:
        looks_like_a_name = any(field.name.endswith(word) for word in _PLAIN_ON_PURPOSE)
        findings.warning(
            "W1",
            "Not used for training; usable for filters, metadata and themes.",
            at=node,
            field=field.name,
            fix=None if looks_like_a_name else document.with_member(text, node, "categorical", True),
        )
    if field.kind == "boolean":
        findings.warning(
            "W2",
            "Not used for training or filters. Use string True/False or int 0/1.",
            at=type_node,
            field=field.name,
            fix=document.replaced(text, type_node, ["null", "string"] if field.nullable else "string"),
        )
    if not field.keyword and not field.nullable:
        findings.warning(
            "W3",
            "Rows without a value cannot be imported; allow null if values may be missing.",
            at=type_node,
            field=field.name,
            fix=document.replaced(text, type_node, ["null", field.type]),
        )
    if domain == "ECOMMERCE" and field.name == "CREATION_TIMESTAMP" and field.type == "float":
        findings.warning(
            "W6",
            "CREATION_TIMESTAMP should be long; fractions of a second are dropped.",
            at=type_node,
            field=field.name,
            fix=document.replaced(text, type_node, "long"),
        )
