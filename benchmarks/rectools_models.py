"""SASRec and BERT4Rec of RecTools, in a process of their own: RecTools wants older packages than the engine runs with.

``RECTOOLS_PYTHON`` names an interpreter with ``rectools[torch]``; without it this one is tried.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.looks import Histories, Looks, ndcg

MODELS = ("SASRecModel", "BERT4RecModel")
PATIENCE = 5
"""Epochs without a better validation figure before learning ends."""


def version() -> str | None:
    """RecTools' version, None where it cannot be asked."""
    script = "import rectools.models.nn.transformers, rectools; print(rectools.__version__)"
    found = subprocess.run([_python(), "-c", script], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def asked(model: str, shorter: Histories, known: Histories, users: NDArray, validation: NDArray, budget: float,
          **settings: Any) -> tuple[NDArray, list[tuple[float, float]], float]:
    """Scores [U, N] for ``known``, the validation curve over processor seconds, and processor seconds of the last fit.

    Epochs are chosen with ``shorter`` and its next events within the budget; then ``known`` is fitted as long.
    """
    with tempfile.TemporaryDirectory(prefix="rectools-") as folder:
        question, answer = Path(folder) / "question.npz", Path(folder) / "answer.npz"
        np.savez(question, users=users, validation=validation, items=known.items, shorter_starts=shorter.starts,
                 shorter_item=shorter.item, known_starts=known.starts, known_item=known.item,
                 wish=json.dumps({"model": model, "budget": budget, "settings": settings}))
        subprocess.run([_python(), "-c", f"from benchmarks import rectools_models as r; r.answer({folder!r})"],
                       check=True, cwd=Path(__file__).parents[1])
        found = np.load(answer)
        return found["scores"], [(float(a), float(b)) for a, b in found["curve"]], float(found["seconds"])


def answer(folder: str) -> None:
    """The other side of :func:`asked`: reads question.npz, writes answer.npz."""
    warnings.filterwarnings("ignore")
    given = np.load(Path(folder) / "question.npz")
    wish = json.loads(str(given["wish"]))
    shorter, known = (Histories(given[f"{name}_starts"], given[f"{name}_item"], int(given["items"]))
                      for name in ("shorter", "known"))
    looks = Looks(wish["budget"], PATIENCE)
    _fit(wish, shorter, epochs=10_000, looks=looks,
         figure=lambda scores: ndcg(scores, shorter, given["users"], given["validation"]))
    refit = Looks(float("inf"), 1)
    model = _fit(wish, known, epochs=looks.best + 1)
    np.savez(Path(folder) / "answer.npz", scores=_scores(model, model.lightning_model, known),
             curve=np.array(looks.curve), seconds=refit.seconds)


def _fit(wish: dict[str, Any], histories: Histories, epochs: int, looks: Looks | None = None, figure: Any = None
         ) -> Any:
    import pytorch_lightning as lightning
    from rectools import models

    class Look(lightning.Callback):
        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
            if looks is not None:
                looks.look(lambda: figure(_scores(model, module, histories)))
                print(f"  {wish['model']} {looks.curve[-1][0]:.0f} s: {looks.curve[-1][1]:.4f}", flush=True)
                trainer.should_stop = looks.over
                module.train()

    def trainer() -> Any:
        return lightning.Trainer(max_epochs=epochs, min_epochs=1, accelerator="cpu", logger=False,
                                 enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
                                 callbacks=[Look()])

    lightning.seed_everything(1, verbose=False)
    model = getattr(models, wish["model"])(get_trainer_func=trainer, **wish["settings"])
    model.fit(_dataset(histories))
    return model


def _dataset(histories: Histories) -> Any:
    import pandas as pd
    from rectools import Columns
    from rectools.dataset import Dataset

    user = np.repeat(np.arange(len(histories)), np.diff(histories.starts))
    return Dataset.construct(pd.DataFrame({
        Columns.User: user, Columns.Item: histories.item, Columns.Weight: 1.0,
        Columns.Datetime: pd.to_datetime(np.arange(len(user)), unit="s")}))


def _scores(model: Any, module: Any, histories: Histories) -> NDArray:
    """[U, N]: the products that RecTools ranks by; items and users it does not know are far below."""
    import torch

    users = np.flatnonzero(np.diff(histories.starts) > 0)
    given = model.data_preparator.transform_dataset_u2i(_dataset(histories), users)
    loader = model.data_preparator.get_dataloader_recommend(given, 256)
    with torch.no_grad():
        queries, items = module._get_user_item_embeddings(loader, "cpu")
        products = (queries @ items.T).numpy()
    rows = given.user_id_map.external_ids
    extra = model.data_preparator.n_item_extra_tokens
    columns = model.data_preparator.get_known_item_ids()
    scores = np.full((len(histories), histories.items), -1e9, np.float32)
    scores[np.ix_(np.asarray(rows, np.int64), np.asarray(columns, np.int64))] = products[:, extra:]
    return scores


def _python() -> str:
    return os.environ.get("RECTOOLS_PYTHON", sys.executable)
