"""Who answers the lines of batch jobs.

Answering takes what requests take, which stands above this room: the makers of answerers are told from there.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from personalize_web.engine.batch.lines import Line
from personalize_web.engine.reporting import Reporter
from personalize_web.resources.models import BatchJob


class Answerer(Protocol):
    """Answers the lines of one job."""

    @property
    def most_lines(self) -> int:
        """Most lines of an input file."""

    @property
    def at_once(self) -> int:
        """Lines of a chunk: few where each takes long."""

    def answer(self, lines: Sequence[Line]) -> Sequence[dict[str, Any]]:
        """What the output file says to each line, in their order; a line that fails has ``error`` and no ``output``.

        A line without a value could not be read. The same lines have the same answers, whoever gives them.
        """


Maker = Callable[[Any, int, Reporter], Answerer]

_makers: dict[type[BatchJob], Maker] = {}


def register(model: type[BatchJob], maker: Maker) -> None:
    """Let ``maker`` make what answers the jobs of this table.

    It takes the job, the greatest sequence number of a recorded event that counts, and a reporter whose log is the
    job's. It raises DataError where the job cannot be answered at all.
    """
    _makers[model] = maker


def of(job: BatchJob, event_upto: int, reporter: Reporter) -> Answerer:
    """What answers the lines of ``job``."""
    return _makers[type(job)](job, event_upto, reporter)
