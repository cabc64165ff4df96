"""Access keys by id: read from the database at most every two seconds, and when one changes."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.db import OperationalError
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from apps.accounts.models import AccessKey, Person

logger = logging.getLogger("personalize_web.api")

FRESH = 2.0
"""Seconds. A revocation counts at once in the process that revokes, and within this time in all others."""
USE_NOTED = 60.0
"""Seconds between two notes of a key's last use."""


@dataclass
class KnownKey:
    """A key with its secret in clear, as read ``read_at`` on the monotonic clock."""

    key: AccessKey
    secret: str
    read_at: float


_known: dict[str, KnownKey] = {}
_noted: dict[str, float] = {}
_lock = threading.Lock()


def find(key_id: str) -> KnownKey | None:
    """The usable key of ``key_id``, or None."""
    now = time.monotonic()
    known = _known.get(key_id)
    if known is None or now - known.read_at > FRESH:
        known = _read(key_id, now)
    return known if known is not None and known.key.usable else None


def note_use(known: KnownKey, ip: str | None) -> None:
    """Keep when and whence the key was last used, at most once a minute."""
    now = time.monotonic()
    with _lock:
        if now - _noted.get(known.key.key_id, -USE_NOTED) < USE_NOTED:
            return
        _noted[known.key.key_id] = now
    moment = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - timedelta(seconds=USE_NOTED))
    try:
        AccessKey.objects.filter(stale, pk=known.key.pk).update(last_used_at=moment, last_used_ip=ip)
    except OperationalError:
        logger.warning("the last use of an access key could not be kept")


def forget(**_: object) -> None:
    """Read every key anew: one of them, or somebody's account, has changed."""
    _known.clear()


def _read(key_id: str, now: float) -> KnownKey | None:
    key = AccessKey.objects.select_related("owner").filter(key_id=key_id).first()
    if key is None:
        _known.pop(key_id, None)
        return None
    try:
        known = KnownKey(key, key.secret, now)
    except InvalidToken:
        logger.error("the secret of an access key cannot be read: was SECRET_KEY changed?")
        return None
    _known[key_id] = known
    return known


for model in (AccessKey, Person):
    post_save.connect(forget, sender=model, dispatch_uid=f"api forgets {model.__name__} saved")
    post_delete.connect(forget, sender=model, dispatch_uid=f"api forgets {model.__name__} deleted")
