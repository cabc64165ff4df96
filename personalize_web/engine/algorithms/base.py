"""What every algorithm is: a dataset in, a model that can be written out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import artifacts
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.reporting import Reporter

Config = Mapping[str, int | float | bool | str]


@dataclass(frozen=True)
class Options:
    """How a training runs; it changes how good and how fast, never what is asked for."""

    seed: int = 0
    """Seeds every draw: seed, data, threads and machine decide on the model, unless a limit of time ends learning."""
    time_budget: float | None = None
    """Most seconds of learning for the whole version; None: as many steps as the size of the data asks for."""
    effort: float = 1.0
    """Share of the usual steps of learning; less is quicker and less accurate."""
    device: str = "auto"
    """``auto`` (CUDA where present), ``cpu`` or ``cuda``."""
    threads: int | None = None
    """Threads of the CPU; None leaves the library's choice."""
    text_model: str = ""
    """A model of sentences on this machine that reads textual columns; empty: an encoder fitted on the data does."""
    refit: str = "warm"
    """``warm``: after the metrics the model also learns from the test users; ``none``: it never sees them."""


@dataclass(frozen=True)
class Model:
    """A trained model in memory."""

    kind: str
    """Which answerer in :mod:`personalize_web.engine.serving` reads it."""
    arrays: Mapping[str, NDArray]
    """What is memory-mapped when it serves."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Small JSON-able settings of the answerer."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Other files, such as the encoder's network."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able facts for people: what was chosen, and why."""
    state: Any = None
    """What a warm start on more data needs; never written."""

    def write(self, directory: Path, manifest: Mapping[str, Any] | None = None) -> artifacts.Artifact:
        """Keep the model in ``directory``, whole or not at all."""
        whole = {**(manifest or {}), "kind": self.kind, "settings": dict(self.settings), "details": dict(self.details)}
        return artifacts.write(directory, whole, self.arrays, self.files)


class Algorithm(Protocol):
    """One way to train."""

    def train(
        self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, warm: Model | None = None
    ) -> Model:
        """The model of a dataset. ``warm`` is a model of the same configuration on a part of the same data.

        Raises DataError where the data cannot be trained on, Stopped when a stop was asked for.
        """


def common_arrays(dataset: Dataset, popular: NDArray[np.int32]) -> dict[str, NDArray]:
    """What every answerer reads: item ids, the popular list, counts and creation times."""
    return {
        **Vocabulary.of(dataset.item_ids.to_pylist()).arrays("items"),
        "popular": popular,
        "interactions": dataset.interactions_of_items.astype(np.int32),
        "created": dataset.created,
    }


def common_settings(dataset: Dataset) -> dict[str, Any]:
    """What every answerer reads beside arrays."""
    return {"selection": dataset.selection.as_json(), "latest": dataset.latest}
