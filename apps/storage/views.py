"""Stored files: browse, choose, preview, delete."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.storage.listing import Listing, parent_of
from apps.ui import formats
from apps.ui.pages import ConsolePage, DeletePage
from personalize_web import operations

LINES = 50
LINES_BEFORE = 10
"""Lines shown before the one that was asked for."""


class StoragePage(ConsolePage):
    """A page about the place in ``?path=``."""

    section = "storage"
    crumbs: tuple[tuple[str, str], ...] = (("Storage", "storage:browse"),)

    @property
    def location(self) -> str:
        """The folder or file; empty at the top."""
        return self.request.GET.get("path", "") or self.request.POST.get("path", "")


class Storage(StoragePage):
    """What lies in a folder."""

    template_name = "storage/browse.html"
    title = "Storage"
    crumbs = ()
    description = "Buckets of this installation. Imports read from here; uploads and results are kept here."

    def context(self) -> dict[str, Any]:
        """The listing, and where uploads go."""
        listing = Listing.of(self.caller, self.location)
        return super().context() | {
            "listing": listing,
            "upload_url": reverse("storage:upload"),
            "may_upload": self.may("analyst") and bool(listing.location),
            "may_delete": self.may("administrator"),
        }


class Choose(StoragePage):
    """The same as a dialog that fills in a field: ``?field=`` is the id of the input."""

    template_name = "storage/choose.html"
    title = "Choose a location"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The dialog, or its inside when one walks through folders."""
        inside = request.htmx.target == "storage-listing"
        return self.render(template="storage/_choose_listing.html" if inside else "")

    def context(self) -> dict[str, Any]:
        """The listing and the field."""
        return super().context() | {
            "listing": Listing.of(self.caller, self.location, address=reverse("storage:choose"), **self._keep()),
            "field": self.request.GET.get("field", ""),
            "kind": self.request.GET.get("kind", "file"),
        }

    def _keep(self) -> dict[str, str]:
        return {"field": self.request.GET.get("field", ""), "kind": self.request.GET.get("kind", "file")}


class Preview(StoragePage):
    """The first lines of a file, or those around ``?line=``."""

    template_name = "storage/preview.html"

    def get_title(self) -> str:
        """The file's name."""
        return self.location.rpartition("/")[2] or self.location

    def context(self) -> dict[str, Any]:
        """Lines and facts."""
        asked = self.request.GET.get("line", "")
        line = int(asked) if asked.isdecimal() and len(asked) < 12 else 0
        first = max(1, line - LINES_BEFORE)
        found = operations.preview_stored_object(self.caller, location=self.location, lines=LINES, first=first)
        about = found["object"]
        return super().context() | {
            "lines": found["lines"],
            "numbered": [{"number": at, "text": text} for at, text in enumerate(found["lines"], found["first"])],
            "first": found["first"],
            "line": line,
            "until": found["first"] + len(found["lines"]) - 1,
            "complete": found["complete"],
            "pairs": [
                {"label": "Location", "value": about["location"], "copyable": True},
                {"label": "Size", "value": formats.size(about.get("bytes"))},
                {"label": "Last modified", "value": about.get("modified"), "moment": "full"},
            ],
            "folder_url": f"{reverse('storage:browse')}?{urlencode({'path': parent_of(self.location)})}",
            "delete_url": f"{reverse('storage:delete')}?{urlencode({'path': self.location})}",
            "delete_denied": "" if self.may("administrator") else "Needs the Administrator role",
        }


class DeleteStored(StoragePage, DeletePage):
    """A file, or a folder with everything in it."""

    operation, argument, noun = operations.delete_stored_object, "location", "file"

    def names(self) -> Sequence[str]:
        """Its name."""
        return [self.location.rstrip("/").rpartition("/")[2]]

    def arn_of(self, name: str) -> str:
        """Its location."""
        return self.location

    def consequences(self) -> Sequence[str]:
        """Imported rows stay."""
        lost = "Everything in this folder is removed." if self.location.endswith("/") else "The file is removed."
        return [f"{lost} Rows that were imported from it stay in their dataset."]

    def success_url(self) -> str:
        """The folder it was in."""
        return f"{reverse('storage:browse')}?{urlencode({'path': parent_of(self.location)})}"

    def context(self) -> dict[str, Any]:
        """The form posts the place along."""
        return super().context() | {"path": self.location}

    def render(self, *, status: int = 200, template: str = "", **more: Any) -> HttpResponse:
        """The address keeps its query, so that the POST knows the place."""
        return super().render(status=status, template=template, **more | {"action": self.request.get_full_path()})
