"""The body of a data check: a dry run over files, whose report is kept and whose rows are not."""

from typing import Any

from django.conf import settings

from personalize_web.engine import importing, schemas
from personalize_web.resources import locations
from personalize_web.resources.models import DataCheck
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication
from personalize_web.workers.phases import Phases

_PHASES = 4


def create(context: JobContext, check: DataCheck) -> Publication:
    """Look at every file of the location, and report on all that an import would say and on what is in the rows."""
    context.phase("Fetch files", 1, _PHASES)
    schema = schemas.parse(check.schema_text, domain=check.dataset_group.domain)
    files = locations.files_to_import(locations.parse(check.data_location))
    context.log(f"{locations.in_words(files)} at {check.data_location}.")
    scratch = settings.DATA_DIR / "scratch" / f"job-{context.row.pk}"
    with locations.local_copies(files, scratch / "files") as paths:
        result = importing.check_files(
            [importing.SourceFile(path=path, name=file.name) for path, file in zip(paths, files, strict=True)],
            schema,
            scratch / "check",
            full=check.options.get("full", True),
            minimum_rows=settings.QUOTAS["import_minimum_interactions"] if schema.dataset_type == "INTERACTIONS" else 1,
            maximum_bytes=settings.QUOTAS["import_full_bytes"],
            reporter=Phases(context, before=1),
        )
    _log(context, result)
    return lambda: {"result": result}


def _log(context: JobContext, result: dict[str, Any]) -> None:
    context.log(f"{result['rows']:,} rows were looked at; {result['badRows']:,} of them can't be imported.")
    for warning in result["warnings"]:
        context.log(warning, level="warning")
