"""The frame's own addresses: home, the help panel, the group switcher, the running-jobs indicator, any ARN's page."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from apps.accounts import callers
from apps.ui import activity, destinations
from apps.ui.views.base import ConsolePage
from apps.ui.views.lists import everything
from personalize_web import operations


class HomePage(ConsolePage):
    """The list of dataset groups; with no group at all, where to begin."""

    title = "Welcome"
    section = "dataset-groups"
    template_name = "pages/home.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        groups = operations.list_dataset_groups(self.caller, max_results=1)["datasetGroups"]
        listing = self._try("dataset_groups:list")
        if groups and listing:
            return HttpResponseRedirect(listing)
        return self.render(create_href=self._try("dataset_groups:create"))


@login_required
def running(request: HttpRequest) -> HttpResponse:
    """The indicator of running jobs, for htmx."""
    return render(request, "components/running_jobs.html", {"running": activity.running(callers.from_request(request))})


@login_required
def groups(request: HttpRequest) -> HttpResponse:
    """The dataset groups of the switcher, for htmx."""
    found = everything(operations.list_dataset_groups, callers.from_request(request), "datasetGroups")
    return render(
        request, "components/group_menu.html", {"groups": sorted(found, key=lambda group: group["name"])[:50]}
    )


@login_required
def help_topic(request: HttpRequest, topic: str) -> HttpResponse:
    """A help topic: as the panel's inside for htmx, else as a page."""
    try:
        template = get_template(f"help/{topic}.html")
    except TemplateDoesNotExist as error:
        raise Http404 from error
    content = template.render({}, request)
    if request.htmx:
        return render(request, "help/_panel.html", {"content": content})
    page = HelpPage()
    page.setup(request, topic=topic)
    return page.render(content=content)


class HelpPage(ConsolePage):
    """A help topic as a page of its own, for those without JavaScript."""

    title = "Help"
    template_name = "help/_page.html"


@login_required
def go(request: HttpRequest) -> HttpResponse:
    """The page of any ARN."""
    address = destinations.address(callers.from_request(request), request.GET.get("arn", ""))
    if not address:
        raise Http404
    return HttpResponseRedirect(address)
