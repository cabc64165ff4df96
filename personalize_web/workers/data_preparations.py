"""The body of a data preparation: files out of the store, through the recipe, and one file back into it."""

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from personalize_web.engine import preparing, schemas
from personalize_web.engine.schemas import Schema
from personalize_web.resources import locations
from personalize_web.resources.models import DataPreparation
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication
from personalize_web.workers.phases import Phases


def create(context: JobContext, preparation: DataPreparation) -> Publication:
    """Write the file aside and put it in its place, where it appears whole; without a place, report on every row."""
    began = time.monotonic()
    context.phase("Fetch files", 1, 1 + (len(preparing.PHASES) if preparation.output_location else 1))
    schema = schemas.parse(preparation.schema_text, domain=preparation.dataset_group.domain)
    files = locations.files_to_import(locations.parse(preparation.source_location))
    size = sum(file.bytes for file in files)
    context.log(f"{len(files):,} file{'' if len(files) == 1 else 's'} with {size:,} bytes.")
    scratch = settings.DATA_DIR / "scratch" / f"job-{context.row.pk}"
    shutil.rmtree(scratch, ignore_errors=True)  # of an attempt that was killed
    scratch.mkdir(parents=True)
    try:
        with locations.local_copies(files, scratch / "files") as paths:
            source = preparing.look([(path, file.name) for path, file in zip(paths, files, strict=True)])
            recipe = preparing.read_recipe(preparation.recipe, schema, source.columns)
            if not preparation.output_location:
                context.phase("Look at every row", 2, 2)
                report = preparing.report(source, recipe, schema, full=True, reporter=context)
                return lambda: {"result": {"report": report}}
            result = _written(context, source, recipe, schema, scratch / "prepared.csv")
        context.require_lease()
        locations.put(scratch / "prepared.csv", locations.parse(preparation.output_location))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return lambda: {"result": result | {"seconds": round(time.monotonic() - began, 2)}}


def _written(
    context: JobContext, source: preparing.Source, recipe: preparing.Recipe, schema: Schema, target: Path
) -> dict[str, Any]:
    done = preparing.write(source, recipe, schema, target, reporter=Phases(context, before=1))
    context.log(f"{done.written:,} of {done.read:,} rows written.")
    return {
        "rows": done.read,
        "leftOut": done.left_out,
        "written": done.written,
        "bytes": done.bytes,
        "unfit": done.unfit,
        "steps": list(done.steps),
        "report": done.report,
    }
