"""Exports of a dataset (F8): the form, the page of a job, its files."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse

from apps.datasets.forms import MODES, ExportForm
from apps.ui import formats
from apps.ui.dataset_pages import DatasetPage
from apps.ui.dataset_types import DatasetType
from apps.ui.flashes import flash
from apps.ui.job_pages import GroupJobPage
from apps.ui.pages import FormPage
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

PHASES = ("Store records", "Write files", "Move files")


def cannot_export(kind: DatasetType) -> str:
    """Why a kind of dataset cannot be exported; empty when it can."""
    return f"{kind.title} cannot be exported." if kind.custom_only else ""


class OfDataset(DatasetPage):
    """A page below a dataset, with the dataset before it in the way here."""

    crumbs = (("Datasets", "datasets:list"),)

    def breadcrumbs(self) -> list[dict[str, str]]:
        """With the dataset before the last."""
        items = super().breadcrumbs()
        href = self.url("datasets:detail", kind=self.kind.slug)
        return [*items[:-1], {"text": str(self.dataset["name"]), "href": href}, items[-1]]

    def cancel_url(self) -> str:
        """Back to the dataset."""
        return self.url("datasets:detail", kind=self.kind.slug)


class CreateExport(OfDataset, FormPage):
    """A new export; ``?retry=`` begins with the settings of another one."""

    operation, form_class = operations.create_dataset_export_job, ExportForm
    template_name = "datasets/create_export.html"
    title, noun, submit, cancel = (
        "Create dataset export job",
        "dataset export job",
        "Create dataset export job",
        "datasets:list",
    )

    def about(self) -> dict[str, Any]:
        """What names and places begin with."""
        group, slug = self.group["name"], self.kind.slug
        folder = f"s3://{settings.UPLOAD_BUCKET}/{group}/exports/{slug}/"
        return super().about() | {"base": f"{self.dataset['name']}-export", "folder": folder}

    def initial(self) -> dict[str, Any]:
        """The settings of the export that is tried again."""
        name = self.request.GET.get("retry")
        if not name:
            return {}
        try:
            arn = self.arn("dataset-export-job", name)
            job = operations.describe_dataset_export_job(self.caller, dataset_export_job_arn=arn)["datasetExportJob"]
        except ServiceError:
            return {}
        destination = job["jobOutput"]["s3DataDestination"]
        return {
            "path": destination["path"],
            "kms_key_arn": destination.get("kmsKeyArn", ""),
            "ingestion_mode": job.get("ingestionMode", "ALL"),
        }

    def arguments(self) -> dict[str, Any]:
        """The form's, for this dataset."""
        return self.form.arguments() | {"dataset_arn": self.dataset_arn}

    def blocked(self) -> str:
        """The two action datasets cannot be exported; others once they are Active."""
        ready = self.dataset["status"] == statuses.ACTIVE
        return super().blocked() or cannot_export(self.kind) or ("" if ready else "Wait until the dataset is Active.")

    def success_url(self, answer: Any) -> str:
        """The page of the export."""
        return self.url("datasets:export", kind=self.kind.slug, job=self.form.cleaned_data["job_name"])

    def success(self, answer: Any) -> None:
        """It goes on by itself."""
        name = self.form.cleaned_data["job_name"]
        flash(self.request, "in-progress", f"Exporting {name}.", "You can leave this page; the export goes on.")

    def context(self) -> dict[str, Any]:
        """Where the output may go, and why nothing can be exported."""
        return super().context() | {
            "browse_url": reverse("storage:choose"),
            "refused_kind": cannot_export(self.kind),
            "dataset_url": self.cancel_url(),
        }


class ExportPage(OfDataset):
    """A page of one export of this dataset."""

    @cached_property
    def export(self) -> Mapping[str, Any]:
        """As describe_dataset_export_job answers it."""
        arn = self.arn("dataset-export-job", self.kwargs["job"])
        found = operations.describe_dataset_export_job(self.caller, dataset_export_job_arn=arn)["datasetExportJob"]
        if found["datasetArn"] != self.dataset_arn:
            raise Http404
        return found

    @cached_property
    def details(self) -> Mapping[str, Any]:
        """What was written: rows, bytes, files."""
        arn = self.export["datasetExportJobArn"]
        return operations.describe_dataset_export_job_details(self.caller, dataset_export_job_arn=arn)


