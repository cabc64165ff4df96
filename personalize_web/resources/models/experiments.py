"""Experiments: two or more campaigns or recommenders compared on the users who ask one of them."""

from django.db import models

from personalize_web.resources.models.base import StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup


class Experiment(StatefulResource):
    KIND = "experiment"
    NOUN = "experiment"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="experiments")
    hypothesis = models.TextField(default="")
    control_arn = models.CharField(max_length=256, db_index=True)
    """Of the first variant: requests to it are the ones that are shared out."""
    variants = models.JSONField(default=list)
    """``[{"name", "arn", "share"}]``, the control first; shares are in proportion to one another."""
    audience = models.PositiveIntegerField(default=100)
    """Per cent of the users who take part."""
    metrics = models.JSONField(default=list)
    """``[{"name", "kind", "eventType", "days"}]``, the one that decides first."""
    testers = models.JSONField(default=dict)
    """User -> name of the variant that this user always gets, uncounted."""
    salt = models.CharField(max_length=32)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class Exposure(models.Model):
    """A user who was shown a variant: once for each experiment, from the first time on."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures")
    user_id = models.CharField(max_length=256)
    variant = models.PositiveSmallIntegerField()
    """Its place in the experiment's variants."""
    first_seen = models.FloatField()
    """Unix seconds of the first answer."""
    lists = models.PositiveIntegerField(default=0)
    """Answers."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "user_id"], name="exposed_once")]

    def __str__(self) -> str:
        return f"exposure {self.pk}"
