"""What the HTTP server calls."""

import ctypes
import os
import signal
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalize_web.settings")

_PARENT_DEATH_SIGNAL = 1
if os.environ.get("END_WITH_PARENT") == "1" and sys.platform.startswith("linux"):
    # what was acknowledged is on disk: a web process may go at any moment, and none stays when its server is gone
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)

application = get_wsgi_application()
