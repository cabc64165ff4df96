"""The service's settings, in a data directory of the tests' own that goes when they end."""

import atexit
import os
import shutil
import tempfile

os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="personalize-web-tests-")
os.environ.setdefault("SECRET_KEY", "a key for tests alone")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

from personalize_web.settings import *  # noqa: E402, F403 - reads the two lines above
from personalize_web.settings import STATIC_ROOT  # noqa: E402

STATIC_ROOT.mkdir()
