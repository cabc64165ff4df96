"""What the live editor shows about a schema: a rule, its place, and a way to mend it."""

from dataclasses import dataclass
from typing import Literal

from personalize_web.engine.schemas import document
from personalize_web.engine.schemas.document import Node


@dataclass(frozen=True)
class Problem:
    """One finding about a schema."""

    severity: Literal["error", "warning"]
    line: int
    """From 1."""
    column: int
    """From 1."""
    field: str | None
    """The field's name, where one is concerned."""
    rule: str
    """The rule's short name: S1 to S21 refuse, W1 to W6 warn."""
    message: str
    """For the person in the editor."""
    refusal: str
    """For the caller of CreateSchema, where the schema is refused."""
    fix: str | None = None
    """The whole document mended, where one click can do it."""


class Findings:
    """Collects problems while the rules read a document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []

    @property
    def refused(self) -> bool:
        """Whether any error has been found."""
        return any(problem.severity == "error" for problem in self.problems)

    def error(
        self,
        rule: str,
        refusal: str,
        *,
        at: Node | int = 0,
        field: str | None = None,
        message: str | None = None,
        fix: str | None = None,
    ) -> None:
        """Note something that makes the schema unusable."""
        self._add("error", rule, message or refusal, refusal, at, field, fix)

    def warning(self, rule: str, message: str, *, at: Node, field: str | None = None, fix: str | None = None) -> None:
        """Note something that works but is rarely meant."""
        self._add("warning", rule, message, message, at, field, fix)

    def _add(
        self,
        severity: Literal["error", "warning"],
        rule: str,
        message: str,
        refusal: str,
        at: Node | int,
        field: str | None,
        fix: str | None,
    ) -> None:
        line, column = document.place(self.text, at if isinstance(at, int) else at.start)
        self.problems.append(Problem(severity, line, column, field, rule, message, refusal, fix))
