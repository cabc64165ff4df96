"""What a version kept of its judging, read back from its model's folder."""

from pathlib import Path

import numpy as np

from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation import keeping, keeping_actions, keeping_segments
from personalize_web.engine.evaluation.keeping import FILE, Kept


def read(folder: Path) -> Kept:
    """What was kept in a model's folder; DataError where nothing was, or it cannot be read."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as found:
            arrays = dict(found)
        if "queries" in arrays:
            return keeping_segments.kept(arrays)
        return keeping_actions.kept(arrays) if "pair_users" in arrays else keeping.kept(arrays)
    except FileNotFoundError as error:
        raise DataError("What each test user was answered is not kept of versions trained earlier.") from error
    except (OSError, ValueError, KeyError) as error:
        raise DataError("What it answered its test users cannot be read.") from error
