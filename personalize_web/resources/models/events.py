"""Event trackers and the event log: what a Put call acknowledged stands here."""

from django.db import models
from django.utils import timezone

from personalize_web.resources.models.base import StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup
from personalize_web.resources.models.datasets import Dataset


class EventTracker(StatefulResource):
    KIND = "event-tracker"
    NOUN = "event tracker"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="event_trackers")
    tracking_id = models.CharField(max_length=64, unique=True)


class Event(models.Model):
    """One recorded item or action interaction. ``id`` is its ingestion sequence number."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="events", db_index=False)
    digest = models.CharField(max_length=40)
    """Of everything that makes two events equal: the second of a pair is not stored."""
    event_id = models.CharField(max_length=256)
    repeated = models.BooleanField(default=False)
    """An event with a known ``event_id``: kept, never trained on."""
    user_id = models.CharField(max_length=256, null=True)
    session_id = models.CharField(max_length=256)
    item_id = models.CharField(max_length=256)
    """The item; in a dataset of action interactions the action."""
    event_type = models.CharField(max_length=256)
    event_value = models.FloatField(null=True)
    timestamp = models.FloatField()
    """Unix seconds."""
    properties = models.JSONField(default=dict)
    """Column name -> value, of the schema's other columns."""
    impression = models.JSONField(null=True)
    recommendation_id = models.CharField(max_length=40, null=True)
    attribution_source = models.CharField(max_length=1024, null=True)
    received_at = models.DateTimeField(default=timezone.now)
    stored = models.BooleanField(default=False)
    """Already in the dataset's columns as well."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "digest"], name="equal_events_once")]
        indexes = [
            models.Index(fields=["dataset", "user_id", "-id"], name="events_of_user"),
            models.Index(fields=["dataset", "session_id", "-id"], name="events_of_session"),
            models.Index(fields=["event_id", "dataset"], name="events_of_event_id"),
            models.Index(fields=["dataset", "stored", "id"], name="events_to_store"),
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class Record(models.Model):
    """One user, item or action imported by itself. ``id`` is its ingestion sequence number; none replaces another."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="records", db_index=False)
    key = models.CharField(max_length=256)
    """The user's, item's or action's id."""
    values = models.JSONField(default=dict)
    """Column name -> value, of the schema's other columns; a missing one is null."""
    received_at = models.DateTimeField(default=timezone.now)
    stored = models.BooleanField(default=False)
    """Already in the dataset's columns as well."""

    class Meta:
        indexes = [
            models.Index(fields=["dataset", "key", "-id"], name="records_by_key"),
            models.Index(fields=["dataset", "stored", "id"], name="records_to_store"),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"


class RejectedRecord(models.Model):
    """A Put call's record that was refused, and why, so that its sender can be helped."""

    dataset_group = models.ForeignKey(
        DatasetGroup, on_delete=models.CASCADE, related_name="rejected_records", db_constraint=False
    )
    """Written behind the answer: that must not be in the way of a group that is deleted meanwhile."""
    operation = models.CharField(max_length=64)
    """Such as ``PutEvents``."""
    error_code = models.CharField(max_length=128)
    reason = models.TextField()
    place = models.CharField(max_length=64, default="")
    """Which record of the call, such as ``eventList.3``; empty where the call as a whole was refused."""
    payload = models.JSONField(null=True)
    """The record as it came."""
    user_id = models.CharField(max_length=256, null=True, db_index=True)
    caller_arn = models.CharField(max_length=256, default="")
    rejected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["dataset_group", "-id"], name="rejected_newest")]

    def __str__(self) -> str:
        return f"rejected record {self.pk}"


class IngestionCount(models.Model):
    """What one of the five Put operations took and refused in an hour, for one dataset group."""

    dataset_group = models.ForeignKey(
        DatasetGroup, on_delete=models.CASCADE, related_name="ingestion_counts", db_constraint=False
    )
    operation = models.CharField(max_length=64)
    hour = models.DateTimeField()
    """Its beginning."""
    calls = models.PositiveIntegerField(default=0)
    """Accepted, rejected and throttled."""
    accepted = models.PositiveIntegerField(default=0)
    """Records of accepted calls."""
    rejected = models.PositiveIntegerField(default=0)
    """Calls."""
    throttled = models.PositiveIntegerField(default=0)
    """Calls beyond the rate."""
    ignored = models.JSONField(default=dict)
    """Key of ``properties`` that is no column -> how many events had it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset_group", "operation", "hour"], name="counted_by_hour")]

    def __str__(self) -> str:
        return f"{self.operation} in the hour of {self.hour}"


class ServedList(models.Model):
    """What was answered under a recommendation id: source of implicit impressions and attribution."""

    recommendation_id = models.CharField(max_length=40, primary_key=True)
    source_arn = models.CharField(max_length=256)
    user_id = models.CharField(max_length=256, null=True)
    item_ids = models.JSONField()
    served_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.recommendation_id
