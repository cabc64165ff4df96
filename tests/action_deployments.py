"""A trained model of actions behind a campaign, made without a job."""

import json
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from personalize_web.engine import schemas as avro
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.action_training import train_actions
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.dataset import Limits
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import Caller
from personalize_web.resources.models import Campaign, Dataset, DatasetGroup, EventTracker, SolutionVersion
from personalize_web.workers import indexes
from tests import factories, trained_once
from tests.deployments import store, stored
from tests.engine.action_worlds import ActionWorld
from tests.engine.worlds import events

RECIPE = "aws-next-best-action"
QUICK = Options(seed=3, time_budget=600.0, effort=0.15, threads=1, refit="none")
QUICKEST = replace(QUICK, effort=0.02)
"""Where it does not matter what is learned."""
FIELDS: dict[str, list[dict[str, Any]]] = {
    "INTERACTIONS": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
    "ACTIONS": [
        {"name": "ACTION_ID", "type": "string"},
        {"name": "VALUE", "type": ["null", "long"]},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
        {"name": "TITLE", "type": "string"},
        {"name": "CHANNEL", "type": "string", "categorical": True},
        {"name": "EXPIRATION_TIMESTAMP", "type": ["null", "long"]},
        {"name": "REPEAT_FREQUENCY", "type": ["null", "long"]},
    ],
    "ACTION_INTERACTIONS": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ACTION_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
}


@dataclass
class Deployed:
    """What was made."""

    group: DatasetGroup
    datasets: dict[str, Dataset]
    tracker: EventTracker
    version: SolutionVersion
    row: Campaign

    @property
    def target(self) -> dict[str, str]:
        """The argument of GetActionRecommendations that names it."""
        return {"campaign_arn": self.row.arn}


def schema_text(kind: str) -> str:
    """The schema of the datasets made here."""
    about = {"type": "record", "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    return json.dumps(about | {"name": avro.RECORD_NAMES[kind], "fields": FIELDS[kind]})


def actions(expires: dict[str, int] | None = None, repeats: dict[str, int] | None = None) -> pa.Table:
    """The world's actions: ``buy0`` to ``buy3`` by mail, the others in the app."""
    plain = ActionWorld(users=1).actions
    ids = plain["ACTION_ID"].to_pylist()
    return plain.append_column("TITLE", pa.array([f"Please {each}" for each in ids])).append_column(
        "CHANNEL", pa.array(["mail" if each.startswith("buy") else "app" for each in ids])
    ).append_column("EXPIRATION_TIMESTAMP", pa.array([(expires or {}).get(each) for each in ids], pa.int64())
    ).append_column("REPEAT_FREQUENCY", pa.array([(repeats or {}).get(each) for each in ids], pa.int64()))  # fmt: skip


def tables(world: ActionWorld, *, with_actions: bool = True) -> dict[str, pa.Table]:
    """The world as tables; without what was done with actions where that is asked for."""
    done = list(zip(*(world.done if with_actions else world.done[:0]), strict=True)) or [[]] * 4
    types = (pa.string(), pa.string(), pa.string(), pa.int64())
    names = ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP")
    return {
        "INTERACTIONS": events(*world.item_rows),
        "ACTIONS": actions(),
        "ACTION_INTERACTIONS": pa.table(
            {name: pa.array(values, of) for name, values, of in zip(names, done, types, strict=True)}
        ),
    }


def train(folder: Path, *, with_actions: bool = True, options: Options = QUICK) -> uuid.UUID:
    """The key of a model of the world, as a training leaves it; ``folder`` is for columns that nothing reads again."""
    about = f"{RECIPE} {options} {with_actions}"
    return trained_once.model(about, lambda model: _train(model, folder, with_actions, options))


def _train(model: Path, folder: Path, with_actions: bool, options: Options) -> None:
    given = tables(ActionWorld(), with_actions=with_actions)
    parsed = {kind: avro.parse(schema_text(kind)) for kind in FIELDS}
    snapshots = {
        kind: (stored(ColumnStore(folder / kind), parsed[kind], table), parsed[kind]) for kind, table in given.items()
    }
    dataset = ActionDataset.from_tables(
        given["INTERACTIONS"], None, None, given["ACTIONS"], given["ACTION_INTERACTIONS"], schemas=parsed,
        limits=Limits(),
    )  # fmt: skip
    train_actions(RECIPES[RECIPE], dataset, None, model, options=options)
    indexes.lay_beside(model, snapshots)


def deploy(
    caller: Caller, model: uuid.UUID, *, config: dict[str, Any] | None = None, table: pa.Table | None = None
) -> Deployed:
    """A campaign that answers from ``model``, in a group with datasets as it was trained on; ``table`` are actions."""
    name = f"actions-{uuid.uuid4().hex[:6]}"
    group = factories.group(caller, name)
    given = tables(ActionWorld()) | ({"ACTIONS": table} if table is not None else {})
    datasets = {}
    for kind, rows in given.items():
        schema = factories.schema(caller, f"{name}-{kind}", dataset_type=kind, text=schema_text(kind))
        tracking = {"tracking_id": str(uuid.uuid4())} if kind == "ACTION_INTERACTIONS" else {}
        datasets[kind] = factories.dataset(caller, group, kind, of_schema=schema, **tracking)
        store(datasets[kind], rows)
    tracker = factories.event_tracker(caller, group, name)
    solution = factories.solution(caller, group, name, recipe=RECIPE)
    version = factories.solution_version(caller, solution, storage_key=model)
    return Deployed(group, datasets, tracker, version, factories.campaign(caller, version, name, config=config or {}))
