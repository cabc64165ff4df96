"""Metric attributions: what recommendations brought."""

from django.db import models

from personalize_web.resources.models.base import StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup


class MetricAttribution(StatefulResource):
    KIND = "metric-attribution"
    NOUN = "metric attribution"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="metric_attributions")
    metrics = models.JSONField(default=list)
    """``[{"eventType", "metricName", "expression"}]``, in the order they were added."""
    metrics_output_config = models.JSONField()
    """``metricsOutputConfig`` as given."""
    latest_update = models.JSONField(null=True)
    event_cutoff = models.BigIntegerField(default=0)
    """The newest event of the event log that has been counted, or was there before the attribution."""


class MetricCount(models.Model):
    """What one metric amounts to for one source in one window of 15 minutes."""

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="metric_counts")
    metric_name = models.CharField(max_length=256)
    event_type = models.CharField(max_length=256)
    source = models.CharField(max_length=1024)
    window = models.BigIntegerField()
    """Its beginning, in Unix seconds."""
    value = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset_group", "metric_name", "event_type", "source", "window"], name="one_count_per_window"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric_name} of {self.source}"
