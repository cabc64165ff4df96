"""The output of a batch job, line by line."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from apps.batch_jobs.outputs import rows_of
from apps.batch_jobs.views import OfJob, SegmentOf
from apps.ui import formats
from personalize_web import operations

SHOWN = 25
"""Lines of an output on one page."""


class Output(OfJob):
    """The answers of one output file, some lines a page."""

    template_name = "batch_jobs/output.html"

    def get_title(self) -> str:
        return f"Output of {self.kwargs['job']}"

    def breadcrumbs(self) -> list[dict[str, str]]:
        """With the job before the last."""
        items = super().breadcrumbs()
        job = {"text": self.kwargs["job"], "href": self.url(self.detail_route, job=self.kwargs["job"])}
        return [*items[:-1], job, {"text": "Output"}]

    @property
    def file(self) -> Mapping[str, Any]:
        """The file that the address names by its place."""
        files, place = self.details["files"], self.request.GET.get("file", "0")
        if not place.isdecimal() or int(place) >= len(files):
            raise Http404
        return files[int(place)]

    def context(self) -> dict[str, Any]:
        given = self.request.GET.get("first", "1")
        first = max(1, int(given)) if given.isdecimal() and len(given) < 10 else 1
        file, place = self.file, self.request.GET.get("file", "0")
        found = operations.preview_stored_object(self.caller, location=file["location"], lines=SHOWN, first=first)
        last = found["first"] + len(found["lines"]) - 1
        own = self.url(f"batch_jobs:{self.word}_output", job=self.kwargs["job"])

        def at(line: int) -> str:
            return f"{own}?{urlencode({'file': place, 'first': line})}"

        return super().context() | {
            "resource_url": self.url(self.detail_route, job=self.kwargs["job"]),
            "location": file["location"],
            "storage_url": f"{reverse('storage:preview')}?{urlencode({'path': file['location']})}",
            "rows": rows_of(found["lines"], found["first"]),
            "shown": "Lines {} to {} of {}".format(*map(formats.number, (found["first"], last, file["lines"]))),
            "before_url": at(max(1, first - SHOWN)) if first > 1 else "",
            "after_url": at(last + 1) if found["lines"] and last < file["lines"] else "",
            "what": "Users" if self.segments else "Items",
        }


class SegmentOutput(SegmentOf, Output):
    """The users of one output file."""

    section = "batch-segment-jobs"
