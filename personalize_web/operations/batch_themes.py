"""Themes of batch inference jobs: a title for each line's related items, which then follow by how well they fit it."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.conf import settings

from personalize_web.engine.attributes import Attributes
from personalize_web.engine.errors import DataError
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.schemas import Schema
from personalize_web.engine.serving import ServingModel
from personalize_web.engine.theme_model import Endpoint
from personalize_web.engine.themes import SAMPLE, Catalogue, Item
from personalize_web.operations import runtime_columns
from personalize_web.operations.runtime_datasets import Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.resources.models import BatchInferenceJob

PATIENCE = 3
"""Titles in a row that the language model may fail to give until a job asks it no more."""

_kept: dict[tuple[Any, ...], tuple[Attributes, Catalogue]] = {}
_lock = threading.Lock()


def item_name(job: BatchInferenceJob) -> str:
    """The column of item names that the job was given."""
    return job.theme_config["fieldsForThemeGeneration"]["itemName"]


def of(
    job: BatchInferenceJob, deployment: Deployment, places: Places, model: ServingModel, reporter: Reporter
) -> "Themes":
    """What makes the themes of a job. Raises DataError where the Items dataset is gone."""
    attributes = runtime_columns.attributes_of_dataset(places.items.storage_key) if places.items else None
    if places.items is None or attributes is None:
        raise DataError("Themes need an Items dataset with imported items; there is none.")
    return Themes(attributes, places.items.schema, item_name(job), reporter, key=str(places.items.storage_key))


class Themes:
    """Makes the themes of one job."""

    def __init__(self, attributes: Attributes, schema: Schema, name: str, reporter: Reporter, *, key: str) -> None:
        self._attributes, self._name, self._reporter = attributes, name, reporter
        self._texts = [field.name for field in schema.fields if field.textual and field.name != name]
        self._categories = [field.name for field in schema.fields if field.categorical and field.type == "string"]
        self._catalogue = self._learned(key)
        self._failed = 0
        self._endpoint = (
            Endpoint(
                settings.THEME_MODEL_URL,
                settings.THEME_MODEL_NAME,
                settings.THEME_MODEL_KEY,
                settings.THEME_MODEL_TIMEOUT,
            )
            if settings.THEME_MODEL_URL
            else None
        )

    def of(self, item_ids: Sequence[str]) -> dict[str, Any]:
        """The output of a line: the theme of its related items, the best fitting first. DataError where none is found.

        The relevance scores stand in the order of the items.
        """
        items = self._items(item_ids)
        title = self._title(items)
        relevance = self._catalogue.relevance(title, items)
        order = np.argsort(-relevance, kind="stable")
        return {
            "recommendedItems": [item_ids[place] for place in order],
            "theme": title,
            "itemsThemeRelevanceScores": [float(relevance[place]) for place in order],
        }

    def _title(self, items: Sequence[Item]) -> str:
        if self._endpoint is not None and self._failed < PATIENCE and any(item.name for item in items):
            try:
                title = self._endpoint.title(items)
            except DataError as error:
                self._note(error)
            else:
                self._failed = 0
                return title
        title = self._catalogue.title(items)
        if not title:
            raise DataError("No theme was found: the related items have no words in common that others have not.")
        return title

    def _note(self, error: DataError) -> None:
        self._failed += 1
        words = f"{error} A theme is made of the catalogue's own words instead"
        more = ", and so are all later ones: the model is asked no more" if self._failed == PATIENCE else ""
        self._reporter.log(f"{words}{more}.", level="warning")

    def _items(self, item_ids: Sequence[str]) -> list[Item]:
        columns = [self._name, *self._texts, *self._categories]
        return [self._item(row) for row in self._attributes.values(item_ids, columns)]

    def _item(self, row: Mapping[str, Any]) -> Item:
        named = [str(row[column]) for column in self._texts if row.get(column)]
        split = [part.strip() for column in self._categories for part in str(row.get(column) or "").split("|")]
        return Item(str(row.get(self._name) or ""), " ".join(named), tuple(part for part in split if part))

    def _learned(self, key: str) -> Catalogue:
        """Words of the catalogue, learned anew when its records changed."""
        place = (key, self._name)
        with _lock:
            found = _kept.get(place)
            if found is None or found[0] is not self._attributes:
                rows = np.unique(np.linspace(0, max(0, len(self._attributes) - 1), SAMPLE).astype(int))
                ids = self._attributes.ids.ids(rows) if len(self._attributes) else []
                found = _kept[place] = (self._attributes, Catalogue(self._items(ids)))
                for oldest in list(_kept)[:-4]:
                    del _kept[oldest]
        return found[1]
