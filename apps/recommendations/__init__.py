"""The pages to try recommendations of a campaign or a recommender."""
