"""How many of each there may be, and what is said when it is too many."""

import zlib

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from personalize_web.operations.errors import LimitExceededException
from personalize_web.resources import statuses

UNCOUNTED = (statuses.CREATE_FAILED, *statuses.DELETING)
"""States in which a resource takes no place: it never came to life, or is on its way out."""


def limit(name: str) -> int:
    """The configured number of the quota ``name``."""
    return settings.QUOTAS[name]


def room_for_active(name: str, existing: QuerySet, *, prefix: str = "") -> None:
    """Refuse when ``existing`` already fills the quota on active resources."""
    take_turns(name)
    most = limit(name)
    if _exceeds(existing, most):
        text = f"More than {most} resources in ACTIVE state. Please delete some and try again."
        raise LimitExceededException(f"{prefix} {text}".strip())


def room_for_running(name: str, existing: QuerySet) -> None:
    """Refuse when ``existing`` already fills the quota on resources that are being made."""
    take_turns(name)
    most = limit(name)
    if _exceeds(existing.filter(status__in=statuses.BUILDING), most):
        raise LimitExceededException(f"More than {most} resources with PENDING or IN_PROGRESS status.")


def _exceeds(existing: QuerySet, most: int) -> bool:
    if any(field.name == "status" for field in existing.model._meta.fields):
        existing = existing.exclude(status__in=UNCOUNTED)
    return existing.count() >= most


def take_turns(name: str) -> None:
    """Two requests for the last place go one after the other. SQLite's write transactions already do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])
