"""Trained models answering requests, with NumPy and ONNX Runtime alone: web processes never import torch."""

from pathlib import Path

from personalize_web.engine import artifacts
from personalize_web.engine.errors import DataError
from personalize_web.engine.influence import Influence
from personalize_web.engine.serving.co_occurrence import CoOccurrenceModel
from personalize_web.engine.serving.popularity import PopularityModel
from personalize_web.engine.serving.requests import History, PastEvents, Recommended, Request, ServingModel
from personalize_web.engine.serving.trending import TrendingModel

__all__ = ["History", "Influence", "PastEvents", "Recommended", "Request", "ServingModel", "load"]


def load(directory: Path, *, verify: bool = True) -> ServingModel:
    """The model kept in ``directory``, ready to answer; its arrays are memory-mapped.

    ``verify`` reads every file once and compares checksums. Raises DataError where the model is damaged.
    """
    artifact = artifacts.read(Path(directory), verify=verify)
    kind = artifact.manifest["kind"]
    if kind == "popularity":
        return PopularityModel(artifact)
    if kind == "co_occurrence":
        return CoOccurrenceModel(artifact)
    if kind == "trending":
        return TrendingModel(artifact)
    if kind == "sequence":
        from personalize_web.engine.serving.sequence import SequenceModel

        return SequenceModel(artifact)
    if kind == "next_best_action":
        from personalize_web.engine.serving.next_best_action import NextBestActionModel

        return NextBestActionModel(artifact)
    if kind == "affinity":
        from personalize_web.engine.serving.affinity import AffinityModel

        return AffinityModel(artifact)
    raise DataError(f"The trained model in {artifact.directory.name} is of an unknown kind: {kind}.")
