"""Background jobs: their rows are the truth, the broker is only the wake-up."""

from django.db import models
from django.utils import timezone


class Job(models.Model):
    """One piece of background work on one resource."""

    class State(models.TextChoices):
        PENDING = "PENDING"
        IN_PROGRESS = "IN_PROGRESS"
        DONE = "DONE"
        FAILED = "FAILED"
        STOPPED = "STOPPED"

    UNFINISHED = (State.PENDING, State.IN_PROGRESS)

    kind = models.CharField(max_length=64)
    """Names the body that does the work, such as ``dataset-import-job``."""
    resource_arn = models.CharField(max_length=256, db_index=True)
    dataset_group_arn = models.CharField(max_length=256, null=True, db_index=True)
    account = models.CharField(max_length=12)
    region = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    queue = models.CharField(max_length=32, default="default")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    failure_reason = models.TextField(null=True)
    requested_by = models.CharField(max_length=256, default="")

    attempt = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=128, null=True)
    lease_expires_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=timezone.now)
    stop_requested = models.BooleanField(default=False)

    phase = models.CharField(max_length=128, default="")
    phase_index = models.PositiveIntegerField(default=0)
    phase_count = models.PositiveIntegerField(default=0)
    fraction = models.FloatField(null=True)
    rows = models.BigIntegerField(null=True)
    rows_total = models.BigIntegerField(null=True)
    curves = models.JSONField(default=dict)
    """Series name -> [[x, y], ...] while it runs."""

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "lease_expires_at"], name="jobs_to_sweep")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.resource_arn}"


class JobLogLine(models.Model):
    """One line of a job's log."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_lines")
    at = models.DateTimeField(default=timezone.now)
    level = models.CharField(max_length=8, default="info")
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class AuditRecord(models.Model):
    """Who asked for what, and what came of it. Appended, never changed."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    account = models.CharField(max_length=12)
    region = models.CharField(max_length=64)
    caller_arn = models.CharField(max_length=256)
    access_key_id = models.CharField(max_length=64, null=True)
    source = models.CharField(max_length=16)
    event_name = models.CharField(max_length=128, db_index=True)
    resource_arn = models.CharField(max_length=256, null=True)
    request_parameters = models.JSONField(null=True)
    response_elements = models.JSONField(null=True)
    error_code = models.CharField(max_length=128, null=True)
    error_message = models.TextField(null=True)
    request_id = models.CharField(max_length=64)
    source_ip = models.CharField(max_length=64, null=True)
    user_agent = models.CharField(max_length=512, null=True)

    def __str__(self) -> str:
        return f"{self.event_name} by {self.caller_arn}"
