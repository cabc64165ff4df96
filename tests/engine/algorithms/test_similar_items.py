"""Items like a given one, by behaviour and by metadata."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.similar_items import NAMES, SimilarItems
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import Request
from tests.engine.algorithms.contract import Contract
from tests.engine.worlds import FEW, World, dataset_of, events, schema


class TestSimilarItems(Contract):
    recipe = "aws-similar-items"

    def test_neighbours_share_the_genre(self, model):
        answer = [each.item_id for each in model.recommend(Request(item_id="g2t5", num_results=3))]
        assert answer[0] == "g2t6"
        assert all(each.startswith("g2") for each in answer)

    def test_a_title_nobody_has_watched_has_neighbours_of_its_genre(self, model):
        answer = [each.item_id for each in model.recommend(Request(item_id="g3new0", num_results=8))]
        assert all(each.startswith("g3") for each in answer)

    def test_a_title_nobody_has_watched_is_a_neighbour_of_its_genre(self, model):
        starts, row = model.arrays["neighbour_starts"], model.items.row("g1t4")
        ranked = model.items.ids(model.arrays["neighbours"][starts[row]:starts[row + 1]])
        assert ranked.index("g1new0") < min(ranked.index(each) for each in ("g0new0", "g2new0", "g3new0"))

    def test_an_unknown_item_is_answered_with_the_popular_list(self, model):
        answer = [each.item_id for each in model.recommend(Request(item_id="nothing", num_results=9))]
        assert answer == model.items.ids(model.popular[:9])

    def test_no_item_is_its_own_neighbour(self, model):
        for item in model.items.all():
            assert item not in {each.item_id for each in model.recommend(Request(item_id=item, num_results=200))}

    def test_the_version_says_what_each_thing_known_was_worth(self, trained):
        assert set(trained.details["weights"]) == set(NAMES)


class TestMoreLikeX(Contract):
    recipe = "aws-vod-more-like-x"


def train(dataset, **config):
    return SimilarItems().train(dataset, config, Options(seed=1), Silent())


def mean_popularity(model, dataset, first=5):
    counts, starts = dataset.interactions_of_items, model.arrays["neighbour_starts"]
    lists = [model.arrays["neighbours"][begin:end][:first] for begin, end in pairwise(starts)]
    return float(np.mean([counts[each].mean() for each in lists if len(each)]))


@pytest.fixture(scope="module")
def skewed():
    """Users who step through a genre, and now and then take one of two items that everybody takes."""
    rng, rows = np.random.default_rng(3), []
    for user in range(150):
        for place in range(10):
            hit = rng.random() < 0.35
            item = f"hit{rng.integers(2)}" if hit else f"g{user % 3}i{(user // 3 + place) % 12}"
            rows.append((f"u{user}", item, 1000 + place))
    return dataset_of(*rows)


@pytest.mark.shows("popularity_discount_factor", "aws-similar-items")
def test_a_greater_discount_brings_less_popular_neighbours(skewed):
    found = [mean_popularity(train(skewed, popularity_discount_factor=each), skewed) for each in (0.0, 0.5, 1.0)]
    assert found[0] > found[1] > found[2]


@pytest.mark.shows("item_id_hidden_dim", "aws-similar-items")
@pytest.mark.shows("item_metadata_hidden_dim", "aws-similar-items")
def test_the_widths_change_what_is_learned():
    dataset = World().dataset()
    narrow, wide = (train(dataset, item_id_hidden_dim=width).arrays["neighbours"] for width in (2, 60))
    assert narrow.tolist() != wide.tolist()
    plain, rich = (train(dataset, item_metadata_hidden_dim=width).arrays["neighbours"] for width in (1, 8))
    assert plain.tolist() != rich.tolist()


def test_an_item_without_interactions_and_metadata_is_no_neighbour(tmp_path):
    items = pa.table({"ITEM_ID": ["a", "b", "c", "silent"], "GENRE": ["x", "x", "y", None]})
    rows = [(f"u{user}", item, place) for user in range(8) for place, item in enumerate("abc")]
    dataset = Dataset.from_tables(events(*rows), items, limits=FEW, schemas={
        "INTERACTIONS": schema("Interactions"), "ITEMS": schema("Items", GENRE={"categorical": True})})
    train(dataset, popularity_discount_factor=0.0).write(tmp_path / "model")
    model = serving.load(tmp_path / "model")
    assert {each.item_id for each in model.recommend(Request(item_id="a", num_results=10))} == {"b", "c"}


def test_without_metadata_behaviour_alone_decides(skewed, tmp_path):
    train(skewed, popularity_discount_factor=1.0).write(tmp_path / "model")
    model = serving.load(tmp_path / "model")
    answer = [each.item_id for each in model.recommend(Request(item_id="g1i4", num_results=5))]
    assert answer[0] == "g1i5"
    assert all(each.startswith(("g1", "hit")) for each in answer)
