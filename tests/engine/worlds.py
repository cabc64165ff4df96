"""Small made-up worlds in which a model has something to find."""

import json
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from personalize_web.engine import schemas
from personalize_web.engine.dataset import Dataset, Limits
from personalize_web.engine.selection import Selection

FEW = Limits(interactions=1, users=0, share=0.0)
DAY = 86400
NOW = 1_700_000_000


def schema(record: str, **columns: dict) -> schemas.Schema:
    required = {"Interactions": ("USER_ID", "ITEM_ID", "TIMESTAMP"), "Items": ("ITEM_ID",), "Users": ("USER_ID",)}
    fields = [{"name": name, "type": "long" if name == "TIMESTAMP" else "string"} for name in required[record]]
    fields += [{"name": name, "type": "string", **rest} for name, rest in columns.items()]
    return schemas.parse(json.dumps({
        "type": "record", "name": record, "namespace": "com.amazonaws.personalize.schema", "fields": fields,
        "version": "1.0",
    }))


def events(*rows: tuple, values: bool = False) -> pa.Table:
    """Interactions of (user, item, time[, type[, value]])."""
    names = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE")
    columns = {name: [row[place] if place < len(row) else None for row in rows] for place, name in enumerate(names)}
    if not values:
        del columns["EVENT_VALUE"]
        if all(each is None for each in columns["EVENT_TYPE"]):
            del columns["EVENT_TYPE"]
    return pa.table(columns)


def dataset_of(*rows: tuple, values: bool = False, selection: Selection | None = None, limits: Limits = FEW) -> Dataset:
    """A dataset of such interactions alone."""
    table = events(*rows, values=values)
    columns = {name: {"type": ["null", "float"]} if name == "EVENT_VALUE" else {}
               for name in table.column_names[3:]}
    return Dataset.from_tables(table, schemas={"INTERACTIONS": schema("Interactions", **columns)},
                               selection=selection, limits=limits)


@dataclass
class World:
    """Users who love one genre and watch its titles in order; some titles nobody has watched yet."""

    users: int = 120
    genres: int = 4
    titles: int = 15
    """Watched titles of a genre."""
    fresh: int = 3
    """Titles of a genre that are new: in Items only."""
    length: int = 14
    seed: int = 7
    event_type: str = "Watch"
    rows: list[tuple] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        for user in range(self.users):
            genre, place = user % self.genres, int(rng.integers(self.titles))
            moment = NOW - int(rng.integers(0, 300)) * DAY
            for _ in range(self.length):
                if rng.random() < 0.1:
                    item = f"g{int(rng.integers(self.genres))}t{int(rng.integers(self.titles))}"
                else:
                    item, place = f"g{genre}t{place}", (place + 1) % self.titles
                self.rows.append((f"u{user}", item, moment, self.event_type))
                moment += 3600

    @property
    def items(self) -> pa.Table:
        ids = [f"g{g}t{t}" for g in range(self.genres) for t in range(self.titles)]
        new = [f"g{g}new{t}" for g in range(self.genres) for t in range(self.fresh)]
        return pa.table({
            "ITEM_ID": ids + new, "GENRE": [f"genre {each[1]}|all" for each in ids + new],
            "CREATION_TIMESTAMP": pa.array([NOW - 400 * DAY] * len(ids) + [NOW] * len(new), pa.int64()),
        })

    @property
    def users_table(self) -> pa.Table:
        return pa.table({"USER_ID": [f"u{each}" for each in range(self.users)],
                         "LOVES": [f"genre {each % self.genres}" for each in range(self.users)]})

    @property
    def schemas(self) -> dict[str, schemas.Schema]:
        return {
            "INTERACTIONS": schema("Interactions", EVENT_TYPE={}),
            "ITEMS": schema("Items", GENRE={"categorical": True}, CREATION_TIMESTAMP={"type": "long"}),
            "USERS": schema("Users", LOVES={"categorical": True}),
        }

    @property
    def interactions(self) -> pa.Table:
        return events(*self.rows)

    def dataset(self, selection: Selection | None = None) -> Dataset:
        return Dataset.from_tables(self.interactions, self.items, self.users_table, schemas=self.schemas,
                                   selection=selection)
