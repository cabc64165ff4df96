"""Fragments of the form of a batch job: input that is written for it, and what its first lines would be answered."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.batch_jobs import inputs
from apps.batch_jobs.views import Kind, Segments
from apps.ui.pages import ConsolePage


class GenerateInput(Kind, ConsolePage):
    """Writes a file of input and says where, for htmx."""

    section = "batch-inference-jobs"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What is wrong lands beside its field."""
        form, made = inputs.generate(self, request.POST)
        return render(request, "batch_jobs/_generate.html", inputs.box(self, form, made), status=200 if made else 422)


class CheckInput(Kind, ConsolePage):
    """Looks at the posted place with the posted version and filter, for htmx."""

    section = "batch-inference-jobs"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, "batch_jobs/_check.html", inputs.checked(self, request.POST))


class GenerateSegmentInput(Segments, GenerateInput):
    """The same for batch segment jobs."""

    section = "batch-segment-jobs"


class CheckSegmentInput(Segments, CheckInput):
    """The same for batch segment jobs."""

    section = "batch-segment-jobs"
