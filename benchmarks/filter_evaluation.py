"""How long does a filter of three conditions take over a million items: at first, with other values, and again?

``python -m benchmarks.filter_evaluation [items] [--dry]``: beside DuckDB and Polars asked the same of the same rows.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import report
from personalize_web.engine import attributes, filters, schemas
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.filters import DatasetColumns
from personalize_web.engine.ids import Vocabulary

ITEMS = 1_000_000
ROUNDS = 30
COLD, CACHED = 20.0, 1.0
"""Milliseconds at most."""
GENRES = [f"genre {number}" for number in range(40)]
EXPRESSION = (
    "INCLUDE ItemID WHERE Items.GENRES IN ($GENRE) AND Items.PRICE <= $PRICE AND Items.CREATION_TIMESTAMP > $SINCE"
)
SCHEMA = """{"type": "record", "name": "Items", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
"fields": [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRES", "type": ["null", "string"], "categorical": true},
{"name": "PRICE", "type": ["null", "double"]}, {"name": "CREATION_TIMESTAMP", "type": "long"}]}"""


def items(count: int) -> pa.Table:
    """Items of one to three genres, one in fifty without a price."""
    random = np.random.default_rng(3)
    drawn, many = random.integers(0, len(GENRES), (count, 3)), random.integers(1, 4, count)
    prices = pa.array(random.random(count) * 100, mask=random.random(count) < 0.02)
    return pa.table(
        {
            "ITEM_ID": [f"item_{number}" for number in range(count)],
            "GENRES": ["|".join(GENRES[each] for each in row[:most]) for row, most in zip(drawn, many, strict=True)],
            "PRICE": prices,
            "CREATION_TIMESTAMP": random.integers(1_600_000_000, 1_700_000_000, count),
        }
    )


def values(number: int) -> dict[str, tuple[str, ...]]:
    """Values that no round before had."""
    return {"GENRE": (GENRES[number % 40], GENRES[(number + 7) % 40]), "PRICE": (str(50 + number / 100),),
            "SINCE": (str(1_650_000_000 + number),)}  # fmt: skip


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    """The answer of ``act`` and its milliseconds."""
    began = time.perf_counter()
    answer = act()
    return answer, 1000 * (time.perf_counter() - began)


def main(count: int, *, kept: bool) -> int:
    """Make the items, ask all three, compare their answers, keep the table."""
    table = items(count)
    schema = schemas.parse(SCHEMA)
    tree = filters.check(filters.parse(EXPRESSION), {"ITEMS": schema})
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        folder = Path(directory)
        store = ColumnStore(folder / "columns")
        with store.staging() as aside:
            pq.write_table(table, aside / "rows.parquet")
            snapshot = store.replace_bulk([aside / "rows.parquet"], schema)
        attributes.build(snapshot, schema, folder / "items.pack")
        parquet = next((folder / "columns").glob("**/*.parquet"))
        opened = attributes.Attributes.open(folder / "items.pack")
        ids = Vocabulary.of(table["ITEM_ID"].to_pylist())

        def ask(columns: DatasetColumns, number: int) -> Any:
            scope = filters.Scope(candidates=columns, events_of_user=lambda types: set())
            return filters.evaluate(tree, values(number), scope)

        columns, aligned = timed(lambda: DatasetColumns(ids, opened, key="ITEM_ID", categorical=["GENRES"]))
        first = timed(lambda: ask(columns, 0))[1]
        cold = [timed(lambda n=n: ask(columns, n))[1] for n in range(1, ROUNDS + 1)]
        cached = [timed(lambda n=n: ask(columns, n))[1] for n in range(1, ROUNDS + 1)]
        found = int(ask(columns, ROUNDS).sum())
        duck = [timed(lambda n=n: by_duckdb(parquet, n)) for n in range(1, ROUNDS + 1)]
        frame = polars.read_parquet(parquet)
        lazy = [timed(lambda n=n: by_polars(frame, n)) for n in range(1, ROUNDS + 1)]
    if not found == duck[-1][0] == lazy[-1][0]:
        raise RuntimeError(f"the answers differ: {found}, {duck[-1][0]}, {lazy[-1][0]}")
    rows = [
        ["ours, values never asked before", *spread(cold)],
        ["ours, asked before", *spread(cached)],
        ["Polars, table in memory", *spread([each for _, each in lazy])],
        ["DuckDB on the Parquet file", *spread([each for _, each in duck])],
    ]
    notes = (
        f"{count:,} items, three conditions on three columns (one of several values an item), {found:,} stay; "
        f"{ROUNDS} rounds of other values. Once after each import the columns are put beside a model's items "
        f"({aligned:,.0f} ms) and the first evaluation reads them ({first:,.0f} ms). To reach: {COLD:.0f} ms at first, "
        f"{CACHED:.0f} ms again."
    )
    headers = ["what", "median ms", "slowest ms"]
    if kept:
        report.keep("Filters over a million items", headers, rows, notes=notes, packages=("duckdb", "polars", "numpy"))
    else:
        print(headers, *rows, notes, sep="\n")
    return int(rows[0][1] > COLD or rows[1][1] > CACHED)


def spread(times: list[float]) -> tuple[float, float]:
    """Median and greatest."""
    return sorted(times)[len(times) // 2], max(times)


def by_duckdb(parquet: Path, number: int) -> int:
    """How many stay, counted by DuckDB."""
    given = values(number)
    return int(
        duckdb.execute(
            f"SELECT count(*) FROM read_parquet('{parquet}') "
            "WHERE len(list_intersect(string_split(GENRES, '|'), ?)) > 0 AND PRICE <= ? AND CREATION_TIMESTAMP > ?",
            [list(given["GENRE"]), float(given["PRICE"][0]), float(given["SINCE"][0])],
        ).fetchall()[0][0]
    )


def by_polars(frame: polars.DataFrame, number: int) -> int:
    """How many stay, counted by Polars."""
    given = values(number)
    genres = polars.col("GENRES").str.split("|").list.eval(polars.element().is_in(list(given["GENRE"]))).list.any()
    cheap = polars.col("PRICE") <= float(given["PRICE"][0])
    return frame.filter(genres & cheap & (polars.col("CREATION_TIMESTAMP") > float(given["SINCE"][0]))).height


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    sys.exit(main(sizes[0] if sizes else ITEMS, kept="--dry" not in sys.argv))
