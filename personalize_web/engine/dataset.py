"""Dataset: the frozen, integer-coded snapshot that an algorithm trains on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError
from personalize_web.engine.selection import Selection, least
from personalize_web.engine.table_columns import (
    Column,
    column_of_table,
    columns_of,
    dictionary,
    numbers,
    rows_of,
    seconds,
)


@dataclass(frozen=True)
class Limits:
    """The least and the most a training takes; the defaults are the service's."""

    interactions: int = 1000
    """Fewest interactions after the choice of events."""
    users: int = 25
    """Fewest users with at least two interactions."""
    share: float = 0.01
    """Least share of such users among all users."""
    event_types: int = 10
    """Most distinct event types plus metadata columns of interactions."""
    max_items: int = 750_000
    """Most items considered: the newest and the most recently used."""
    max_interactions: int = 500_000_000
    """Most interactions considered: the most recent."""
    metadata_bytes: int | None = None
    """Most bytes of Items and Users together; None: any number."""


@dataclass(frozen=True)
class Dataset:
    """Events sorted by user, then time, then arrival; rows of items and users are places in their id arrays."""

    item_ids: pa.Array
    """Every item known: those with interactions first, then those of the Items dataset alone."""
    user_ids: pa.Array
    """Users with at least one interaction."""
    user: NDArray[np.int32]
    """Event -> user row, ascending."""
    item: NDArray[np.int32]
    """Event -> item row."""
    timestamp: NDArray[np.int64]
    """Event -> seconds since the epoch."""
    event_type: NDArray[np.int16]
    """Event -> place in ``event_types``."""
    value: NDArray[np.float32]
    """Event -> EVENT_VALUE, NaN where there is none."""
    weight: NDArray[np.float32]
    """Event -> what it counts; 1 unless the solution weighs event types."""
    event_types: tuple[str, ...]
    """Event types as first spelled; types that differ in case only are one."""
    created: NDArray[np.int64]
    """Item -> creation: CREATION_TIMESTAMP, else its oldest interaction, else the latest of all."""
    contexts: tuple[Column, ...] = ()
    """Contextual metadata, one value an event."""
    item_columns: tuple[Column, ...] = ()
    """Item metadata, one value an item."""
    item_attributes: tuple[Column, ...] = ()
    """What queries may ask of items, trained on or not, one value an item; empty unless asked for."""
    user_columns: tuple[Column, ...] = ()
    """User metadata, one value a user."""
    selection: Selection = field(default_factory=Selection)
    """The choice of events it was made with."""
    catalogue_size: int = 0
    """Distinct items in interactions and Items together."""

    @classmethod
    def from_tables(
        cls,
        interactions: pa.Table,
        items: pa.Table | None = None,
        users: pa.Table | None = None,
        *,
        schemas: Mapping[str, Any],
        selection: Selection | None = None,
        limits: Limits | None = None,
        attributes: bool = False,
    ) -> "Dataset":
        """The dataset of the effective tables, after the choice of events and columns.

        ``schemas`` maps INTERACTIONS, ITEMS and USERS to their schema; with ``attributes`` it has
        :attr:`item_attributes`. Raises DataError where the data are less than a training needs.
        """
        selection, limits = selection or Selection(), limits or Limits()
        _check_metadata(items, users, limits)
        _check_event_types(interactions, schemas["INTERACTIONS"], limits)
        interactions, weight = selected(interactions, selection)
        if not interactions.num_rows:
            raise _too_few(selection, limits)
        if interactions.num_rows > limits.max_interactions:
            newest = np.argsort(-seconds(interactions, "TIMESTAMP"), kind="stable")[: limits.max_interactions]
            newest.sort()
            interactions, weight = interactions.take(newest), weight[newest]
        user, user_ids = _coded(interactions, "USER_ID")
        _check_minimum(user, len(user_ids), selection, limits)
        stamps = seconds(interactions, "TIMESTAMP")
        order = np.lexsort((stamps, user))
        item, labels = _by_appearance(*dictionary(interactions["ITEM_ID"]), order)
        kind, event_types = _event_types(interactions, order)
        timestamp = stamps[order]
        item_ids, item_rows = _with_catalogue(pa.array(labels, pa.string()), items)
        dataset = cls(
            item_ids=item_ids,
            user_ids=user_ids,
            user=user[order],
            item=item,
            timestamp=timestamp,
            event_type=kind,
            value=numbers(interactions, "EVENT_VALUE").astype(np.float32)[order],
            weight=weight[order],
            event_types=event_types,
            created=_created(len(item_ids), item, timestamp, items, item_rows),
            contexts=columns_of(interactions, schemas["INTERACTIONS"], selection, order),
            item_columns=columns_of(items, schemas.get("ITEMS"), selection, item_rows),
            item_attributes=_attributes(items, schemas.get("ITEMS"), item_rows) if attributes else (),
            user_columns=columns_of(users, schemas.get("USERS"), selection, rows_of(user_ids, users, "USER_ID")),
            selection=selection,
            catalogue_size=len(item_ids),
        )
        return dataset if len(item_ids) <= limits.max_items else _capped(dataset, limits.max_items)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """User -> place of the first event; one more entry closes the last user."""
        return np.searchsorted(self.user, np.arange(len(self.user_ids) + 1)).astype(np.int64)

    @cached_property
    def interactions_of_items(self) -> NDArray[np.int64]:
        """Item -> number of events."""
        return np.bincount(self.item, minlength=len(self.item_ids)).astype(np.int64)

    @property
    def weighs(self) -> bool:
        """Whether some events count more than others."""
        return bool(len(self.weight)) and float(self.weight.min()) < float(self.weight.max())

    @property
    def latest(self) -> int:
        """The time of the newest event."""
        return int(self.timestamp.max()) if len(self.timestamp) else 0

    @property
    def ages(self) -> NDArray[np.float64]:
        """Item -> age in days, counted back from the newest event, never below 0."""
        return np.maximum(self.latest - self.created, 0) / 86400

    def fingerprint(self) -> str:
        """The same for the same events, items, users and metadata in the same order, and for no others."""
        digest = blake2b(digest_size=16)
        for array in (self.user, self.item, self.timestamp, self.event_type, self.value, self.weight, self.created):
            digest.update(np.ascontiguousarray(array).data)
        for column in (*self.contexts, *self.item_columns, *self.user_columns):
            digest.update(repr((column.name, column.kind, column.labels)).encode("utf-8", "surrogatepass"))
            digest.update(np.ascontiguousarray(column.values).data)
            digest.update(np.ascontiguousarray(column.codes).data)
        for ids in (self.item_ids, self.user_ids):
            digest.update("\0".join(ids.to_pylist()).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def attributes_of(self, user: int) -> dict[str, Any]:
        """The user's metadata, column -> value, of those that are there."""
        found: dict[str, Any] = {}
        for column in self.user_columns:
            if column.kind == "numeric":
                if not np.isnan(column.values[user]):
                    found[column.name] = float(column.values[user])
            elif column.codes[user] >= 0:
                found[column.name] = column.labels[column.codes[user]]
        return found

    def of_users(self, rows: NDArray[np.int64]) -> "Dataset":
        """The same dataset with the events of some users only; items and their rows stay."""
        rows = np.sort(rows)
        renumbered = np.full(len(self.user_ids), -1, np.int64)
        renumbered[rows] = np.arange(len(rows))
        kept = self.of_events(np.flatnonzero(renumbered[self.user] >= 0))
        return replace(
            kept,
            user=renumbered[kept.user].astype(np.int32),
            user_ids=self.user_ids.take(pa.array(rows)),
            user_columns=tuple(each.take(rows) for each in self.user_columns),
        )

    def of_events(self, places: NDArray[np.int64]) -> "Dataset":
        """The same dataset with the events at some places only; users, items and their rows stay."""
        return replace(
            self,
            user=self.user[places],
            item=self.item[places],
            timestamp=self.timestamp[places],
            event_type=self.event_type[places],
            value=self.value[places],
            weight=self.weight[places],
            contexts=tuple(each.take(places) for each in self.contexts),
        )

    def without(self, places: NDArray[np.int64]) -> "Dataset":
        """The same dataset without the events at some places."""
        kept = np.ones(len(self.item), bool)
        kept[places] = False
        return self.of_events(np.flatnonzero(kept))

    def before(self, places: NDArray[np.int64], depth: int) -> "Dataset":
        """The newest ``depth`` events before each of some places, each as the history of a user of its own."""
        users = self.user[places].astype(np.int64)
        begins = np.maximum(self.starts[users], places - depth)
        sizes = places - begins
        ends = np.cumsum(sizes)
        kept = self.of_events(np.arange(sizes.sum()) + np.repeat(begins - (ends - sizes), sizes))
        return replace(
            kept,
            user=np.repeat(np.arange(len(places)), sizes).astype(np.int32),
            user_ids=self.user_ids.take(pa.array(users)),
            user_columns=tuple(each.take(users) for each in self.user_columns),
        )


def _check_metadata(items: pa.Table | None, users: pa.Table | None, limits: Limits) -> None:
    size = sum(table.nbytes for table in (items, users) if table is not None)
    if limits.metadata_bytes is not None and size > limits.metadata_bytes:
        raise DataError(
            f"Items and Users have {size / 1024**3:,.1f} GB together; this recipe takes at most "
            f"{limits.metadata_bytes / 1024**3:,.0f} GB. Leave out columns or rows."
        )


def _check_event_types(interactions: pa.Table, schema: Any, limits: Limits) -> None:
    columns = [each.name for each in schema.fields if each.name in ("EVENT_TYPE", "EVENT_VALUE") or not each.keyword]
    types = pc.count_distinct(interactions["EVENT_TYPE"]).as_py() if "EVENT_TYPE" in interactions.column_names else 0
    if types + len(columns) > limits.event_types:
        raise DataError(
            f"Dataset has {types} event types and {len(columns)} optional metadata columns in Item interactions. "
            f"Together they must not exceed {limits.event_types}."
        )


def selected(table: pa.Table, selection: Selection) -> tuple[pa.Table, NDArray[np.float32]]:
    """The rows a selection reads, with their weights."""
    count = table.num_rows
    if selection.event_type is None and selection.event_value_threshold is None and not selection.events:
        return table, np.ones(count, np.float32)
    kinds = pc.utf8_lower(table["EVENT_TYPE"]) if "EVENT_TYPE" in table.column_names else pa.nulls(count, pa.string())
    codes, labels = dictionary(kinds)
    values = numbers(table, "EVENT_VALUE")
    weight = np.zeros(count, np.float32)
    for code in range(-1, len(labels)):
        rows = codes == code
        label = labels[code] if code >= 0 else None
        for value, mask in ((None, np.isnan(values)), (np.inf, ~np.isnan(values))):
            weight[rows & mask] = selection.accepts(label, value)
    if selection.event_value_threshold is not None:
        weight[values < least(selection.event_value_threshold)] = 0.0
    for choice in selection.events:
        if choice.threshold is not None:
            same = [code for code, label in enumerate(labels) if label.casefold() == choice.event_type.casefold()]
            weight[np.isin(codes, same) & (values < least(choice.threshold))] = 0.0
    kept = weight > 0
    return table.filter(pa.array(kept)), weight[kept]


def _check_minimum(user: NDArray[np.int32], users: int, selection: Selection, limits: Limits) -> None:
    if len(user) < limits.interactions:
        raise _too_few(selection, limits)
    enough = int((np.bincount(user, minlength=users) >= 2).sum())
    if enough < limits.users:
        raise DataError(
            f"Create failed. Dataset has fewer than {limits.users} users with at least 2 interactions each."
        )
    if enough < limits.share * users:
        raise DataError(f"Create failed. Fewer than {limits.share:.0%} of users have at least 2 interactions.")


def _too_few(selection: Selection, limits: Limits) -> DataError:
    kinds = [each.event_type for each in selection.events] or ([selection.event_type] if selection.event_type else [])
    tail = f" after filtering by event type: {', '.join(kinds)}" if kinds else ""
    return DataError(f"Dataset has fewer than {limits.interactions} interactions{tail}")


def _coded(table: pa.Table, name: str) -> tuple[NDArray[np.int32], pa.Array]:
    codes, labels = dictionary(table[name])
    return codes, pa.array(labels, pa.string())


def _by_appearance(
    codes: NDArray[np.int32], labels: list[str], order: NDArray[np.int64]
) -> tuple[NDArray[np.int32], list[str]]:
    """Codes in another order, and the texts in the order of their appearance there."""
    codes = codes[order]
    firsts = np.full(len(labels) + 1, len(codes))  # the last one is that of missing texts
    firsts[codes[::-1]] = np.arange(len(codes))[::-1]
    appearance = np.argsort(firsts[:-1], kind="stable")
    renumbered = np.full(len(labels) + 1, -1, np.int32)
    renumbered[appearance] = np.arange(len(labels))
    return renumbered[codes], [labels[each] for each in appearance]


def _event_types(table: pa.Table, order: NDArray[np.int64]) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    if "EVENT_TYPE" not in table.column_names:
        return np.zeros(table.num_rows, np.int16), ("",)
    codes, labels = _by_appearance(*dictionary(table["EVENT_TYPE"]), order)
    labels = [*labels, ""]
    firsts: dict[str, int] = {}
    for label in labels:
        firsts.setdefault(label.casefold(), len(firsts))
    renumbered = np.array([firsts[label.casefold()] for label in labels], np.int16)
    spelled = {label.casefold(): label for label in reversed(labels)}
    return renumbered[codes], tuple(spelled[key] for key in firsts)


def _with_catalogue(item_ids: pa.Array, items: pa.Table | None) -> tuple[pa.Array, NDArray[np.int64]]:
    if items is not None and items.num_rows:
        listed = pc.cast(items["ITEM_ID"].combine_chunks(), pa.string())
        others = pc.unique(listed.filter(pc.invert(pc.is_in(listed, value_set=item_ids))))
        item_ids = pa.concat_arrays([item_ids, others])
    return item_ids, rows_of(item_ids, items, "ITEM_ID")


def _created(
    count: int,
    item: NDArray[np.int32],
    timestamp: NDArray[np.int64],
    items: pa.Table | None,
    item_rows: NDArray[np.int64],
) -> NDArray[np.int64]:
    latest = int(timestamp.max())
    created = np.full(count, latest, np.int64)
    np.minimum.at(created, item, timestamp)
    if items is not None and "CREATION_TIMESTAMP" in items.column_names and items.num_rows:
        given = np.where(item_rows < 0, np.nan, numbers(items, "CREATION_TIMESTAMP")[np.maximum(item_rows, 0)])
        known = ~np.isnan(given)
        created[known] = given[known].astype(np.int64)
    return created


def _attributes(table: pa.Table | None, schema: Any, rows: NDArray[np.int64]) -> tuple[Column, ...]:
    """The columns that queries may ask of items: numbers, categories and other texts, but for long ones."""
    if table is None or schema is None:
        return ()
    return tuple(
        column_of_table(table, each.name, each.kind).take(rows)
        for each in schema.fields
        if each.kind in ("numeric", "categorical", "string")
    )


def _capped(dataset: Dataset, most: int) -> Dataset:
    """The dataset with the ``most`` newest items by creation or last interaction, their events and these' users."""
    recent = dataset.created.copy()
    np.maximum.at(recent, dataset.item, dataset.timestamp)
    rows = np.sort(np.argsort(-recent, kind="stable")[:most])
    renumbered = np.full(len(dataset.item_ids), -1, np.int64)
    renumbered[rows] = np.arange(len(rows))
    kept = dataset.of_events(np.flatnonzero(renumbered[dataset.item] >= 0))
    return replace(
        kept.of_users(np.unique(kept.user)),
        item=renumbered[kept.item].astype(np.int32),
        item_ids=dataset.item_ids.take(pa.array(rows)),
        created=dataset.created[rows],
        item_columns=tuple(each.take(rows) for each in dataset.item_columns),
        item_attributes=tuple(each.take(rows) for each in dataset.item_attributes),
    )
