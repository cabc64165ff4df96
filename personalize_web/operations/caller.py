"""Caller: who asks, in which account and region, and with which rights."""

import uuid
from dataclasses import dataclass, field

ADMINISTRATOR = "administrator"
ANALYST = "analyst"
VIEWER = "viewer"
ROLES = (VIEWER, ANALYST, ADMINISTRATOR)


@dataclass(frozen=True)
class Caller:
    """A person or a key of an account.

    ``scope`` narrows a key: ``runtime``, ``events``, ``read``, or ``role`` for all its owner's role allows.
    ``source`` is ``api``, ``console`` or ``scheduler``.
    """

    account: str
    region: str
    role: str
    name: str
    arn: str
    source: str
    key_id: str | None = None
    scope: str = "role"
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ip: str | None = None
    user_agent: str | None = None

    def may_as(self, role: str) -> bool:
        """Whether this caller's role is ``role`` or stands above it."""
        return ROLES.index(self.role) >= ROLES.index(role)
