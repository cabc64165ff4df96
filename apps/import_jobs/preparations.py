"""A preparation's page, and the same recipe on the next file."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from apps.import_jobs import locations, prepare_forms, quality
from apps.import_jobs.prepare import said
from apps.ui import dataset_types, formats, jobs, schema_editor
from apps.ui.dataset_types import DatasetType
from apps.ui.flashes import flash
from apps.ui.pages import ConsolePage, DetailPage, FormPage
from personalize_web import operations
from personalize_web.operations import statuses

LABELS = {key: label for choices in prepare_forms.CONVERTERS.values() for key, label in choices if key}
"""Converters as the wizard calls them."""
PHASES = ("Fetch", "Map columns", "Look for gaps", "Write rows")


class OfPreparation(ConsolePage):
    """A page of one preparation."""

    section = "datasets"
    crumbs = (("Datasets", "datasets:list"),)

    @cached_property
    def preparation(self) -> dict[str, Any]:
        """As describe_data_preparation answers it."""
        arn = self.arn("data-preparation", self.kwargs["preparation"])
        return operations.describe_data_preparation(self.caller, data_preparation_arn=arn)["dataPreparation"]

    @cached_property
    def kind(self) -> DatasetType:
        """What the file is for."""
        return dataset_types.of(self.preparation["datasetType"])


class PreparationPage(OfPreparation, DetailPage):
    """How far it is; then what was written, and the way on to the import."""

    operation, answer_key, noun = operations.describe_data_preparation, "dataPreparation", "data preparation"
    template_name = "import_jobs/preparation.html"
    live = ("import_jobs/_progress.html", "activity/_log_lines.html")
    title = "Data preparation"

    def arguments(self) -> dict[str, Any]:
        """The ARN from the address."""
        return {"data_preparation_arn": self.arn("data-preparation", self.kwargs["preparation"])}

    @cached_property
    def job(self) -> Mapping[str, Any] | None:
        """The background job."""
        return operations.describe_job(self.caller, resource_arn=self.resource["dataPreparationArn"])["job"]

    def import_url(self) -> str:
        """F4 step 2 with schema and location filled in; the import form where the dataset is there already."""
        listed = operations.list_datasets(self.caller, dataset_group_arn=self.group["datasetGroupArn"])["datasets"]
        if any(one["datasetType"].upper() == self.kind.key for one in listed):
            query = urlencode({"data_location": self.resource.get("outputLocation", "")})
            return f"{self.url('import_jobs:create', kind=self.kind.slug)}?{query}"
        query = urlencode({"preparation": self.kwargs["preparation"]})
        return f"{self.url('import_jobs:wizard', kind=self.kind.slug, step='schema')}?{query}"

    def context(self) -> dict[str, Any]:
        """Progress, facts, what was done, the report on the rows before."""
        found, result = self.resource, self.resource.get("result") or {}
        lines = operations.get_job_log(self.caller, resource_arn=found["dataPreparationArn"])["lines"]
        report = result.get("report")
        return super().context() | {
            "preparation": found,
            "kind": self.kind,
            "failed": found["status"] == statuses.CREATE_FAILED,
            "running": found["status"] in statuses.BUILDING,
            "progress": jobs.progress(self.job),
            "phases": jobs.phase_steps(self.job, PHASES),
            "result": result,
            "written": bool(result.get("written")),
            "sentences": [said(step) for step in result.get("steps", ()) if step["rows"]],
            "quality": quality.context(report, self.request.GET.get("column", "")) if report else None,
            "mapping": _mapping(found["recipe"]),
            "fields": schema_editor.fields(found["schema"]),
            "import_url": self.import_url() if result.get("written") else "",
            "again_url": self.url("import_jobs:prepare_again", preparation=self.kwargs["preparation"]),
            "again_denied": self.denied("create_dataset_import_job"),
            "pairs": self._pairs(result),
            "lines": [line | {"number": line["id"]} for line in lines],
            "last_line": lines[-1]["id"] if lines else 0,
        }

    def _pairs(self, result: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = self.resource
        pairs: list[dict[str, Any]] = [
            {"label": "Source", "value": found["dataLocation"], "mono": True, "wide": True},
            {"label": "Output", "value": found.get("outputLocation", ""), "mono": True, "wide": True},
            {"label": "Started", "value": found["creationDateTime"], "moment": "full"},
        ]
        if result.get("written"):
            pairs += [
                {"label": "Rows read", "value": formats.number(result["rows"])},
                {"label": "Rows written", "value": formats.number(result["written"])},
                {"label": "Size", "value": formats.size(result["bytes"])},
            ]
        return pairs


def _mapping(recipe: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each field with where it comes from and what is done to it."""
    missing = recipe.get("missing", {})
    return [
        {
            "field": one["field"],
            "source": one["column"] or "",
            "value": "" if one["column"] else one.get("value") or "(empty)",
            "convert": ", ".join(LABELS.get(step, step) for step in one.get("convert", ())),
            "missing": {"keep": "", "drop": "row dropped", "mean": "filled with the mean"}.get(
                how := missing.get(one["field"], {}).get("how", "keep"),
                "most frequent value" if how == "frequent" else str(missing.get(one["field"], {}).get("value")),
            ),
        }
        for one in recipe["columns"]
    ]


class RunAgain(OfPreparation, FormPage):
    """The recipe on other files."""

    operation, form_class = operations.rerun_data_preparation, prepare_forms.RunAgainForm
    template_name = "import_jobs/prepare_again.html"
    title, noun, submit = "Run preparation again", "", "Write prepared file"

    def initial(self) -> dict[str, Any]:
        """The new file goes beside the uploads of today."""
        day = timezone.localdate().isoformat()
        name = (self.preparation.get("outputLocation") or "data.csv").rpartition("/")[2]
        folder = f"s3://{settings.UPLOAD_BUCKET}/{self.group['name']}/{self.kind.slug}/{day}/prepared/"
        return {"output_location": f"{folder}{name}"}

    def arguments(self) -> dict[str, Any]:
        """With the recipe's ARN."""
        return self.form.arguments() | {"data_preparation_arn": self.preparation["dataPreparationArn"]}

    def success_url(self, answer: Any) -> str:
        """The page of the new preparation."""
        return self.url("import_jobs:preparation", preparation=answer["dataPreparationArn"].rpartition("/")[2])

    def success(self, answer: Any) -> None:
        """It goes on by itself."""
        flash(self.request, "in-progress", "Writing the prepared file.", "You can leave this page; it goes on.")

    def cancel_url(self) -> str:
        """Back to the preparation."""
        return self.url("import_jobs:preparation", preparation=self.kwargs["preparation"])

    def context(self) -> dict[str, Any]:
        """The recipe, to see what will be done."""
        more = locations.fields(self.group["name"], self.kind) | {"mapping": _mapping(self.preparation["recipe"])}
        return super().context() | more | {"code": False}
