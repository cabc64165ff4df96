"""How much of each quota is in use, ours beside the 79."""

from typing import Any

from personalize_web.operations import lookup, quotas
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, DatasetImportJob, Schema, SolutionVersion


@own_operation()
def list_quotas(caller: Caller, *, dataset_group_arn: str | None = None) -> dict[str, Any]:
    """Ours, for the quotas page: each counted quota with its limit and use; with a group those of the group too."""
    rows = [
        _quota("active_dataset_groups", "Dataset groups", "account", _active(lookup.of(DatasetGroup, caller))),
        _quota("active_schemas", "Schemas", "account", lookup.of(Schema, caller).count()),
        _quota("pending_import_jobs", "Imports at a time", "account", _running(lookup.of(DatasetImportJob, caller))),
        _quota(
            "pending_solution_versions", "Trainings at a time", "account", _running(lookup.of(SolutionVersion, caller))
        ),
    ]
    if dataset_group_arn is not None:
        group = lookup.get(DatasetGroup, caller, dataset_group_arn)
        rows += [
            _quota("active_solutions", "Solutions", "datasetGroup", _active(group.solutions.all())),
            _quota("active_campaigns", "Campaigns", "datasetGroup", _active(group.campaigns.all())),
            _quota("recommenders", "Recommenders", "datasetGroup", _active(group.recommenders.all())),
        ]
    return {"quotas": rows}


def _quota(name: str, label: str, scope: str, used: int) -> dict[str, Any]:
    return {"name": name, "label": label, "scope": scope, "limit": quotas.limit(name), "used": used}


def _active(rows: Any) -> int:
    return rows.exclude(status__in=quotas.UNCOUNTED).count()


def _running(rows: Any) -> int:
    return rows.filter(status__in=statuses.BUILDING).count()
