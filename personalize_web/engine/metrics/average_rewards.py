"""Average rewards at k: how much of the value in reach a list brings."""

from collections.abc import Collection, Mapping, Sequence


def rewards(recommended: Sequence[str], relevant: Collection[str], values: Mapping[str, float], k: int = 25
            ) -> float | None:
    """``values of the hits among the k most valuable recommendations / values of all hits``; None where those are 0.

    ``recommended`` best first, ``values`` the objective's column by item. Source: training specification, section 6.3.
    """
    hits = [each for each in recommended if each in relevant]
    whole = sum(values.get(each, 0.0) for each in hits)
    if whole <= 0:
        return None
    dearest = set(sorted(recommended, key=lambda each: -values.get(each, 0.0))[:k])
    return sum(values.get(each, 0.0) for each in hits if each in dearest) / whole
