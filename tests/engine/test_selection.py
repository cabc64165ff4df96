"""Which events and columns are trained on, and what too little data says."""

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine.dataset import Dataset, Limits
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.selection import EventChoice, Selection
from tests.engine.worlds import FEW, World, dataset_of, schema

CATEGORY = {"categorical": True}

SIMS, BECAUSE = RECIPES["aws-sims"], RECIPES["aws-vod-because-you-watched-x"]
ROWS = [
    ("u", "a", 1, "Watch", 0.5),
    ("u", "b", 2, "watch", 0.49),
    ("u", "c", 3, "Click", 9.0),
    ("u", "d", 4, "WATCH", None),
]


def items(selection):
    found = dataset_of(*ROWS, values=True, selection=selection)
    return [found.item_ids[int(each)].as_py() for each in found.item]


def test_all_events_are_kept_without_a_choice():
    assert items(Selection()) == ["a", "b", "c", "d"]


def test_the_event_type_is_compared_ignoring_case():
    assert items(Selection(event_type="wAtCh")) == ["a", "b", "d"]


def test_the_threshold_is_inclusive_and_drops_missing_values():
    assert items(Selection(event_type="watch", event_value_threshold=0.5)) == ["a"]


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7, 5.0, 1e300])
def test_a_value_that_a_history_keeps_in_single_precision_reaches_its_threshold(threshold):
    selection = Selection(event_value_threshold=threshold)
    assert selection.accepts("watch", threshold) == 1.0
    assert selection.accepts("watch", float(np.float32(min(threshold, 1e30)))) == (threshold < 1e30)
    assert selection.accepts("watch", 0.999 * threshold) == 0.0


def test_a_threshold_without_a_type_holds_for_all_types():
    assert items(Selection(event_value_threshold=0.5)) == ["a", "c"]


def test_listed_types_have_their_own_thresholds_and_weights():
    found = dataset_of(
        *ROWS,
        values=True,
        selection=Selection(events=(EventChoice("watch", 0.45, 0.25), EventChoice("click", None, 1.0))),
    )
    assert found.weight.tolist() == [0.25, 0.25, 1.0]


def test_a_type_of_weight_zero_and_one_that_is_not_listed_are_not_read():
    found = dataset_of(
        *ROWS,
        values=True,
        selection=Selection(events=(EventChoice("watch", None, 0.5), EventChoice("click", None, 0.0))),
    )
    assert [found.item_ids[int(each)].as_py() for each in found.item] == ["a", "b", "d"]
    assert items(Selection(events=(EventChoice("click"),))) == ["c"]


def test_a_live_event_is_read_as_training_reads_it():
    selection = Selection(event_type="watch", event_value_threshold=0.5)
    kept = Selection.from_json(selection.as_json())
    assert [kept.accepts(row[3], row[4]) for row in ROWS] == [1.0, 0.0, 0.0, 0.0]


def test_a_use_case_chooses_its_own_event_type():
    assert Selection.of(BECAUSE).event_type == "Watch"


def test_a_threshold_that_is_no_number_is_refused():
    with pytest.raises(DataError, match="eventValueThreshold must be a number"):
        Selection.of(SIMS, solution_config={"eventValueThreshold": "high"})


def test_listed_types_exclude_a_single_type():
    config = {"eventsConfig": {"eventParametersList": [{"eventType": "Watch"}]}}
    with pytest.raises(DataError, match="cannot be combined"):
        Selection.of(SIMS, event_type="Watch", solution_config=config)


def test_a_type_listed_twice_is_refused():
    config = {"eventsConfig": {"eventParametersList": [{"eventType": "Watch"}, {"eventType": "watch"}]}}
    with pytest.raises(DataError, match="stands twice"):
        Selection.of(SIMS, solution_config=config)


