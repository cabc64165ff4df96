"""Neighbours of an item, with popular items where it has too few."""

from itertools import islice

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
            neighbours = self.arrays["neighbours"][int(starts[query]):int(starts[query + 1])].tolist()
            rows = list(islice((each for each in neighbours if blocked is None or not blocked[each]),
                               request.num_results))
        rows += self.popular_rows(blocked, request.num_results - len(rows), {*rows, query})
        return [Recommended(each) for each in self.items.ids(rows)]
