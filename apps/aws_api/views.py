"""The one view of the API: find the operation, sign in, read, perform, answer.

The control plane passes REST framework's sockets. The runtime and the events, which are asked many times a second, go
the same way through the same functions without it.
"""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.aws_api import errors, parsers, renderers
from apps.aws_api.authentication import sign_in
from apps.aws_api.routing import Route, route
from personalize_web import operations

CONTROL = Route("personalize", None)


@csrf_exempt
def api(request: HttpRequest) -> HttpResponse:
    """Every request outside the console. Whatever happens, the answer is one that SDKs can read."""
    if not hasattr(request, "request_id"):
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
    found = route(request.path, request.META.get("HTTP_X_AMZ_TARGET"))
    if found is None:
        return _refuse(request, errors.NoSuchAddress("There is nothing of the API at this path."), CONTROL)
    if request.method != "POST":
        if _is_browser_at_the_door(request):
            return HttpResponseRedirect("/console/")
        return _refuse(request, errors.MethodNotAllowed("The API is asked by POST."), found)
    if found.service == "personalize":
        return control(request, route=found)
    return data_plane(request, found)


def data_plane(request: HttpRequest, found: Route) -> HttpResponse:
    """The eight operations of the runtime and the events."""
    document = None
    try:
        caller = sign_in(request)
        check_content_type(request, found)
        document = parsers.read(request.body)
        answer = operation(found)(caller, **parsers.arguments(found.operation or "", document))
    except Exception as error:
        return _refuse(request, error, found, document)
    return _ok(request, found, renderers.render(found.operation or "", answer))


class FirstRenderer(BaseContentNegotiation):
    """The service decides what it answers, whatever a client would accept."""

    def select_parser(self, request: Request, parsers: list[Any]) -> Any:
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ControlView(APIView):
    """The 71 operations of the control plane."""

    content_negotiation_class = FirstRenderer

    @property
    def route(self) -> Route:
        return self.kwargs["route"]

    def post(self, request: Request, route: Route) -> HttpResponse:
        perform = operation(route)
        check_content_type(request._request, route)
        answer = perform(request.user, **parsers.arguments(route.operation or "", request.data))
        if renderers.writer(route.operation or "") is None:
            return _ok(request._request, route, b"")
        return Response(answer, headers={"x-amzn-RequestId": request._request.request_id})

    def refuse(self, error: Exception) -> HttpResponse:
        """What REST framework's exception handler asks for."""
        document = getattr(self.request, "_full_data", None)
        return _refuse(self.request._request, error, self.route, document)


control = ControlView.as_view()


def operation(found: Route) -> Callable[..., Any]:
    """The function behind a route. Raises InvalidAction where there is none."""
    perform = getattr(operations, found.operation, None) if found.operation else None
    if perform is None:
        raise errors.InvalidAction("The operation that X-Amz-Target names does not exist.")
    return perform


def check_content_type(request: HttpRequest, found: Route) -> None:
    """Raises SerializationException unless the body is of the service's type; an empty one may have none."""
    if request.content_type != found.content_type and (request.body or request.content_type):
        raise errors.SerializationException(f"The Content-Type of the request must be {found.content_type}.")


def _ok(request: HttpRequest, found: Route, body: bytes) -> HttpResponse:
    answer = HttpResponse(body, content_type=found.content_type)
    answer.headers["x-amzn-RequestId"] = request.request_id  # type: ignore[attr-defined]
    return answer


def _refuse(request: HttpRequest, error: Exception, found: Route, document: Any = None) -> HttpResponse:
    request_id = request.request_id  # type: ignore[attr-defined]
    told = errors.translate(error, operation=found.operation, request_id=request_id, document=document)
    return errors.response(told, service=found.service, content_type=found.content_type, request_id=request_id)


def _is_browser_at_the_door(request: HttpRequest) -> bool:
    return (
        request.path == "/" and request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
    )
