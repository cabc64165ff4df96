"""Addresses of datasets."""

from django.urls import path

from apps.datasets import deleting, deletion_jobs, details, exports, records, replacement, views
from apps.ui.pages import in_group, paths

app_name = "datasets"
DATASET = in_group("datasets/<slug:kind>/")
DELETIONS = in_group("data-deletion-jobs/")
urlpatterns = [
    *paths(in_group("datasets/"), views.Datasets, "list"),
    *paths(DATASET, details.DatasetDetails, "detail"),
    path(f"{DATASET}-delete/", deleting.DeleteDataset.as_view(), name="delete"),
    path(f"{DATASET}records/-new/", records.CreateRecords.as_view(), name="create_records"),
    path(f"{DATASET}schema/-replace/", replacement.ReplaceSchema.as_view(), name="replace_schema"),
    path(f"{DATASET}schema/-replace/-check/", replacement.ReplacementCheck.as_view(), name="check_replacement"),
    path(f"{DATASET}export-jobs/-new/", exports.CreateExport.as_view(), name="create_export"),
    *paths(f"{DATASET}export-jobs/<str:job>/", exports.Export, "export"),
    path(f"{DATASET}export-jobs/<str:job>/-download/", exports.DownloadExport.as_view(), name="download_export"),
    *paths(DELETIONS, deletion_jobs.DataDeletionJobs, "deletions"),
    path(f"{DELETIONS}-new/", deletion_jobs.CreateDataDeletionJob.as_view(), name="create_deletion"),
    *paths(f"{DELETIONS}<str:job>/", deletion_jobs.DataDeletionJob, "deletion"),
]
