"""Filters: who may appear in an answer."""

from django.db import models

from personalize_web.resources.models.base import StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup


class Filter(StatefulResource):
    KIND = "filter"
    NOUN = "filter"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="filters")
    expression = models.TextField()
    """As it was given."""
    fields = models.JSONField(default=list)
    """``["ITEMS.GENRES", ...]``: the different fields it reads, which a quota counts over all filters of a group."""
