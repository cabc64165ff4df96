"""The same list for everybody."""

from personalize_web.engine.serving.requests import Recommended, Request, ServingModel


class PopularityModel(ServingModel):
    """Items by popularity; the user changes nothing but what is excluded."""

    def recommend(self, request: Request) -> list[Recommended]:
        """The most popular items that may be answered, without scores."""
        rows = self.popular_rows(self.blocked(request), request.num_results)
        return [Recommended(each) for each in self.items.ids(rows)]
