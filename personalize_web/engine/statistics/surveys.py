"""What one pass over a dataset tells of all its columns, and what one pass tells of one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.schemas import Field
from personalize_web.engine.statistics.tables import Table, Tables, missing

MOST_SORTED = 1 << 26
"""Numbers that are sorted in memory, 512 MiB of them; where a column has more, its percentiles and the number of its
distinct values are approximate."""
BINS = 30
_BATCH = 1 << 20


@dataclass(frozen=True)
class Survey:
    """Facts of all columns."""

    rows: int
    incomplete: int
    """Rows with at least one missing value."""
    columns: Mapping[str, Mapping[str, Any]]
    """By column: missing; of numbers and times also min and max; of numbers mean and deviation; of long texts
    meanLength and maxLength."""


def survey(tables: Tables, table: Table) -> Survey:
    """The facts of a dataset's columns, looked up once."""
    found = tables.known.get(table.view)
    if found is None:
        found = tables.known[table.view] = _survey(tables, table)
    return found


def _survey(tables: Tables, table: Table) -> Survey:
    wanted: list[tuple[str, str, str]] = []
    gaps = {field.name: _missing(table, field) for field in table.fields}
    for field in table.fields:
        column = duck.name(field.name)
        wanted.append((field.name, "missing", f"count(*) FILTER (WHERE {gaps[field.name]})"))
        if field.kind in ("numeric", "timestamp"):
            wanted += [(field.name, "min", f"min({column})"), (field.name, "max", f"max({column})")]
        if field.kind == "numeric":
            wanted.append((field.name, "mean", f"avg({column})"))
            wanted.append((field.name, "deviation", f"coalesce(stddev_samp({column}), 0)"))
        if field.kind == "textual":
            told = f"FILTER (WHERE NOT {missing(field)})"
            wanted.append((field.name, "meanLength", f"avg(length({column})) {told}"))
            wanted.append((field.name, "maxLength", f"max(length({column})) {told}"))
    anything = " OR ".join(gaps.values()) or "false"
    asked = ", ".join(["count(*)", f"count(*) FILTER (WHERE {anything})", *(sql for _, _, sql in wanted)])
    rows, incomplete, *answers = tables.row(f"SELECT {asked} FROM {table.view}")
    columns: dict[str, dict[str, Any]] = {field.name: {} for field in table.fields}
    for (column, fact, _), answer in zip(wanted, answers, strict=True):
        columns[column][fact] = answer
    return Survey(rows, incomplete, columns)


def _missing(table: Table, field: Field) -> str:
    """SQL for a missing value; ids that were imported are known to be there, and dear to read."""
    known = field.kind == "identifier" and isinstance(table.snapshot, Snapshot)
    return "false" if known else missing(field)


@dataclass(frozen=True)
class Ids:
    """The ids of a column, by hashes of 64 bits; two of a million ids have the same one in 1 of 37 million cases.

    That is how tens of millions of them are counted by sorting, which takes a fraction of what grouping texts takes.
    """

    hashes: NDArray[np.uint64]
    """Ascending, each once."""
    rows: NDArray[np.int64]
    """How many rows each has."""

    def among(self, others: "Ids") -> int:
        """How many of these are among others."""
        if not len(others.hashes):
            return 0
        places = np.minimum(np.searchsorted(others.hashes, self.hashes), len(others.hashes) - 1)
        return int((others.hashes[places] == self.hashes).sum())


def ids(tables: Tables, table: Table, column: str) -> Ids:
    """The ids in a column and how often each is there; those that are missing are left out."""
    key = f"{table.view} ids {column}"
    found = tables.known.get(key)
    if found is None:
        found = tables.known[key] = _ids(tables, table, column)
    return found


