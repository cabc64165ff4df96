"""Seals secrets with a key derived from the instance key."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet
from django.conf import settings


@lru_cache(maxsize=4)
def _cipher(secret_key: str) -> Fernet:
    digest = hashlib.sha256(b"personalize-web access keys\0" + secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def seal(secret: str) -> str:
    """``secret`` encrypted and authenticated."""
    return _cipher(settings.SECRET_KEY).encrypt(secret.encode()).decode()


def open_sealed(sealed: str) -> str:
    """The secret again. Raises ``cryptography.fernet.InvalidToken`` when the instance key has changed."""
    return _cipher(settings.SECRET_KEY).decrypt(sealed.encode()).decode()
