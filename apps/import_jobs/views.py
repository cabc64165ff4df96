"""Later imports (F5), the page of an import job, its log."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.import_jobs import data_checks, forms, locations, publishing
from apps.import_jobs.failures import Advice, advice, buttons
from apps.ui import formats, jobs
from apps.ui.dataset_pages import DatasetPage
from apps.ui.flashes import flash
from apps.ui.pages import DetailPage, FormPage
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

PHASES = ("Fetch", "Open", "Read", "Check", "Publish", "Index")
MODES = {"INCREMENTAL": "Add to existing data", "FULL": "Replace existing data"}


class CreateImportJob(DatasetPage, FormPage):
    """Import into a dataset that is there; ``?retry=`` begins with the settings of another import."""

    operation, form_class = operations.create_dataset_import_job, forms.ImportForm
    template_name = "import_jobs/create.html"
    title, noun, submit, cancel = "Create dataset import job", "import job", "Start import", "datasets:list"
    crumbs = (("Datasets", "datasets:list"),)
    info = "import-mode"

    def breadcrumbs(self) -> list[dict[str, str]]:
        """With the dataset before the last."""
        items = super().breadcrumbs()
        href = self.url("datasets:detail", kind=self.kind.slug)
        return [*items[:-1], {"text": str(self.dataset["name"]), "href": href}, items[-1]]

    @cached_property
    def retried(self) -> Mapping[str, Any] | None:
        """The import whose settings are used again."""
        name = self.request.GET.get("retry")
        if not name:
            return None
        try:
            arn = self.arn("dataset-import-job", name)
            return operations.describe_dataset_import_job(self.caller, dataset_import_job_arn=arn)["datasetImportJob"]
        except ServiceError:
            return None

    def about(self) -> dict[str, Any]:
        """What the form needs to know of the dataset."""
        return super().about() | {
            "kind": self.kind,
            "first": not self.imported_before,
            "rows": formats.number(self.imported_rows) if self.imported_rows else "",
            "base": str(self.dataset["name"]),
            "publishing": self.publishing,
        }

    @cached_property
    def publishing(self) -> Mapping[str, Any] | None:
        """Whether event metrics of the import can be published."""
        return publishing.state(self.caller, self.group, self.kind)

    def initial(self) -> dict[str, Any]:
        """The settings of the import that is tried again."""
        if self.retried is None:
            return {}
        role = self.retried.get("roleArn")
        given = {
            "data_location": self.retried["dataSource"]["dataLocation"],
            "import_mode": self.retried.get("importMode", "FULL"),
        }
        return given | ({"role": forms.CUSTOM_ROLE, "role_arn": role} if role else {})

    def arguments(self) -> dict[str, Any]:
        """The form's, for this dataset; as far as they are filled in."""
        data = self.form.cleaned_data
        complete = "job_name" in data and "data_location" in data
        return ({} if not complete else self.form.arguments()) | {"dataset_arn": self.dataset_arn}

    def blocked(self) -> str:
        """V-READY."""
        ready = self.dataset["status"] == statuses.ACTIVE
        return super().blocked() or ("" if ready else "Wait until the dataset is Active.")

    def success_url(self, answer: Any) -> str:
        """The page of the import."""
        return self.url("import_jobs:detail", kind=self.kind.slug, job=self.form.cleaned_data["job_name"])

    def success(self, answer: Any) -> None:
        """It goes on by itself."""
        name = self.form.cleaned_data["job_name"]
        flash(self.request, "in-progress", f"Importing {name}.", "You can leave this page; the import goes on.")

    def cancel_url(self) -> str:
        """Back to the dataset."""
        return self.url("datasets:detail", kind=self.kind.slug)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """While the dataset is being created, htmx asks for the page again and again."""
        if "wait" in request.GET:
            waiting = self.dataset["status"] in statuses.BUILDING
            response = HttpResponse(status=204)
            if not waiting:
                response.headers["HX-Refresh"] = "true"
            return response
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Beside the import: a dry run over the same files."""
        if "_check" not in request.POST:
            return super().post(request, *args, **kwargs)
        self.form = self.make_form(request.POST)
        if self.form.is_valid() or "data_location" not in self.form.errors:
            location = self.form.cleaned_data["data_location"]
            try:
                return self.redirect(
                    data_checks.begin(
                        self.caller, self.group, self.kind, location, request.POST, dataset_arn=self.dataset_arn
                    )
                )
            except ServiceError as error:
                self.form.place(error)
        return self.render(status=422)

    def context(self) -> dict[str, Any]:
        """The failed import above, where one is tried again."""
        more: dict[str, Any] = locations.fields(self.group["name"], self.kind) | {"publishing": self.publishing}
        more["preflight_url"] = self.url("import_jobs:preflight", kind=self.kind.slug)
        if self.dataset["status"] in statuses.BUILDING:
            more["wait_url"] = f"{self.request.path}?wait=1"
        if self.retried is not None and self.retried["status"] == statuses.CREATE_FAILED:
            details = _details(self, self.retried)
            found = advice(self.retried.get("failureReason"), bad_rows=len(details["badRows"]))
            more |= {
                "retry_of": self.retried,
                "retry_details": details,
                "retry_advice": found,
                "retry_ways": _ways(self, found, self.retried, details, again=""),
            }
        return super().context() | more


def _details(page: DatasetPage, job: Mapping[str, Any]) -> dict[str, Any]:
    arn = job["datasetImportJobArn"]
    return operations.describe_dataset_import_job_details(page.caller, dataset_import_job_arn=arn)


def _ways(
    page: DatasetPage, found: Advice, job: Mapping[str, Any], details: Mapping[str, Any], *, again: str
) -> list[dict[str, str]]:
    """What leads on from a failed import, for those who may go there."""
    location = job["dataSource"]["dataLocation"]
    prepare = page.url("import_jobs:prepare", kind=page.kind.slug, step="source")
    analyst = page.may("analyst")
    links = {
        "again": again if analyst else "",
        "prepare": f"{prepare}?{urlencode({'data_location': location})}"
        if analyst and not page.kind.custom_only
        else "",
        "roles": "/console/help/storage-and-roles/",
        "activity": "/console/activity/",
        "analysis": page.url("insights:report"),
        "row": reverse("storage:preview"),
    }
    return buttons(found, links, details["badRows"], location)


class ImportJob(DatasetPage, DetailPage):
    """One import: how far it is, what was read, or why it failed and what to do."""

    operation, answer_key, noun = operations.describe_dataset_import_job, "datasetImportJob", "import job"
    template_name = "import_jobs/detail.html"
    crumbs = (("Datasets", "datasets:list"),)
    live = ("import_jobs/_progress.html", "activity/_log_lines.html", "import_jobs/_status.html")

    def arguments(self) -> dict[str, Any]:
        """The ARN from the name in the address."""
        return {"dataset_import_job_arn": self.arn("dataset-import-job", self.kwargs["job"])}

    def get_title(self) -> str:
        """Its name."""
        return str(self.kwargs["job"])

    def breadcrumbs(self) -> list[dict[str, str]]:
        """With the dataset before the last."""
        items = super().breadcrumbs()
        href = self.url("datasets:detail", kind=self.kind.slug)
        return [*items[:-1], {"text": str(self.dataset["name"]), "href": href}, items[-1]]

    @cached_property
    def job(self) -> Mapping[str, Any] | None:
        """The background job."""
        return operations.describe_job(self.caller, resource_arn=self.resource["datasetImportJobArn"])["job"]

    def context(self) -> dict[str, Any]:
        """Progress, facts, failure, log."""
        arn = self.resource["datasetImportJobArn"]
        details = _details(self, self.resource)
        lines = operations.get_job_log(self.caller, resource_arn=arn)["lines"]
        failed = self.resource["status"] == statuses.CREATE_FAILED
        found = advice(self.resource.get("failureReason"), bad_rows=len(details["badRows"])) if failed else None
        again = f"{self.url('import_jobs:create', kind=self.kind.slug)}?retry={self.kwargs['job']}"
        return super().context() | {
            "job": self.resource,
            "details": details,
            "progress": jobs.progress(self.job),
            "phases": jobs.phase_steps(self.job, PHASES),
            "running": self.resource["status"] in statuses.BUILDING,
            "pairs": self._pairs(details),
            "lines": [line | {"number": line["id"]} for line in lines],
            "warnings": sum(line["level"] == "warning" for line in lines),
            "errors": sum(line["level"] == "error" for line in lines),
            "log_url": self.url("import_jobs:log", kind=self.kind.slug, job=self.kwargs["job"]),
            "last_line": lines[-1]["id"] if lines else 0,
            "advice": found,
            "ways": _ways(self, found, self.resource, details, again=again) if found else [],
            "retry_url": again if self.may("analyst") else "",
            "dataset_url": self.url("datasets:detail", kind=self.kind.slug),
            "kind": self.kind,
        }

    def _pairs(self, details: Mapping[str, Any]) -> list[dict[str, Any]]:
        job = self.resource
        took = details.get("seconds") or (jobs.seconds(self.job) if self.job else None)
        pairs: list[dict[str, Any]] = [
            {"label": "ARN", "value": job["datasetImportJobArn"], "copyable": True},
            {"label": "Import mode", "value": MODES.get(job.get("importMode", "FULL"))},
            {"label": "Location", "value": job["dataSource"]["dataLocation"], "mono": True, "wide": True},
            {"label": "Started", "value": job["creationDateTime"], "moment": "full"},
            {"label": "Rows", "value": formats.number(details["rows"]) if details.get("rows") is not None else ""},
            {"label": "Size", "value": formats.size(details["bytes"]) if details.get("bytes") is not None else ""},
            {"label": "Duration", "value": formats.duration(took) if took is not None else ""},
        ]
        if job.get("roleArn"):
            pairs.append({"label": "IAM role", "value": job["roleArn"], "copyable": True})
        return pairs


class ImportLog(DatasetPage):
    """The whole log as a text file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """One line of text a line of the log."""
        arn = self.arn("dataset-import-job", self.kwargs["job"])
        operations.describe_dataset_import_job(self.caller, dataset_import_job_arn=arn)
        lines = operations.get_job_log(self.caller, resource_arn=arn)["lines"]
        text = "".join(f"{line['at'].isoformat()} {line['level'].upper()} {line['text']}\n" for line in lines)
        response = render(request, "import_jobs/log.txt", {"text": text}, content_type="text/plain; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{self.kwargs["job"]}.log"'
        return response
