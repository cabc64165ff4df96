"""Neighbours of an item, with popular items where it has too few."""

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.serving.explaining import Cause, Explanation
from personalize_web.engine.serving.requests import Recommended, Request, ServingModel


class CoOccurrenceModel(ServingModel):
    """Related items; an unknown item, or one without neighbours, is answered with the popular list."""

    def recommend(self, request: Request) -> list[Recommended]:
        """Neighbours of ``request.item_id`` first, then popular items; never the item itself; no scores."""
        blocked = self.blocked(request)
        query = self.items.row(request.item_id) if request.item_id is not None else -1
        rows: list[int] = []
        if query >= 0:
            starts = self.arrays["neighbour_starts"]
            neighbours = self.arrays["neighbours"][int(starts[query]):int(starts[query + 1])]
            if request.influence:
                neighbours = self._influenced(neighbours, request)
            rows = list(islice((each for each in neighbours.tolist() if blocked is None or not blocked[each]),
                               request.num_results))
        rows += self.popular_rows(blocked, request.num_results - len(rows), {*rows, query})
        return [Recommended(each) for each in self.items.ids(rows)]

    def explain(self, request: Request, item_id: str) -> Explanation:
        """That the item is a neighbour of the request's item, and the how manyth; else that it is popular."""
        query = self.items.row(request.item_id) if request.item_id is not None else -1
        if query >= 0:
            starts = self.arrays["neighbour_starts"]
            neighbours = self.arrays["neighbours"][int(starts[query]):int(starts[query + 1])]
            place = np.flatnonzero(neighbours == self.items.row(item_id))
            if len(place):
                return Explanation(item_id, (Cause("related", request.item_id or "", int(place[0]) + 1),))
        return super().explain(request, item_id)

    def _influenced(self, neighbours: NDArray[np.int32], request: Request) -> NDArray[np.int32]:
        """Neighbours in the order that popularity and freshness move them to; how near one is follows from its place,
        because no more is kept."""
        near = -np.log2(2.0 + np.arange(len(neighbours)))
        moved = request.influence.moved(
            near, self.arrays["interactions"][neighbours], self.arrays["created"][neighbours])
        return neighbours[np.argsort(-moved, kind="stable")]
