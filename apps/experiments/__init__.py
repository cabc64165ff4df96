"""Experiments: variants of one campaign or recommender compared on its users."""
