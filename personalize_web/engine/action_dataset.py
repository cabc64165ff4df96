"""ActionDataset: what a next-best-action model trains on, one timeline of item and action events a user."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine.dataset import Column, Dataset, Limits, columns_of, rows_of
from personalize_web.engine.errors import DataError
from personalize_web.engine.selection import Selection

MOST_ACTIONS = 1000
"""Actions considered: the newest and the most recently used."""
MOST_ACTION_EVENTS = 500_000_000
"""Action interactions considered: the most recent."""
KINDS = ("TAKEN", "NOT_TAKEN", "VIEWED")
"""Types of action interactions; places in it are what is meant by a kind."""
TAKEN, NOT_TAKEN, VIEWED = range(3)
SCORED_FROM = 50
"""An action has a score with so many takings, and so many other interactions."""
SCORED_WITHIN = 42 * 86400
"""Seconds before the newest action interaction within which those must lie."""
_DAY = 86400
_NO_FEATURE = frozenset({"CREATION_TIMESTAMP", "REPEAT_FREQUENCY"})


@dataclass(frozen=True)
class ActionDataset:
    """Item and action events merged in time, with what is known of the actions."""

    events: Dataset
    """Both kinds of events; its items are the items and then the actions, its users those with any event."""
    items: int
    """How many of its items are items: the row of an action among actions is this much less."""
    item_event_types: tuple[str, ...]
    """Types of item events; in ``events`` the three kinds of action events follow them."""
    value: NDArray[np.float64]
    """Action -> VALUE, 0 where there is none."""
    scored: NDArray[np.bool_]
    """Action -> whether it has enough recent interactions for a score."""
    latest: int
    """The time of the newest action interaction; without any, of the newest item interaction."""

    @classmethod
    def from_tables(
        cls, interactions: pa.Table, items: pa.Table | None, users: pa.Table | None, actions: pa.Table | None,
        action_interactions: pa.Table | None, *, schemas: Mapping[str, Any], selection: Selection | None = None,
        limits: Limits | None = None,
    ) -> "ActionDataset":
        """The dataset of the effective tables; ``schemas`` maps each dataset type to its schema.

        The choice of events and the limits are about item interactions. Action interactions of actions that Actions
        does not have are left out. Raises DataError where the data are less than a training needs.
        """
        if actions is None or not actions.num_rows:
            raise DataError("The Actions dataset holds no actions. Import at least one.")
        selection = selection or Selection()
        about_items = Dataset.from_tables(interactions, items, users, schemas=schemas, selection=selection,
                                          limits=limits)
        happened = _ActionEvents.of(action_interactions, pc.cast(actions["ACTION_ID"].combine_chunks(), pa.string()))
        latest = int(happened.at.max()) if len(happened.at) else about_items.latest
        created = _created(actions, happened, latest)
        kept = _considered(created, happened)
        actions, created = actions.take(pa.array(kept)), created[kept]
        happened = happened.of_actions(kept, len(kept))
        columns = _action_columns(actions, schemas["ACTIONS"], selection, latest, created)
        merged = _merged(about_items, happened, actions, created, columns, users, schemas, selection)
        return cls(merged, len(about_items.item_ids), about_items.event_types, _numbers(actions, "VALUE"),
                   happened.scored(len(kept), latest), latest)

    @property
    def actions(self) -> int:
        """How many actions there are."""
        return len(self.value)

    @property
    def action_ids(self) -> pa.Array:
        """Ids by action row."""
        return self.events.item_ids[self.items:]

    @property
    def created(self) -> NDArray[np.int64]:
        """Action -> creation: CREATION_TIMESTAMP, else its oldest interaction, else the latest of all."""
        return self.events.created[self.items:]

    @cached_property
    def about_actions(self) -> NDArray[np.bool_]:
        """Event -> whether it is an action's."""
        return self.events.item >= self.items

    @property
    def kinds(self) -> NDArray[np.int64]:
        """Event -> place in KINDS; below 0 for item events."""
        return self.events.event_type.astype(np.int64) - len(self.item_event_types)

    def of_users(self, rows: NDArray[np.int64]) -> "ActionDataset":
        """The same dataset with the events of some users only; which actions have a score stays."""
        return replace(self, events=self.events.of_users(rows))


