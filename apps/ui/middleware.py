"""What every response carries: a request id, a strict content policy, and what caches must know of htmx."""

import uuid
from collections.abc import Callable
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

Next = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class RequestIdMiddleware:
    """Names each request, so that a person can quote it and a log line can be found."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid.uuid4())
        response = self.get_response(request)
        response.headers.setdefault("x-amzn-RequestId", request.request_id)
        return response


class ContentSecurityPolicyMiddleware:
    """Pages run nothing and style nothing but our own files."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class ConsoleMiddleware:
    """Times in the person's zone, and answers to htmx that caches keep apart from whole pages."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/console/"):
            return self.get_response(request)
        person = request.user
        zone = person.preferences.get("time_zone") if person.is_authenticated else None
        zone = zone or request.COOKIES.get("zone")
        with _zone(zone):
            response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "HX-Target", "Cookie"])
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.htmx and response.status_code in (301, 302, 303) and _is_sign_in(response):
            answer = HttpResponse(status=204)
            answer.headers["HX-Redirect"] = f"/console/signin/?next={quote(_page_behind(request))}"
            return answer
        return response


def _zone(name: str | None) -> timezone.override:
    try:
        return timezone.override(ZoneInfo(name) if name else None)
    except (ValueError, KeyError, OSError):
        return timezone.override(None)


def _is_sign_in(response: HttpResponse) -> bool:
    return response.headers.get("Location", "").startswith("/console/signin/")


def _page_behind(request: HttpRequest) -> str:
    """The page whose fragment was asked for: after signing in one returns there, not to the fragment."""
    return request.htmx.current_url_abs_path or "/console/"
