"""Models that several files ask for, in several processes: whoever asks first trains, all others copy."""

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from personalize_web.resources import locations


def model(about: str, train: Callable[[Path], None]) -> uuid.UUID:
    """The key of a copy of the model that ``about`` says everything of; ``train`` lays it into a folder."""
    kept = Path(os.environ["TRAINED_ONCE"]) / hashlib.sha256(about.encode()).hexdigest()[:32]
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            aside = kept.with_suffix(f".{uuid.uuid4().hex}")
            train(aside)
            aside.rename(kept)
    key = uuid.uuid4()
    shutil.copytree(kept, locations.model_folder(key))
    return key
