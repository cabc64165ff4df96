"""Checks while one fills in a form: the schema as it is typed, the file before it is imported."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from apps.ui import formats, schema_editor
from apps.ui.dataset_pages import DatasetPage
from personalize_web import operations
from personalize_web.operations import ServiceError

SHOWN_ROWS = 5


class SchemaCheck(DatasetPage):
    """The status bar and the list of problems, for htmx."""

    must_exist = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the text that was posted."""
        text = request.POST.get("definition", "")
        found = schema_editor.context(self.caller, text, self.kind, self.group.get("domain"))
        return render(request, "schemas/_problems.html", found)


class Preflight(DatasetPage):
    """The first rows of a file beside the schema of the dataset, for htmx."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at the posted location."""
        location = request.POST.get("data_location", "").strip()
        if not location:
            return render(request, "import_jobs/_preflight.html", {})
        try:
            found = operations.preflight_import(self.caller, data_location=location, **self.against())
        except ServiceError as error:
            return render(request, "import_jobs/_preflight.html", {"error": error.message})
        return render(
            request,
            "import_jobs/_preflight.html",
            {"preflight": shown(found, location), "prepare_url": self.prepare_url(found, location)},
        )

    def prepare_url(self, found: Mapping[str, Any], location: str) -> str:
        """Where a file that does not fit is mended; empty where it fits, or where nothing can be prepared."""
        if found.get("usable", True) or self.kind.custom_only or not self.may("analyst"):
            return ""
        address = self.url("import_jobs:prepare", kind=self.kind.slug, step="source")
        return f"{address}?{urlencode({'data_location': location})}"

    def against(self) -> dict[str, str]:
        """The dataset's own schema."""
        return {"dataset_arn": str(self.dataset["datasetArn"])}


class WizardPreflight(Preflight):
    """The same before there is a dataset: beside the schema of step 2."""

    must_exist = False

    def against(self) -> dict[str, str]:
        """The schema in the wizard's state."""
        kept = self.request.session.get("wizards", {}).get(self.request.GET.get("w", ""), {})
        posted = QueryDict(kept.get("schema", ""))
        if posted.get("schema_choice") == "existing" and posted.get("existing_schema"):
            found = operations.describe_schema(self.caller, schema_arn=posted["existing_schema"])
            return {"schema": found["schema"]["schema"]} | (
                {"domain": found["schema"]["domain"]} if "domain" in found["schema"] else {}
            )
        text = (
            posted.get("definition") or schema_editor.facts(self.caller, self.kind, self.group.get("domain"))["schema"]
        )
        domain = self.group.get("domain")
        return {"schema": text} | ({"domain": domain} if domain else {})


def shown(found: Mapping[str, Any], location: str) -> dict[str, Any]:
    """What import_jobs/_preflight.html draws of an answer of preflight_import."""
    columns = list(found["columns"])
    problems = list(found.get("problems", ()))
    present = sum(bool(column.get("found", True)) for column in columns)
    worst = "error" if any(one["severity"] == "error" for one in problems) or found.get("missing") else "success"
    if worst == "success" and problems:
        worst = "warning"
    numeric = {column["name"]: column.get("type") in ("int", "long", "float", "double") for column in columns}
    names = [column["name"] for column in columns if column.get("found", True)]
    facts = []
    if found.get("estimatedRows"):
        took = formats.duration(max(1, round(found.get("estimatedSeconds") or 0)))
        text = f"About {formats.number(found['estimatedRows'])} rows, {took} or more"
        facts.append({"icon": "clock", "look": "s14", "text": text})
    if found.get("files", 1) > 1:
        facts.append({"icon": "file", "look": "s14", "text": f"{found['files']} files"})
    facts.append({"icon": "data", "look": "s14", "text": formats.size(found["bytes"])})
    if not found.get("missing"):
        facts.append({"icon": "okc", "look": "s14 text-success", "text": "The header names every field of the schema"})
    return {
        "name": location.rstrip("/").rpartition("/")[2] or location,
        "verdict": f"{present} of {len(columns)} columns match",
        "indicator": worst,
        "sampleRows": found.get("sampleRows"),
        "shown": [column | {"numeric": numeric[column["name"]]} for column in columns if column["name"] in names],
        "rows": [_row(row, names, numeric) for row in (found.get("sampleRows") or [])[:SHOWN_ROWS]],
        "dates": "TIMESTAMP" in names,
        "facts": facts,
        "problems": problems,
    }


def _row(row: Any, names: list[str], numeric: Mapping[str, bool]) -> list[dict[str, Any]]:
    values = [row.get(name) for name in names] if isinstance(row, Mapping) else list(row)
    cells = [
        {"text": formats.MISSING if value is None or value == "" else str(value)[:60], "numeric": numeric[name]}
        for name, value in zip(names, values, strict=False)
    ]
    if "TIMESTAMP" in names:
        cells.append({"text": _date(values[names.index("TIMESTAMP")]), "numeric": True})
    return cells


def _date(value: Any) -> str:
    """Unix seconds as a date; a dash for anything else."""
    text = str(value or "").strip()
    if not text.isdecimal() or len(text) > 10:
        return formats.MISSING
    moment = formats.moment(datetime.fromtimestamp(int(text), UTC))
    return formats.full(moment) if moment is not None else formats.MISSING
