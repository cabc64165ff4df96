"""A first look at a file, before anything is started."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine.columns import duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import headers, job, parquet
from personalize_web.engine.importing.outcome import BadRows, SourceFile
from personalize_web.engine.importing.reading import Ready
from personalize_web.engine.reporting import Silent
from personalize_web.engine.schemas import Schema

HEAD = 1 << 20
"""Bytes that are looked at."""

_SAMPLE_ROWS = 5
_HEAD_ROWS = 10_000
_BYTES_A_SECOND = 50_000_000


@dataclass(frozen=True)
class Finding:
    """One thing worth telling before the import starts."""

    severity: Literal["error", "warning"]
    message: str


@dataclass(frozen=True)
class Preflight:
    """What the first megabyte of a file shows."""

    columns: tuple[str, ...] = ()
    """The header's names, in order."""
    missing: tuple[str, ...] = ()
    """Schema columns that the header lacks."""
    extra: tuple[str, ...] = ()
    """Header columns that the schema lacks; they would be ignored."""
    sample: tuple[dict[str, Any], ...] = ()
    """The first rows as text by column, at most five."""
    rows: int = 0
    """Rows in the part that was looked at."""
    estimated_rows: int = 0
    estimated_seconds: float = 0.0
    problems: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether nothing that was seen would make the import fail."""
        return not any(problem.severity == "error" for problem in self.problems)


def preflight(
    path: Path, schema: Schema, *, size: int | None = None, rows: int | None = None, minimum_rows: int = 0
) -> Preflight:
    """Look at the first megabyte of ``path``; ``size`` is the whole file's where ``path`` holds only its beginning.

    The beginning of a Parquet file is a whole one of its first rows, and ``rows`` how many the file itself has.
    """
    whole = path.stat().st_size if size is None else size
    with tempfile.TemporaryDirectory(prefix="personalize-preflight-") as directory:
        aside = Path(directory)
        if parquet.is_parquet(path):
            return _look(SourceFile(path, path.name), schema, aside, whole, minimum_rows, rows)
        head = SourceFile(aside / "head.csv", path.name)
        with path.open("rb") as stream:
            start = stream.read(HEAD)
        cut = whole > len(start)
        head.path.write_bytes(start[: start.rfind(b"\n") + 1] if cut and b"\n" in start else start)
        return _look(head, schema, aside, whole, minimum_rows, rows)


def write_head(stream: IO[bytes], beginning: bytes, head: Path) -> int | None:
    """Where the stream is a Parquet file, write its first rows to ``head``; answers how many it has, else None.

    A damaged one is left as its ``beginning``, which the preflight refuses in its own words.
    """
    if not beginning.startswith(parquet.MAGIC):
        return None
    try:
        whole = pq.ParquetFile(stream)
        first = next(whole.iter_batches(_HEAD_ROWS), None)
        pq.write_table(whole.schema_arrow.empty_table() if first is None else pa.Table.from_batches([first]), head)
    except (OSError, pa.ArrowException):
        return None
    return int(whole.metadata.num_rows)


def _look(
    head: SourceFile, schema: Schema, aside: Path, whole: int, minimum_rows: int, known_rows: int | None
) -> Preflight:
    try:
        header = headers.header_of(head)
    except DataError as refusal:
        return Preflight(problems=(Finding("error", str(refusal)),))
    missing = tuple(name for name in schema.names if name not in header)
    extra = tuple(name for name in header if name not in schema.by_name)
    problems = _header_problems(header, schema, missing, extra)
    try:
        ready = job.prepared(head, schema, aside, 0, Silent())
    except BadRows as refusal:
        found = [Finding("error", str(row)) for row in refusal.rows]
        return Preflight(header, missing, extra, problems=(*problems, *found))
    except DataError as refusal:
        return Preflight(header, missing, extra, problems=(*problems, Finding("error", str(refusal))))
    rows, sample = _sample(ready)
    size = head.path.stat().st_size
    estimated = known_rows if known_rows is not None else round(rows * max(whole / max(size, 1), 1))
    if not any(problem.severity == "error" for problem in problems):
        bad = job.find_bad_rows([ready], schema)
        problems += [Finding("error", str(row)) for row in bad[: job.MAXIMUM_LISTED]]
        if not bad:
            problems += _event_types(ready, schema)
    if estimated < minimum_rows:
        problems.append(
            Finding("error", f"The file has about {estimated:,} rows; at least {minimum_rows:,} are required.")
        )
    seconds = whole / _BYTES_A_SECOND
    return Preflight(header, missing, extra, sample, rows, estimated, seconds, tuple(problems))


def _header_problems(
    header: tuple[str, ...], schema: Schema, missing: tuple[str, ...], extra: tuple[str, ...]
) -> list[Finding]:
    problems = [
        Finding("error", text)
        for text in (
            headers.lacking(missing),
            headers.repeated_columns(header, schema),
            *headers.hints(header, missing),
        )
        if text is not None
    ]
    if extra and not missing:
        problems.append(Finding("warning", f"Columns that the schema lacks are ignored: {', '.join(extra)}."))
    return problems


def _sample(file: Ready) -> tuple[int, tuple[dict[str, Any], ...]]:
    """The number of readable rows and the first of them as text."""
    header = tuple(dict.fromkeys(file.header))
    with duck.connect() as connection:
        rows = file.table(", ignore_errors = true")
        first = connection.execute(f"SELECT {file.cells(header)} FROM {rows} LIMIT {_SAMPLE_ROWS}").fetchall()
        count = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
    return int(count[0]) if count else 0, tuple(dict(zip(header, row, strict=True)) for row in first)


def _event_types(file: Ready, schema: Schema) -> list[Finding]:
    if schema.dataset_type != "INTERACTIONS" or "EVENT_TYPE" not in schema.by_name:
        return []
    with duck.connect() as connection:
        query = (
            f"SELECT count(DISTINCT trim(EVENT_TYPE)) FROM (SELECT {file.cells(['EVENT_TYPE'])} FROM {file.table()})"
        )
        found = connection.execute(query).fetchone()
    return [Finding("warning", text) for text in job.many_event_types(int(found[0]) if found else 0, schema)]