class Export(ExportPage, GroupJobPage):
    """One export: how far it is, then its files."""

    operation, noun = operations.describe_dataset_export_job, "dataset export job"
    template_name = "datasets/export.html"
    phases = PHASES

    @property
    def resource(self) -> Mapping[str, Any]:  # type: ignore[override]
        """The export."""
        return self.export

    def arn_of_job(self) -> str:
        """The export's ARN."""
        return str(self.export["datasetExportJobArn"])

    def context(self) -> dict[str, Any]:
        """Facts and files."""
        again = f"{self.url('datasets:create_export', kind=self.kind.slug)}?retry={self.kwargs['job']}"
        active = self.export["status"] == statuses.ACTIVE
        return super().context() | {
            "kind": self.kind,
            "pairs": self._pairs(),
            "files": self._files() if active else [],
            "zip_url": self.url("datasets:download_export", kind=self.kind.slug, job=self.kwargs["job"]),
            "download_denied": self.denied("create_dataset_export_job"),
            "active": active,
            "failed": self.export["status"] == statuses.CREATE_FAILED,
            "notes": self.details["warnings"],
            "retry_url": again if self.may("analyst") else "",
            "dataset_url": self.url("datasets:detail", kind=self.kind.slug),
        }

    def _files(self) -> list[dict[str, Any]]:
        own = self.url("datasets:download_export", kind=self.kind.slug, job=self.kwargs["job"])
        return [
            {
                "name": file["location"].rpartition("/")[2],
                "location": file["location"],
                "size": formats.size(file["bytes"]),
                "download_url": f"{own}?{urlencode({'file': file['location']})}",
                "preview_url": f"{reverse('storage:preview')}?{urlencode({'path': file['location']})}",
            }
            for file in self.details["files"]
        ]

    def _pairs(self) -> list[dict[str, Any]]:
        job, details = self.export, self.details
        destination = job["jobOutput"]["s3DataDestination"]
        rows, size = details.get("rows"), details.get("bytes")
        pairs: list[dict[str, Any]] = [
            {"label": "ARN", "value": job["datasetExportJobArn"], "copyable": True},
            {"label": "Export data type", "value": MODES.get(job.get("ingestionMode", "PUT"))},
            {"label": "Data output path", "value": destination["path"], "mono": True, "wide": True},
            {"label": "Started", "value": job["creationDateTime"], "moment": "full"},
            {"label": "Rows", "value": formats.number(rows) if rows is not None else ""},
            {"label": "Size", "value": formats.size(size) if size is not None else ""},
            {"label": "Duration", "value": self.took(details.get("seconds"))},
            {"label": "IAM role", "value": job["roleArn"], "copyable": True},
        ]
        if destination.get("kmsKeyArn"):
            pairs.append({"label": "KMS key", "value": destination["kmsKeyArn"], "copyable": True})
        return pairs


class DownloadExport(ExportPage):
    """All files of an export as an archive; with ``?file=`` one of them as it is."""

    operation = operations.download_stored_objects

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | StreamingHttpResponse:  # type: ignore[override]
        """Streamed while it is read."""
        files = [file["location"] for file in self.details["files"]]
        chosen = request.GET.get("file")
        if not files or (chosen and chosen not in files):
            raise Http404
        if chosen:
            found = operations.download_stored_object(self.caller, location=chosen)
        else:
            name = f"{self.kwargs['job']}.zip"
            found = operations.download_stored_objects(self.caller, stored=files, name=name)
        return attachment(found)


def attachment(found: Mapping[str, Any]) -> StreamingHttpResponse:
    """What a download operation answers, as a file for the browser to keep."""
    kind = "application/zip" if found["name"].endswith(".zip") else "text/csv; charset=utf-8"
    response = StreamingHttpResponse(found["chunks"], content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{found["name"]}"'
    if found.get("bytes") is not None:
        response.headers["Content-Length"] = str(found["bytes"])
    return response
