"""Trained models behind campaigns and recommenders, made without a job: for tests of what answers from them."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine.columns import Snapshot
from personalize_web.engine.dataset import Dataset as Trained
from personalize_web.engine.dataset import Limits
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.training import Options, train_version
from personalize_web.operations import Caller
from personalize_web.resources import locations
from personalize_web.resources.models import (
    Campaign,
    Dataset,
    DatasetGroup,
    EventTracker,
    Recommender,
    Schema,
    SolutionVersion,
)
from personalize_web.workers import folders, indexes
from tests import factories

INTERACTIONS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
ITEMS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TITLE", "type": "string"},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
    {"name": "GENRES", "type": "string", "categorical": True},
]
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


def deploy(
    caller: Caller,
    recipe: str,
    *,
    interactions: pa.Table | None = None,
    items: pa.Table | None = None,
    config: dict[str, Any] | None = None,
    options: Options | None = None,
) -> Deployed:
    """A campaign of a custom recipe, or a recommender of a use case, that answers."""
    known = RECIPES[recipe]
    name = f"{recipe}-{uuid.uuid4().hex[:6]}"
    tables = {
        "INTERACTIONS": viewings() if interactions is None else interactions,
        "ITEMS": catalogue() if items is None else items,
    }
    group = factories.group(caller, name, domain=known.domain)
    datasets = {
        kind: factories.dataset(caller, group, kind, of_schema=_schema(caller, f"{name}-{kind}", kind, fields, known))
        for kind, fields in (("INTERACTIONS", INTERACTIONS), ("ITEMS", ITEMS))
    }
    key = _train(known, tables, datasets, options or Options(threads=1))
    tracker = factories.event_tracker(caller, group, name)
    if known.domain:
        row: Any = factories.recommender(caller, group, name, recipe=recipe, storage_key=key, config=config or {})
        return Deployed(group, datasets["INTERACTIONS"], tracker, row, None)
    version = factories.solution_version(
        caller, factories.solution(caller, group, name, recipe=recipe), storage_key=key
    )
    row = factories.campaign(caller, version, name, config=config or {})
    return Deployed(group, datasets["INTERACTIONS"], tracker, row, version)


def _schema(caller: Caller, name: str, kind: str, fields: list[dict[str, Any]], recipe: Recipe) -> Schema:
    about = {"type": "record", "name": kind.title(), "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    text = json.dumps(about | {"fields": fields})
    return factories.schema(caller, name, dataset_type=kind, domain=recipe.domain, text=text)


def store(dataset: Dataset, table: pa.Table) -> Snapshot:
    """Put ``table`` in the place of everything that the dataset has, and make what requests read anew."""
    columns = folders.store_of(dataset)
    with columns.staging() as aside:
        pq.write_table(table, aside / "rows.parquet")
        snapshot = columns.replace_bulk([aside / "rows.parquet"], folders.schema_of(dataset))
    indexes.renew(dataset)
    return snapshot


def _train(recipe: Recipe, tables: dict[str, pa.Table], datasets: dict[str, Dataset], options: Options) -> uuid.UUID:
    """A model of the tables, in a folder of its own."""
    parsed = {kind: folders.schema_of(row) for kind, row in datasets.items()}
    snapshots = {kind: (store(row, tables[kind]), parsed[kind]) for kind, row in datasets.items()}
    trained = Trained.from_tables(
        tables["INTERACTIONS"], tables["ITEMS"], schemas=parsed, limits=Limits(interactions=1, users=1)
    )
    key = uuid.uuid4()
    folder = locations.model_folder(key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    train_version(recipe, trained, {}, folder, options=options)
    indexes.lay_beside(folder, snapshots)
    return key
