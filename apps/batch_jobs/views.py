"""Batch inference jobs and batch segment jobs: list, form, page of a job, its output line by line."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from apps.batch_jobs import inputs
from apps.batch_jobs.forms import PLAIN, THEMED, BatchForm, InferenceForm, SegmentForm
from apps.ui import cells, formats, model_arns
from apps.ui.flashes import flash
from apps.ui.job_pages import GroupJobPage
from apps.ui.pages import Column, DetailPage, Empty, FormPage, ListPage, RowAction
from personalize_web import operations
from personalize_web.operations import statuses

Row = Mapping[str, Any]
PHASES = ("Read the input", "Answer lines", "Write the output")
MODES = {PLAIN: "Item recommendations", THEMED: "Themed"}


class Kind:
    """What both kinds of jobs are called, and where their pages are."""

    segments = False
    word, noun, resource_kind = "inference", "batch inference job", "batch-inference-job"

    @property
    def list_route(self) -> str:
        """The list's route."""
        return f"batch_jobs:{self.word}_list"

    @property
    def detail_route(self) -> str:
        """The route of a job's page."""
        return f"batch_jobs:{self.word}_detail"


class Segments(Kind):
    """Batch segment jobs."""

    segments = True
    word, noun, resource_kind = "segment", "batch segment job", "batch-segment-job"


class InferenceJobs(Kind, ListPage):
    """The batch inference jobs of a dataset group."""

    operation, answer_key = operations.list_batch_job_details, "jobs"
    title, section = "Batch inference jobs", "batch-inference-jobs"
    description = "A job answers every line of a file with a solution version, and writes the answers as a file."
    empty = Empty("No batch inference jobs", "Answer many users or items at once.")
    create, create_operation = (
        ("Create batch inference job", "batch_jobs:inference_create"),
        "create_batch_inference_job",
    )
    actions = (
        RowAction("view", "View details", lambda page, names: page.url(page.detail_route, job=names[0])),  # type: ignore[attr-defined]
    )

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return (
            Column(
                "name",
                "Name",
                cells.href(lambda row: self.url(self.detail_route, job=row["name"])),
                sortable=True,
            ),
            *self.own_columns(),
            Column(
                "version",
                "Solution version",
                cells.href(self._version, lambda row: f"{row['solutionName']} / {row['versionId']}", css="secondary"),
                value=lambda row: f"{row['solutionName']} / {row['versionId']}",
                sortable=True,
            ),
            Column("status", "Status", cells.status(), sortable=True),
            Column("lines", "Lines", cells.number("lines"), sortable=True, align="end"),
            Column("failed", "With error", cells.number("failed"), sortable=True, align="end"),
            Column(
                "creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True, css="secondary nowrap"
            ),
        )

    def own_columns(self) -> tuple[Column, ...]:
        """What only one kind has."""
        return (Column("mode", "Type", lambda row: MODES.get(row.get("mode"), ""), sortable=True),)

    def arguments(self) -> dict[str, Any]:
        return {"dataset_group_arn": self.group["datasetGroupArn"], "segments": self.segments}

    def rows(self) -> list[Row]:
        return list(operations.list_batch_job_details(self.caller, **self.arguments())["jobs"])

    def _version(self, row: Row) -> str | None:
        if not row["solutionExists"]:
            return None
        return self.url("solutions:version", solution=row["solutionName"], version=row["versionId"])


class SegmentJobs(Segments, InferenceJobs):
    """The batch segment jobs of a dataset group."""

    title, section = "Batch segment jobs", "batch-segment-jobs"
    description = "A job finds the users most likely to interact with each item, or with items of given attributes."
    empty = Empty("No batch segment jobs", "They need a solution with a user segmentation recipe.")
    create, create_operation = ("Create batch segment job", "batch_jobs:segment_create"), "create_batch_segment_job"

    def own_columns(self) -> tuple[Column, ...]:
        return ()


