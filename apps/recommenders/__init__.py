"""The pages of recommenders, for dataset groups with a domain."""
