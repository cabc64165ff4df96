"""Trained models behind campaigns and recommenders, made without a job: for tests of what answers from them."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine import schemas as avro
from personalize_web.engine.columns import ColumnStore, Snapshot
from personalize_web.engine.dataset import Dataset as Trained
from personalize_web.engine.dataset import Limits
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.training import Options, train_version
from personalize_web.operations import Caller
from personalize_web.resources import locations
from personalize_web.resources.models import (
    Campaign,
    Dataset,
    DatasetGroup,
    EventTracker,
    Recommender,
    SolutionVersion,
)
from personalize_web.workers import folders, indexes
from tests import factories, trained_once

FIELDS = {
    "INTERACTIONS": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "ITEMS": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": "string"},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
        {"name": "GENRES", "type": "string", "categorical": True},
        {"name": "DURATION", "type": ["null", "float"]},
    ],
}
SHOP = [{"name": "PRICE", "type": "float"}, {"name": "CATEGORY_L1", "type": "string", "categorical": True}]
START = 1_700_000_000


@dataclass
class Deployed:
    """What was made, by ARN and by row."""

    group: DatasetGroup
    dataset: Dataset
    tracker: EventTracker
    row: Campaign | Recommender
    version: SolutionVersion | None

    @property
    def target(self) -> dict[str, str]:
        """The argument of GetRecommendations that names it."""
        name = "campaign_arn" if isinstance(self.row, Campaign) else "recommender_arn"
        return {name: self.row.arn}


def catalogue(genres: int = 4, titles: int = 30) -> pa.Table:
    """``{genre}-{number}``, each of one genre."""
    ids = [f"{genre}-{number}" for genre in range(genres) for number in range(titles)]
    return pa.table(
        {
            "ITEM_ID": ids,
            "TITLE": [f"Title {each}" for each in ids],
            "CREATION_TIMESTAMP": [START - 10_000_000 + index for index in range(len(ids))],
            "GENRES": [f"genre {each.partition('-')[0]}" for each in ids],
            "DURATION": pa.array([None if each.endswith("-0") else 90.5 for each in ids], pa.float64()),
        }
    )


def viewings(users: int = 160, genres: int = 4, titles: int = 30, each: int = 20, kind: str = "Watch") -> pa.Table:
    """Users who watch within one genre, going through its titles in turn; the first genre has the most users."""
    rows = []
    for user in range(users):
        genre = 0 if user % 2 == 0 else 1 + user % 3 % (genres - 1)
        begin = user * 7 % titles
        for step in range(each):
            item = f"{genre}-{(begin + step) % titles}"
            rows.append((f"u{user}", item, kind, START + user * 50 + step * 1000))
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip(("USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP"), map(list, columns), strict=True)))


def train(
    recipe: str,
    folder: Path,
    *,
    interactions: pa.Table | None = None,
    items: pa.Table | None = None,
    options: Options | None = None,
) -> uuid.UUID:
    """The key of a model of the tables, as a training leaves it; ``folder`` is for columns that nothing reads again."""
    options = options or Options(threads=1)
    tables = {
        "INTERACTIONS": viewings() if interactions is None else interactions,
        "ITEMS": catalogue() if items is None else items,
    }
    if interactions is None and items is None:
        return trained_once.model(f"{recipe} {options}", lambda model: _train(recipe, tables, folder, options, model))
    key = uuid.uuid4()
    _train(recipe, tables, folder, options, locations.model_folder(key))
    return key


def _train(recipe: str, tables: dict[str, pa.Table], folder: Path, options: Options, model: Path) -> None:
    known = RECIPES[recipe]
    parsed = {kind: avro.parse(schema_text(kind), domain=known.domain) for kind in tables}
    snapshots = {
        kind: (stored(ColumnStore(folder / kind), parsed[kind], table), parsed[kind]) for kind, table in tables.items()
    }
    trained = Trained.from_tables(
        tables["INTERACTIONS"],
        tables["ITEMS"],
        schemas=parsed,
        limits=Limits(interactions=1, users=1),
        attributes=known.can("segments"),
    )
    model.parent.mkdir(parents=True, exist_ok=True)
    train_version(known, trained, {}, model, options=options)
    indexes.lay_beside(model, snapshots)


def deploy(
    caller: Caller,
    recipe: str,
    model: uuid.UUID,
    *,
    interactions: pa.Table | None = None,
    items: pa.Table | None = None,
    config: dict[str, Any] | None = None,
) -> Deployed:
    """A campaign of a custom recipe, or a recommender of a use case, that answers from ``model``."""
    domain = RECIPES[recipe].domain
    name = f"{recipe}-{uuid.uuid4().hex[:6]}"
    group = factories.group(caller, name, domain=domain)
    datasets = {}
    for kind in FIELDS:
        text = schema_text(kind, domain)
        schema = factories.schema(caller, f"{name}-{kind}", dataset_type=kind, domain=domain, text=text)
        datasets[kind] = factories.dataset(caller, group, kind, of_schema=schema)
    store(datasets["INTERACTIONS"], viewings() if interactions is None else interactions)
    items = catalogue() if items is None else items
    for column, value in of_domain(group).items():
        items = items.append_column(column, pa.array([value] * len(items)))
    store(datasets["ITEMS"], items)
    tracker = factories.event_tracker(caller, group, name)
    config = config or {}
    if domain:
        row: Any = factories.recommender(caller, group, name, recipe=recipe, storage_key=model, config=config)
        return Deployed(group, datasets["INTERACTIONS"], tracker, row, None)
    solution = factories.solution(caller, group, name, recipe=recipe)
    version = factories.solution_version(caller, solution, storage_key=model)
    row = factories.campaign(caller, version, name, config=config)
    return Deployed(group, datasets["INTERACTIONS"], tracker, row, version)


def schema_text(kind: str, domain: str | None = None) -> str:
    """The schema of the datasets made here."""
    fields = [*FIELDS[kind], *(SHOP if (kind, domain) == ("ITEMS", "ECOMMERCE") else ())]
    about = {"type": "record", "name": kind.title(), "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    return json.dumps(about | {"fields": fields})


def of_domain(group: DatasetGroup) -> dict[str, Any]:
    """What every item of the group has beside the columns of other domains."""
    return {"PRICE": 9.5, "CATEGORY_L1": "things"} if group.domain == "ECOMMERCE" else {}


def store(dataset: Dataset, table: pa.Table) -> None:
    """Put ``table`` in the place of everything that the dataset has, and make what requests read anew."""
    stored(folders.store_of(dataset), folders.schema_of(dataset), table)
    indexes.renew(dataset)


def stored(columns: ColumnStore, schema: avro.Schema, table: pa.Table) -> Snapshot:
    """The snapshot of columns that hold ``table`` and nothing else."""
    with columns.staging() as aside:
        pq.write_table(table, aside / "rows.parquet")
        return columns.replace_bulk([aside / "rows.parquet"], schema)
