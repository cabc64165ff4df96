"""Every status: its words, its indicator, whether it is final."""

from dataclasses import dataclass

CREATE_PENDING = "CREATE PENDING"
CREATE_IN_PROGRESS = "CREATE IN_PROGRESS"
ACTIVE = "ACTIVE"
CREATE_FAILED = "CREATE FAILED"
CREATE_STOPPING = "CREATE STOPPING"
CREATE_STOPPED = "CREATE STOPPED"
STOP_PENDING = "STOP PENDING"
STOP_IN_PROGRESS = "STOP IN_PROGRESS"
INACTIVE = "INACTIVE"
START_PENDING = "START PENDING"
START_IN_PROGRESS = "START IN_PROGRESS"
DELETE_PENDING = "DELETE PENDING"
DELETE_IN_PROGRESS = "DELETE IN_PROGRESS"
PENDING = "PENDING"
IN_PROGRESS = "IN_PROGRESS"
BATCH_IN_PROGRESS = "IN PROGRESS"
"""Of batch jobs, which write it with a blank."""
COMPLETED = "COMPLETED"
FAILED = "FAILED"
DRAFT = "DRAFT"
RUNNING = "RUNNING"
STOPPED = "STOPPED"

BUILDING = (CREATE_PENDING, CREATE_IN_PROGRESS)
DELETING = (DELETE_PENDING, DELETE_IN_PROGRESS)
BATCH_RUNNING = (PENDING, BATCH_IN_PROGRESS)
TRAINING = (*BUILDING, CREATE_STOPPING)
DELETABLE = (ACTIVE, CREATE_FAILED)


@dataclass(frozen=True)
class Status:
    """How a status is shown.

    ``indicator`` is one of pending, in-progress, success, error, stopped, info.
    """

    text: str
    indicator: str
    final: bool


STATUSES = {
    CREATE_PENDING: Status("Create pending", "pending", False),
    CREATE_IN_PROGRESS: Status("Create in progress", "in-progress", False),
    ACTIVE: Status("Active", "success", True),
    CREATE_FAILED: Status("Create failed", "error", True),
    CREATE_STOPPING: Status("Create stopping", "in-progress", False),
    CREATE_STOPPED: Status("Create stopped", "stopped", True),
    STOP_PENDING: Status("Stop pending", "pending", False),
    STOP_IN_PROGRESS: Status("Stop in progress", "in-progress", False),
    INACTIVE: Status("Inactive", "stopped", True),
    START_PENDING: Status("Start pending", "pending", False),
    START_IN_PROGRESS: Status("Start in progress", "in-progress", False),
    DELETE_PENDING: Status("Delete pending", "pending", False),
    DELETE_IN_PROGRESS: Status("Delete in progress", "in-progress", False),
    PENDING: Status("Pending", "pending", False),
    IN_PROGRESS: Status("In progress", "in-progress", False),
    BATCH_IN_PROGRESS: Status("In progress", "in-progress", False),
    COMPLETED: Status("Completed", "success", True),
    FAILED: Status("Failed", "error", True),
    DRAFT: Status("Draft", "info", True),
    RUNNING: Status("Running", "success", True),
    STOPPED: Status("Stopped", "stopped", True),
}
NOT_CREATED = Status("Not created", "info", True)


def describe(status: str | None) -> Status:
    """How ``status`` is shown; no status at all reads as not created."""
    return STATUSES.get(status, Status(status, "info", True)) if status else NOT_CREATED
