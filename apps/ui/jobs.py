"""Background jobs as pages show them: what they do, how far they are, how long they took."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from apps.ui import formats

NOUNS = {
    "dataset-group": "Dataset group",
    "dataset": "Dataset",
    "dataset-import-job": "Import job",
    "dataset-export-job": "Export job",
    "data-deletion-job": "Data deletion job",
    "event-tracker": "Event tracker",
    "filter": "Filter",
    "metric-attribution": "Metric attribution",
    "solution": "Solution",
    "solution-version": "Training",
    "campaign": "Campaign",
    "recommender": "Recommender",
    "batch-inference-job": "Batch inference job",
    "batch-segment-job": "Batch segment job",
    "data-insights-job": "Data analysis",
    "data-check": "Data check",
    "data-preparation": "Data preparation",
}
VERBS = {"delete": "deletion", "update": "update", "start": "start", "stop": "stop", "retrain": "retraining"}
SHOWN = {
    "PENDING": ("Pending", "pending"),
    "IN_PROGRESS": ("In progress", "in-progress"),
    "DONE": ("Done", "success"),
    "FAILED": ("Failed", "error"),
    "STOPPED": ("Stopped", "stopped"),
}
RUNNING = ("PENDING", "IN_PROGRESS")


def title(kind: str) -> str:
    """What a job does: "create-dataset-import-job" is "Import job", "delete-dataset" "Dataset deletion"."""
    if kind == "store-events":
        return "Storing of events"
    if kind == "count-attribution":
        return "Counting of events"
    if kind == "delete-everything":
        return "Deletion of everything"
    verb, _, noun = kind.partition("-")
    name = NOUNS.get(noun, noun.replace("-", " ").capitalize())
    return f"{name} {VERBS[verb]}" if verb in VERBS else name


def name_of(arn: str) -> str:
    """The part of an ARN that people know."""
    kind, _, name = arn.rsplit(":", 1)[-1].partition("/")
    return name or kind


def address(arn: str) -> str:
    """An address that leads to the page of whatever has this ARN."""
    return f"/console/go/?{urlencode({'arn': arn})}"


def seconds(job: Mapping[str, Any]) -> float | None:
    """How long a job has run, or ran."""
    if job.get("seconds") is not None:
        return float(job["seconds"])
    started, ended = job.get("startedAt"), job.get("finishedAt")
    return ((ended or timezone.now()) - started).total_seconds() if isinstance(started, datetime) else None


def line(job: Mapping[str, Any]) -> dict[str, Any]:
    """A job as a row of a list."""
    text, indicator = SHOWN.get(job["state"], (job["state"].capitalize(), "info"))
    took = seconds(job)
    return {
        "arn": job["resourceArn"],
        "text": title(job["kind"]),
        "name": job.get("name") or name_of(job["resourceArn"]),
        "href": address(job["resourceArn"]),
        "status": text,
        "indicator": indicator,
        "reason": job.get("failureReason") or "",
        "started": job.get("startedAt") or job.get("createdAt"),
        "duration": formats.duration(took) if took is not None else formats.MISSING,
        "running": job["state"] in RUNNING,
        "requested_by": job.get("requestedBy") or "",
        "percent": percent(job),
    }


def percent(job: Mapping[str, Any] | None) -> float | None:
    """How far a job is, from 0 to 100; nothing where it cannot be told."""
    fraction = job.get("fraction") if job else None
    return None if fraction is None else round(100 * min(1.0, max(0.0, float(fraction))), 1)


def progress(job: Mapping[str, Any] | None) -> dict[str, Any]:
    """How far a job is, in words: the variables of components/job_progress.html and of one-line displays."""
    if not job:
        return {"phase": "Waiting to start", "phase_line": "Waiting to start", "percent": None, "started": None}
    phase, index, count = job.get("phase") or "", job.get("phaseIndex") or 0, job.get("phaseCount") or 0
    share, left, took = percent(job), job.get("secondsLeft"), seconds(job)
    rows, total = job.get("rows"), job.get("rowsTotal")
    shown = phase[:1].lower() + phase[1:]
    return {
        "phase": phase,
        "phase_index": index,
        "phase_count": count,
        "phase_line": (f"Phase {index} of {count}: {shown}" if count else phase) or "Waiting to start",
        "percent": share,
        "percent_text": "" if share is None else f"{share:.0f}%",
        "rows": rows,
        "rows_total": total,
        "rows_text": _rows(rows, total),
        "elapsed": formats.duration(took) if took is not None else "",
        "remaining": f"about {formats.duration(max(1, round(left)))} left" if left is not None else "",
        "started": job.get("startedAt"),
        "running": job["state"] in RUNNING,
    }


def _rows(rows: int | None, total: int | None) -> str:
    if rows is None:
        return ""
    return f"{formats.number(rows)} of {formats.number(total)} rows" if total else f"{formats.number(rows)} rows read"


def phase_steps(job: Mapping[str, Any] | None, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The steps of components/steps.html for a job whose phases have these ``names``."""
    at = (job.get("phaseIndex") or 0) if job else 0
    state = job["state"] if job else "PENDING"
    steps = []
    for number, name in enumerate(names, start=1):
        if state == "DONE" or number < at:
            shown = "done"
        elif number == at:
            shown = "failed" if state in ("FAILED", "STOPPED") else "now"
        else:
            shown = "later"
        steps.append({"label": name, "state": shown, "percent": (percent(job) or 0) if shown == "now" else 0})
    return steps
