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


class DatasetExportJob(StatefulResource):
    KIND = "dataset-export-job"
    NOUN = "dataset export job"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="export_jobs")
    dataset = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, related_name="export_jobs")
    dataset_arn = models.CharField(max_length=256)
    ingestion_mode = models.CharField(max_length=8, default="PUT")
    """``BULK``, ``PUT`` or ``ALL``."""
    job_output = models.JSONField()
    """``jobOutput`` as given."""
    role_arn = models.CharField(max_length=256)
    summary = models.JSONField(default=dict)
    """Of the finished job: rows, bytes, files (their locations), left_out, seconds."""


class DataDeletionJob(StatefulResource):
    KIND = "data-deletion-job"
    NOUN = "data deletion job"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="data_deletion_jobs")
    data_location = models.CharField(max_length=256)
    role_arn = models.CharField(max_length=256)
    num_deleted = models.BigIntegerField(null=True)
    """Rows removed, over all datasets and origins; None before the job is COMPLETED."""
    summary = models.JSONField(default=dict)
    """Of the finished job: users named, users found, rows by dataset type, seconds."""


class DataCheck(StatefulResource):
    """A dry run: everything an import would say about files, and nothing imported."""

    KIND = "data-check"
    NOUN = "data check"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="data_checks")
    dataset_type = models.CharField(max_length=32)
    schema_text = models.TextField()
    data_location = models.CharField(max_length=256)
    options = models.JSONField(default=dict)
    result = models.JSONField(null=True)


class DataPreparation(StatefulResource):
    """Steps that turn any table into a file that fits a schema; kept, so that the next file takes the same way."""

    KIND = "data-preparation"
    NOUN = "data preparation"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="data_preparations")
    dataset_type = models.CharField(max_length=32)
    source_location = models.CharField(max_length=256)
    output_location = models.CharField(max_length=256)
    recipe = models.JSONField(default=dict)
    """Column mapping, converters and fixes."""
    schema_text = models.TextField(default="")
    """The schema that the written file fits."""
    result = models.JSONField(null=True)


class DataInsightsJob(StatefulResource):
    KIND = "data-insights-job"
    NOUN = "data analysis"

    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="insights_jobs")
    result = models.JSONField(null=True)
