"""ConsolePage: signed in, in its place in the navigation, whole or as the fragment htmx asks for."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.views import View

from apps.accounts import callers
from apps.ui import activity, errors, navigation
from personalize_web import operations
from personalize_web.operations import Caller, ServiceError
from personalize_web.operations.errors import AccessDeniedException
from personalize_web.operations.gate import needed_role

Group = Mapping[str, Any]
Perform = Callable[..., Any]
POLL_SECONDS = ((120, 5), (600, 15))


class ConsolePage(View):
    """A page of the console. Declare title, section (a key of apps.ui.navigation) and template_name.

    Inside a dataset group (the address has <str:dsg>) ``self.group`` is what describe_dataset_group answers.
    """

    title = ""
    description = ""
    info = ""
    section = ""
    template_name = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    """Between the group and this page: (text, route); a route without arguments gets the group's name."""
    rail = False
    """Draw the navigation as a rail of icons, where width matters."""
    operation: Perform | None = None
    part = "page"

    request: HttpRequest
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            return super().dispatch(request, *args, **kwargs)
        except ServiceError as error:
            return self.refused(error)

    def refused(self, error: ServiceError) -> HttpResponse:
        """The page for an operation that said no."""
        role = ""
        if isinstance(error, AccessDeniedException) and (asked := type(self).operation) is not None:
            role = _role_of(asked)
        return errors.of(self.request, error, needed_role=role)

    @cached_property
    def caller(self) -> Caller:
        """Who asks."""
        return callers.from_request(self.request)

    @cached_property
    def group(self) -> Group:
        """The dataset group of the address."""
        arn = self.arn("dataset-group", self.kwargs["dsg"])
        return operations.describe_dataset_group(self.caller, dataset_group_arn=arn)["datasetGroup"]

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of this account and region, such as ("campaign", "home-page")."""
        return f"arn:{settings.PARTITION}:personalize:{self.caller.region}:{self.caller.account}:{kind}/{name}"

    def url(self, route: str, **kwargs: Any) -> str:
        """The address of ``route``; inside a group its name is filled in."""
        if "dsg" in self.kwargs:
            kwargs = {"dsg": self.kwargs["dsg"]} | kwargs
        return reverse(route, kwargs=kwargs or None)

    def may(self, role: str) -> bool:
        """Whether the caller's role is at least ``role``: viewer, analyst, administrator."""
        return self.caller.may_as(role)

    def denied(self, operation: Perform | str) -> str:
        """Why the caller may not call ``operation``, as a tooltip; empty when they may."""
        role = _role_of(operation)
        return "" if self.caller.may_as(role) else f"Needs the {role.capitalize()} role"

    def get_title(self) -> str:
        return self.title

    def breadcrumbs(self) -> list[dict[str, str]]:
        """From the product to this page; the last is text."""
        items = [{"text": settings.CONSOLE_PRODUCT_NAME, "href": "/console/"}]
        if "dsg" in self.kwargs:
            items.append({"text": "Dataset groups", "href": _try("dataset_groups:list")})
            items.append({"text": self.kwargs["dsg"], "href": self._try("dataset_groups:overview")})
        items += [{"text": text, "href": self._try(route)} for text, route in self.crumbs]
        items.append({"text": self.get_title(), "href": ""})
        return items

    def navigation(self) -> navigation.Navigation:
        closed = frozenset(self.request.COOKIES.get("nav-closed", "").split("."))
        if "dsg" in self.kwargs:
            return navigation.inside(self.group, self.section, counts=self.counts(), closed=closed)
        return navigation.outside(self.section, administrator=self.may("administrator"), closed=closed)

    def counts(self) -> Mapping[str, int]:
        """How many of each kind the group has, by key of the navigation."""
        return activity.counts(self.caller, self.group["datasetGroupArn"])

    def context(self) -> dict[str, Any]:
        """What the template gets; extend it with ``super().context() | {...}``."""
        whole = not self.is_fragment
        context: dict[str, Any] = {
            "page": self,
            "caller": self.caller,
            "title": self.get_title(),
            "description": self.description,
            "info": self.info,
            "rail": self.rail,
            "base_template": "base.html" if whole else "fragment.html",
        }
        if "dsg" in self.kwargs:
            context["group"] = self.group
        if whole:
            context |= {"navigation": self.navigation(), "breadcrumbs": self.breadcrumbs()}
        return context

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part; going back in the history asks for the whole."""
        htmx = self.request.htmx
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def render(self, *, status: int = 200, template: str = "", **more: Any) -> HttpResponse:
        return render(self.request, template or self.template_name, self.context() | more, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render()

    def redirect(self, address: str) -> HttpResponse:
        """303 after a POST; htmx is told to go there itself."""
        if self.request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return HttpResponse(status=303, headers={"Location": address})

    def poll_url(self, watched: Iterable[str] = (), since: float = 0) -> str:
        """The -status/ fragment of this page with its query, the things that still move, and since when."""
        own = self.request.path if self.part == "page" else self.request.path.removesuffix("-status/")
        query = [(k, v) for k, v in self.request.GET.items() if k not in ("watch", "since")]
        query += [("watch", name) for name in list(watched)[:20]] + [("since", str(int(since)))]
        return f"{own}-status/?{urlencode(query)}"

    def _try(self, route: str) -> str:
        if not route:
            return ""
        return _try(route, dsg=self.kwargs["dsg"]) if "dsg" in self.kwargs else _try(route)


def paths(route: str, view: type[ConsolePage], name: str) -> list[URLPattern]:
    """The page at ``route`` and its ``-status/`` fragment, named ``name`` and ``name``_status."""
    return [
        path(route, view.as_view(), name=name),
        path(f"{route}-status/", view.as_view(part="status"), name=f"{name}_status"),
    ]


def in_group(route: str) -> str:
    """``route`` below a dataset group's address."""
    return f"dataset-groups/<str:dsg>/{route}"


def poll_seconds(age: float) -> int:
    """How long to wait before asking again, ``age`` seconds after the first time."""
    return next((seconds for limit, seconds in POLL_SECONDS if age < limit), 60)


def _role_of(operation: Perform | str) -> str:
    name = operation if isinstance(operation, str) else operation.__name__
    try:
        return needed_role(name)
    except KeyError:
        return "analyst"


def _try(route: str, **kwargs: str) -> str:
    try:
        return reverse(route, kwargs=kwargs or None)
    except NoReverseMatch:
        return _try(route) if kwargs else ""
