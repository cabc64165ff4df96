"""The tables, one file a noun."""

from personalize_web.resources.models.base import Resource, StatefulResource, Tag
from personalize_web.resources.models.batch_jobs import BatchChunk, BatchInferenceJob, BatchJob, BatchSegmentJob
from personalize_web.resources.models.dataset_groups import DatasetGroup
from personalize_web.resources.models.datasets import (
    DataCheck,
    DataDeletionJob,
    DataInsightsJob,
    DataPreparation,
    Dataset,
    DatasetExportJob,
    DatasetImportJob,
    Schema,
)
from personalize_web.resources.models.events import (
    Event,
    EventTracker,
    IngestionCount,
    Record,
    RejectedRecord,
    ServedList,
)
from personalize_web.resources.models.experiments import Experiment, Exposure
from personalize_web.resources.models.filters import Filter
from personalize_web.resources.models.jobs import AuditRecord, Job, JobLogLine
from personalize_web.resources.models.metric_attributions import MetricAttribution, MetricCount
from personalize_web.resources.models.solutions import Campaign, Recommender, Solution, SolutionVersion

__all__ = [
    "AuditRecord",
    "BatchChunk",
    "BatchInferenceJob",
    "BatchJob",
    "BatchSegmentJob",
    "Campaign",
    "DataCheck",
    "DataDeletionJob",
    "DataInsightsJob",
    "DataPreparation",
    "Dataset",
    "DatasetExportJob",
    "DatasetGroup",
    "DatasetImportJob",
    "Event",
    "EventTracker",
    "Experiment",
    "Exposure",
    "Filter",
    "IngestionCount",
    "Job",
    "JobLogLine",
    "MetricAttribution",
    "MetricCount",
    "Recommender",
    "Record",
    "RejectedRecord",
    "Resource",
    "Schema",
    "ServedList",
    "Solution",
    "SolutionVersion",
    "StatefulResource",
    "Tag",
]
