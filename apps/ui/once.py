"""A form sent twice is done once: the token that was made with it is claimed by the first request."""

import time
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

LIFETIME = 900
RUNNING = "running"


@dataclass(frozen=True)
class Claim:
    """What became of a token. ``mine``: go on. Else ``address`` is where the first request went, if it is known."""

    key: str
    mine: bool
    address: str = ""

    def done(self, address: str) -> None:
        """Keep where the second request shall be sent."""
        if self.key:
            cache.set(self.key, address, LIFETIME)

    def release(self) -> None:
        """It was refused: the same form may be sent again."""
        if self.key:
            cache.delete(self.key)


def claim(request: HttpRequest, *, patience: float = 10) -> Claim:
    """Claim the token of the posted form; waits up to ``patience`` seconds for a twin that came first."""
    token = request.POST.get("_token", "")
    if not token:
        return Claim("", True)
    key = f"once:{request.user.pk}:{token[:64]}"
    deadline = time.monotonic() + patience
    while not cache.add(key, RUNNING, LIFETIME):
        address = cache.get(key)
        if address and address != RUNNING:
            return Claim(key, False, address)
        if time.monotonic() > deadline:
            return Claim(key, False)
        time.sleep(0.05)
    return Claim(key, True)
