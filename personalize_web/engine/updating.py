"""A trained model with the items that came after its training: nothing is learned, exploration finds them.

A later item stands where the training would have put an item that nobody had met: at its nearest known neighbours by
words and categories. Where it has none it is described by the encoders and the network that the training left: unknown
categories count as such, and it has no vector of its own (Volkovs et al., "DropoutNet", 2017, is why metadata alone
mean something). Ages are counted anew. Trained items keep their vectors, so that relevance answers as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import erf

from personalize_web.engine import artifacts, coarse, objective, trends
from personalize_web.engine.algorithms import cold_items
from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.dataset import column_of_table, selected
from personalize_web.engine.errors import DataError
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.item_features import ItemEncoder
from personalize_web.engine.selection import Selection

_CREATED = "CREATION_TIMESTAMP"
_READ = ("ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE")
_DAY = 86400


@dataclass(frozen=True)
class Cold:
    """What a cold item is."""

    interactions: int
    """The most it may have."""
    days: float
    """Since its first interaction, or its creation, at most."""
    until: float | None = None
    """From when days are counted back, in Unix seconds; None: the newest interaction."""


@dataclass(frozen=True)
class Rules:
    """Which later items enter, and how they may be answered."""

    most_items: int
    """Most items of the model, trained and later ones together; the newest later ones enter."""
    cold: Cold | None = None
    """Of a model that answers cold items alone: later items that are cold are answered by relevance then."""


@dataclass(frozen=True)
class Updated:
    """What an update found."""

    new_items: int
    """Items that the model's training did not know."""
    left_out: int
    """Items beyond the most that a model may have."""
    latest: int
    """The time of the newest event."""


@dataclass(frozen=True)
class _Later:
    """What the data hold beyond a model's training; arrays in the order of ``ids``."""

    ids: list[str]
    created: NDArray[np.int64]
    counts: NDArray[np.int64]
    begun: NDArray[np.int64]
    """The first interaction, or the creation where there is none."""
    table: pa.Table | None
    """Their records in Items, in any order."""
    of_trained: Mapping[str, int] = field(default_factory=dict)
    """Trained item -> its creation as Items or a first interaction tell it now, where that is known."""
    latest: int = 0
    left_out: int = 0


def update(folder: Path, target: Path, interactions: Snapshot, items: Snapshot | None, rules: Rules) -> Updated:
    """Keep in ``target`` the model in ``folder`` as the data of this moment have it; DataError where it cannot be.

    An updated model can be updated again: later items are found anew each time, so that those that left the data go.
    """
    model = artifacts.read(folder, verify=False)
    if model.manifest["kind"] != "sequence":
        raise DataError("Only models that explore new items can be updated.")
    trained = int(model.manifest["settings"].get("trained_items", len(model.array("interactions"))))
    later = _found(model, trained, interactions, items, rules)
    arrays = _arrays(model, trained, later, items, rules)
    settings = {
        **model.manifest["settings"],
        "trained_items": trained,
        "latest": later.latest,
        "trained_latest": _trained_latest(model),
    }
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    artifacts.derive(model, target, {"settings": settings, "updated": moment}, arrays)
    return Updated(len(later.ids), later.left_out, later.latest)


def _trained_latest(model: Artifact) -> int:
    settings = model.manifest["settings"]
    return int(settings.get("trained_latest", settings["latest"]))


def _found(model: Artifact, trained: int, interactions: Snapshot, items: Snapshot | None, rules: Rules) -> _Later:
    """Look for items that the training did not know, and for what is known now of the age of those it did."""
    settings, latest = model.manifest["settings"], _trained_latest(model)
    selection = Selection.from_json(settings["selection"])
    vocabulary = Vocabulary.from_arrays(model.arrays(), "items")
    known = np.array(vocabulary.ids(range(trained)), dtype=object)
    had = known[np.asarray(model.array("interactions"))[:trained] > 0]
    rows, _ = selected(_others(interactions, had, [each for each in _READ if each in interactions.columns]), selection)
    recent, _ = selected(trends.recent(interactions, latest), selection)
    newest = max([latest, *(int(each) for each in [pc.max(recent["TIMESTAMP"]).as_py()] if each is not None)])
    first = {
        each["ITEM_ID"]: each
        for each in rows.group_by("ITEM_ID")
        .aggregate([("TIMESTAMP", "min"), ("TIMESTAMP", "max"), ("TIMESTAMP", "count")])
        .to_pylist()
    }
    table = _others(items, known, items.columns) if items is not None else None
    listed = table["ITEM_ID"].to_pylist() if table is not None else []
    given = dict(zip(listed, _created(table), strict=True)) if table is not None else {}
    of_trained = {
        item: int(each["TIMESTAMP_min"]) for item, each in first.items() if 0 <= vocabulary.row(item) < trained
    }
    of_trained |= _created_of(items, known) if items is not None else {}
    ids = [*listed, *(item for item in first if item not in of_trained and item not in given)]
    known_of = [first.get(item, {}) for item in ids]
    created = np.array(
        [
            _first_known(given.get(item), each.get("TIMESTAMP_min"), latest)
            for item, each in zip(ids, known_of, strict=True)
        ],
        np.int64,
    )
    begun = np.array([each.get("TIMESTAMP_min", at) for each, at in zip(known_of, created, strict=True)], np.int64)
    used = np.array([each.get("TIMESTAMP_max", at) for each, at in zip(known_of, created, strict=True)], np.int64)
    counts = np.array([each.get("TIMESTAMP_count", 0) for each in known_of], np.int64)
    room = max(0, rules.most_items - trained)
    kept = np.sort(np.argsort(-np.maximum(used, created), kind="stable")[:room])
    return _Later(
        [ids[place] for place in kept],
        created[kept],
        counts[kept],
        begun[kept],
        table,
        of_trained,
        newest,
        len(ids) - len(kept),
    )


