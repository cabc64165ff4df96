"""How long do 50 million rows in 20 files take from CSV to validated columns, beside plain DuckDB writing Parquet?

``python -m benchmarks.import_rows [rows] [--dry]``, where 10000000 is the smaller question; each measurement runs in a
process of its own.
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

ROWS = 50_000_000
FILES = 20
ROUNDS = 3
GREATEST_RATIO = 1.5
GREATEST_MEMORY = 2 * 1024

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
        {"name": "POSITION", "type": ["null", "int"]},
        {"name": "COUNTRY", "type": ["null", "string"], "categorical": True},
    ],
}


def make(folder: Path, rows: int) -> int:
    """Files of watch events, always the same for the same number of rows; answers their bytes."""
    mixed = "((i * 2654435761 + {0} * 40503) % 4294967291)"
    columns = [
        f"'user_' || {mixed.format(7)} % 1000000 AS USER_ID",
        f"'item_' || {mixed.format(13)} % 200000 AS ITEM_ID",
        f"CASE WHEN {mixed.format(3)} % 10 < 7 THEN 'watch' ELSE 'click' END AS EVENT_TYPE",
        f"CASE WHEN {mixed.format(5)} % 4 > 0 THEN round({mixed.format(5)} % 1000 / 100, 2) END AS EVENT_VALUE",
        f"1500000000 + {mixed.format(11)} % 31536000 AS TIMESTAMP",
        f"['phone', 'tv', 'tablet|web'][1 + {mixed.format(17)} % 3] AS DEVICE",
        f"CASE WHEN {mixed.format(19)} % 5 > 0 THEN {mixed.format(19)} % 40 END AS POSITION",
        f"['DE', 'FR', 'JP', 'BR', 'Côte d''Ivoire'][1 + {mixed.format(23)} % 5] AS COUNTRY",
    ]
    for part in range(FILES):
        first, last = part * rows // FILES, (part + 1) * rows // FILES
        path = folder / f"part-{part:02}.csv"
        duckdb.execute(f"COPY (SELECT {', '.join(columns)} FROM range({first}, {last}) AS t(i)) TO '{path}' (HEADER)")
    return sum(path.stat().st_size for path in folder.iterdir())


def plain(folder: Path, target: Path) -> None:
    """What DuckDB does by itself: types sniffed, nothing checked."""
    duckdb.execute(f"COPY (FROM read_csv('{folder}/*.csv')) TO '{target / 'plain.parquet'}' (FORMAT parquet)")


def ours(folder: Path, target: Path) -> None:
    """The import as a job does it, to the published snapshot."""
    from personalize_web.engine.columns import ColumnStore
    from personalize_web.engine.importing import SourceFile, import_files
    from personalize_web.engine.schemas import parse

    files = [SourceFile(path, path.name) for path in sorted(folder.iterdir())]
    import_files(files, parse(json.dumps(SCHEMA)), ColumnStore(target / "columns"))


def measure(kind: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one run in a fresh process, the modules it needs imported before the clock starts."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as target:
        command = [sys.executable, "-m", "benchmarks.import_rows", f"--{kind}", str(folder), target]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    seconds, mebibytes = json.loads(answer.stdout.splitlines()[-1])
    return seconds, mebibytes


def main(rows: int = ROWS, *, kept: bool = True) -> None:
    """Measure both in turns, and keep the best of each."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "interactions"
        folder.mkdir()
        size = make(folder, rows)
        runs = [(measure("plain", folder), measure("ours", folder)) for _ in range(ROUNDS)]
    best_plain, best_ours = (min(run[at] for run in runs) for at in (0, 1))
    memory = [max(run[at][1] for run in runs) for at in (0, 1)]
    ratio = best_ours[0] / best_plain[0]
    headers = ["what", "seconds", "rows a second", "peak MiB", "against plain"]
    table = [
        ["plain DuckDB, CSV to Parquet", best_plain[0], f"{rows / best_plain[0]:,.0f}", f"{memory[0]:,.0f}", "1.00"],
        ["import, CSV to validated columns", best_ours[0], f"{rows / best_ours[0]:,.0f}", f"{memory[1]:,.0f}", ratio],
    ]
    notes = (
        f"{rows:,} rows of {len(SCHEMA['fields'])} columns in {FILES} files, {size / 1e6:,.0f} MB; "
        f"best of {ROUNDS} runs in turns, highest memory of all. "
        f"To reach: at most {GREATEST_RATIO} times plain DuckDB, at most {GREATEST_MEMORY:,.0f} MiB."
    )
    if kept:
        report.keep("Import of rows", headers, table, notes=notes, packages=("duckdb", "pyarrow"))
    else:
        print(headers, *table, notes, sep="\n")
    if ratio > GREATEST_RATIO or memory[1] > GREATEST_MEMORY:
        raise SystemExit("The import misses its figure.")


def _one(kind: str, folder: Path, target: Path) -> None:
    import personalize_web.engine.importing  # noqa: F401  so that neither side pays for imports

    run = {"plain": plain, "ours": ours}[kind]
    started = time.perf_counter()
    run(folder, target)
    seconds = time.perf_counter() - started
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("--plain", "--ours"):
        _one(sys.argv[1][2:], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
        main(*numbers, kept="--dry" not in sys.argv)
