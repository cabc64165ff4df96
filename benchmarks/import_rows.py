"""How long do 10 million rows take from CSV to validated columns, beside plain DuckDB writing them to Parquet?

``python -m benchmarks.import_rows [rows] [--dry]``; each measurement runs in a process of its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks import report

ROWS = 10_000_000
ROUNDS = 3
GREATEST_RATIO = 1.5
GREATEST_MEMORY = 1.5 * 1024

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ],
}


def make(path: Path, rows: int) -> None:
    """A file of watch events: the same for the same number of rows, in whatever version of DuckDB."""
    mixed = "((i * 2654435761 + {0} * 40503) % 4294967291)"
    columns = [
        f"'user_' || {mixed.format(7)} % 200000 AS USER_ID",
        f"'item_' || {mixed.format(13)} % 50000 AS ITEM_ID",
        f"CASE WHEN {mixed.format(3)} % 10 < 7 THEN 'watch' ELSE 'click' END AS EVENT_TYPE",
        f"CASE WHEN {mixed.format(5)} % 4 > 0 THEN round({mixed.format(5)} % 1000 / 100, 2) END AS EVENT_VALUE",
        f"1500000000 + {mixed.format(11)} % 31536000 AS TIMESTAMP",
        f"['phone', 'tv', 'tablet|web'][1 + {mixed.format(17)} % 3] AS DEVICE",
    ]
    duckdb.execute(f"COPY (SELECT {', '.join(columns)} FROM range({rows}) AS t(i)) TO '{path}' (HEADER)")


def plain(path: Path, target: Path) -> None:
    """What DuckDB does by itself: types sniffed, nothing checked."""
    duckdb.execute(f"COPY (FROM read_csv('{path}')) TO '{target / 'plain.parquet'}' (FORMAT parquet)")


def ours(path: Path, target: Path) -> None:
    """The import as a job does it, to the published snapshot."""
    from personalize_web.engine.columns import ColumnStore
    from personalize_web.engine.importing import SourceFile, import_files
    from personalize_web.engine.schemas import parse

    import_files([SourceFile(path, path.name)], parse(json.dumps(SCHEMA)), ColumnStore(target / "columns"))


def measure(kind: str, path: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one run in a fresh process, the modules it needs imported before the clock starts."""
    with tempfile.TemporaryDirectory(dir=path.parent) as target:
        command = [sys.executable, "-m", "benchmarks.import_rows", f"--{kind}", str(path), target]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    seconds, mebibytes = json.loads(answer.stdout.splitlines()[-1])
    return seconds, mebibytes


def main(rows: int = ROWS, *, kept: bool = True) -> None:
    """Measure both in turns, and keep the best of each."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "interactions.csv"
        make(path, rows)
        size = path.stat().st_size
        runs = [(measure("plain", path), measure("ours", path)) for _ in range(ROUNDS)]
    best_plain, best_ours = (min(run[at] for run in runs) for at in (0, 1))
    memory = [max(run[at][1] for run in runs) for at in (0, 1)]
    ratio = best_ours[0] / best_plain[0]
    headers = ["what", "seconds", "rows a second", "peak MiB", "against plain"]
    table = [
        ["plain DuckDB, CSV to Parquet", best_plain[0], f"{rows / best_plain[0]:,.0f}", f"{memory[0]:,.0f}", "1.00"],
        ["import, CSV to validated columns", best_ours[0], f"{rows / best_ours[0]:,.0f}", f"{memory[1]:,.0f}", ratio],
    ]
    notes = (
        f"{rows:,} rows, {size / 1e6:,.0f} MB; best of {ROUNDS} runs in turns, highest memory of all. "
        f"To reach: at most {GREATEST_RATIO} times plain DuckDB, under {GREATEST_MEMORY:,.0f} MiB."
    )
    if kept:
        report.keep("Import of rows", headers, table, notes=notes, packages=("duckdb", "pyarrow"))
    else:
        print(headers, *table, notes, sep="\n")
    if ratio > GREATEST_RATIO or memory[1] > GREATEST_MEMORY:
        raise SystemExit("The import misses its figure.")


def _one(kind: str, path: Path, target: Path) -> None:
    import personalize_web.engine.importing  # noqa: F401  so that neither side pays for imports

    run = {"plain": plain, "ours": ours}[kind]
    started = time.perf_counter()
    run(path, target)
    seconds = time.perf_counter() - started
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("--plain", "--ours"):
        _one(sys.argv[1][2:], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
        main(*numbers, kept="--dry" not in sys.argv)
