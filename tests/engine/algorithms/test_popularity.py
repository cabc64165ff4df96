"""The same list for everybody."""

from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.popularity import Popularity, popular_items
from personalize_web.engine.reporting import Silent
from personalize_web.engine.selection import EventChoice, Selection
from tests.engine.algorithms.contract import Contract
from tests.engine.worlds import dataset_of


def order(dataset, count="users"):
    return dataset.item_ids.take(popular_items(dataset, count)).to_pylist()


class TestPopularityCount(Contract):
    recipe = "aws-popularity-count"

    def test_everybody_gets_the_same(self, model, world):
        from personalize_web.engine.serving import Request

        assert model.recommend(self.request(world)) == model.recommend(Request())

    def test_there_are_neither_scores_nor_reasons(self, model, world):
        assert {(each.score, each.reasons) for each in model.recommend(self.request(world))} == {(None, ())}


def test_unique_users_count_not_events():
    assert order(
        dataset_of(("u", "often", 1), ("u", "often", 2), ("u", "often", 3), ("u", "wide", 4), ("v", "wide", 5))
    ) == ["wide", "often"]


def test_best_sellers_count_events():
    dataset = dataset_of(("u", "often", 1), ("u", "often", 2), ("u", "often", 3), ("u", "wide", 4), ("v", "wide", 5))
    assert order(dataset, "events") == ["often", "wide"]


def test_a_user_counts_as_much_as_the_weightiest_of_the_events():
    weights = Selection(events=(EventChoice("Buy"), EventChoice("View", None, 0.25)))
    rows = [(f"u{user}", "viewed", user, "View") for user in range(3)]
    rows += [("u0", "bought", 5, "View"), ("u0", "bought", 6, "Buy"), ("u0", "bought", 7, "View")]
    assert order(dataset_of(*rows)) == ["viewed", "bought"]
    assert order(dataset_of(*rows, selection=weights)) == ["bought", "viewed"]
    often = [("u9", "often", user, "View") for user in range(5)]
    assert order(dataset_of(*rows, *often, selection=weights), "events") == ["bought", "often", "viewed"]


def test_ties_go_by_events_then_by_the_last_event_then_by_id():
    assert order(dataset_of(("u", "z", 1), ("u", "z", 2), ("u", "c", 9), ("u", "b", 3), ("u", "a", 3))) == [
        "z",
        "c",
        "a",
        "b",
    ]


def test_items_without_interactions_are_not_popular():
    dataset = dataset_of(("u", "a", 1), ("v", "b", 1))
    part = dataset.of_users([0])
    model = Popularity().train(part, {}, Options(), Silent())
    assert model.arrays["popular"].tolist() == [0]
