"""How long does an INCREMENTAL import of 1 million items over 10 million take, beside DuckDB and Polars by hand?

``python -m benchmarks.upsert_items [old rows] [new rows] [--dry]``; each measurement runs in a process of its own.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

OLD, NEW = 10_000_000, 1_000_000
ROUNDS = 3
GREATEST_RATIO = 1.3
GREATEST_MEMORY = 2 * 1024
SIDES = ("ours", "duckdb", "polars")

SCHEMA = {
    "type": "record",
    "name": "Items",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": ["null", "string"]},
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "double"]},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
}

NOTES = """
Items of 5 columns; half of the new ones have ids that the old ones have too. All three begin with the old items as one
Parquet file in place, and all read and write the same kind of file.

- ours: `import_files` in the mode INCREMENTAL, from the CSV file to the published version: scans and checks every cell,
  writes the new rows beside the old ones, and finds out which old rows they replace; a reader of the rows that count
  scans both files and leaves those out by their place. Old versions stay, because exports of bulk data list them.
  That the old items hold no id twice was found out when they were imported.
- DuckDB: old Parquet file less the ids of the CSV file (an anti-join), and the CSV file, to one new Parquet file; types
  given, nothing checked, order not kept.
- Polars: the same with lazy frames on its streaming engine.

"then read" is what a reader pays afterwards: sums over two columns of the rows that count, in the same process; the
sums of all three are compared.
"""


def make(folder: Path, old: int, new: int) -> None:
    """The old items as columns of ours and as a Parquet file, and the new ones as a CSV file."""
    mixed = "((i * 2654435761 + {0} * 40503) % 4294967291)"

    def query(first: int, last: int, price: int) -> str:
        return (
            f"SELECT 'item_' || i AS ITEM_ID, 'The title of ' || {mixed.format(7)} % 1000000 AS TITLE, "
            f"['drama', 'comedy', 'action|crime', 'news'][1 + {mixed.format(3)} % 4] AS GENRES, "
            f"CASE WHEN {mixed.format(5)} % 8 > 0 THEN ({mixed.format(5)} % 1000 + {price}) / 4 END AS PRICE, "
            f"1500000000 + {mixed.format(11)} % 31536000 AS CREATION_TIMESTAMP "
            f"FROM range({first}, {last}) AS t(i) ORDER BY {mixed.format(23)}"
        )

    with tempfile.TemporaryDirectory(dir=folder) as spill:
        connection = duckdb.connect(config={"temp_directory": spill, "memory_limit": "2GB"})
        connection.execute(f"COPY ({query(0, old, 0)}) TO '{folder / 'old.parquet'}' (FORMAT parquet)")
        connection.execute(f"COPY ({query(old - new // 2, old + new // 2, 7)}) TO '{folder / 'new.csv'}' (HEADER)")


def ours(folder: Path, target: Path) -> str:
    """The import as a job does it; answers the query of a reader."""
    from personalize_web.engine.columns import ColumnStore
    from personalize_web.engine.importing import SourceFile, import_files
    from personalize_web.engine.schemas import parse

    store = ColumnStore(target / "columns")
    import_files([SourceFile(folder / "new.csv", "new.csv")], parse(json.dumps(SCHEMA)), store, mode="INCREMENTAL")
    return store.snapshot().sql()


def by_duckdb(folder: Path, target: Path) -> str:
    """The anti-join that one would write by hand."""
    columns = "{'ITEM_ID': 'VARCHAR', 'TITLE': 'VARCHAR', 'GENRES': 'VARCHAR', 'PRICE': 'DOUBLE', "
    columns += "'CREATION_TIMESTAMP': 'BIGINT'}"
    new = f"read_csv('{folder / 'new.csv'}', header = true, columns = {columns})"
    merged = target / "merged.parquet"
    connection = duckdb.connect(config={"temp_directory": str(target), "preserve_insertion_order": False})
    connection.execute(f"CREATE TEMP TABLE new AS FROM {new}")
    connection.execute(
        f"COPY (FROM '{folder / 'old.parquet'}' ANTI JOIN new USING (ITEM_ID) UNION ALL FROM new) "
        f"TO '{merged}' (FORMAT parquet)"
    )
    return f"FROM read_parquet('{merged}')"


def by_polars(folder: Path, target: Path) -> str:
    """The same with lazy frames."""
    import polars

    types = {"PRICE": polars.Float64, "CREATION_TIMESTAMP": polars.Int64}
    new = polars.scan_csv(folder / "new.csv", schema_overrides=types)
    old = polars.scan_parquet(folder / "old.parquet").join(new, on="ITEM_ID", how="anti")
    merged = target / "merged.parquet"
    polars.concat([old, new]).sink_parquet(merged, compression="snappy")
    return f"FROM read_parquet('{merged}')"


def measure(side: str, folder: Path) -> dict[str, float]:
    """One run in a fresh process, on columns of its own, the modules it needs imported before the clock starts."""
    with tempfile.TemporaryDirectory(dir=folder) as target:
        if side == "ours":
            _old_columns(folder, Path(target))
        command = [sys.executable, "-m", "benchmarks.upsert_items", f"--{side}", str(folder), target]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return json.loads(answer.stdout.splitlines()[-1])


def _old_columns(folder: Path, target: Path) -> None:
    from personalize_web.engine.columns import ColumnStore
    from personalize_web.engine.schemas import parse

    copy = target / "old.parquet"
    shutil.copyfile(folder / "old.parquet", copy)
    store = ColumnStore(target / "columns")
    store.replace_bulk([copy], parse(json.dumps(SCHEMA)))
    store.snapshot().sql()  # what the import of the old items left: which of them count


def main(old: int = OLD, new: int = NEW, *, kept: bool = True) -> None:
    """Measure all in turns, and keep the best of each."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        make(folder, old, new)
        found = {side: [measure(side, folder) for _ in range(ROUNDS)] for side in SIDES}
    sums = {tuple(run["sums"]) for runs in found.values() for run in runs}
    if len(sums) != 1:
        raise SystemExit(f"The three do not agree on the rows that count: {sums}")
    best = {
        side: {name: min(run[name] for run in found[side]) for name in ("seconds", "read", "memory")} for side in SIDES
    }
    fastest = min(best[side]["seconds"] for side in SIDES[1:])
    ratio = best["ours"]["seconds"] / fastest
    labels = {"ours": "ours", "duckdb": "DuckDB by hand", "polars": "Polars by hand"}
    rows = [
        [labels[side], f"{new:,} over {old:,}", values["seconds"], values["read"], values["memory"]]
        for side, values in best.items()
    ]
    headers = ["what", "items", "seconds", "then read", "peak MiB"]
    notes = f"Best of {ROUNDS} rounds; ours takes {ratio:.2f} times as long as the fastest peer.\n{NOTES}"
    if kept:
        from benchmarks import report

        report.keep("Incremental import of items", headers, rows, notes=notes, packages=["duckdb", "polars"])
    else:
        print(headers, *rows, notes, sep="\n")
    if ratio > GREATEST_RATIO or best["ours"]["memory"] > GREATEST_MEMORY:
        raise SystemExit("The incremental import misses its figure.")


def _one(side: str, folder: Path, target: Path) -> None:
    import polars  # noqa: F401  so that no side pays for imports

    import personalize_web.engine.importing  # noqa: F401

    started = time.perf_counter()
    reader = {"ours": ours, "duckdb": by_duckdb, "polars": by_polars}[side](folder, target)
    seconds = time.perf_counter() - started
    memory = _peak()
    started = time.perf_counter()
    query = f"SELECT count(*), sum(CREATION_TIMESTAMP), round(sum(PRICE)) FROM ({reader})"
    sums = [int(each) for each in duckdb.execute(query).fetchone() or ()]
    read = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "memory": memory, "read": read, "sums": sums}))


def _peak() -> float:
    """The most memory this process has had, in MiB; not what the process had from which it began."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1][2:] in SIDES:
        _one(sys.argv[1][2:], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
        main(*numbers, kept="--dry" not in sys.argv)
