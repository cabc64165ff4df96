"""Addresses of batch jobs."""

from django.urls import path

from apps.batch_jobs import views
from apps.batch_jobs.input_pages import CheckInput, CheckSegmentInput, GenerateInput, GenerateSegmentInput
from apps.batch_jobs.output_pages import Output, SegmentOutput
from apps.ui.pages import in_group, paths

app_name = "batch_jobs"
urlpatterns = [
    *paths(in_group("batch-inference-jobs/"), views.InferenceJobs, "inference_list"),
    path(in_group("batch-inference-jobs/-new/"), views.CreateInference.as_view(), name="inference_create"),
    path(in_group("batch-inference-jobs/-new/-generate/"), GenerateInput.as_view(), name="inference_generate"),
    path(in_group("batch-inference-jobs/-new/-check/"), CheckInput.as_view(), name="inference_check"),
    *paths(in_group("batch-inference-jobs/<str:job>/"), views.InferenceJob, "inference_detail"),
    path(in_group("batch-inference-jobs/<str:job>/-output/"), Output.as_view(), name="inference_output"),
    *paths(in_group("batch-segment-jobs/"), views.SegmentJobs, "segment_list"),
    path(in_group("batch-segment-jobs/-new/"), views.CreateSegment.as_view(), name="segment_create"),
    path(in_group("batch-segment-jobs/-new/-generate/"), GenerateSegmentInput.as_view(), name="segment_generate"),
    path(in_group("batch-segment-jobs/-new/-check/"), CheckSegmentInput.as_view(), name="segment_check"),
    *paths(in_group("batch-segment-jobs/<str:job>/"), views.SegmentJob, "segment_detail"),
    path(in_group("batch-segment-jobs/<str:job>/-output/"), SegmentOutput.as_view(), name="segment_output"),
]
