"""One version of a dataset, readable as long as its files stay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine.columns import duck, rewriting, superseded, views
from personalize_web.engine.columns.disk import Disk
from personalize_web.engine.columns.manifest import Manifest, Origin, Segment

_ROWS = 250_000
"""Rows that are read at a time."""


@dataclass(frozen=True)
class Snapshot:
    """A frozen view: later imports do not change what it reads."""

    disk: Disk
    manifest: Manifest

    @property
    def root(self) -> Path:
        """A directory of this machine in which every segment can be read."""
        self.disk.fetch(self.segments)
        return self.disk.root

    @property
    def version(self) -> int:
        """Grows by one with every change of the dataset; 0 before the first."""
        return self.manifest.version

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The Parquet files, oldest first."""
        return self.manifest.segments

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in the schema's order."""
        return tuple(self.manifest.columns)

    @property
    def bytes(self) -> int:
        """Bytes on disk."""
        return sum(segment.bytes for segment in self.segments)

    def without_incremental(self) -> "Snapshot":
        """The same version as if no import of mode INCREMENTAL had been: individual rows, and the last FULL import."""
        kept = tuple(segment for segment in self.segments if not segment.incremental)
        return replace(self, manifest=replace(self.manifest, segments=kept))

    def rows(self, origin: Origin | None = None) -> int:
        """Rows stored, duplicates and replaced versions included; of one origin or of both."""
        return sum(segment.rows for segment in self.segments if origin in (None, segment.origin))

    @cached_property
    def effective_rows(self) -> int:
        """Rows that count: what :meth:`table` would hold."""
        with duck.connect() as connection:
            found = connection.execute(f"SELECT count(*) FROM ({self.sql()})").fetchone()
        return int(found[0]) if found else 0

    def sql(self) -> str:
        """A DuckDB query for the rows that count, unordered, with a last column ``_place`` that orders them.

        The first call for a version finds out which rows count; afterwards it is a plain scan, but for those that
        do not.
        """
        root = self.root
        return views.effective(self.manifest, root, superseded.file(self.manifest, root))

    def stored_sql(self, origin: Origin | None = None) -> str:
        """A DuckDB query for every stored row, of one origin or of both, with ``_place``."""
        chosen = [segment for segment in self.segments if origin in (None, segment.origin)]
        return views.stored(self.manifest, self.root, chosen)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows that count, in the order they arrived."""
        return self._read(self.sql(), columns)

    def raw(self, origin: Origin | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """Every stored row in the order of arrival: all versions and duplicates."""
        return self._read(self.stored_sql(origin), columns)

    def sample(self, n: int) -> pa.Table:
        """The first ``n`` stored rows of the newest segment: enough to see what the data look like."""
        schema = rewriting.schema_of(self.manifest.columns)
        batches: list[pa.RecordBatch] = []
        for segment in self.segments[-1:]:
            with self.disk.open(segment.file) as file:
                for batch in pq.ParquetFile(file).iter_batches(n):
                    arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
                    batches.append(rewriting.filled(arrays, schema, batch.num_rows))
                    if sum(each.num_rows for each in batches) >= n:
                        break
        return pa.Table.from_batches(batches, schema).slice(0, n)

    def _read(self, query: str, columns: Sequence[str] | None) -> pa.Table:
        chosen = self.columns if columns is None else tuple(columns)
        if not chosen:
            return pa.table({})
        with duck.connect() as connection:
            found = connection.sql(f"SELECT {duck.names([*chosen, views.PLACE])} FROM ({query})").to_arrow_reader(_ROWS)
            table = found.read_all()
        # a scan mostly keeps the order; to sort texts in DuckDB takes more memory than they have
        places = table[views.PLACE].to_numpy()
        table = table.select(chosen)
        return table if (places[1:] >= places[:-1]).all() else table.take(np.argsort(places, kind="stable"))
