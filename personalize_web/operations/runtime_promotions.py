"""Promotions: places of an answer that a filter of their own fills."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from personalize_web.engine.serving import Recommended
from personalize_web.operations.errors import InvalidInputException

FIELD = "promotions"
REASON = "Promoted item"


@dataclass(frozen=True)
class Promotion:
    """What a request promotes."""

    name: str | None
    percent: int
    filter_arn: str
    filter_values: Mapping[str, str]


@dataclass(frozen=True)
class Placed:
    """One place of the answer, and the promotion that has it."""

    item: Recommended
    promotion: str | None = None


def read(given: Sequence[Mapping[str, Any]]) -> Promotion | None:
    """The promotion of a request, or None. InvalidInputException where it lacks its share or its filter."""
    if not given:
        return None
    one = given[0]
    for member in ("percentPromotedItems", "filterArn"):
        if one.get(member) is None:
            raise InvalidInputException(f"promotions.1.{member} must be given.", field=FIELD)
    return Promotion(one.get("name"), one["percentPromotedItems"], one["filterArn"], one.get("filterValues") or {})


def share(promotion: Promotion, num_results: int) -> int:
    """Places that are promoted, where enough items can be."""
    return math.ceil(num_results * promotion.percent / 100)


def place(
    promotion: Promotion, num_results: int, promoted: list[Recommended], others: list[Recommended], *, seed: int
) -> list[Placed]:
    """The answer: promoted items at random places, each kind in its order of relevance, no item twice.

    ``promoted`` are at most :func:`share` items; places that no promoted item fills go to the others, of which there
    should be as many more as may be promoted as well.
    """
    taken = {each.item_id for each in promoted}
    rest = [each for each in others if each.item_id not in taken][: num_results - len(promoted)]
    length = len(promoted) + len(rest)
    places = set(random.Random(seed).sample(range(length), len(promoted)))
    first = (replace(each, reasons=(REASON,)) for each in promoted)
    second = iter(rest)
    return [
        Placed(next(first), promotion.name) if at in places else Placed(next(second)) for at in range(length)
    ]
