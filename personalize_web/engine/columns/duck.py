"""DuckDB connections with bounded memory, and pieces of SQL that several modules write."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

SQL_TYPES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "float": "DOUBLE",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
}
"""The column type for each schema type."""


@contextmanager
def connect(*, memory: str = "1GB", threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory connection that spills to a temporary directory beyond ``memory``."""
    with tempfile.TemporaryDirectory(prefix="personalize-spill-") as spill:
        connection = duckdb.connect(
            config={
                "memory_limit": memory,
                "threads": threads or os.cpu_count() or 1,
                "temp_directory": spill,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        try:
            yield connection
        finally:
            connection.close()


def name(identifier: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str | Path) -> str:
    """A string literal, quoted for SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def names(identifiers: Iterable[str]) -> str:
    """Identifiers, quoted and separated by commas."""
    return ", ".join(name(identifier) for identifier in identifiers)


def texts(values: Iterable[str | Path]) -> str:
    """String literals, quoted and separated by commas."""
    return ", ".join(text(value) for value in values)
