"""A second objective: how far a numeric column of the items moves the order away from relevance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.dataset import Column, Dataset
from personalize_web.engine.errors import DataError

SHARES: Mapping[str, float] = {"OFF": 0.0, "LOW": 0.25, "MEDIUM": 0.5, "HIGH": 0.75}
"""``objectiveSensitivity`` -> share of the objective in the order."""


def ranks(dataset: Dataset, attribute: str) -> NDArray[np.float32]:
    """[N]: where each item's value stands among all, from 0 to 1, ties in the middle; 0 for items without one."""
    column = column_of(dataset, attribute)
    found = np.zeros(len(dataset.item_ids), np.float32)
    known = np.isfinite(column.values)
    values = np.sort(column.values[known])
    if len(values) > 1:
        below, upto = (np.searchsorted(values, column.values[known], side) for side in ("left", "right"))
        found[known] = (below + upto - 1) / 2 / (len(values) - 1)
    return found


def standing_among(values: NDArray[np.float64], known: NDArray[np.float64], ranks: NDArray[np.float32]
                   ) -> NDArray[np.float32]:
    """Where later items' values stand among known ones of given ranks; 0 for items without a value."""
    finite = np.isfinite(known)
    order = np.argsort(known[finite], kind="stable")
    found = np.zeros(len(values), np.float32)
    given = np.isfinite(values)
    if finite.any():
        found[given] = np.interp(values[given], known[finite][order], ranks[finite][order])
    return found


def column_of(dataset: Dataset, attribute: str) -> Column:
    """The objective's column; DataError where the training does not read it."""
    column = next((each for each in dataset.item_columns if each.name == attribute), None)
    if column is None or column.kind != "numeric":
        raise DataError(
            f"The objective's column {attribute} is not among the numeric Items columns of this training. "
            "Import items, and do not exclude the column.")
    return column


def fused(logits: NDArray, standing: NDArray, share: float) -> NDArray:
    """Logits [N] moved by the standing [N] of each item; both are put on one scale over the finite logits.

    ``((1 - share) * z(logits) + share * z(standing)) * sd(logits)``: the spread of the logits stays, so that scores
    remain as decided as they were. A share of 0 changes nothing.
    """
    possible = np.isfinite(logits)
    if share <= 0 or not possible.any():
        return logits
    relevance, wanted = logits[possible].astype(np.float64), standing[possible].astype(np.float64)
    spread = relevance.std()
    moved = np.full(len(logits), -np.inf)
    moved[possible] = ((1 - share) * standardised(relevance) + share * standardised(wanted)) * (spread or 1.0)
    return moved.astype(logits.dtype)


def standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values with mean 0 and standard deviation 1; zeros where all are equal."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def of(config: Mapping[str, Any]) -> tuple[str, float] | None:
    """The column and the share that a solution's configuration asks for; None without an objective."""
    given = config.get("optimizationObjective") or {}
    attribute, share = given.get("itemAttribute"), SHARES.get(given.get("objectiveSensitivity") or "OFF", 0.0)
    return (attribute, share) if attribute and share > 0 else None
