"""What a recipe asks of its data beyond their number: checked before anything is learned."""

from personalize_web.engine import objective
from personalize_web.engine.algorithms.base import Config
from personalize_web.engine.algorithms.hierarchical_rnn import check_cold_items
from personalize_web.engine.dataset import Dataset


def check(dataset: Dataset, config: Config) -> None:
    """Raise DataError where a training with the typed settings ``config`` could not end well.

    The column of a second objective is trained on; a cold-start model has a number of cold items that it can answer.
    """
    if "objective_share" in config:
        objective.column_of(dataset, str(config["objective_attribute"]))
    if config.get("answers") == "cold":
        check_cold_items(dataset, config)
