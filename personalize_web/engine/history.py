"""What each user did last: a memory-mapped index that answers without a query engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine import packing
from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.columns.views import PLACE
from personalize_web.engine.ids import Vocabulary

NEWEST = 300
"""Events kept of each user."""
NEWEST_OF_TYPE = 100
"""Events kept of each user and event type, however old: what filters look at."""

_QUERY = """
SELECT USER_ID, ITEM_ID, EVENT_TYPE, EVENT_VALUE, TIMESTAMP FROM (
    SELECT *,
        row_number() OVER (PARTITION BY USER_ID ORDER BY TIMESTAMP DESC, {place} DESC) AS of_user,
        row_number() OVER (PARTITION BY USER_ID, EVENT_TYPE ORDER BY TIMESTAMP DESC, {place} DESC) AS of_type
    FROM (SELECT USER_ID, ITEM_ID, {event_type} AS EVENT_TYPE, {event_value} AS EVENT_VALUE, TIMESTAMP, {place}
          FROM ({rows})))
WHERE of_user <= {newest} OR of_type <= {newest_of_type}
ORDER BY USER_ID, TIMESTAMP, {place_again}
"""


@dataclass(frozen=True)
class History:
    """One user's events, oldest first."""

    item_ids: Sequence[str] = ()
    event_types: Sequence[str | None] = ()
    timestamps: Sequence[int] = ()
    """Unix seconds."""
    values: Sequence[float | None] = ()
    """EVENT_VALUE, None where there is none."""

    def __len__(self) -> int:
        return len(self.item_ids)


def build(snapshot: Snapshot, path: Path) -> None:
    """Write the index of ``snapshot`` to the file ``path``; a reader sees the old index or the new one."""
    columns = snapshot.columns
    query = _QUERY.format(
        place=PLACE,
        place_again=PLACE,
        event_type="EVENT_TYPE" if "EVENT_TYPE" in columns else "NULL::VARCHAR",
        event_value="EVENT_VALUE" if "EVENT_VALUE" in columns else "NULL::DOUBLE",
        rows=snapshot.sql(),
        newest=NEWEST,
        newest_of_type=NEWEST_OF_TYPE,
    )
    with duck.connect() as connection:
        table = connection.sql(query).to_arrow_table()
    users, user_rows = _coded(table["USER_ID"])
    items, item_rows = _coded(table["ITEM_ID"])
    kinds, kind_rows = _coded(table["EVENT_TYPE"])
    values = table["EVENT_VALUE"].cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float32)
    arrays: dict[str, NDArray[Any]] = {
        **Vocabulary.of(users).arrays("users"),
        **Vocabulary.of(items).arrays("items"),
        "offsets": np.searchsorted(user_rows, np.arange(len(users) + 1)).astype(np.int64),
        "item_rows": item_rows.astype(np.int32),
        "kind_rows": kind_rows.astype(np.int16),
        "timestamps": table["TIMESTAMP"].to_numpy().astype(np.int64),
        "values": values,
    }
    packing.write(path, arrays, {"event_types": kinds, "version": snapshot.version})


def _coded(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """Distinct values in the order they first stand, and the place of each row's value; -1 for a missing one."""
    coded = pc.dictionary_encode(column.combine_chunks())
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes = pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return coded.dictionary.to_pylist(), codes


class HistoryIndex:
    """The newest events of every user of one snapshot."""

    def __init__(self, arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> None:
        self._arrays = arrays
        self._kinds: list[str] = about["event_types"]
        self.version: int = about["version"]
        self.users = Vocabulary.from_arrays(arrays, "users")
        self.items = Vocabulary.from_arrays(arrays, "items")

    @classmethod
    def open(cls, path: Path) -> "HistoryIndex":
        """Map the index that :func:`build` wrote."""
        return cls(*packing.read(path))

    def of(self, user_id: str) -> History:
        """The user's events; empty for an unknown user."""
        row = self.users.row(user_id)
        return History() if row < 0 else self._of_row(row)

    def lengths(self) -> NDArray[np.int64]:
        """Events kept of each user, by the user's row."""
        return np.diff(self._arrays["offsets"])

    def _of_row(self, row: int) -> History:
        begin, end = self._arrays["offsets"][row : row + 2]
        part = {name: self._arrays[name][begin:end] for name in ("item_rows", "kind_rows", "timestamps", "values")}
        return History(
            item_ids=self.items.ids(part["item_rows"]),
            event_types=[self._kinds[kind] if kind >= 0 else None for kind in part["kind_rows"]],
            timestamps=part["timestamps"].tolist(),
            values=[None if value != value else value for value in part["values"].tolist()],
        )
