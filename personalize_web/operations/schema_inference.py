"""A schema guessed from files, ours beside the 79."""

from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.engine.schemas.keywords import supported
from personalize_web.operations import sources
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation


@own_operation(role=ANALYST, recorded=True)
def infer_schema(caller: Caller, *, dataset_type: str, data_location: str, domain: str | None = None) -> dict[str, Any]:
    """Ours, for the schema editor: what each column of a file seems to be, and the schema that makes of it.

    ``fields``: by column name, type, null, role, confidence from 0 to 1, why, and five values. ``schema``: a text;
    ``renames`` and ``conversions`` that the file needs to fit it; ``problems``: what it lacks, in sentences.
    """
    from personalize_web.engine.schemas.inference import infer  # a query engine: only where it is needed

    kind = dataset_type.upper()
    if not supported(kind, domain):
        raise InvalidInputException(
            f"Dataset type {avro.RECORD_NAMES.get(kind, dataset_type)} is not supported for domain {domain}.",
            field="dataset_type",
        )
    with sources.beginning(data_location, field="data_location") as source:
        return infer(source, kind, domain).as_json() | {
            "files": [part.name for part in source.parts],
            "format": source.parts[0].form,
        }
