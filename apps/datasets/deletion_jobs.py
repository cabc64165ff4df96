"""Data deletion jobs (F9): all of a group, the form with its preview, the page of a job."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.datasets.forms import LIST, DataDeletionForm
from apps.ui import cells, dataset_types, formats, jobs
from apps.ui.flashes import flash
from apps.ui.job_pages import GroupJobPage
from apps.ui.pages import Column, Empty, FormPage, ListPage, everything
from personalize_web import operations
from personalize_web.operations import Caller, ServiceError, statuses

PHASES = ("Read user ids", "Count", "Columns", "Logs", "Indexes", "Models", "Database")
BEWARE = ("create-dataset-import-job", "create-solution-version", "create-recommender", "retrain-recommender")
"""Work that may still hold what is deleted meanwhile."""
CRUMBS = (("Datasets", "datasets:list"),)
EMPTY = Empty("No data deletion jobs", "Remove all data of listed users.")


def described(caller: Caller, group_arn: str, *, at_most: int | None = None) -> list[dict[str, Any]]:
    """The data deletion jobs of a group, newest first, each as describe_data_deletion_job answers it."""
    list_jobs, key = operations.list_data_deletion_jobs, "dataDeletionJobs"
    if at_most is None:
        listed = everything(list_jobs, caller, key, dataset_group_arn=group_arn)
    else:
        listed = list_jobs(caller, dataset_group_arn=group_arn, max_results=at_most)[key]
    return [
        operations.describe_data_deletion_job(caller, data_deletion_job_arn=one["dataDeletionJobArn"])[
            "dataDeletionJob"
        ]
        for one in listed
    ]


class DataDeletionJobs(ListPage):
    """Every data deletion job of the group."""

    operation = operations.list_data_deletion_jobs
    title, section, noun, info = "Data deletion jobs", "datasets", "data deletion job", "data-deletion"
    crumbs = CRUMBS
    description = "A data deletion job removes every record of the users it names, from all datasets of the group."
    empty = EMPTY
    create, create_operation = ("Create job", "datasets:create_deletion"), "create_data_deletion_job"

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """Links need the group's name."""
        return (
            Column("jobName", "Name", cells.href(self._address, "jobName"), sortable=True),
            Column("status", "Status", cells.status(identity="jobName"), sortable=True),
            Column("numDeleted", "Records deleted", cells.number("numDeleted"), align="end", sortable=True),
            Column("creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True),
        )

    def _address(self, row: Mapping[str, Any]) -> str:
        return self.url("datasets:deletion", job=row["jobName"])

    def identify(self, row: Mapping[str, Any]) -> str:
        """Jobs have a name of their own kind."""
        return str(row["jobName"])

    def rows(self) -> list[Mapping[str, Any]]:
        """With how much each removed."""
        return list(described(self.caller, self.group["datasetGroupArn"]))


class CreateDataDeletionJob(FormPage):
    """The form; ``_preview`` among the posted fields asks only what would go."""

    operation, form_class = operations.create_data_deletion_job, DataDeletionForm
    template_name = "datasets/create_deletion.html"
    title, noun, submit, cancel = "Create data deletion job", "data deletion job", "Create job", "datasets:list"
    section, info = "datasets", "data-deletion"
    crumbs = CRUMBS
    description = "Removes every record of the listed users from all datasets of this group. It cannot be undone."

    form: DataDeletionForm  # type: ignore[assignment]

    def about(self) -> dict[str, Any]:
        """What the name begins with."""
        return super().about() | {"base": f"{self.group['name']}-deletion"}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What would go, or the job itself."""
        if "_preview" not in request.POST:
            return super().post(request, *args, **kwargs)
        self.form = self.make_form(request.POST)
        found = self._preview()
        if request.htmx:
            return render(request, "datasets/_deletion_preview.html", found)
        return self.render(**found)

    def _preview(self) -> dict[str, Any]:
        """How many of the users are known, and how much there is of them; or why that cannot be said."""
        self.form.is_valid()
        if self.form["source"].value() == LIST:
            wanted: dict[str, Any] = {"user_ids": self.form.ids()}
        else:
            wanted = {"data_location": self.form["data_location"].value() or ""}
        if not any(wanted.values()):
            return {"preview_problem": "Enter user ids or the location of a file first."}
        for name in wanted:
            if self.form.errors.get(name):
                return {"preview_problem": self.form.errors[name][0]}
        try:
            arn = self.group["datasetGroupArn"]
            return {"preview": operations.preview_data_deletion(self.caller, dataset_group_arn=arn, **wanted)}
        except ServiceError as error:
            return {"preview_problem": error.message}

    def arguments(self) -> dict[str, Any]:
        """As create_data_deletion_job takes them; ids that were entered are kept as a file with the job's name."""
        data = self.form.cleaned_data
        place = data.get("data_location", "")
        if data.get("source") == LIST:
            place = f"s3://{settings.UPLOAD_BUCKET}/data-deletion/{self.group['name']}/{data.get('job_name', '')}.csv"
        return self._common() | {"data_source": {"dataLocation": place}}

    def _common(self) -> dict[str, Any]:
        data = self.form.cleaned_data
        given = {
            "job_name": data.get("job_name", ""),
            "dataset_group_arn": self.group["datasetGroupArn"],
            "role_arn": self.form.chosen_role(),
        }
        return given | ({"tags": data["tags"]} if data.get("tags") else {})

    def perform(self) -> Any:
        """From a file, or from the ids that were entered."""
        if self.form.cleaned_data["source"] == LIST:
            ids = self.form.ids()
            return operations.create_data_deletion_job_from_ids(self.caller, user_ids=ids, **self._common())
        return operations.create_data_deletion_job(self.caller, **self.arguments())

    def success_url(self, answer: Any) -> str:
        """The page of the job."""
        return self.url("datasets:deletion", job=self.form.cleaned_data["job_name"])

    def success(self, answer: Any) -> None:
        """It goes on by itself."""
        flash(self.request, "in-progress", f"Deleting data: {self.form.cleaned_data['job_name']}…")

    def context(self) -> dict[str, Any]:
        """What runs meanwhile and may keep what is deleted."""
        found = operations.list_jobs(
            self.caller, dataset_group_arn=self.group["datasetGroupArn"], states=list(jobs.RUNNING)
        )["jobs"]
        return super().context() | {
            "beware": [jobs.line(job) for job in found if job["kind"] in BEWARE],
            "browse_url": reverse("storage:choose"),
            "upload_url": reverse("storage:upload"),
            "folder": f"s3://{settings.UPLOAD_BUCKET}/{self.group['name']}/data-deletion/",
        }


class DataDeletionJob(GroupJobPage):
    """One job: how far it is, how much went, and what to do next."""

    operation, noun = operations.describe_data_deletion_job, "data deletion job"
    template_name = "datasets/deletion.html"
    crumbs = (*CRUMBS, ("Data deletion jobs", "datasets:deletions"))
    phases = PHASES

    @cached_property
    def resource(self) -> dict[str, Any]:
        """As describe_data_deletion_job answers it; only of this group."""
        arn = self.arn_of_job()
        found = operations.describe_data_deletion_job(self.caller, data_deletion_job_arn=arn)["dataDeletionJob"]
        if found["datasetGroupArn"] != self.group["datasetGroupArn"]:
            raise Http404
        return found

    def arn_of_job(self) -> str:
        """From the name in the address."""
        return self.arn("data-deletion-job", self.kwargs["job"])

    def context(self) -> dict[str, Any]:
        """Facts, and what comes after."""
        details = operations.describe_data_deletion_job_details(self.caller, data_deletion_job_arn=self.arn_of_job())
        status = self.resource["status"]
        return super().context() | {
            "details": details,
            "pairs": self._pairs(details),
            "kinds": [
                {"title": dataset_types.of(kind).title, "rows": rows} for kind, rows in details["rows"].items() if rows
            ],
            "completed": status == statuses.COMPLETED,
            "failed": status == statuses.FAILED,
            "solutions_url": self.url("solutions:list"),
            "campaigns_url": self.url("campaigns:list"),
            "recommenders_url": self.url("recommenders:list") if self.group.get("domain") else "",
            "again_url": self.url("datasets:create_deletion") if self.may("administrator") else "",
        }

    def _pairs(self, details: Mapping[str, Any]) -> list[dict[str, Any]]:
        job = self.resource
        deleted = job.get("numDeleted")
        return [
            {"label": "ARN", "value": job["dataDeletionJobArn"], "copyable": True},
            {"label": "Records deleted", "value": formats.number(deleted) if deleted is not None else ""},
            {"label": "Input", "value": job["dataSource"]["dataLocation"], "mono": True, "wide": True},
            {"label": "Users", "value": _users(details)},
            {"label": "Created", "value": job["creationDateTime"], "moment": "full"},
            {"label": "Duration", "value": self.took(details.get("seconds"))},
            {"label": "IAM role", "value": job["roleArn"], "copyable": True},
        ]


def _users(details: Mapping[str, Any]) -> str:
    """How many of the named users there were."""
    if details.get("users") is None:
        return ""
    return f"{formats.number(details['known'])} of {formats.number(details['users'])} known"
