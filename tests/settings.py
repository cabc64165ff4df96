"""The service's settings, in a data directory of the tests' own that goes when they end; and the environment that web
processes have, so that no process of several takes the threads of all processors."""

import atexit
import os
import shutil
import tempfile

from personalize_web.engine.environment import SERVING

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="personalize-web-tests-")
os.environ.setdefault("SECRET_KEY", "a key for tests alone")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
if "TRAINED_ONCE" not in os.environ:  # the processes that this one starts use it too
    os.environ["TRAINED_ONCE"] = tempfile.mkdtemp(prefix="personalize-web-models-")
    atexit.register(shutil.rmtree, os.environ["TRAINED_ONCE"], ignore_errors=True)
os.environ |= SERVING
os.environ.setdefault("TRAINING_THREADS", "1")

from personalize_web.settings import *  # noqa: E402, F403 - reads the two lines above
from personalize_web.settings import STATIC_ROOT  # noqa: E402

STATIC_ROOT.mkdir()
