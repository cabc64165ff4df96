"""Batch jobs: files of questions, answered into files; and the parts that workers share them in."""

from django.db import models

from personalize_web.resources import statuses
from personalize_web.resources.models.base import StatefulResource
from personalize_web.resources.models.dataset_groups import DatasetGroup
from personalize_web.resources.models.filters import Filter
from personalize_web.resources.models.jobs import Job
from personalize_web.resources.models.solutions import SolutionVersion


class BatchJob(StatefulResource):
    """What both kinds of batch jobs have. A job outlives its solution version and its filter."""

    status = models.CharField(max_length=32, default=statuses.PENDING)
    dataset_group = models.ForeignKey(DatasetGroup, on_delete=models.CASCADE, related_name="%(class)ss")
    solution_version = models.ForeignKey(
        SolutionVersion, on_delete=models.SET_NULL, null=True, related_name="%(class)ss"
    )
    solution_version_arn = models.CharField(max_length=256)
    filter = models.ForeignKey(Filter, on_delete=models.SET_NULL, null=True, related_name="%(class)ss")
    filter_arn = models.CharField(max_length=256, null=True)
    num_results = models.PositiveIntegerField(default=25)
    """Results of each line."""
    job_input = models.JSONField()
    """``jobInput`` as given."""
    job_output = models.JSONField()
    """``jobOutput`` as given."""
    role_arn = models.CharField(max_length=256)
    summary = models.JSONField(default=dict)
    """Of the finished job: lines, failed (lines with an error), bytes, seconds, files (their locations and counts)."""

    class Meta:
        abstract = True


class BatchInferenceJob(BatchJob):
    KIND = "batch-inference-job"
    NOUN = "batch inference job"

    mode = models.CharField(max_length=32, default="BATCH_INFERENCE")
    """``BATCH_INFERENCE`` or ``THEME_GENERATION``."""
    config = models.JSONField(default=dict)
    """``batchInferenceJobConfig`` as given."""
    theme_config = models.JSONField(default=dict)
    """``themeGenerationConfig`` as given."""


class BatchSegmentJob(BatchJob):
    KIND = "batch-segment-job"
    NOUN = "batch segment job"


class BatchChunk(models.Model):
    """Whole lines of one input file, which one worker at a time answers under a lease of its own."""

    class State(models.TextChoices):
        PENDING = "PENDING"
        IN_PROGRESS = "IN_PROGRESS"
        DONE = "DONE"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    """Its place in the input, from 0: files in their order, lines in theirs."""
    file = models.PositiveIntegerField()
    """Place of the input file among the job's."""
    begin = models.BigIntegerField()
    """The first byte."""
    end = models.BigIntegerField()
    """The byte behind the last."""
    first_line = models.BigIntegerField(default=1)
    """Number of its first line in the file, from 1."""
    lines = models.BigIntegerField(default=0)
    """Before it is DONE its line ends; then the lines answered, blank ones left out."""
    failed = models.BigIntegerField(default=0)
    """Of those, how many have an error."""
    unread = models.BigIntegerField(default=0)
    """Of these, how many hold no JSON object."""
    first_error = models.TextField(default="")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    owner = models.CharField(max_length=128, null=True)
    expires_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="chunks_numbered")]
        indexes = [models.Index(fields=["job", "state", "number"], name="chunks_to_do")]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.job}"
