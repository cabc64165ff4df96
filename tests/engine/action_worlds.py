"""Made-up worlds in which the right action follows from what a user did."""

import json
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from personalize_web.engine import schemas
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.dataset import Limits
from tests.engine.worlds import DAY, NOW, events, schema

FEW = Limits(interactions=1, users=0, share=0.0)
BEGIN = NOW - 40 * DAY


def action_schemas(**columns: dict) -> dict[str, schemas.Schema]:
    """Schemas of both datasets; ``columns`` are further fields of Actions."""
    fields = [{"name": "ACTION_ID", "type": "string"}, {"name": "VALUE", "type": ["null", "long"]},
              {"name": "CREATION_TIMESTAMP", "type": "long"},
              *({"name": name, "type": "string", **rest} for name, rest in columns.items())]
    happened = [{"name": name, "type": "long" if name == "TIMESTAMP" else "string"}
                for name in ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP")]
    return {"ACTIONS": _parsed("Actions", fields), "ACTION_INTERACTIONS": _parsed("ActionInteractions", happened)}


def _parsed(record: str, fields: list[dict]) -> schemas.Schema:
    return schemas.parse(json.dumps({
        "type": "record", "name": record, "namespace": "com.amazonaws.personalize.schema", "fields": fields,
        "version": "1.0"}))


def actions_of(*rows: tuple) -> pa.Table:
    """Actions of (id[, VALUE[, CREATION_TIMESTAMP]])."""
    return pa.table({
        "ACTION_ID": [row[0] for row in rows],
        "VALUE": pa.array([row[1] if len(row) > 1 else None for row in rows], pa.int64()),
        "CREATION_TIMESTAMP": pa.array([row[2] if len(row) > 2 else NOW - 300 * DAY for row in rows], pa.int64()),
    })


def happened(*rows: tuple) -> pa.Table:
    """Action interactions of (user, action, type, time)."""
    names = ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP")
    types = (pa.string(), pa.string(), pa.string(), pa.int64())
    return pa.table({name: pa.array([row[place] for row in rows], of)
                     for place, (name, of) in enumerate(zip(names, types, strict=True))})


def action_dataset(items: list[tuple], actions: pa.Table, done: list[tuple], limits: Limits = FEW) -> ActionDataset:
    """The dataset of item events (user, item, time, type), actions, and what was done with them."""
    known = {"INTERACTIONS": schema("Interactions", EVENT_TYPE={}), **action_schemas()}
    return ActionDataset.from_tables(events(*items), None, None, actions, happened(*done), schemas=known, limits=limits)


@dataclass
class ActionWorld:
    """Users who look at things of one kind and take the action of that kind, seldom another.

    There is a welcome that everybody takes at first, later nobody; ``young`` has no interactions at all.
    """

    users: int = 240
    kinds: int = 4
    seed: int = 5
    item_rows: list[tuple] = field(default_factory=list)
    done: list[tuple] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        for user in range(self.users):
            name, moment = f"u{user}", BEGIN + int(rng.integers(0, 8 * DAY))
            if rng.random() < 0.8:
                self.done.append((name, "welcome", "TAKEN" if rng.random() < 0.8 else "NOT_TAKEN", moment))
            for _ in range(4):
                kind = int(rng.integers(self.kinds))
                for _ in range(3):
                    moment += int(rng.integers(60, 3600))
                    self.item_rows.append((name, f"k{kind}i{int(rng.integers(8))}", moment, "View"))
                moment += 600
                offered = kind if rng.random() < 0.5 else int(rng.integers(self.kinds))
                chance = 0.85 if offered == kind else 0.08
                self.done.append((name, f"buy{offered}", "VIEWED", moment))
                if rng.random() < chance:
                    self.done.append((name, f"buy{offered}", "TAKEN", moment + 300))
                if rng.random() < 0.2:
                    self.done.append((name, "welcome", "NOT_TAKEN", moment + 400))
                moment += int(rng.integers(1, 3)) * DAY

    @property
    def actions(self) -> pa.Table:
        """Every action with its VALUE."""
        return actions_of(*((f"buy{kind}", 3 + kind) for kind in range(self.kinds)), ("welcome", 1),
                          ("young", 9, NOW - DAY), ("old", 2))

    def dataset(self) -> ActionDataset:
        """What a training reads."""
        return action_dataset(self.item_rows, self.actions, self.done, Limits())
