"""The rows that count of each dataset, laid out once so that every question can be asked of plain columns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from duckdb import DuckDBPyConnection

from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.schemas import RECORD_NAMES, Field, Schema


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

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """Every row of the answer; the query keeps it small."""
        return self.connection.execute(query).fetchall()


@contextmanager
def laid_out(snapshots: Mapping[str, Snapshot], schemas: Mapping[str, Schema]) -> Iterator[Tables]:
    """The effective rows of every dataset as views; they go with the context."""
    with TemporaryDirectory(prefix="personalize-analysis-") as directory, duck.connect() as connection:
        tables = {}
        for dataset_type, snapshot in snapshots.items():
            if not snapshot.columns:
                continue
            path = Path(directory) / f"{dataset_type}.parquet"
            columns = duck.names(snapshot.columns)
            connection.execute(f"COPY (SELECT {columns} FROM ({snapshot.sql()})) TO {duck.text(path)} (FORMAT parquet)")
            view = dataset_type.lower()
            connection.execute(f"CREATE VIEW {view} AS FROM read_parquet({duck.text(path)})")
            found = connection.execute(f"SELECT count(*) FROM {view}").fetchone()
            tables[dataset_type] = Table(dataset_type, schemas[dataset_type], snapshot, found[0] if found else 0)
        yield Tables(connection, tables)


def missing(field: Field) -> str:
    """SQL, true where the column has no value; an empty text is none."""
    column = duck.name(field.name)
    return f"({column} IS NULL OR {column} = '')" if field.type == "string" else f"({column} IS NULL)"
