"""What the overview of a dataset group says, worked out from the answers of the operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ui import dataset_types
from apps.ui.dataset_types import DatasetType
from apps.ui.formats import duration, number
from personalize_web.operations import statuses

RUNNING = statuses.BUILDING


@dataclass(frozen=True)
class DatasetRow:
    """One line of step 1: a kind of dataset and how far it is."""

    kind: DatasetType
    text: str
    indicator: str
    reason: str = ""
    detail: str = ""
    import_arn: str = ""
    import_name: str = ""
    job: Mapping[str, Any] | None = None
    dataset: Mapping[str, Any] | None = None
    imported_at: Any = None
    imported_in: str = ""
    failed_import: str = ""
    failed_reason: str = ""
    earlier: bool = False
    """Rows of earlier imports are there, whatever the newest one does."""

    @property
    def running(self) -> bool:
        """Whether an import is under way."""
        return bool(self.import_arn) and self.indicator in ("pending", "in-progress")

    @property
    def has_data(self) -> bool:
        """Whether its data are active, and nothing moves."""
        return self.indicator == "success"

    @property
    def usable(self) -> bool:
        """Whether training may use it, be it with what was imported before."""
        return self.has_data or self.earlier


def dataset_rows(
    domain: str | None, datasets: Sequence[Mapping[str, Any]], jobs: Mapping[str, Mapping[str, Any]]
) -> list[DatasetRow]:
    """Every kind of dataset the group may hold; ``jobs`` by the ARN of their resource."""
    existing = {str(dataset["datasetType"]).upper(): dataset for dataset in datasets}
    return [_row(kind, existing.get(kind.key), jobs) for kind in dataset_types.of_domain(domain)]


def _row(kind: DatasetType, dataset: Mapping[str, Any] | None, jobs: Mapping[str, Mapping[str, Any]]) -> DatasetRow:
    if dataset is None:
        return DatasetRow(kind, "Not created", "info", detail=kind.why)
    status = statuses.describe(dataset["status"])
    if dataset["status"] != statuses.ACTIVE:
        return DatasetRow(kind, status.text, status.indicator, dataset=dataset, reason=dataset.get("failureReason", ""))
    counted = counts(kind, dataset.get("statistics") or {})
    latest = dataset.get("latestImport")
    if latest is None:
        if counted:
            return DatasetRow(kind, kind.data_active, "success", detail=counted, dataset=dataset)
        return DatasetRow(kind, "No data", "info", detail="Import a file to fill it.", dataset=dataset)
    arn, name = latest["datasetImportJobArn"], latest["jobName"]
    job = jobs.get(arn)
    about: dict[str, Any] = {
        "earlier": bool(counted),
        "dataset": dataset,
        "import_arn": arn,
        "import_name": name,
        "job": job,
    }
    if latest["status"] in RUNNING:
        shown = statuses.describe(latest["status"])
        return DatasetRow(kind, shown.text, shown.indicator, **about)
    took = duration(job["seconds"]) if job and job.get("seconds") is not None else ""
    about |= {"imported_at": latest["lastUpdatedDateTime"], "imported_in": took}
    if latest["status"] == statuses.CREATE_FAILED:
        reason = latest.get("failureReason", "")
        if counted:
            return DatasetRow(
                kind, kind.data_active, "success", detail=counted, failed_import=name, failed_reason=reason, **about
            )
        return DatasetRow(kind, "Import failed", "error", reason=reason, detail="Nothing was imported.", **about)
    return DatasetRow(kind, kind.data_active, "success", detail=counted, **about)


def counts(kind: DatasetType, statistics: Mapping[str, Any]) -> str:
    """ "100,836 rows · 610 users · 9,724 items" of a dataset; empty without rows."""
    rows = statistics.get("rows") or 0
    if not rows:
        return ""
    parts = [f"{number(rows)} rows"]
    if kind.key in ("INTERACTIONS", "ACTION_INTERACTIONS"):
        parts += [f"{number(statistics[key])} {key}" for key in ("users", "items") if statistics.get(key)]
    return " · ".join(parts)


@dataclass(frozen=True)
class Meter:
    """How many there are, of what is needed and what is recommended."""

    label: str
    have: int
    minimum: int
    recommended: int

    @property
    def end(self) -> int:
        """How many the whole bar stands for."""
        return self.recommended if self.have <= self.recommended else 2 * self.recommended

    @property
    def value(self) -> float:
        """The filled share in percent."""
        return min(100.0, 100 * self.have / self.end)

    @property
    def marks(self) -> list[float]:
        """Where minimum and recommendation stand, in percent."""
        minimum = [100 * self.minimum / self.end]
        return [*minimum, 50.0] if self.end > self.recommended else minimum

    @property
    def middle(self) -> str:
        """The words under the mark in the middle, once more is there than recommended."""
        return number(self.recommended) if self.end > self.recommended else ""

    @property
    def state(self) -> str:
        """none, error, warning or nothing."""
        if not self.have:
            return "none"
        if self.have < self.minimum:
            return "error"
        return "warning" if self.have < self.recommended else ""

    @property
    def verdict(self) -> str:
        """What that means for training."""
        if not self.have:
            return "No data yet"
        if self.have < self.minimum:
            return f"{number(self.minimum - self.have)} more needed to train"
        if self.have < self.recommended:
            return f"Enough to train; {number(self.recommended - self.have)} more recommended"
        return "Ready"


def meters(readiness: Mapping[str, Any]) -> list[Meter]:
    """The two readiness meters."""
    return [
        Meter("Unique interactions", int(readiness.get("interactions") or 0), 1_000, 50_000),
        Meter("Users with 2 or more interactions", int(readiness.get("usersWithTwo") or 0), 25, 1_000),
    ]


def checklist(readiness: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What there has to be, for any training and for each use case of the domain: text, ready."""
    found = [
        {
            "text": f"{check['label']}: {number(check['value'])} of {number(check['minimum'])}",
            "ready": bool(check["met"]),
        }
        for check in readiness.get("checks", ())
    ]
    for case in readiness.get("useCases", ()):
        event = f"{case['eventType']} events" if case.get("eventType") else "interactions"
        need = f"{number(case['count'])} of {number(case['minimum'])} {event}"
        missing = [dataset_types.of(kind).noun for kind in case.get("missingDatasets", ()) if kind != "INTERACTIONS"]
        lacks = f"; needs {' and '.join(missing)}" if missing else ""
        found.append({"text": f"{case['title']}: {need}{lacks}", "ready": bool(case["met"])})
    found += [{"text": _stale(each), "ready": False} for each in readiness.get("stale", ())]
    return found


def _stale(model: Mapping[str, Any]) -> str:
    """What a solution or recommender lacks whose last training is behind the data."""
    name = f"{model['kind'].capitalize()} {model['name']}"
    if model["newItems"]:
        return f"{name}: items came after its last training, and it learns of them by a training alone"
    return f"{name}: last trained {number(model['days'])} days ago; once a week is advised"
