"""The tables, one file a noun."""

from personalize_web.resources.models.base import Resource, StatefulResource, Tag
from personalize_web.resources.models.dataset_groups import DatasetGroup
from personalize_web.resources.models.datasets import DataInsightsJob, Dataset, DatasetImportJob, Schema
from personalize_web.resources.models.events import Event, EventTracker, ServedList
from personalize_web.resources.models.jobs import AuditRecord, Job, JobLogLine
from personalize_web.resources.models.solutions import Campaign, Recommender, Solution, SolutionVersion

__all__ = [
    "AuditRecord",
    "Campaign",
    "DataInsightsJob",
    "Dataset",
    "DatasetGroup",
    "DatasetImportJob",
    "Event",
    "EventTracker",
    "Job",
    "JobLogLine",
    "Recommender",
    "Resource",
    "Schema",
    "ServedList",
    "Solution",
    "SolutionVersion",
    "StatefulResource",
    "Tag",
]
