"""Answers to the lines of batch segment jobs: users, out of the model and the filter of the job."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from personalize_web.engine import filters as expressions
from personalize_web.engine import serving
from personalize_web.engine.batch.lines import Line
from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.serving.affinity import AffinityModel
from personalize_web.engine.serving.segments import ITEMS, Segments, UserFilter, asked_by
from personalize_web.operations import runtime_columns, runtime_datasets
from personalize_web.operations.batch_answers import deployment_of, filter_of
from personalize_web.operations.runtime_datasets import Places
from personalize_web.resources import locations
from personalize_web.resources.models import BatchSegmentJob, Event

LINES = {True: 8, False: 1}
"""Lines of a chunk, where each asks for one item and where each asks for many: every line looks at every user."""
QUERIES = {True: "batch_segment_item_queries", False: "batch_segment_attribute_queries"}
"""The quota of lines in a file, likewise."""


def answerer(job: BatchSegmentJob, event_upto: int, reporter: Reporter) -> "SegmentAnswerer":
    """What answers the lines of a batch segment job."""
    return SegmentAnswerer(job, event_upto)


class SegmentAnswerer:
    """Answers lines with the users that the job's version was trained on."""

    def __init__(self, job: BatchSegmentJob, event_upto: int) -> None:
        deployment = deployment_of(job, {})
        self._by_item = asked_by(deployment.recipe.name) == ITEMS
        self._segments = _segments(job.pk, job.created_at, event_upto)

    @property
    def most_lines(self) -> int:
        """Most lines of an input file."""
        return settings.QUOTAS[QUERIES[self._by_item]]

    @property
    def at_once(self) -> int:
        """Lines of a chunk."""
        return LINES[self._by_item]

    def answer(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """What the output says to each line."""
        return [self._answer(line) for line in lines]

    def _answer(self, line: Line) -> dict[str, Any]:
        if line.value is None:
            return {"input": line.text, "error": line.error}
        return self._segments.answer(line.value)


@lru_cache(maxsize=2)
def _segments(job_id: int, created: datetime, event_upto: int) -> Segments:
    """Model and filter of one job: several chunks of it are often answered in a row by one process."""
    job = BatchSegmentJob.objects.get(pk=job_id, created_at=created)
    deployment = deployment_of(job, {})
    places = runtime_datasets.of_group(deployment.dataset_group_id)
    model = serving.load(locations.model_folder(deployment.storage_key), verify=False)
    if not isinstance(model, AffinityModel):
        raise DataError(f"Solution version {job.solution_version_arn} does not answer with users.")
    tree = filter_of(job, deployment, places)
    users = _user_filter(tree, model.users, places, event_upto) if tree else None
    return Segments(model, by=asked_by(deployment.recipe.name), number=job.num_results, filter=users)


def _user_filter(tree: expressions.Filter, users: Vocabulary, places: Places, event_upto: int) -> UserFilter:
    """The filter over the columns of this moment and the events until ``event_upto``."""
    about = places.users
    attributes = runtime_columns.attributes_of_dataset(about.storage_key) if about else None
    categorical = [field.name for field in about.schema.fields if field.categorical] if about else []
    columns = DatasetColumns(users, attributes, key="USER_ID", categorical=categorical)
    return UserFilter(tree, columns, with_events(users, places, event_upto))


def with_events(users: Vocabulary, places: Places, event_upto: int) -> Callable[[frozenset[str] | None], NDArray]:
    """Event types -> by the model's user row, who has events of them: those of the columns and the newer recorded."""
    interactions = places.interactions
    if interactions is None:
        return lambda types: np.zeros(len(users), bool)
    index = runtime_columns.history_of_dataset(interactions.storage_key)
    rows = index.users.rows_of(users) if index else np.full(len(users), -1, np.int64)
    newer = Event.objects.filter(
        dataset_id=interactions.pk, user_id__isnull=False, pk__gt=index.event_upto if index else 0, pk__lte=event_upto
    )

    def having(types: frozenset[str] | None) -> NDArray[np.bool_]:
        found = np.zeros(len(users), bool)
        if index is not None:
            found = (rows >= 0) & index.having(types)[rows]
        pairs = newer.values_list("user_id", "event_type").distinct().iterator()
        lately = users.rows(user for user, kind in pairs if user and (types is None or kind.lower() in types))
        found[lately[lately >= 0]] = True
        return found

    return having
