"""Whether the process lives, and whether it can work."""

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

logger = logging.getLogger("personalize_web.api")


def alive(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database is reachable and has every table we expect, else 503."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        logger.exception("the database cannot be reached")
        return JsonResponse({"status": "unavailable", "reason": "The database cannot be reached."}, status=503)
    if waiting:
        return JsonResponse({"status": "unavailable", "reason": "The database must be migrated."}, status=503)
    return JsonResponse({"status": "ready"})
