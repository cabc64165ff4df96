"""The page that searches all resources."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.ui import cells, destinations
from apps.ui.tables import Column, build
from apps.ui.views.base import ConsolePage
from personalize_web import operations

COLUMNS = (
    Column("name", "Name", cells.href(lambda row: f"{reverse('ui:go')}?arn={row['arn']}")),
    Column("noun", "Kind", value=lambda row: row["noun"].capitalize(), css="secondary nowrap"),
    Column("datasetGroupName", "Dataset group", css="secondary"),
    Column("status", "Status", lambda row: cells.pill(row["status"]) if row.get("status") else cells.MISSING),
    Column("arn", "ARN", cells.copyable("arn", "ARN")),
)
MOST = 50


class SearchPage(ConsolePage):
    """Resources whose name contains what was typed; a whole ARN leads straight to its page."""

    title = "Search"
    template_name = "pages/search.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = request.GET.get("q", "").strip()[:256]
        if text.startswith("arn:") and (found := destinations.address(self.caller, text)):
            return HttpResponseRedirect(found)
        rows = operations.search_resources(self.caller, text=text, limit=MOST)["resources"] if text else []
        table = build(rows, COLUMNS, id="found", caption="Found", identify=lambda row: row["arn"])
        return self.render(q=text, table=table, count=len(rows))