class CreateInference(Kind, FormPage):
    """F25."""

    operation, form_class = operations.create_batch_inference_job, InferenceForm
    template_name = "batch_jobs/form.html"
    title, section, submit = "Create batch inference job", "batch-inference-jobs", "Create batch inference job"
    crumbs = (("Batch inference jobs", "batch_jobs:inference_list"),)

    def about(self) -> dict[str, Any]:
        arn = self.group["datasetGroupArn"]
        choices = operations.describe_batch_choices(self.caller, dataset_group_arn=arn, segments=self.segments)
        name = self.group["name"]
        return super().about() | {
            "choices": choices,
            "base": f"{name}-{'segments' if self.segments else 'batch'}",
            "folder": f"s3://{settings.UPLOAD_BUCKET}/{name}/batch/results/",
        }

    def initial(self) -> dict[str, Any]:
        """``?version=`` begins with a solution version."""
        asked = self.request.GET.get("version", "")
        return {"solution": model_arns.solution_arn(asked), "solution_version_arn": asked} if asked else {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without a script, input is generated and checked by the page itself."""
        if "_generate" not in request.POST and "_check" not in request.POST:
            return super().post(request, *args, **kwargs)
        data, more = request.POST.copy(), {}
        if "_generate" in data:
            form, made = inputs.generate(self, data)
            more = inputs.box(self, form, made)
            if made:
                data["source"] = made["location"]
        self.form = self.form_class(caller=self.caller, about=self.about(), initial=data.dict())
        return self.render(**more, **inputs.checked(self, data))

    def success_url(self, answer: Any) -> str:
        return self.url(self.detail_route, job=self.form.cleaned_data["job_name"])

    def success(self, answer: Any) -> None:
        name = self.form.cleaned_data["job_name"]
        flash(self.request, "in-progress", f"Answering {name}.", "You can leave this page; the job goes on.")

    def context(self) -> dict[str, Any]:
        form: BatchForm = self.form  # type: ignore[assignment]
        return super().context() | {
            "browse_url": reverse("storage:choose"),
            "upload_url": reverse("storage:upload"),
            "upload_folder": inputs.folder(self),
            "check_url": self.url(f"batch_jobs:{self.word}_check"),
            **inputs.box(self, inputs.empty(self, form.chosen), None),
            "segments": self.segments,
            "sample": form.sample,
            "placeholders": form.placeholders,
            "filters_url": self.url("filters:create"),
        }


class CreateSegment(Segments, CreateInference):
    """F26."""

    operation, form_class = operations.create_batch_segment_job, SegmentForm
    title, section, submit = "Create batch segment job", "batch-segment-jobs", "Create batch segment job"
    crumbs = (("Batch segment jobs", "batch_jobs:segment_list"),)


class OfJob(Kind, DetailPage):
    """A page of one batch inference job."""

    operation = operations.describe_batch_inference_job
    section, crumbs = "batch-inference-jobs", (("Batch inference jobs", "batch_jobs:inference_list"),)

    def arn_of_job(self) -> str:
        """The job's ARN."""
        return self.arn(self.resource_kind, self.kwargs["job"])

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """As the API describes it."""
        found = operations.describe_batch_inference_job(self.caller, batch_inference_job_arn=self.arn_of_job())
        return found["batchInferenceJob"]

    @cached_property
    def details(self) -> Mapping[str, Any]:
        """What came of it."""
        return operations.describe_batch_inference_job_details(self.caller, batch_inference_job_arn=self.arn_of_job())

    @property
    def resource(self) -> Mapping[str, Any]:  # type: ignore[override]
        """The job, which must be of the group in the address."""
        if self.details["datasetGroupArn"] != self.group["datasetGroupArn"]:
            raise Http404
        return self.described


class InferenceJob(OfJob, GroupJobPage):
    """One job: how far it is, what it said, where its output lies."""

    section = "batch-inference-jobs"
    template_name = "batch_jobs/detail.html"
    phases = PHASES

    def context(self) -> dict[str, Any]:
        active = self.resource["status"] == statuses.ACTIVE
        same = urlencode({"version": self.resource["solutionVersionArn"]})
        again = f"{self.url(f'batch_jobs:{self.word}_create')}?{same}"
        return super().context() | {
            "noun": self.noun,
            "pairs": self._pairs(),
            "active": active,
            "finished": active,
            "stuck": self.resource["status"] == statuses.CREATE_FAILED,
            "files": self._files(),
            "failed_lines": self.details["failed"] or 0,
            "folder_url": f"{reverse('storage:browse')}?{urlencode({'path': self.details['folder']})}",
            "again_url": again if self.may("analyst") else "",
        }

    def _files(self) -> list[dict[str, Any]]:
        own = self.url(f"batch_jobs:{self.word}_output", job=self.kwargs["job"])
        return [
            {
                "name": file["location"].removeprefix(self.details["folder"]),
                "lines": formats.number(file["lines"]),
                "failed": formats.number(file["failed"]),
                "any_failed": bool(file["failed"]),
                "size": formats.size(file["bytes"]),
                "view_url": f"{own}?{urlencode({'file': place})}",
                "storage_url": f"{reverse('storage:preview')}?{urlencode({'path': file['location']})}",
            }
            for place, file in enumerate(self.details["files"])
        ]

    def own_pairs(self) -> list[dict[str, Any]]:
        """What only one kind has."""
        job = self.resource
        config = job.get("batchInferenceJobConfig") or {}
        explored, moved = config.get("itemExplorationConfig") or {}, config.get("rankingInfluence") or {}
        named = (job.get("themeGenerationConfig") or {}).get("fieldsForThemeGeneration") or {}
        optional = {
            "Item name column": named.get("itemName"),
            "Exploration weight": explored.get("explorationWeight"),
            "Exploration age cutoff, days": explored.get("explorationItemAgeCutOff"),
            "Influence of popularity": moved.get("POPULARITY"),
            "Influence of freshness": moved.get("FRESHNESS"),
        }
        return [
            {"label": "Type", "value": MODES.get(job.get("batchInferenceJobMode", PLAIN))},
            *({"label": label, "value": value} for label, value in optional.items() if value is not None),
        ]

    def _pairs(self) -> list[dict[str, Any]]:
        job, details = self.resource, self.details
        source, target = job["jobInput"]["s3DataSource"], job["jobOutput"]["s3DataDestination"]
        keys = {"Decryption key": source.get("kmsKeyArn"), "Encryption key": target.get("kmsKeyArn")}
        name = details["filterName"]
        return [
            {"label": "ARN", "value": self.arn_of_job(), "copyable": True},
            *self.own_pairs(),
            {"label": "Solution version", "value": self._version_text(), "href": self._version_url()},
            {"label": "Results of each line", "value": formats.number(job["numResults"])},
            {"label": "Input", "value": source["path"], "mono": True, "wide": True},
            {"label": "Output", "value": target["path"], "mono": True, "wide": True},
            {"label": "Filter", "value": name or "None", "href": name and self.url("filters:detail", filter=name)},
            {"label": "Lines", "value": formats.number(details["lines"]) if details["lines"] is not None else ""},
            {
                "label": "Lines with an error",
                "value": formats.number(details["failed"]) if details["failed"] is not None else "",
            },
            {"label": "Duration", "value": self.took(details["seconds"])},
            {"label": "Created", "value": job["creationDateTime"], "moment": "full"},
            {"label": "IAM role", "value": job["roleArn"], "copyable": True},
            *({"label": label, "value": value, "copyable": True} for label, value in keys.items() if value),
        ]

    def _version_text(self) -> str:
        arn = self.resource["solutionVersionArn"]
        return f"{model_arns.solution_name(arn)} / {model_arns.version_id(arn)}"

    def _version_url(self) -> str:
        if not self.details["solutionArn"]:
            return ""
        arn = self.resource["solutionVersionArn"]
        solution, version = model_arns.solution_name(arn), model_arns.version_id(arn)
        return self.url("solutions:version", solution=solution, version=version)


class SegmentOf(Segments, OfJob):
    """A page of one batch segment job."""

    operation = operations.describe_batch_segment_job
    section, crumbs = "batch-segment-jobs", (("Batch segment jobs", "batch_jobs:segment_list"),)

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """As the API describes it."""
        found = operations.describe_batch_segment_job(self.caller, batch_segment_job_arn=self.arn_of_job())
        return found["batchSegmentJob"]

    @cached_property
    def details(self) -> Mapping[str, Any]:
        """What came of it."""
        return operations.describe_batch_segment_job_details(self.caller, batch_segment_job_arn=self.arn_of_job())


class SegmentJob(SegmentOf, InferenceJob):
    """One batch segment job."""

    section = "batch-segment-jobs"

    def own_pairs(self) -> list[dict[str, Any]]:
        return [{"label": "Recipe", "value": self.details["recipe"]}]
