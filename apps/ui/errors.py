"""The pages that say what went wrong: 403, 404, 409, 429, 500 and what else an operation may refuse."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from personalize_web.operations import ServiceError
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceNotFoundException,
    ThrottlingException,
)

TITLES = {
    400: "This request cannot be done",
    403: "You may not see or do this",
    404: "Nothing here",
    409: "Changed meanwhile",
    413: "Too much at once",
    429: "Too many requests",
    500: "Something broke on our side",
    503: "Not available at this moment",
}
TEXTS = {
    403: "Your role does not allow this. An administrator can give you another one.",
    404: "There is no such page or resource, or it was deleted.",
    409: "Somebody changed this after you opened it. Reload it and try again.",
    429: "More requests a second than allowed. Wait a moment and try again.",
    500: "It was recorded. Quote the request id below when you ask for help.",
    503: "Try again in a moment.",
}


def page(request: HttpRequest, status: int, text: str = "", *, needed_role: str = "") -> HttpResponse:
    """The error page for ``status``; ``text`` says what exactly, ``needed_role`` which role would be enough."""
    context: dict[str, Any] = {
        "status": status,
        "title": TITLES.get(status, TITLES[500]),
        "text": text or TEXTS.get(status, ""),
        "needed_role": needed_role,
        "request_id": getattr(request, "request_id", ""),
    }
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated:
        from apps.ui import navigation

        context["navigation"] = navigation.outside("", administrator=person.role == "administrator")
        context["base_template"] = "base.html"
    else:
        context["base_template"] = "bare.html"
    return TemplateResponse(request, "pages/error.html", context, status=status).render()


def of(request: HttpRequest, error: ServiceError, *, needed_role: str = "") -> HttpResponse:
    """The page for what an operation refused."""
    if isinstance(error, AccessDeniedException):
        return page(request, 403, error.message, needed_role=needed_role)
    if isinstance(error, ResourceNotFoundException):
        return page(request, 404, error.message)
    if isinstance(error, ThrottlingException):
        return page(request, 429, error.message)
    if isinstance(error, InvalidInputException) and request.method == "GET":
        return page(request, 404, error.message)
    return page(request, error.status, error.message)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: too old, or from elsewhere."""
    return page(request, 403, "This form is too old or came from another site. Reload the page and send it again.")
