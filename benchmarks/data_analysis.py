"""How long does the analysis of 50 million interactions, a million users and a million items take, and in what memory?

``python -m benchmarks.data_analysis [interactions] [--dry]``; each measurement runs in a process of its own, on two
cores where the machine has more.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import millions, report

MOST_SECONDS = 60.0
MOST_MEMORY = 2048
KINDS = ("Interactions", "Items", "Users")


def ours(folder: Path) -> int:
    """The analysis as a job does it."""
    from personalize_web.engine.columns import ColumnStore
    from personalize_web.engine.statistics import analyse

    snapshots = {kind.upper(): ColumnStore(folder / kind.lower()).snapshot() for kind in KINDS}
    schemas = {kind.upper(): millions.schema(kind) for kind in KINDS}
    found = analyse(snapshots["INTERACTIONS"], snapshots["ITEMS"], snapshots["USERS"], schemas)
    return len(found["insights"])


def repeated(folder: Path) -> int:
    """Which rows were there before: found once for each version of the data, by the import that made it."""
    from personalize_web.engine.columns import ColumnStore

    return len(ColumnStore(folder / "interactions").snapshot().sql())


def by_hand(folder: Path) -> int:
    """The same head figures and columns, asked of Polars without any thought of memory."""
    import polars as pl

    events = pl.scan_parquet(folder / "interactions" / "bulk-*.parquet").select(_names("Interactions"))
    answers = 0
    for key in ("USER_ID", "ITEM_ID"):
        counts = events.group_by(key).len().collect(engine="streaming")
        n = pl.col("len")
        figures = [n.count(), (n > 1).sum(), n.mean(), n.median(), n.max()]
        answers += counts.select([each.alias(str(at)) for at, each in enumerate(figures)]).height
    for kind in KINDS:
        rows = pl.scan_parquet(folder / kind.lower() / "bulk-*.parquet").select(_names(kind))
        for name, type_ in rows.collect_schema().items():
            column = pl.col(name)
            if type_ == pl.String:
                if name.endswith("_ID"):
                    answers += rows.select(column.null_count()).collect(engine="streaming").height
                else:
                    answers += rows.group_by(name).len().collect(engine="streaming").height
            else:
                figures = [column.min(), column.max(), column.mean(), column.std(), column.median()]
                more = [column.quantile(0.25), column.quantile(0.75), column.n_unique(), column.null_count()]
                asked = [each.alias(str(at)) for at, each in enumerate([*figures, *more])]
                answers += rows.select(asked).collect(engine="streaming").height
    days = events.group_by(pl.col("TIMESTAMP") // 86_400, "EVENT_TYPE").len().collect(engine="streaming")
    return answers + days.height


def _names(kind: str) -> list[str]:
    return list(millions.schema(kind).names)


def measure(what: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one run in a fresh process, what it imports loaded before the clock starts."""
    command = [sys.executable, "-m", "benchmarks.data_analysis", f"--{what}", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    seconds, mebibytes = json.loads(answer.stdout.splitlines()[-1])
    return seconds, mebibytes


def main(rows: int = millions.INTERACTIONS, *, kept: bool = True) -> None:
    """Write the data, measure each, keep the table."""
    users, items = (max(1, each * rows // millions.INTERACTIONS) for each in (millions.USERS, millions.ITEMS))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR")) as directory:
        folder = Path(directory)
        for kind, count in (("Interactions", rows), ("Items", items), ("Users", users)):
            millions.stored(folder, kind, count, users=users, items=items)
        found = {what: measure(what, folder) for what in ("repeated", "ours", "by_hand")}
    told = {
        "repeated": "rows that were there before (once a version, by the import)",
        "ours": "data analysis, all insights, statistics and charts",
        "by_hand": "counts, column statistics and days alone, in Polars",
    }
    table = [[told[what], seconds, f"{memory:,.0f}"] for what, (seconds, memory) in found.items()]
    notes = (
        f"{rows:,} interactions of 8 columns, {users:,} users, {items:,} items, in Parquet segments; on at most two "
        f"cores. To reach: at most {MOST_SECONDS:.0f} seconds and {MOST_MEMORY:,} MiB."
    )
    headers = ["what", "seconds", "peak MiB"]
    if kept:
        report.keep("Data analysis", headers, table, notes=notes, packages=("duckdb", "numpy", "polars"))
    else:
        print(headers, *table, notes, sep="\n")
    if found["ours"][0] > MOST_SECONDS or found["ours"][1] > MOST_MEMORY:
        raise SystemExit("The analysis misses its figure.")


def _one(what: str, folder: Path) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    import personalize_web.engine.statistics  # noqa: F401  so that neither side pays for imports

    if what == "by_hand":
        import polars  # noqa: F401
    run = {"ours": ours, "repeated": repeated, "by_hand": by_hand}[what]
    started = time.perf_counter()
    run(folder)
    seconds = time.perf_counter() - started
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("--ours", "--repeated", "--by_hand"):
        _one(sys.argv[1][2:], Path(sys.argv[2]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
        main(*numbers, kept="--dry" not in sys.argv)
