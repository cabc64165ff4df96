"""What goes into an import and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from personalize_web.engine.errors import DataError

MAXIMUM_LISTED = 20
"""How many bad rows are named."""


@dataclass(frozen=True)
class SourceFile:
    """A CSV or Parquet file to import."""

    path: Path
    """Where it can be read."""
    name: str
    """How its owner knows it; it stands in messages."""


@dataclass(frozen=True)
class BadRow:
    """A row that breaks a rule."""

    file: str
    line: int
    """The line in the file, from 1, where the header is a line too; of a Parquet file the row, from 1."""
    column: str | None
    """The column at fault; None where the row as a whole is."""
    value: str | None
    """The value as it stands in the file, shortened."""
    rule: str
    """What is asked of it."""
    unit: Literal["line", "row"] = "line"
    """What ``line`` counts."""

    def __str__(self) -> str:
        place = f"{self.file}, {self.unit} {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.rule}" if self.value is None else f"{place}: {self.rule} Found: {self.value!r}."


class BadRows(DataError):
    """Rows that break rules; nothing has been imported."""

    def __init__(self, rows: Sequence[BadRow], *, more: bool = False) -> None:
        self.rows = tuple(rows[:MAXIMUM_LISTED])
        self.more = more or len(rows) > MAXIMUM_LISTED
        if self.more:
            head = f"More than {len(self.rows)} rows can't be imported, the first are:"
        else:
            head = "1 row can't be imported:" if len(self.rows) == 1 else f"{len(self.rows)} rows can't be imported:"
        super().__init__("\n".join([head, *map(str, self.rows), "Nothing was imported."]))


@dataclass(frozen=True)
class ImportSummary:
    """What an import brought."""

    rows: int
    bytes: int
    """Bytes of the files."""
    files: int
    warnings: tuple[str, ...] = ()
    """What was tolerated, in words for the data's owner."""
