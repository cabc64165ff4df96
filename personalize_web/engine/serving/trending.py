"""Rising items, as they were last evaluated, then popular ones."""

import os
from itertools import islice

from personalize_web.engine import trends
from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.serving.explaining import Cause, Explanation
from personalize_web.engine.serving.requests import Recommended, Request, ServingModel


class TrendingModel(ServingModel):
    """The same list for everybody; an item may be in it before any training has seen it."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact)
        self._path = artifact.directory / trends.FILE
        self._mark: tuple[int, int] | None = None
        self._rising = self.items.ids(self.arrays["rising"])

    def recommend(self, request: Request) -> list[Recommended]:
        """Rising items that may be answered, then popular ones, without scores."""
        blocked = self.blocked(request)
        rising = self.rising()
        may_be_new = request.allowed is None  # of an item without a row a filter knows nothing

        def may(item: str, row: int) -> bool:
            if row < 0:
                return may_be_new and item not in request.exclude
            return blocked is None or not blocked[row]

        rows = self.items.rows(rising).tolist()
        first = list(islice((item for item, row in zip(rising, rows, strict=True) if may(item, row)),
                            request.num_results))
        taken = set(self.items.rows(first).tolist())
        more = self.popular_rows(blocked, request.num_results - len(first), taken)
        return [Recommended(each) for each in [*first, *self.items.ids(more)]]

    def explain(self, request: Request, item_id: str) -> Explanation:
        """That the item rises, and the how manyth; else that it is popular."""
        rising = self.rising()
        if item_id in rising:
            return Explanation(item_id, (Cause("rising", item_id, rising.index(item_id) + 1),))
        return super().explain(request, item_id)

    def rising(self) -> list[str]:
        """Ids of the rising items, the fastest first; read again when they were evaluated again."""
        try:
            stat = os.stat(self._path)
        except FileNotFoundError:
            return self._rising
        if (mark := (stat.st_ino, stat.st_mtime_ns)) != self._mark:
            self._rising, self._mark = trends.read(self._path).item_ids, mark
        return self._rising