@dataclass(frozen=True)
class _ActionEvents:
    """Action interactions in columns, in the order of their arrival."""

    user: pa.Array
    action: NDArray[np.int64]
    kind: NDArray[np.int64]
    at: NDArray[np.int64]

    @classmethod
    def of(cls, table: pa.Table | None, action_ids: pa.Array) -> "_ActionEvents":
        if table is None or not table.num_rows:
            none = np.zeros(0, np.int64)
            return cls(pa.array([], pa.string()), none, none, none)
        texts = pc.replace_substring_regex(pc.utf8_upper(table["EVENT_TYPE"]), "[- ]", "_")
        kind = pc.fill_null(pc.index_in(texts, value_set=pa.array(KINDS)), -1).to_numpy()
        action = pc.fill_null(pc.index_in(pc.cast(table["ACTION_ID"], pa.string()), value_set=action_ids), -1)
        action = action.to_numpy().astype(np.int64)
        at = pc.cast(table["TIMESTAMP"], pa.float64()).to_numpy().astype(np.int64)
        kept = np.flatnonzero((kind >= 0) & (action >= 0))
        if len(kept) > MOST_ACTION_EVENTS:
            kept = np.sort(kept[np.argsort(-at[kept], kind="stable")[:MOST_ACTION_EVENTS]])
        user = pc.cast(table["USER_ID"].combine_chunks(), pa.string()).take(pa.array(kept))
        return cls(user, action[kept], kind[kept].astype(np.int64), at[kept])

    def of_actions(self, rows: NDArray[np.int64], count: int) -> "_ActionEvents":
        """The events of some actions, which are then numbered as they stand in ``rows``."""
        numbers = np.full(max(int(rows.max()), int(self.action.max(initial=0))) + 1, -1, np.int64)
        numbers[rows] = np.arange(count)
        kept = np.flatnonzero(numbers[self.action] >= 0)
        return _ActionEvents(self.user.take(pa.array(kept)), numbers[self.action[kept]], self.kind[kept], self.at[kept])

    def scored(self, actions: int, latest: int) -> NDArray[np.bool_]:
        """Action -> whether enough of its interactions are recent."""
        recent = self.at >= latest - SCORED_WITHIN
        taken = recent & (self.kind == TAKEN)
        counts = [np.bincount(self.action[each], minlength=actions) for each in (taken, recent & ~taken)]
        return (counts[0] >= SCORED_FROM) & (counts[1] >= SCORED_FROM)


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    if name not in table.column_names:
        return np.zeros(table.num_rows)
    return pc.fill_null(pc.cast(table[name], pa.float64()), 0.0).to_numpy()


def _created(actions: pa.Table, happened: _ActionEvents, latest: int) -> NDArray[np.int64]:
    created = np.full(actions.num_rows, latest, np.int64)
    np.minimum.at(created, happened.action, happened.at)
    if "CREATION_TIMESTAMP" in actions.column_names:
        given = pc.fill_null(pc.cast(actions["CREATION_TIMESTAMP"], pa.float64()), np.nan).to_numpy()
        known = ~np.isnan(given)
        created[known] = given[known].astype(np.int64)
    return created


def _considered(created: NDArray[np.int64], happened: _ActionEvents) -> NDArray[np.int64]:
    """Rows of the actions that a training looks at, in their order."""
    recent = created.copy()
    np.maximum.at(recent, happened.action, happened.at)
    return np.sort(np.argsort(-recent, kind="stable")[:MOST_ACTIONS])


def _action_columns(actions: pa.Table, schema: Any, selection: Selection, latest: int, created: NDArray[np.int64]
                    ) -> tuple[Column, ...]:
    """What is learned of actions: their metadata, VALUE among them, and their age."""
    known = columns_of(actions, schema, selection, np.arange(actions.num_rows))
    age = Column("age", "numeric", values=np.maximum(latest - created, 0) / _DAY)
    return tuple(replace(each, name=f"ACTIONS.{each.name}") for each in (*known, age) if each.name not in _NO_FEATURE)


def _merged(about_items: Dataset, happened: _ActionEvents, actions: pa.Table, created: NDArray[np.int64],
            columns: tuple[Column, ...], users: pa.Table | None, schemas: Mapping[str, Any], selection: Selection
            ) -> Dataset:
    """Both kinds of events by user and time; of the same second item events come first."""
    others = pc.unique(happened.user.filter(pc.invert(pc.is_in(happened.user, value_set=about_items.user_ids))))
    user_ids = pa.concat_arrays([about_items.user_ids, others])
    count, items = len(happened.action), len(about_items.item_ids)
    user = np.concatenate([about_items.user, pc.index_in(happened.user, value_set=user_ids).to_numpy(
        zero_copy_only=False).astype(np.int32)]).astype(np.int32)
    stamps = np.concatenate([about_items.timestamp, happened.at])
    order = np.lexsort((stamps, user))
    kinds = (happened.kind + len(about_items.event_types)).astype(np.int16)
    places = np.concatenate([np.arange(items), np.full(actions.num_rows, -1)])
    own = np.concatenate([np.full(items, -1), np.arange(actions.num_rows)])
    return Dataset(
        item_ids=pa.concat_arrays([about_items.item_ids, pc.cast(actions["ACTION_ID"].combine_chunks(), pa.string())]),
        user_ids=user_ids, user=user[order], timestamp=stamps[order],
        item=np.concatenate([about_items.item, (happened.action + items).astype(np.int32)])[order],
        event_type=np.concatenate([about_items.event_type, kinds])[order],
        value=np.concatenate([about_items.value, np.full(count, np.nan, np.float32)])[order],
        weight=np.concatenate([about_items.weight, np.ones(count, np.float32)])[order],
        event_types=(*about_items.event_types, *(f"action {each}" for each in KINDS)),
        created=np.concatenate([about_items.created, created]),
        item_columns=(*(each.take(places) for each in about_items.item_columns),
                      *(each.take(own) for each in columns)),
        user_columns=columns_of(users, schemas.get("USERS"), selection, rows_of(user_ids, users, "USER_ID")),
        selection=selection, catalogue_size=actions.num_rows,
    )
