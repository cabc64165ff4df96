"""Each kind of metadata alone tells a model whom an item that nobody knows yet is for."""


from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.sequence_transformer import SequenceTransformer
from personalize_web.engine.algorithms.similar_items import SimilarItems
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.reporting import Silent
from personalize_web.engine.selection import Selection
from personalize_web.engine.serving import Request
from tests.engine.algorithms.contract import OPTIONS
from tests.engine.algorithms.test_sequence_transformer import watched
from tests.engine.worlds import DAY, FEW, NOW, events, schema

KINDS = {"category": "TAGS", "number": "LEVEL", "text": "ABOUT", "date": "CREATION_TIMESTAMP"}
"""Kind of an untold title -> the only column that says something of it."""
WORDS = ("haunted castle ghosts vampire night scream", "spaceship galaxy robots alien planet orbit",
         "wedding kitchen laughter neighbours holiday jokes", "detective murder clue inspector alibi witness")


def told(genre: int, name: str, rng: np.random.Generator) -> object:
    """What a column says of a title of a genre."""
    if name == "TAGS":
        return "|".join(sorted({f"tag {genre}a", f"tag {genre}b", f"shared {int(rng.integers(3))}"}))
    if name == "LEVEL":
        return 100.0 * genre + float(rng.normal())
    if name == "ABOUT":
        return " ".join(rng.permutation(WORDS[genre].split())[:4])
    return NOW - (400 + 300 * genre) * DAY + int(rng.integers(DAY))


@pytest.fixture(scope="module")
def data():
    """Users of one genre each who take any of its titles, which have all columns; untold ones have one of them each."""
    rng, rows, taken = np.random.default_rng(5), [], []
    for user in range(200):
        for place in range(12):
            genre = user % 4 if rng.random() < 0.9 else int(rng.integers(4))
            taken.append((f"u{user}", f"g{genre}t{int(rng.integers(20))}", NOW + 3600 * place, "Watch"))
    for genre in range(4):
        for title in range(20):
            rows.append({"ITEM_ID": f"g{genre}t{title}", **{name: told(genre, name, rng) for name in KINDS.values()}})
        for kind, name in KINDS.items():
            rows.append({"ITEM_ID": f"g{genre}{kind}", name: told(genre, name, rng)})
    return events(*taken), pa.Table.from_pylist(
        [{"ITEM_ID": row["ITEM_ID"], **{name: row.get(name) for name in KINDS.values()}} for row in rows])


def dataset_of(data, selection=None):
    fields = {"TAGS": {"categorical": True}, "LEVEL": {"type": "float"}, "ABOUT": {"textual": True},
              "CREATION_TIMESTAMP": {"type": "long"}}
    return Dataset.from_tables(*data, limits=FEW, selection=selection, schemas={
        "INTERACTIONS": schema("Interactions", EVENT_TYPE={}), "ITEMS": schema("Items", **fields)})


@pytest.fixture(scope="module")
def model(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("told") / "model"
    SequenceTransformer().train(dataset_of(data), {}, OPTIONS, Silent()).write(path)
    return serving.load(path)


def lead(model, kind):
    """By how much untold titles of the user's genre are more relevant than those of the others, in all genres."""
    found = []
    for genre in range(4):
        history = watched(*[f"g{genre}t{place}" for place in (3, 4, 5, 6)])
        logits = model.logits(Request(history=history))
        untold = logits[model.item_rows([f"g{each}{kind}" for each in range(4)])]
        found.append(untold[genre] - np.delete(untold, genre).mean())
    return np.array(found)


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_that_one_kind_of_metadata_describes_goes_to_who_likes_its_like(model, kind):
    found = lead(model, kind)
    assert (found > 0).sum() >= 3
    assert found.mean() > 0.1


def test_what_is_excluded_says_nothing(data, tmp_path):
    without = Selection(excluded_columns={"ITEMS": tuple(KINDS.values())})
    quick = replace(OPTIONS, effort=0.01)
    SequenceTransformer().train(dataset_of(data, without), {}, quick, Silent()).write(tmp_path / "model")
    assert not serving.load(tmp_path / "model").arrays["candidates"][80:].any()


@pytest.mark.parametrize("kind", ["category", "number", "text"])
def test_similar_items_of_an_untold_title_share_its_genre(data, tmp_path, kind):
    alone = dataset_of(data, Selection(included_columns={"ITEMS": (KINDS[kind],)}))
    SimilarItems().train(alone, {}, OPTIONS, Silent()).write(tmp_path / "model")
    found = serving.load(tmp_path / "model")
    shares = [sum(each.item_id.startswith(f"g{genre}") for each in found.recommend(
        Request(item_id=f"g{genre}{kind}", num_results=6))) / 6 for genre in range(4)]
    assert np.mean(shares) > 0.4  # chance gives a quarter
