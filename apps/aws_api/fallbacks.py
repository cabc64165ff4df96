"""Errors before a view was reached, such as a host that is not ours: JSON for clients of the API, pages for people."""

import uuid

from django.http import HttpRequest, HttpResponse

from apps.aws_api import errors
from apps.ui import errors as pages


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django answers to a request it does not trust."""
    if _is_for_people(request):
        return pages.bad_request(request, exception)
    return _json(request, errors.RefusedRequest("The request cannot be answered: its address or form is not allowed."))


def server_error(request: HttpRequest) -> HttpResponse:
    """What Django answers when something of ours went wrong outside a view; it has logged what."""
    if _is_for_people(request):
        return pages.server_error(request)
    return _json(request, errors.internal_failure(_request_id(request)))


def _is_for_people(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/console", "/static/"))


def _request_id(request: HttpRequest) -> str:
    return getattr(request, "request_id", None) or str(uuid.uuid4())


def _json(request: HttpRequest, error: errors.WireError) -> HttpResponse:
    return errors.response(
        error, service="personalize", content_type="application/x-amz-json-1.1", request_id=_request_id(request)
    )