def _ids(tables: Tables, table: Table, column: str) -> Ids:
    name = duck.name(column)
    parts = max(1, -(-table.rows // MOST_SORTED))
    hashes, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for part in range(parts):
        chosen = f" AND hash({name}) % {parts} = {part}" if parts > 1 else ""
        query = f"SELECT hash({name}) FROM {table.view} WHERE {name} IS NOT NULL AND {name} <> ''{chosen}"
        values = _gathered(tables, query, table.rows, np.dtype(np.uint64))
        values.sort()
        ends = np.flatnonzero(np.concatenate([values[1:] != values[:-1], np.ones(min(1, len(values)), bool)])) + 1
        hashes.append(values[ends - 1])
        rows.append(np.diff(ends, prepend=0))
    found, counts = np.concatenate(hashes), np.concatenate(rows)
    order = np.argsort(found)
    return Ids(found[order], counts[order])


@dataclass(frozen=True)
class Spread:
    """How the numbers, or the times, of a column are spread."""

    distinct: int
    median: float
    quartiles: tuple[float, float]
    outlier_bounds: tuple[float, float]
    outliers: int
    edges: list[float]
    """Of equally wide bins, one more than bins; few whole numbers have one bin each."""
    counts: list[int]
    approximate: bool
    """Whether median, quartiles and the number of distinct values are; all else is exact."""


def spread(tables: Tables, table: Table, field: Field) -> Spread:
    """How the values of a numeric column or of a column of times are spread; it has at least one."""
    key = f"{table.view} {field.name}"
    found = tables.known.get(key)
    if found is None:
        facts = survey(tables, table)
        values = facts.rows - facts.columns[field.name]["missing"]
        found = tables.known[key] = (_sorted if values <= MOST_SORTED else _estimated)(tables, table, field, values)
    return found


def _bounds(facts: Mapping[str, Any], first: float, third: float) -> tuple[float, float]:
    """Three quartile ranges around the quartiles; where they are equal, five deviations around the mean."""
    width = third - first
    if width or "mean" not in facts:
        return first - 3 * width, third + 3 * width
    return facts["mean"] - 5 * facts["deviation"], facts["mean"] + 5 * facts["deviation"]


def _edges(low: float, high: float, distinct: int) -> list[float]:
    whole = float(low).is_integer() and float(high).is_integer() and high - low < BINS
    bins = int(high - low) + 1 if whole else min(BINS, max(distinct, 1))
    start, width = (low - 0.5, 1.0) if whole else (low, (high - low) / bins or 1.0)
    return [start + at * width for at in range(bins + 1)]


def _sorted(tables: Tables, table: Table, field: Field, count: int) -> Spread:
    values = _values(tables, table, field, count)
    values.sort()
    distinct = int((values[1:] != values[:-1]).sum()) + 1
    first, median, third = (_quantile(values, share) for share in (0.25, 0.5, 0.75))
    facts = survey(tables, table).columns[field.name]
    bounds = _bounds(facts, first, third)
    inside = np.searchsorted(values, bounds[1], side="right") - np.searchsorted(values, bounds[0], side="left")
    edges = _edges(facts["min"], facts["max"], distinct)
    cuts = np.searchsorted(values, edges[1:-1], side="left")
    counts = np.diff(np.concatenate([[0], cuts, [count]])).tolist()
    return Spread(distinct, median, (first, third), bounds, count - int(inside), edges, counts, approximate=False)


def _values(tables: Tables, table: Table, field: Field, count: int) -> NDArray[Any]:
    column = duck.name(field.name)
    kind = {"int": np.int32, "long": np.int64}.get(field.type, np.float64)
    query = f"SELECT {column} FROM {table.view} WHERE {column} IS NOT NULL"
    return _gathered(tables, query, count, np.dtype(kind))


def _gathered(tables: Tables, query: str, most: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """The one column of a query, at most so many values."""
    found, end = np.empty(most, kind), 0
    for batch in tables.connection.execute(query).to_arrow_reader(_BATCH):
        piece = batch.column(0).to_numpy(zero_copy_only=False)
        found[end : end + len(piece)] = piece
        end += len(piece)
    return found[:end]


def _quantile(values: NDArray[Any], share: float) -> float:
    """Between two values where the place is between them."""
    place = share * (len(values) - 1)
    low, high = values[int(place)].item(), values[min(int(place) + 1, len(values) - 1)].item()
    return low + (high - low) * (place - int(place))


def _estimated(tables: Tables, table: Table, field: Field, count: int) -> Spread:
    column = duck.name(field.name)
    (first, median, third), distinct = tables.row(
        f"SELECT approx_quantile({column}, [0.25, 0.5, 0.75]), approx_count_distinct({column}) FROM {table.view}"
    )
    facts = survey(tables, table).columns[field.name]
    distinct = 1 if facts["min"] == facts["max"] else max(2, distinct)
    bounds = _bounds(facts, first, third)
    edges = _edges(facts["min"], facts["max"], distinct)
    cuts = [f"count(*) FILTER (WHERE {column} < {edge!r})" for edge in edges[1:-1]]
    outside, *below = tables.row(
        f"SELECT count(*) FILTER (WHERE {column} < {bounds[0]!r} OR {column} > {bounds[1]!r})"
        f"{''.join(f', {cut}' for cut in cuts)} FROM {table.view}"
    )
    counts = np.diff([0, *below, count]).tolist()
    return Spread(distinct, median, (first, third), bounds, outside, edges, counts, approximate=True)
