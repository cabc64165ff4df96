"""One training by several processes, on one machine or on many, started by ``torchrun``.

:func:`train_version` starts them for a training of this process. A further machine lends its processors or GPUs with
``torchrun --nnodes ... --node-rank 1 --master-addr ... --master-port ... -m personalize_web.engine.distributed``, which
needs neither data nor settings; see :mod:`personalize_web.engine.team`.
"""

import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from personalize_web.engine import action_training, team, training
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent

TASK, OUTCOME, ERRORS = "task.pickle", "outcome.pickle", "errors.log"
LOOK_EVERY = 0.5
"""Seconds between two questions whether to stop."""
PATIENCE = 10.0
"""Seconds that processes have to end before they are killed."""
_MARK = "\x1e"
"""Begins a line of the leader that is meant for the reporter."""
_TOLD = 4000
"""Characters of the processes' errors that are told."""


class ProcessesFailed(RuntimeError):
    """The processes ended without a model; the text is the end of what they wrote."""


def train_version(
    recipe: Recipe,
    dataset: Dataset | ActionDataset,
    solution_config: Mapping[str, Any] | None,
    directory: Path,
    *,
    processes: int,
    options: Options | None = None,
    reporter: Reporter | None = None,
    torchrun: Sequence[str] = (),
    **more: Any,
) -> training.Outcome:
    """What :func:`training.train_version` does, by ``processes`` of this machine that share each batch of learning.

    Of a dataset of actions what :func:`action_training.train_actions` does; ``more`` are further arguments of either.
    ``torchrun`` are more options of that command, such as those that name further machines. ``options.threads`` are
    those of all processes of this machine together. Raises as that function does, and ProcessesFailed.
    """
    options, reporter = options or Options(), reporter or Silent()
    threads = max(1, (options.threads or os.cpu_count() or 1) // processes)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".training-") as name:
        folder = Path(name)
        arguments = {
            "recipe": recipe,
            "dataset": dataset,
            "solution_config": solution_config,
            "directory": directory,
            "options": replace(options, threads=threads),
            **more,
        }
        (folder / TASK).write_bytes(pickle.dumps(arguments, protocol=5))
        where = torchrun or ("--standalone",)
        command = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            *where,
            "--nproc-per-node",
            str(processes),
            "-m",
            __name__,
            str(folder),
        ]
        with (folder / ERRORS).open("wb") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ | {"OMP_NUM_THREADS": str(threads)},
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
            try:
                _listen(process, reporter)
            finally:
                _end(process)
        if not (folder / OUTCOME).exists():
            text = (folder / ERRORS).read_text(encoding="utf-8", errors="replace")
            raise ProcessesFailed(f"The training processes ended with {process.returncode}.\n{text[-_TOLD:]}")
        outcome = pickle.loads((folder / OUTCOME).read_bytes())
    if isinstance(outcome, DataError):
        raise outcome
    return outcome


def _listen(process: subprocess.Popen[str], reporter: Reporter) -> None:
    """Tell the reporter what the leader tells, until the processes have ended."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read(stream: IO[str]) -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    assert process.stdout is not None
    threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
    while True:
        reporter.check()
        try:
            line = lines.get(timeout=LOOK_EVERY)
        except queue.Empty:
            continue
        if line is None:
            process.wait()
            return
        if line.startswith(_MARK):
            name, given, named = json.loads(line[len(_MARK) :])
            getattr(reporter, name)(*given, **named)


def _end(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)


class _Told:
    """The leader's reporter: every call is a line of its standard output."""

    def phase(self, name: str, index: int, of: int) -> None:
        self._tell("phase", name, index, of)

    def progress(self, fraction: float, *, rows: int | None = None, rows_total: int | None = None) -> None:
        self._tell("progress", fraction, rows=rows, rows_total=rows_total)

    def log(self, text: str, *, level: str = "info") -> None:
        self._tell("log", text, level=level)

    def point(self, series: str, x: float, y: float) -> None:
        self._tell("point", series, x, y)

    def check(self) -> None:
        """A stop ends the processes from outside."""

    def _tell(self, name: str, *given: Any, **named: Any) -> None:
        print(_MARK + json.dumps([name, given, named]), flush=True)


def lead(folder: Path) -> None:
    """Train what lies in ``folder`` and put there what was found, or the DataError."""
    arguments = pickle.loads((folder / TASK).read_bytes())
    found: training.Outcome | DataError
    try:
        of_actions = isinstance(arguments["dataset"], ActionDataset)
        train = action_training.train_actions if of_actions else training.train_version
        found = train(**arguments, reporter=_Told())
    except DataError as error:
        found = error
    aside = folder / f".{OUTCOME}"
    aside.write_bytes(pickle.dumps(found))
    aside.rename(folder / OUTCOME)


def main(arguments: Sequence[str]) -> None:
    """One process of a team: the first leads what lies in the folder that is named, the others follow."""
    with team.joined() as together:
        if not together.leads:
            team.follow(together)
            return
        try:
            if not arguments:
                raise SystemExit("The first machine's worker leads; start this one with --node-rank 1 or greater.")
            lead(Path(arguments[0]))
        finally:
            together.share(None)


if __name__ == "__main__":
    main(sys.argv[1:])
