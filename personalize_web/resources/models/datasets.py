"""Schemas, datasets and the jobs that fill them."""

import uuid

from django.db import models

from personalize_web.resources.models.base import Resource, StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup


class Schema(Resource):
    KIND = "schema"
    NOUN = "schema"

    text = models.TextField()
    dataset_type = models.CharField(max_length=32)
    domain = models.CharField(max_length=32, null=True)


class Dataset(StatefulResource):
    KIND = "dataset"
    NOUN = "dataset"
    NESTED = True

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="datasets")
    dataset_type = models.CharField(max_length=32)
    schema = models.ForeignKey(Schema, on_delete=models.PROTECT, related_name="datasets")
    storage_key = models.UUIDField(default=uuid.uuid4, editable=False)
    """Names the dataset's folder of columns; a dataset made anew under the same ARN gets another."""
    tracking_id = models.CharField(max_length=64, null=True)
    latest_update = models.JSONField(null=True)
    statistics = models.JSONField(default=dict)
    """Cheap counts kept by the last import: rows, users, items, users_with_two, event_types."""


class DatasetImportJob(StatefulResource):
    KIND = "dataset-import-job"
    NOUN = "dataset import job"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="import_jobs")
    dataset = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, related_name="import_jobs")
    dataset_arn = models.CharField(max_length=256)
    data_location = models.CharField(max_length=256)
    role_arn = models.CharField(max_length=256, null=True)
    import_mode = models.CharField(max_length=16, default="FULL")
    publish_attribution_metrics = models.BooleanField(default=False)
    summary = models.JSONField(default=dict)
    """Of the finished job: rows, bytes, files, seconds; of a failed one: bad_rows."""


class DataInsightsJob(StatefulResource):
    KIND = "data-insights-job"
    NOUN = "data analysis"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="insights_jobs")
    result = models.JSONField(null=True)
