"""How long work tells others where it is."""

from typing import Protocol


class Reporter(Protocol):
    """What long work calls while it runs; the worker's job context is one."""

    def phase(self, name: str, index: int, of: int) -> None:
        """Phase ``index`` (from 1) of ``of`` begins."""

    def progress(self, fraction: float, *, rows: int | None = None, rows_total: int | None = None) -> None:
        """The present phase is done to ``fraction`` (0 to 1); rows where the work is counted in rows."""

    def log(self, text: str, *, level: str = "info") -> None:
        """One line for the job's log; ``level`` is info, warning or error."""

    def point(self, series: str, x: float, y: float) -> None:
        """One point of a live curve, such as the validation ``ndcg`` of an epoch."""

    def check(self) -> None:
        """Raise :class:`~personalize_web.engine.errors.Stopped` when a stop was asked for."""


class Silent:
    """A reporter that keeps nothing."""

    def phase(self, name: str, index: int, of: int) -> None:
        pass

    def progress(self, fraction: float, *, rows: int | None = None, rows_total: int | None = None) -> None:
        pass

    def log(self, text: str, *, level: str = "info") -> None:
        pass

    def point(self, series: str, x: float, y: float) -> None:
        pass

    def check(self) -> None:
        pass
