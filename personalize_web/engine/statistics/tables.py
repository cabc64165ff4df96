"""The rows that count of each dataset, laid out once so that every question can be asked of plain columns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.schemas import RECORD_NAMES, Field, Schema

_MEMORY = "800MB"
"""Of the query engine; sorting numbers takes up to 512 MiB beside it."""


@dataclass(frozen=True)
class Table:
    """One dataset as a view of the connection."""

    dataset_type: str
    schema: Schema
    snapshot: Snapshot
    rows: int
    """Rows that count."""

    @property
    def view(self) -> str:
        """The view's name."""
        return self.dataset_type.lower()

    @property
    def label(self) -> str:
        """The dataset's name in sentences."""
        return RECORD_NAMES[self.dataset_type]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Schema fields that the columns have."""
        return tuple(field for field in self.schema.fields if field.name in self.snapshot.columns)

    def field(self, name: str) -> Field | None:
        """The field of that name, if the dataset has it."""
        return next((field for field in self.fields if field.name == name), None)


class Tables:
    """The datasets of one analysis, with a connection to ask."""

    def __init__(self, connection: DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
        self.connection = connection
        self.by_type = tables
        self.known: dict[str, Any] = {}
        """What was looked up already, so that each question costs one pass over the data."""

    def __getitem__(self, dataset_type: str) -> Table:
        return self.by_type[dataset_type]

    def get(self, dataset_type: str) -> Table | None:
        """A dataset with at least one row, or None."""
        table = self.by_type.get(dataset_type)
        return table if table is not None and table.rows else None

    def row(self, query: str) -> tuple[Any, ...]:
        """The first row of the answer."""
        found = self.connection.execute(query).fetchone()
        assert found is not None
        return found

    def counted(self, table: Table, column: str) -> str:
        """The name of a table (value, n) of the distinct values of a column, missing ones included, and their rows."""
        name = duck.name(f"{table.view} by {column}")
        if name not in self.known:
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {duck.name(column)} AS value, count(*) AS n "
                f"FROM {table.view} GROUP BY 1"
            )
            self.known[name] = True
        return name

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """Every row of the answer; the query keeps it small."""
        return self.connection.execute(query).fetchall()


@contextmanager
def laid_out(snapshots: Mapping[str, Snapshot], schemas: Mapping[str, Schema]) -> Iterator[Tables]:
    """The effective rows of every dataset as views; they go with the context."""
    with duck.connect(memory=_MEMORY) as connection:
        tables = {}
        for dataset_type, snapshot in snapshots.items():
            if not snapshot.columns:
                continue
            view = dataset_type.lower()
            connection.execute(f"CREATE VIEW {view} AS SELECT {duck.names(snapshot.columns)} FROM ({snapshot.sql()})")
            found = connection.execute(f"SELECT count(*) FROM {view}").fetchone()
            tables[dataset_type] = Table(dataset_type, schemas[dataset_type], snapshot, found[0] if found else 0)
        yield Tables(connection, tables)


def missing(field: Field) -> str:
    """SQL, true where the column has no value; an empty text is none."""
    column = duck.name(field.name)
    return f"({column} IS NULL OR {column} = '')" if field.type == "string" else f"({column} IS NULL)"
