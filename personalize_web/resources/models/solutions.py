"""Solutions, their versions, and what deploys them."""

import uuid

from django.db import models

from personalize_web.resources import arns
from personalize_web.resources.models.base import StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup


class Solution(StatefulResource):
    KIND = "solution"
    NOUN = "solution"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="solutions")
    recipe_name = models.CharField(max_length=128, null=True)
    event_type = models.CharField(max_length=256, null=True)
    perform_hpo = models.BooleanField(default=False)
    perform_auto_ml = models.BooleanField(default=False)
    perform_auto_training = models.BooleanField(default=True)
    perform_incremental_update = models.BooleanField(default=False)
    config = models.JSONField(default=dict)
    """``solutionConfig`` with the recipe's defaults filled in."""
    latest_update = models.JSONField(null=True)
    active_at = models.DateTimeField(null=True)
    found_settings = models.JSONField(null=True)
    """What the last search by the service itself found, for recipes that publish nothing to tune: the ``values`` of
    internal settings, and as Unix seconds when the search began, ``searched``."""

    @property
    def recipe_arn(self) -> str | None:
        return arns.read_only("recipe", self.recipe_name) if self.recipe_name else None


class SolutionVersion(StatefulResource):
    KIND = "solution"
    NOUN = "solution version"
    NESTED = True

    solution = models.ForeignKey(Solution, on_delete=models.CASCADE, related_name="versions")
    version_id = models.CharField(max_length=16)
    label = models.CharField(max_length=63, null=True)
    """The optional ``name`` of CreateSolutionVersion; ``Resource.name`` is ``{solution}/{version id}``."""
    training_mode = models.CharField(max_length=16, default="FULL")
    training_type = models.CharField(max_length=16, default="MANUAL")
    training_hours = models.FloatField(null=True)
    config = models.JSONField(default=dict)
    """The solution's configuration, frozen when this version was asked for."""
    event_type = models.CharField(max_length=256, null=True)
    metrics = models.JSONField(null=True)
    """Metric name -> value, only documented names."""
    details = models.JSONField(default=dict)
    """Baselines, curves, what the model chose and why, data snapshot, seed, versions."""
    storage_key = models.UUIDField(default=uuid.uuid4, editable=False)
    """Names the folder of the trained model."""
    training_started_at = models.DateTimeField(null=True)
    event_cutoff = models.BigIntegerField(default=0)
    """The newest event of the event log that this training saw."""
    last_update = models.DateTimeField(null=True)
    """When the latest automatic update of the model began to read data; None before the first."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["solution", "label"], condition=models.Q(label__isnull=False), name="version_names_unique"
            )
        ]


class Campaign(StatefulResource):
    KIND = "campaign"
    NOUN = "campaign"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="campaigns")
    solution_version = models.ForeignKey(SolutionVersion, on_delete=models.PROTECT, related_name="campaigns")
    min_provisioned_tps = models.PositiveIntegerField(default=1)
    config = models.JSONField(default=dict)
    """``campaignConfig`` as given."""
    latest_update = models.JSONField(null=True)
    """``latestCampaignUpdate`` with times as Unix seconds; its configuration serves once it is ACTIVE."""


class Recommender(StatefulResource):
    KIND = "recommender"
    NOUN = "recommender"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="recommenders")
    recipe_name = models.CharField(max_length=128)
    config = models.JSONField(default=dict)
    latest_update = models.JSONField(null=True)
    metrics = models.JSONField(null=True)
    details = models.JSONField(default=dict)
    storage_key = models.UUIDField(null=True, editable=False)
    """Names the folder of the model that answers; None before the first training ended."""
    training_started_at = models.DateTimeField(null=True)
    event_cutoff = models.BigIntegerField(default=0)
    last_update = models.DateTimeField(null=True)
    """When the latest automatic update of the model began to read data; None before the first since its training."""

    @property
    def recipe_arn(self) -> str:
        return arns.read_only("recipe", self.recipe_name)