def _others(snapshot: Snapshot, known: NDArray, columns: Any) -> pa.Table:
    """The rows that count of items that are not among the known ones."""
    with duck.connect() as connection:
        connection.register("known", pa.table({"ITEM_ID": pa.array(known, pa.string())}))
        return connection.sql(
            f"SELECT {duck.names(columns)} FROM ({snapshot.sql()}) AS rows ANTI JOIN known USING (ITEM_ID) "
            "ORDER BY _place"
        ).to_arrow_table()


def _created(table: pa.Table) -> list[float | None]:
    return table[_CREATED].to_pylist() if _CREATED in table.column_names else [None] * table.num_rows


def _created_of(items: Snapshot, known: NDArray) -> dict[str, int]:
    """Known item -> CREATION_TIMESTAMP as Items have it now."""
    if _CREATED not in items.columns:
        return {}
    with duck.connect() as connection:
        connection.register("known", pa.table({"ITEM_ID": pa.array(known, pa.string())}))
        found = connection.sql(
            f"SELECT ITEM_ID, {_CREATED} FROM ({items.sql()}) SEMI JOIN known USING (ITEM_ID) "
            f"WHERE {_CREATED} IS NOT NULL"
        ).fetchall()
    return {item: int(created) for item, created in found}


def _first_known(*moments: float | None) -> int:
    return int(next(each for each in moments if each is not None))


def _arrays(model: Artifact, trained: int, later: _Later, items: Snapshot | None, rules: Rules) -> dict[str, NDArray]:
    """Every array that grows by the later items, and those that tell ages."""
    kept: dict[str, NDArray] = model.arrays()
    known = Vocabulary.from_arrays(kept, "items").ids(range(trained))
    created = np.array(kept["created"][:trained], np.int64)
    places = {item: place for place, item in enumerate(known)}
    for item, moment in later.of_trained.items():
        created[places[item]] = moment
    vectors = _vectors(model, kept, later)
    interactions = np.asarray(kept["interactions"][:trained])
    count = len(later.ids)
    bias = np.full(count, _rare(_learned_bias(model, kept, trained), interactions), np.float32)
    _place(model, known, interactions > 0, later, items, vectors, bias)
    cold = np.zeros(count, bool)
    if rules.cold is not None:
        until = later.latest if rules.cold.until is None else rules.cold.until
        cold = (later.counts <= rules.cold.interactions) & ((until - later.begun) / _DAY <= rules.cold.days)
    more: dict[str, NDArray] = {
        "vectors": vectors,
        "interactions": np.zeros(count, np.int32),
        "created": later.created,
        "candidates": cold,
        "trend": np.zeros(count, np.float32),
        "at_first": _at_first(model, kept, vectors),
        "bias": bias,
        "starters": np.full(count, _rare(np.asarray(kept["starters"][:trained]), interactions), np.float32),
        "counts_now": later.counts,
    }
    base = {**kept, "created": created, "counts_now": interactions}
    if "objective" in kept:
        more["objective"] = _standing(model, kept, places, later, items)
    grown = {
        name: np.concatenate([np.asarray(base[name])[:trained], each]).astype(np.asarray(base[name]).dtype)
        for name, each in more.items()
    }
    if "coarse" in kept:
        grown |= coarse.arrays(grown["vectors"])
    return grown | Vocabulary.of([*known, *later.ids]).arrays("items")


