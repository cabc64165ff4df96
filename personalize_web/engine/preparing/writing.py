"""A source, a recipe and a schema into one CSV file that an import takes as it is."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.preparing import fixing
from personalize_web.engine.preparing.recipe import Recipe
from personalize_web.engine.preparing.reporting import describe
from personalize_web.engine.preparing.source import Source
from personalize_web.engine.preparing.staging import staged, watched
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.schemas import Schema

PHASES = ("Map columns", "Look for gaps and repetitions", "Write rows")
"""What a preparation does, in order."""


@dataclass(frozen=True)
class Prepared:
    """What came of it."""

    read: int
    """Rows of the source."""
    left_out: int
    """Rows that could not be split into cells."""
    written: int
    bytes: int
    unfit: dict[str, int] = field(default_factory=dict)
    """Field -> cells that were no value of the field."""
    steps: tuple[dict[str, Any], ...] = ()
    """As in :class:`fixing.Fixed`."""
    report: dict[str, Any] = field(default_factory=dict)
    """Of the mapped rows before any fix, as :func:`reporting.report` makes it."""


def write(
    source: Source, recipe: Recipe, schema: Schema, target: Path, *, reporter: Reporter | None = None
) -> Prepared:
    """Write the prepared rows to ``target``, which appears with its last row only.

    Raises :class:`DataError` where nothing would be left to write. Memory is bounded; what does not fit goes to disk.
    """
    report = reporter or Silent()
    with TemporaryDirectory(prefix="personalize-prepare-", dir=target.parent) as directory:
        aside = Path(directory)
        report.phase(PHASES[0], 1, len(PHASES))
        with staged(source, recipe, schema, aside, report) as mapped:
            report.phase(PHASES[1], 2, len(PHASES))
            found = describe(mapped)
            report.progress(0.7)
            result = fixing.fixed(mapped, recipe)
            _tell(report, mapped.left_out, mapped.unfit, result)
            if not result.rows:
                raise DataError(_nothing(mapped.rows, mapped.unfit, result))
            report.phase(PHASES[2], 3, len(PHASES))
            copy = aside / "written.csv"
            options = "FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\\', NULLSTR ''"
            watched(mapped.connection, f"COPY ({result.sql}) TO {duck.text(copy)} ({options})", report)
            prepared = Prepared(
                mapped.rows,
                mapped.left_out,
                result.rows,
                copy.stat().st_size,
                dict(mapped.unfit),
                result.steps,
                found,
            )
        report.check()
        copy.replace(target)
    return prepared


def _tell(reporter: Reporter, left_out: int, unfit: Any, result: fixing.Fixed) -> None:
    if left_out:
        rows = "1 row" if left_out == 1 else f"{left_out:,} rows"
        reporter.log(f"{rows} could not be split into cells, and left out.", level="warning")
    for name, count in unfit.items():
        cells = "1 cell holds" if count == 1 else f"{count:,} cells hold"
        reporter.log(f"{cells} no value of {name} and count as missing.", level="warning")
    for step in result.steps:
        if step["rows"]:
            reporter.log(said(step))


def said(step: dict[str, Any]) -> str:
    """What a fix did, as a sentence."""
    rows = f"{step['rows']:,} row{'' if step['rows'] == 1 else 's'}"
    if step["step"] == "drop":
        return f"{rows} without {step['field']} dropped."
    if step["step"] == "duplicates":
        return f"{rows} equal to an earlier one dropped."
    if step["step"] == "outliers":
        return f"{rows} dropped with {step['field']} outside {step['low']:,.6g} to {step['high']:,.6g}."
    return f"{rows} without {step['field']} filled with {step['value']}."


def _nothing(rows: int, unfit: Any, result: fixing.Fixed) -> str:
    if not rows:
        return "The file holds no rows below its header."
    reasons = [said(step) for step in result.steps if step["rows"]]
    if unfit:
        worst = max(unfit, key=lambda name: unfit[name])
        reasons.append(f"{unfit[worst]:,} cells hold no value of {worst}: choose another column or converter.")
    return " ".join([f"No row of {rows:,} is left to write.", *reasons])
