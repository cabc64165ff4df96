"""Five wrong passwords close an account for a quarter of an hour, whoever tries."""

import hashlib

from django.core.cache import cache

ATTEMPTS = 5
SECONDS = 15 * 60


def is_locked(name: str) -> bool:
    """Whether signing in as ``name`` is refused now, even with the right password."""
    return cache.get(_key(name), 0) >= ATTEMPTS


def failed(name: str) -> bool:
    """Count a wrong password; whether this one closed the account."""
    key = _key(name)
    cache.add(key, 0, SECONDS)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two lines
        cache.set(key, 1, SECONDS)
        count = 1
    cache.touch(key, SECONDS)
    return count == ATTEMPTS


def forget(name: str) -> None:
    """The right password clears the count."""
    cache.delete(_key(name))


def _key(name: str) -> str:
    return "sign-in:" + hashlib.sha256(name.strip().casefold().encode()).hexdigest()