def _vectors(model: Artifact, kept: Mapping[str, NDArray], later: _Later) -> NDArray[np.float32]:
    """Vectors [K, d] that metadata alone suggest; zeros for a model that reads none."""
    width = kept["vectors"].shape[1]
    described = model.manifest["settings"].get("item_features")
    if described is None or not later.ids:
        return np.zeros((len(later.ids), width), np.float32)
    encoder = ItemEncoder.of(described, kept)
    rows = _rows(later)
    columns = [column_of_table(later.table, name, kind).take(rows) for name, kind in encoder.columns.items()]
    inner = encoder.matrix(columns, len(later.ids)) @ np.asarray(kept["item_enter"])
    activated = 0.5 * inner * (1 + erf(inner / np.sqrt(2)))
    return (activated @ np.asarray(kept["item_leave"]).T + np.asarray(kept["item_offset"])).astype(np.float32)


def _place(
    model: Artifact,
    known: list[str],
    met: NDArray[np.bool_],
    later: _Later,
    items: Snapshot | None,
    vectors: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> None:
    """Give later items the vectors [K, d] and bias [K] of their neighbours among the items that somebody had met."""
    settings = model.manifest["settings"]
    weights, described = settings.get("cold"), settings.get("item_features")
    if weights is None or described is None or items is None or not later.ids:
        return
    kinds = {
        name: kind
        for name, kind in ItemEncoder.of(described, model.arrays()).columns.items()
        if kind != "numeric" and name in items.columns
    }
    whole = items.table(["ITEM_ID", *kinds])
    rows = _found_in(whole, [*known, *later.ids])
    columns = [column_of_table(whole, name, kind).take(rows) for name, kind in kinds.items()]
    found = cold_items.terms(columns, len(known))
    if found is None:
        return
    asked = np.arange(len(known), len(known) + len(later.ids))
    near = cold_items.neighbours(asked, np.concatenate([met, np.zeros(len(later.ids), bool)]), found)
    placed = np.diff(near.indptr) > 0
    trained = np.asarray(model.array("vectors"))[: len(known)]
    vectors[placed] = (weights["vectors"] * (near[:, : len(known)] @ trained))[placed]
    bias[placed] = weights["base"]


def _found_in(table: pa.Table, ids: list[str]) -> NDArray[np.int64]:
    """The row of each id, -1 where it has none."""
    found = pc.index_in(pa.array(ids, pa.string()), value_set=table["ITEM_ID"].combine_chunks())
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _rows(later: _Later) -> NDArray[np.int64]:
    """The row of each later item in their table, -1 where it has none."""
    if later.table is None:
        return np.full(len(later.ids), -1, np.int64)
    return _found_in(later.table, later.ids)


def _at_first(model: Artifact, kept: Mapping[str, NDArray], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The relevance of items to a user of whom nothing is known."""
    if not len(vectors):
        return np.zeros(0, np.float32)
    encoder = onnxruntime.InferenceSession(str(model.path("encoder.onnx")), providers=["CPUExecutionProvider"])
    begin = np.asarray(kept["begin"], np.float32)
    inputs = {"tokens": begin[None, None], "context": np.zeros((1, len(begin)), np.float32), "vectors": vectors}
    if "session_gap" in model.manifest["settings"]:
        inputs["begins"] = np.ones((1, 1), np.float32)
    return encoder.run(["relevance"], inputs)[0]


def _learned_bias(model: Artifact, kept: Mapping[str, NDArray], trained: int) -> NDArray[np.float32]:
    """The bias of the trained items without what their popularity adds to it."""
    weight = float(model.manifest["settings"]["blend"]["popularity"])
    popularity = np.log1p(np.asarray(kept["interactions"][:trained]).astype(np.float64))
    return (np.asarray(kept["bias"][:trained]) - weight * popularity).astype(np.float32)


def _rare(values: NDArray[np.float32], interactions: NDArray) -> float:
    """The mean over the trained items with the fewest interactions: what is taken for an item without any."""
    had = interactions > 0
    return float(values[had & (interactions <= max(2, np.quantile(interactions[had], 0.1)))].mean())


def _standing(
    model: Artifact, kept: Mapping[str, NDArray], places: Mapping[str, int], later: _Later, items: Snapshot | None
) -> NDArray[np.float32]:
    """Where the objective's column puts later items among the trained ones."""
    attribute = (model.manifest["configuration"].get("optimizationObjective") or {})["itemAttribute"]
    if items is None or later.table is None or attribute not in items.columns:
        return np.zeros(len(later.ids), np.float32)
    whole = items.table(["ITEM_ID", attribute])
    rows = np.array([places.get(item, -1) for item in whole["ITEM_ID"].to_pylist()], np.int64)
    now = column_of_table(whole, attribute, "numeric").values
    known = np.full(len(places), np.nan)
    known[rows[rows >= 0]] = now[rows >= 0]
    values = column_of_table(later.table, attribute, "numeric").take(_rows(later)).values
    return objective.standing_among(values, known, np.asarray(kept["objective"][: len(places)]))
