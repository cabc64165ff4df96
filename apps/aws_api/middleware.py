"""The short way for the eight operations that are asked many times a second."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.aws_api import views
from apps.aws_api.routing import route

Next = Callable[[HttpRequest], HttpResponse]


class DataPlaneMiddleware:
    """Answers the runtime and the events at once: what follows here, sessions, forms and pages, is for the console.

    Whatever else the API is asked takes the long way, to the same view.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.method != "POST" or path.startswith(("/console/", "/static/")):
            return self.get_response(request)
        found = route(path, request.META.get("HTTP_X_AMZ_TARGET"))
        if found is None or found.service == "personalize":
            return self.get_response(request)
        request.get_host()  # an address that is not ours is refused here
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        answer = views.data_plane(request, found)
        answer.headers["Content-Length"] = str(len(answer.content))
        return answer
