"""Every recipe publishes exactly the metrics that are documented for it."""

import pyarrow as pa
import pytest

from personalize_web.engine import training
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.metrics import documented
from personalize_web.engine.recipes.catalogue import RECIPES
from tests.engine.worlds import World, schema

RANKING = {
    "coverage",
    "mean_reciprocal_rank_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "precision_at_5",
    "precision_at_10",
    "precision_at_25",
}
GAINS = {each for each in RANKING if each.startswith("normalized")}
KEYS = {
    "aws-trending-now": RANKING | {"trend_prediction_accuracy"},
    "aws-vod-trending-now": RANKING | {"trend_prediction_accuracy"},
    "aws-next-best-action": GAINS | {"coverage", "precision", "recall", "auc"},
    "aws-item-affinity": {"coverage", "hits_at_1_percent", "recall_at_1_percent"},
    "aws-item-attribute-affinity": {"coverage", "hits_at_1_percent", "recall_at_1_percent"},
}
"""Recipes with other keys than the ranking metrics and coverage."""
LEARNED = ("sequence_transformer", "hierarchical_rnn")
ITEM_RECIPES = sorted(name for name, recipe in RECIPES.items() if name not in KEYS and recipe.available)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_documented_keys_of_a_recipe(name):
    assert set(documented(RECIPES[name])) == KEYS.get(name, RANKING)


@pytest.mark.parametrize("name", ["aws-user-personalization", "aws-personalized-ranking"])
def test_an_objective_adds_its_rewards(name):
    assert set(documented(RECIPES[name], objective=True)) == RANKING | {"average_rewards_at_k"}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """A world with an event type for each use case, a price of every item, and enough cold ones."""
    world = World(users=60, fresh=30)
    rows = [(*row[:3], kind) for row in world.rows for kind in ("Watch", "View", "Purchase")]
    columns = zip(*rows, strict=True)
    events = pa.table(dict(zip(("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"), map(list, columns), strict=True)))
    prices = pa.array([float(place) for place in range(world.items.num_rows)])
    parsed = world.schemas | {
        "ITEMS": schema(
            "Items", GENRE={"categorical": True}, CREATION_TIMESTAMP={"type": "long"}, PRICE={"type": "double"}
        )
    }
    return Dataset.from_tables(events, world.items.append_column("PRICE", prices), schemas=parsed)


@pytest.fixture
def quick(monkeypatch):
    """Popularity in the place of what would be learned: what is published does not depend on how a model came about."""
    monkeypatch.setattr(training, "algorithm", lambda method: algorithm("popularity" if method in LEARNED else method))


@pytest.mark.parametrize("name", [*ITEM_RECIPES, "aws-trending-now", "aws-vod-trending-now"])
def test_a_training_publishes_exactly_these(name, dataset, quick, tmp_path):
    outcome = training.train_version(RECIPES[name], dataset, None, tmp_path / "version")
    assert set(outcome.metrics) == KEYS.get(name, RANKING)
    assert set(outcome.baselines["aws-popularity-count"]) == set(outcome.metrics)
    assert all(0 <= value <= 1 for value in outcome.metrics.values())


def test_a_training_with_an_objective_publishes_its_rewards(dataset, quick, tmp_path):
    config = {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}}
    outcome = training.train_version(RECIPES["aws-user-personalization"], dataset, config, tmp_path / "version")
    assert set(outcome.metrics) == RANKING | {"average_rewards_at_k"}
    assert set(outcome.baselines["aws-popularity-count"]) == RANKING | {"average_rewards_at_k"}
