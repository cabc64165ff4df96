"""Schemas: create, describe, list, delete; and the checks of the schema editor."""

from dataclasses import asdict
from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.operations import dependants, lookup, paging, quotas
from personalize_web.operations.answers import dates, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources.models import Schema


@operation
def create_schema(caller: Caller, *, name: str, schema: str, domain: str | None = None) -> dict[str, Any]:
    """Keep a schema; it exists at once and never changes."""
    lookup.refuse_taken(Schema, caller, name)
    parsed = avro.parse(schema, domain=domain)
    quotas.room_for_active("active_schemas", lookup.of(Schema, caller))
    made = lookup.create(Schema, caller, name=name, text=schema, domain=domain, dataset_type=parsed.dataset_type)
    return {"schemaArn": made.arn}


@operation
def describe_schema(caller: Caller, *, schema_arn: str) -> dict[str, Any]:
    """One schema with its text as it was given."""
    found = lookup.get(Schema, caller, schema_arn)
    return {"schema": _summary(found) | {"schema": found.text}}


@operation
def list_schemas(caller: Caller, *, max_results: int | None = None, next_token: str | None = None) -> dict[str, Any]:
    """The schemas of the account, newest first."""
    return paging.page(
        lookup.of(Schema, caller),
        _summary,
        key="schemas",
        operation="list_schemas",
        filters={},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def delete_schema(caller: Caller, *, schema_arn: str) -> None:
    """Remove a schema that no dataset uses."""
    found = lookup.get(Schema, caller, schema_arn)
    lookup.refuse_dependants(found, *dependants.of_schema(found))
    found.delete()


@own_operation()
def list_schema_details(
    caller: Caller, *, dataset_type: str | None = None, domain: str | None = None, any_domain: bool = True
) -> dict[str, Any]:
    """Ours, for choosing a schema: each with its dataset type and how many datasets use it.

    With ``any_domain`` False only schemas of exactly ``domain`` (None: of no domain) are listed.
    """
    rows = lookup.of(Schema, caller).order_by("-created_at", "-pk")
    if dataset_type:
        rows = rows.filter(dataset_type=dataset_type)
    if not any_domain:
        rows = rows.filter(domain=domain)
    return {
        "schemas": [
            _summary(row) | {"datasetType": row.dataset_type, "datasets": [d.arn for d in row.datasets.all()]}
            for row in rows.prefetch_related("datasets")
        ]
    }


@own_operation()
def check_schema(caller: Caller, *, schema: str, dataset_type: str, domain: str | None = None) -> dict[str, Any]:
    """Ours, for the editor: every error and warning with its line, its rule and, where there is one, its fix."""
    return {"problems": [asdict(problem) for problem in avro.check(schema, dataset_type=dataset_type, domain=domain)]}


@own_operation()
def get_schema_template(caller: Caller, *, dataset_type: str, domain: str | None = None) -> dict[str, Any]:
    """Ours, for the editor: the text a new schema begins with, and the names that mean something in it."""
    kind = dataset_type.upper()
    text = avro.template(kind, domain)
    return {
        "schema": text,
        "recordName": avro.RECORD_NAMES[kind],
        "maximumMetadata": avro.MAXIMUM_METADATA[kind],
        "keywords": [
            {
                "name": word.name,
                "type": word.type,
                "nullable": word.nullable,
                "required": word.required,
                "categorical": word.role == "categorical",
                "textual": word.role == "textual",
            }
            for word in avro.reserved(kind, domain).values()
        ],
    }


def _summary(schema: Schema) -> dict[str, Any]:
    return present(name=schema.name, schemaArn=schema.arn, domain=schema.domain, **dates(schema))
