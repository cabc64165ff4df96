"""X-Amz-Target, or the last part of the path, to the operation of the service model."""

from dataclasses import dataclass
from functools import cache

from botocore import xform_name

from personalize_web.operations import service_model

TARGET = "AmazonPersonalize."


@dataclass(frozen=True)
class Route:
    """Where a request goes. ``operation`` is None when the service has no operation of that name."""

    service: str
    operation: str | None

    @property
    def content_type(self) -> str:
        """The type of this service's bodies, in both directions."""
        return "application/x-amz-json-1.1" if self.service == "personalize" else "application/json"


@cache
def by_path() -> dict[str, Route]:
    """Last part of the path -> route, of the two REST services: ``events`` -> put_events."""
    return {
        service.operation_model(name).http["requestUri"].strip("/"): Route(service_name, xform_name(name))
        for service_name, service in service_model.services().items()
        if service.metadata["protocol"] == "rest-json"
        for name in service.operation_names
    }


@cache
def _control_names() -> dict[str, str]:
    return {name: xform_name(name) for name in service_model.services()["personalize"].operation_names}


def route(path: str, target: str | None) -> Route | None:
    """The route of a request, or None when nothing of ours is at ``path``.

    Any prefix before the address of a service is allowed, with or without a slash at the end.
    """
    if target is not None:
        known = _control_names().get(target.removeprefix(TARGET)) if target.startswith(TARGET) else None
        return Route("personalize", known)
    trimmed = path.strip("/")
    return by_path().get(trimmed.rsplit("/", 1)[-1]) if trimmed else Route("personalize", None)