def test_required_columns_cannot_be_excluded():
    selection = Selection.of(SIMS, training_data_config={"excludedDatasetColumns": {"Interactions": ["EVENT_TYPE"]}})
    with pytest.raises(DataError, match="cannot be excluded"):
        selection.check_columns({"INTERACTIONS": ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"]})


def test_unknown_columns_are_named():
    selection = Selection.of(SIMS, training_data_config={"excludedDatasetColumns": {"Items": ["COLOUR"]}})
    with pytest.raises(DataError, match="Unknown column in dataset ITEMS: COLOUR"):
        selection.check_columns({"ITEMS": ["ITEM_ID", "GENRE"]})


def test_excluded_columns_do_not_train():
    world = World(users=80)
    found = world.dataset(Selection(excluded_columns={"ITEMS": ("GENRE",)}))
    assert [each.name for each in found.item_columns] == ["CREATION_TIMESTAMP"]
    assert [each.name for each in world.dataset().item_columns] == ["GENRE", "CREATION_TIMESTAMP"]


def many(rows, users, event_type="Watch"):
    return [(f"u{each % users}", f"i{each % 50}", each, event_type) for each in range(rows)]


def test_999_interactions_are_too_few_and_1000_are_enough():
    with pytest.raises(DataError, match=r"^Dataset has fewer than 1000 interactions$"):
        dataset_of(*many(999, 50), limits=Limits())
    assert len(dataset_of(*many(1000, 50), limits=Limits()).item) == 1000


def test_nothing_imported_is_too_few_interactions():
    with pytest.raises(DataError, match=r"^Dataset has fewer than 1000 interactions$"):
        Dataset.from_tables(
            pa.table({}),
            pa.table({}),
            schemas={"INTERACTIONS": schema("Interactions"), "ITEMS": schema("Items", GENRE=CATEGORY)},
            attributes=True,
        )


def test_the_message_names_the_event_type_filtered_by():
    rows = [*many(999, 50), *many(500, 50, "Click")]
    with pytest.raises(
        DataError, match=r"^Dataset has fewer than 1000 interactions after filtering by event type: Watch$"
    ):
        dataset_of(*rows, limits=Limits(), selection=Selection.of(BECAUSE))


def test_24_users_with_two_events_are_too_few():
    rows = [*many(1000, 24), ("lonely", "i1", 5, "Watch")]
    with pytest.raises(
        DataError, match=r"^Create failed\. Dataset has fewer than 25 users with at least 2 interactions each\.$"
    ):
        dataset_of(*rows, limits=Limits())


def test_users_with_two_events_must_be_one_in_a_hundred():
    rows = [*many(1000, 25), *((f"one{each}", "i1", each, "Watch") for each in range(3000))]
    with pytest.raises(DataError, match=r"^Create failed\. Fewer than 1% of users have at least 2 interactions\.$"):
        dataset_of(*rows, limits=Limits())


def test_more_than_ten_event_types_and_columns_fail():
    rows = [("u", "a", each, f"type {each}") for each in range(10)]
    with pytest.raises(DataError, match="10 event types and 1 optional metadata columns"):
        dataset_of(*rows)


def test_ten_event_types_and_columns_together_are_not_too_many():
    rows = [("u", "a", each, f"type {each}") for each in range(9)]
    assert len(dataset_of(*rows).item) == 9


def test_event_types_that_differ_in_case_are_counted_as_they_are_written():
    rows = [("u", "a", each, spelled) for each, spelled in enumerate(["x", "X"] * 5 + [f"t{n}" for n in range(8)])]
    with pytest.raises(DataError, match="10 event types and 1 optional metadata columns"):
        dataset_of(*rows)


def test_events_are_ordered_by_time_and_ties_by_arrival():
    found = dataset_of(("u", "c", 5), ("u", "a", 1), ("v", "x", 0), ("u", "b", 5))
    assert [found.item_ids[int(each)].as_py() for each in found.item] == ["a", "c", "b", "x"]


def test_an_item_is_as_old_as_its_creation_or_its_first_event_or_else_new():
    world = World(users=30)
    found = Dataset.from_tables(
        world.interactions,
        world.items.drop_columns(["CREATION_TIMESTAMP"]),
        schemas={**world.schemas, "ITEMS": schema("Items", GENRE={"categorical": True})},
        limits=FEW,
    )
    ages = dict(zip(found.item_ids.to_pylist(), found.ages, strict=True))
    first = min(row[2] for row in world.rows if row[1] == "g0t0")
    latest = max(row[2] for row in world.rows)
    assert ages["g0t0"] == (latest - first) / 86400
    assert ages["g0new0"] == 0


def test_only_the_newest_and_most_recently_used_items_are_considered():
    found = dataset_of(("u", "old", 1), ("u", "middle", 2), ("u", "new", 3), limits=Limits(1, 0, 0.0, max_items=2))
    assert sorted(found.item_ids.to_pylist()) == ["middle", "new"]
    assert len(found.item) == 2


def test_only_the_most_recent_interactions_are_considered():
    found = dataset_of(("u", "a", 3), ("u", "b", 1), ("u", "c", 2), limits=Limits(1, 0, 0.0, max_interactions=2))
    assert [found.item_ids[int(each)].as_py() for each in found.item] == ["c", "a"]
