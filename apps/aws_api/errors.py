"""Errors on the wire: their status, their envelope, and what is said of those that are ours."""

import json
import logging
import traceback
from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions

from personalize_web.operations import ServiceError, service_model

logger = logging.getLogger("personalize_web.api")


class WireError(ServiceError):
    """A request that never reached an operation."""


class IncompleteSignature(WireError):
    """The signature is malformed or leaves something out."""


class MissingAuthenticationToken(WireError):
    """The request is not signed."""

    status = 403


class InvalidClientTokenId(WireError):
    """The access key is unknown, disabled or expired."""

    status = 403


class InvalidSignatureException(WireError):
    """The signature is another than ours."""

    status = 403


class RequestExpired(WireError):
    """The request was signed too long ago, or in the future."""


class SerializationException(WireError):
    """The body is not a JSON object."""


class InvalidAction(WireError):
    """There is no such operation."""


class NoSuchAddress(InvalidAction):
    """Nothing of the API is at this path."""

    status = 404
    code = "InvalidAction"


class MethodNotAllowed(InvalidAction):
    """The API is asked by POST."""

    status = 405
    code = "InvalidAction"


class RefusedRequest(WireError):
    """The request names a host that is not ours, or is malformed as HTTP."""

    code = "InvalidInputException"


class RequestEntityTooLargeException(WireError):
    """The body is larger than we read."""

    status = 413


class InternalFailure(WireError):
    """Something of ours went wrong; the log says what, the caller learns the request's id."""

    status = 500


def status(error: ServiceError, service: str) -> int:
    """The HTTP status of ``error``: what the service model says, else the error's own."""
    model = service_model.services().get(service)
    shape = model.shape_for_error_code(error.code) if model and error.code in _codes(service) else None
    return int(shape.metadata.get("error", {}).get("httpStatusCode", 400)) if shape else error.status


def _codes(service: str) -> set[str]:
    return {shape.name for shape in service_model.services()[service].error_shapes}


def response(error: ServiceError, *, service: str, content_type: str, request_id: str) -> HttpResponse:
    """The answer that says ``error``, as clients of all three services read it."""
    body = json.dumps({"__type": error.code, "message": error.message}, ensure_ascii=False).encode()
    answer = HttpResponse(body, status=status(error, service), content_type=content_type)
    answer.headers["x-amzn-ErrorType"] = error.code
    answer.headers["x-amzn-RequestId"] = request_id
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = "POST"
    answer._has_been_logged = True  # a caller's mistake is no line in our log; ours is written below
    return answer


def translate(error: Exception, *, operation: str | None, request_id: str, document: Any = None) -> ServiceError:
    """``error`` as the caller may see it. What is ours is logged with its trace, without the caller's values."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, exceptions.UnsupportedMediaType):
        return SerializationException("The Content-Type of the request is not the one of this service.")
    if isinstance(error, exceptions.MethodNotAllowed):
        return MethodNotAllowed("The API is asked by POST.")
    trace = _without("".join(traceback.format_exception(error)), document)
    logger.error("%s failed, request %s\n%s", operation or "A request", request_id, trace)
    return internal_failure(request_id)


def internal_failure(request_id: str) -> InternalFailure:
    """All that a caller learns of an error of ours."""
    return InternalFailure(f"An internal failure occurred. The request id is {request_id}.")


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """REST framework's exception handler."""
    view = context["view"]
    return view.refuse(error)


def _without(text: str, document: Any) -> str:
    """``text`` with every text of the request's body blotted out."""
    for value in sorted(_texts(document), key=len, reverse=True):
        text = text.replace(value, "•••")
    return text


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_texts, value)) if value else set()
    if not isinstance(value, str) or len(value) < 3 or value.startswith("arn:"):
        return set()
    try:
        inner = json.loads(value)
    except ValueError:
        inner = None
    return {value} | (_texts(inner) if isinstance(inner, dict | list) else set())
