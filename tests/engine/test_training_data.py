"""Which columns are trained on, how old items are, and what is too much."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import text
from personalize_web.engine.algorithms.hierarchical_rnn import HierarchicalRnn
from personalize_web.engine.dataset import Dataset, Limits
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.selection import Selection
from tests.engine.worlds import DAY, FEW, NOW, dataset_of, events, schema

ROWS = [("u", "a", NOW), ("u", "b", NOW + DAY), ("v", "a", NOW + 2 * DAY)]
CATEGORY, NUMBER, PLAIN = {"categorical": True}, {"type": "float"}, {}
EVENT_COLUMNS = {
    "EVENT_TYPE": PLAIN,
    "EVENT_VALUE": NUMBER,
    "RECOMMENDATION_ID": PLAIN,
    "EVENT_ATTRIBUTION_SOURCE": PLAIN,
    "IMPRESSION": PLAIN,
    "DEVICE": CATEGORY,
    "HOUR": NUMBER,
    "NOTE": PLAIN,
    "LIVE": {"type": "boolean"},
}
ITEM_COLUMNS = {
    "GENRE": CATEGORY,
    "PRICE": NUMBER,
    "ABOUT": {"textual": True},
    "LABEL": PLAIN,
    "SOLD": {"type": "boolean"},
    "CREATION_TIMESTAMP": {"type": "long"},
}


def column(about, place):
    kind = about.get("type", "string")
    return {"string": f"text {place}", "float": float(place), "boolean": True, "long": NOW + place}[kind]


def everything(selection=None, **more):
    table = events(*ROWS)
    for name, about in EVENT_COLUMNS.items():
        table = table.append_column(name, [[column(about, place) for place in range(len(ROWS))]])
    items = pa.table(
        {
            "ITEM_ID": ["a", "b"],
            **{name: [column(about, place) for place in range(2)] for name, about in ITEM_COLUMNS.items()},
        }
    )
    return Dataset.from_tables(
        table,
        items,
        schemas={"INTERACTIONS": schema("Interactions", **EVENT_COLUMNS), "ITEMS": schema("Items", **ITEM_COLUMNS)},
        selection=selection,
        limits=more.get("limits", Limits(1, 0, 0.0, event_types=20)),
    )


def names(columns):
    return {each.name for each in columns}


def test_booleans_impressions_plain_texts_and_reserved_columns_are_never_trained_on():
    dataset = everything()
    assert names(dataset.contexts) == {"DEVICE", "HOUR"}
    assert names(dataset.item_columns) == {"GENRE", "PRICE", "ABOUT", "CREATION_TIMESTAMP"}


def test_included_columns_are_the_only_ones_of_their_dataset():
    chosen = Selection.of(
        RECIPES["aws-user-personalization"], training_data_config={"includedDatasetColumns": {"ITEMS": ["PRICE"]}}
    )
    dataset = everything(chosen)
    assert names(dataset.item_columns) == {"PRICE"}
    assert names(dataset.contexts) == {"DEVICE", "HOUR"}


def test_event_types_stay_where_no_column_of_the_interactions_is_included():
    dataset = everything(Selection(included_columns={"INTERACTIONS": ()}))
    assert dataset.contexts == ()
    assert len(dataset.event_types) > 1


@pytest.mark.parametrize(("filled", "used"), [(17, True), (16, False)])
def test_a_text_that_is_filled_in_less_than_85_of_100_rows_is_not_used(filled, used):
    texts = [f"about {place}" if place < filled else None for place in range(20)]
    items = pa.table({"ITEM_ID": [f"i{place}" for place in range(20)], "ABOUT": texts})
    dataset = Dataset.from_tables(
        events(*ROWS),
        items,
        limits=FEW,
        schemas={"INTERACTIONS": schema("Interactions"), "ITEMS": schema("Items", ABOUT={"textual": True})},
    )
    assert bool(dataset.item_columns) is used


def test_an_item_made_after_the_newest_interaction_has_no_age():
    created = [NOW - DAY, None, NOW + 9 * DAY]
    items = pa.table({"ITEM_ID": ["a", "b", "c"], "GENRE": ["x"] * 3, "CREATION_TIMESTAMP": created})
    dataset = Dataset.from_tables(
        events(*ROWS),
        items,
        limits=FEW,
        schemas={
            "INTERACTIONS": schema("Interactions"),
            "ITEMS": schema("Items", GENRE=CATEGORY, CREATION_TIMESTAMP={"type": "long"}),
        },
    )
    assert dict(zip(dataset.item_ids.to_pylist(), dataset.ages, strict=True)) == {"a": 3.0, "b": 1.0, "c": 0.0}


def test_minimums_are_counted_before_histories_are_left_out_by_their_length():
    rows = [(f"u{user}", f"i{place}", NOW + place) for user in range(30) for place in range(34 + user % 2)]
    dataset = dataset_of(*rows, limits=Limits())
    config = typed(
        RECIPES["aws-hrnn"],
        {
            "featureTransformationParameters": {
                "min_user_history_length_percentile": "0.6",
                "max_user_history_length_percentile": "1.0",
            }
        },
    )
    assert len(HierarchicalRnn().trained_on(dataset, config).item) == 15 * 35


def test_metadata_beyond_what_a_recipe_takes_fail():
    assert RECIPES["aws-hrnn-metadata"].max_metadata_bytes == RECIPES["aws-hrnn-coldstart"].max_metadata_bytes
    assert RECIPES["aws-hrnn-metadata"].max_metadata_bytes == 5 * 1024**3
    with pytest.raises(DataError, match=r"Items and Users have .* GB together; this recipe takes at most"):
        everything(limits=Limits(1, 0, 0.0, event_types=20, metadata_bytes=10))


def test_the_beginning_of_a_text_is_read_and_less_of_a_chinese_or_japanese_one():
    for letter, longest in (("abcde ", 20_000), ("映画の話 ", 7_000)):
        long = letter * 5000
        same = text.ngrams([long[:longest] + "!" * 50, long[:longest] + "?" * 50])
        other = text.ngrams([long[: longest - 60] + "!" * 50, long[: longest - 60] + "?" * 50])
        assert (same[0] != same[1]).nnz == 0
        assert (other[0] != other[1]).nnz > 0


def test_an_event_without_a_type_is_a_type_of_its_own():
    dataset = dataset_of(("u", "a", 1, "Watch"), ("u", "b", 2, None))
    assert np.unique(dataset.event_type).size == 2


def test_beyond_the_most_items_the_newest_stay_with_the_users_who_met_them():
    rows = [("u", "old", NOW), ("v", "a", NOW + DAY), ("v", "b", NOW + 2 * DAY), ("w", "old", NOW)]
    dataset = dataset_of(*rows, limits=replace(FEW, max_items=2))
    assert dataset.item_ids.to_pylist() == ["a", "b"]
    assert dataset.user_ids.to_pylist() == ["v"]
    assert dataset.starts.tolist() == [0, 2]
