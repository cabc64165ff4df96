"""How many requests a second: counted for all processes of this machine in a shared page, or for all machines in Redis.

A count belongs to one calendar second, so that a limit is exact to a second. Taking one costs some microseconds.
"""

import fcntl
import mmap
import os
import struct
import threading
import time
import zlib
from functools import cache

from django.conf import settings
from django.core.cache import cache as shared_cache

from personalize_web.operations import quotas
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import ThrottlingException

SLOT = struct.Struct("<III")
"""Hash of the name, second, count."""
SLOTS = 4096


def take(name: str, *, limit: int) -> None:
    """Count one request of ``name``. Raises ThrottlingException when more than ``limit`` came in this second."""
    count = _count_in_redis(name) if settings.REDIS_URL else _counters().add(name)
    if count > limit:
        raise ThrottlingException(f"Rate exceeded: more than {limit} requests a second.")


def take_request(caller: Caller, operation: str, arn: str) -> None:
    """Count one runtime request: of its operation at one campaign or recommender, and of its account and region."""
    take(f"{operation} {arn}", limit=quotas.limit("requests_per_second"))
    take(f"requests {caller.account} {caller.region}", limit=quotas.limit("account_requests_per_second"))


def _count_in_redis(name: str) -> int:
    key = f"rate:{name}:{int(time.time())}"
    shared_cache.add(key, 0, timeout=3)
    return shared_cache.incr(key)


@cache
def _counters() -> "_Counters":
    return _Counters(os.fspath(settings.DATA_DIR / "rates"))


class _Counters:
    """A file mapped into every process; a lock on the bytes of a slot keeps its writers apart."""

    def __init__(self, path: str):
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, SLOTS * SLOT.size)
        self._page = mmap.mmap(self._file, SLOTS * SLOT.size)
        self._threads = threading.Lock()  # locks on files keep processes apart, not threads

    def add(self, name: str) -> int:
        """The count of ``name`` in the present second, this one included. Two names rarely share a slot: the later
        one then begins anew, which only ever allows more."""
        mark = zlib.crc32(name.encode()) or 1
        place = mark % SLOTS * SLOT.size
        second = int(time.time())
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, SLOT.size, place)
            try:
                kept, at, count = SLOT.unpack_from(self._page, place)
                count = count + 1 if (kept, at) == (mark, second) else 1
                SLOT.pack_into(self._page, place, mark, second, count)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, SLOT.size, place)
        return count
