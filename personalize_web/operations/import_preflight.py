"""A first look at files before their import, ours beside the 79."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from personalize_web.engine import schemas as avro
from personalize_web.operations import lookup, storage
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset


@own_operation(recorded=True, sensitive={"schema"})
def preflight_import(
    caller: Caller,
    *,
    data_location: str,
    dataset_arn: str | None = None,
    schema: str | None = None,
    domain: str | None = None,
) -> dict[str, Any]:
    """Ours, for the import form: what the beginning of each file shows, against a dataset's schema or a given one.

    ``columns`` are the schema's, each with whether the first file has it; ``problems`` have a severity and a message.
    """
    from personalize_web.engine.importing import preflight  # a query engine: only loaded by processes that need it

    parsed = _schema(caller, dataset_arn, schema, domain)
    files = locations.files_to_import(storage.checked(data_location, field="data_location"))
    minimum = settings.QUOTAS["import_minimum_interactions"] if parsed.dataset_type == "INTERACTIONS" else 0
    with tempfile.TemporaryDirectory(prefix="personalize-preflight-") as folder:
        head, rows = _head(files[0], Path(folder))
        first = preflight(head, parsed, size=files[0].bytes, rows=rows, minimum_rows=minimum if len(files) == 1 else 0)
    whole = sum(file.bytes for file in files) / max(files[0].bytes, 1)
    return {
        "location": data_location,
        "files": len(files),
        "bytes": sum(file.bytes for file in files),
        "columns": [
            {"name": field.name, "type": field.type, "nullable": field.nullable, "found": field.name in first.columns}
            for field in parsed.fields
        ],
        "missing": list(first.missing),
        "extra": list(first.extra),
        "sampleRows": list(first.sample),
        "estimatedRows": round(first.estimated_rows * whole),
        "estimatedSeconds": first.estimated_seconds * whole,
        "problems": [asdict(problem) for problem in first.problems],
        "usable": first.usable,
    }


def _schema(caller: Caller, dataset_arn: str | None, text: str | None, domain: str | None) -> avro.Schema:
    if dataset_arn is not None:
        kept = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn").schema
        return avro.parse(kept.text, domain=kept.domain)
    if text is None:
        raise InvalidInputException("Give a dataset or a schema to look at the file with.", field="schema")
    return avro.parse(text, domain=domain)


def _head(file: locations.StoredObject, folder: Path) -> tuple[Path, int | None]:
    """The beginning of ``file`` under its own name; of a Parquet file also how many rows it has."""
    from personalize_web.engine.importing.preflight import HEAD, write_head

    head = folder / file.name
    with locations.open_file(file.location) as stream:
        beginning = stream.read(HEAD)
        head.write_bytes(beginning)
        return head, write_head(stream, beginning, head)
