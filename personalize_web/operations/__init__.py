"""The one front door: the 79 operations of the service models, then our own.

Every function takes the caller first and keyword arguments named as the input members in snake case; it answers a
dictionary shaped as the output of the service model, or raises a :class:`ServiceError`.
"""

from personalize_web.operations.caller import ADMINISTRATOR, ANALYST, VIEWER, Caller
from personalize_web.operations.errors import ServiceError
from personalize_web.resources import statuses

__all__ = ["ADMINISTRATOR", "ANALYST", "VIEWER", "Caller", "ServiceError", "statuses"]
