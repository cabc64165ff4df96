"""What a check finds wrong: every broken rule with its count and a few examples, and the first rows in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from personalize_web.engine.importing.outcome import MAXIMUM_LISTED, BadRow, BadRows

EXAMPLES = 5
"""How many places are named of each problem."""


@dataclass
class Problem:
    """One rule that cells of a column, or whole rows, or files break."""

    rule: str
    column: str | None
    rows: int = 0
    examples: list[BadRow] = field(default_factory=list)


class Findings:
    """Everything that is wrong with the files of one check."""

    def __init__(self) -> None:
        self._problems: dict[tuple[str, str | None], Problem] = {}
        self.first: list[BadRow] = []
        """The rows that an import would name, in their order; at most one more than it lists."""
        self.stops: str | None = None
        """What an import would say before it looks at rows, if anything."""
        self.bad_rows = 0
        """Rows that can't be imported."""

    def file(self, name: str, rule: str, *, said: str | None = None) -> None:
        """The file as a whole can't be imported; ``said`` is how an import puts it, where it says more."""
        self.add(rule, None, 0, [BadRow(name, 1, None, None, rule)])
        self.stop(said or rule)

    def stop(self, reason: str) -> None:
        """Keep what an import would say; the first counts."""
        self.stops = self.stops or reason

    def add(self, rule: str, column: str | None, rows: int, examples: Iterable[BadRow]) -> None:
        """Count ``rows`` more that break ``rule``, and keep the examples there is room for."""
        problem = self._problems.setdefault((rule, column), Problem(rule, column))
        problem.rows += rows
        problem.examples += list(examples)[: EXAMPLES - len(problem.examples)]

    def next(self, rows: Sequence[BadRow]) -> None:
        """Keep the first rows, in their order, of one more file."""
        self.first += rows[: MAXIMUM_LISTED + 1 - len(self.first)]

    @property
    def reason(self) -> str | None:
        """What an import would say; None where nothing is wrong."""
        return self.stops or (str(BadRows(self.first)) if self.first else None)

    def columns(self) -> dict[str, int]:
        """By column, how many problems it has."""
        found: dict[str, int] = {}
        for _, column in self._problems:
            if column is not None:
                found[column] = found.get(column, 0) + 1
        return found

    def listed(self) -> list[dict[str, Any]]:
        """Problems, JSON-able: those of whole files first, then those of the most rows."""
        ordered = sorted(self._problems.values(), key=lambda problem: (problem.rows > 0, -problem.rows))
        return [
            {
                "rule": problem.rule,
                "column": problem.column,
                "rows": problem.rows,
                "examples": [
                    {"file": row.file, row.unit: row.line, "line": row.line, "value": row.value}
                    for row in problem.examples
                ],
            }
            for problem in ordered
        ]
