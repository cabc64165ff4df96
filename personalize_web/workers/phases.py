"""The phases of the engine's work inside those of a job."""

from personalize_web.engine.reporting import Reporter


class Phases:
    """A reporter whose phases stand ``before`` phases later among ``before + after`` more."""

    def __init__(self, inner: Reporter, *, before: int = 0, after: int = 0) -> None:
        self._inner = inner
        self._before = before
        self._after = after

    def phase(self, name: str, index: int, of: int) -> None:
        self._inner.phase(name, index + self._before, of + self._before + self._after)

    def progress(self, fraction: float, *, rows: int | None = None, rows_total: int | None = None) -> None:
        self._inner.progress(fraction, rows=rows, rows_total=rows_total)

    def log(self, text: str, *, level: str = "info") -> None:
        self._inner.log(text, level=level)

    def point(self, series: str, x: float, y: float) -> None:
        self._inner.point(series, x, y)

    def check(self) -> None:
        self._inner.check()
