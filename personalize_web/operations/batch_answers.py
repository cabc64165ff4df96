"""Answers to the lines of batch inference jobs, by the code that answers requests."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from personalize_web.engine import filters as expressions
from personalize_web.engine.batch.lines import Line
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.serving import Recommended, Request
from personalize_web.operations import (
    batch_questions,
    batch_themes,
    runtime_datasets,
    runtime_filters,
    runtime_histories,
    runtime_impressions,
    runtime_requests,
    serving_models,
)
from personalize_web.operations.batch_questions import Question
from personalize_web.operations.caller import VIEWER, Caller
from personalize_web.operations.errors import InvalidInputException, ServiceError
from personalize_web.operations.runtime_datasets import Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.resources import locations
from personalize_web.resources.models import BatchInferenceJob, BatchJob

LINES = 2_000
"""Lines of a chunk: seconds of work, where the slowest models answer them."""
THEMED_LINES = 10
MASKS = 64
"""Answers of a filter that are kept, where it does not look at the user."""


def answerer(job: BatchInferenceJob, event_upto: int, reporter: Reporter) -> "InferenceAnswerer":
    """What answers the lines of a batch inference job."""
    return InferenceAnswerer(job, deployment_of(job, job.config), event_upto, reporter)


def deployment_of(job: BatchJob, config: Mapping[str, Any]) -> Deployment:
    """What answers a batch job, as if it were deployed with ``config``. DataError where the version is gone."""
    version = job.solution_version
    if version is None:
        raise DataError(f"Solution version {job.solution_version_arn} no longer exists.")
    pinned = UUID(job.summary["model"]) if "model" in job.summary else version.storage_key
    return Deployment(
        job.arn,
        RECIPES[version.solution.recipe_name or ""],
        config,
        job.dataset_group_id,
        pinned if locations.model_folder(pinned).is_dir() else version.storage_key,
        version.event_cutoff,
        version.arn,
    )


def filter_of(job: BatchJob, deployment: Deployment, places: Places) -> expressions.Filter | None:
    """The filter of a batch job. DataError where it cannot be applied."""
    if not job.filter_arn:
        return None
    caller = Caller(job.account, job.region, VIEWER, "batch", job.arn, "batch")
    try:
        return runtime_filters.tree(caller, runtime_filters.About(deployment, places, None, None), job.filter_arn)
    except ServiceError as error:
        raise DataError(error.message) from error


class InferenceAnswerer:
    """Answers lines with what was known when its job was asked for."""

    def __init__(self, job: BatchInferenceJob, deployment: Deployment, event_upto: int, reporter: Reporter) -> None:
        self._job, self._deployment, self._event_upto = job, deployment, event_upto
        self._recipe = deployment.recipe
        self._places = runtime_datasets.of_group(deployment.dataset_group_id)
        self._model = serving_models.get(deployment.storage_key)
        self._filter = filter_of(job, deployment, self._places)
        self._masks: dict[Any, NDArray[np.bool_]] = {}
        self._themes = batch_themes.of(job, deployment, self._places, self._model, reporter) if _themed(job) else None

    @property
    def most_lines(self) -> int:
        """Most lines of an input file."""
        return settings.QUOTAS["batch_theme_records" if self._themes else "batch_records"]

    @property
    def at_once(self) -> int:
        """Lines of a chunk."""
        return THEMED_LINES if self._themes else LINES

    def answer(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """What the output says to each line."""
        asked: dict[int, Question] = {}
        answered: dict[int, dict[str, Any]] = {}
        for place, line in enumerate(lines):
            try:
                asked[place] = batch_questions.asked(line, self._recipe)
            except InvalidInputException as error:
                answered[place] = _failed(line, error.message)
        events, shown = self._events(asked.values()), self._shown_in_vain(asked.values())
        requests: dict[int, Request] = {}
        for place, question in asked.items():
            try:
                requests[place] = self._request(question, events, shown)
            except InvalidInputException as error:
                answered[place] = _failed(lines[place], error.message)
        for place, found in zip(requests, self._found(requests, asked), strict=True):
            try:
                answered[place] = self._output(asked[place], found)
            except DataError as error:
                answered[place] = _failed(lines[place], str(error))
        return [answered[place] for place in range(len(lines))]

    def _events(self, questions: Iterable[Question]) -> Mapping[str, runtime_histories.UserEvents]:
        """What the users did, where the model or the filter reads it."""
        reads = self._recipe.can("real_time") or (self._filter is not None and self._filter.of_user)
        users = {question.user_id for question in questions if question.user_id is not None} if reads else ()
        return runtime_histories.look_up_many(self._places, users, self._deployment, event_upto=self._event_upto)

    def _shown_in_vain(self, questions: Iterable[Question]) -> Mapping[str, Mapping[str, int]]:
        """What was shown to the users for nothing, where the model reads it and anything was shown to anybody."""
        reads = self._recipe.can("impressions") and runtime_impressions.of_everybody(self._places)
        users = {question.user_id for question in questions if question.user_id is not None} if reads else ()
        return runtime_impressions.in_vain_for_many(self._places, users, event_upto=self._event_upto)

    def _request(
        self,
        question: Question,
        events: Mapping[str, runtime_histories.UserEvents],
        shown: Mapping[str, Mapping[str, int]],
    ) -> Request:
        own = events.get(question.user_id or "")
        request = runtime_requests.build(
            self._deployment,
            self._places,
            question.user_id,
            question.item_id,
            self._job.num_results,
            {},
            seed=zlib.crc32(f"{self._job.arn} {question.number} {question.user_id} {question.item_id}".encode()),
            events=own,
            shown_in_vain=shown.get(question.user_id or ""),
        )
        return replace(request, allowed=self._mask(question, own)) if self._filter else request

    def _mask(self, question: Question, events: runtime_histories.UserEvents | None) -> NDArray[np.bool_]:
        assert self._filter is not None
        about = runtime_filters.About(self._deployment, self._places, question.user_id, question.item_id, events)
        if self._filter.of_user:
            return runtime_filters.applied(self._filter, about, question.filter_values)
        key = (question.item_id if self._filter.of_item else None, tuple(sorted(question.filter_values.items())))
        if key not in self._masks:
            if len(self._masks) >= MASKS:
                self._masks.clear()
            self._masks[key] = runtime_filters.applied(self._filter, about, question.filter_values)
        return self._masks[key]

    def _found(self, requests: Mapping[int, Request], asked: Mapping[int, Question]) -> Iterator[list[Recommended]]:
        if self._recipe.served_as == "PERSONALIZED_RANKING":
            return self._model.rank_many(list(requests.values()), [asked[place].item_list for place in requests])
        return self._model.recommend_many(list(requests.values()))

    def _output(self, question: Question, found: list[Recommended]) -> dict[str, Any]:
        if self._themes:
            output = self._themes.of([each.item_id for each in found])
        else:
            output = {"recommendedItems": [each.item_id for each in found]}
        if self._recipe.can("scores"):
            output["scores"] = [each.score for each in found]
        if self._recipe.can("reasons"):
            output["reasons"] = [list(each.reasons) for each in found]
        return {"input": question.input, "output": output, "error": None}


def _themed(job: BatchInferenceJob) -> bool:
    return job.mode == "THEME_GENERATION"


def _failed(line: Line, error: str) -> dict[str, Any]:
    return {"input": line.text if line.value is None else line.value, "error": error}
