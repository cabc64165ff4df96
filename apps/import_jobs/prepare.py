"""F4b, the preparation wizard: source, columns, report, fixes, place to write to; the file itself is written later."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from apps.import_jobs import locations, prepare_forms, quality
from apps.ui import jobs, schema_editor
from apps.ui.dataset_pages import DatasetPage
from apps.ui.flashes import flash
from apps.ui.pages import Step, WizardPage, everything
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

REMEMBERED = 1800
"""Seconds that a guess or a report on a sample is kept, so that a step forth and back does not read the file again."""
MEMORY = LocMemCache("preparations", {"TIMEOUT": REMEMBERED, "MAX_ENTRIES": 64})
"""In this process only: guesses and reports quote rows, which have no place in a store that outlives the deletion of
their users."""
EARLIER = 10
"""How many earlier preparations the first step offers."""


class PrepareWizard(DatasetPage, WizardPage):
    """The five steps."""

    operation = operations.create_data_preparation
    template_name = "import_jobs/prepare.html"
    section, info, route, cancel = "datasets", "prepare-data", "import_jobs:prepare", "datasets:list"
    crumbs = (("Datasets", "datasets:list"),)
    submit = "Write prepared file"
    must_exist = False
    steps = (
        Step("source", "Choose source", prepare_forms.SourceForm, "import_jobs/_prepare_source.html"),
        Step("map", "Map columns", prepare_forms.MapForm, "import_jobs/_prepare_map.html"),
        Step("report", "Data quality and insights report", None, "import_jobs/_prepare_report.html"),
        Step("fix", "Mend rows", prepare_forms.FixForm, "import_jobs/_prepare_fix.html"),
        Step("write", "Write file", prepare_forms.WriteForm, "import_jobs/_prepare_write.html"),
    )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Somebody who is not signed in has no steps yet."""
        if not request.user.is_authenticated:
            return DatasetPage.dispatch(self, request, *args, **kwargs)
        try:
            return super().dispatch(request, *args, **kwargs)
        except ServiceError as error:
            return self.refused(error)

    def get_title(self) -> str:
        """As the breadcrumbs name it."""
        return f"Prepare {self.kind.noun} data"

    @property
    def rail(self) -> bool:  # type: ignore[override]
        """Tables need the width."""
        return self.step.slug in ("map", "report", "fix")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Every tab has a wizard of its own."""
        if self.kind.custom_only:
            raise Http404
        if "w" not in request.GET:
            query = urlencode([*request.GET.items(), ("w", self.wizard)])
            address = self.url("import_jobs:prepare", kind=self.kind.slug, step=self.step.slug)
            return self.redirect(f"{address}?{query}")
        if "wait" in request.GET:
            full = self._full()
            done = full is None or full["status"] not in statuses.BUILDING
            return HttpResponse(status=204, headers={"HX-Refresh": "true"} if done else {})
        try:
            return super().get(request, *args, **kwargs)
        except ServiceError as error:
            if self.step.slug == "source":
                raise
            return self._back_to_source(error)

    def _back_to_source(self, error: ServiceError) -> HttpResponse:
        """The file could not be read any more: ask for another."""
        self.step = self.steps[0]
        self.form = self.make_form(self.step)
        self.form.place(error)
        return self.render(status=422)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Beside the steps: a report on every row, and the preview of the fixes."""
        if self.step.slug == "report" and "_full" in request.POST:
            return self._whole(on=request.POST["_full"] == "1")
        if self.step.slug == "fix" and "_preview" in request.POST:
            self.form = self.make_form(self.step, request.POST)
            self.save("fix", request.POST)
            valid = self.form is not None and self.form.is_valid()
            return self.redirect(f"{self.address(self.step)}#preview") if valid else self.render(status=422)
        return super().post(request, *args, **kwargs)

    # What the steps before have said.

    @property
    def location(self) -> str:
        """The source."""
        return QueryDict(self.saved.get("source", "")).get("data_location", "").strip()

    @property
    def domain(self) -> str | None:
        """The group's domain."""
        return self.group.get("domain")

    @cached_property
    def guess(self) -> dict[str, Any] | None:
        """What the columns of the source seem to be; None before there is one."""
        if not self.location:
            return None
        more = {"domain": self.domain} if self.domain else {}
        return self._remembered(
            ("guess", self.location),
            lambda: operations.infer_schema(
                self.caller, dataset_type=self.kind.wire, data_location=self.location, **more
            ),
        )

    @cached_property
    def targets(self) -> list[dict[str, Any]]:
        """The fields to fill: those of the dataset's schema, or every name that means something."""
        if self.dataset:
            return [
                field | {"required": not field["nullable"]} for field in schema_editor.declared(self.schema["schema"])
            ]
        words = schema_editor.facts(self.caller, self.kind, self.domain)["keywords"]
        return [
            {key: word[key] for key in ("name", "type", "nullable", "required", "categorical", "textual")}
            for word in words
        ]

    @cached_property
    def mapped(self) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
        """Schema text, recipe and fields that step 2 made."""
        form: Any = self.earlier(Step("report", "")).get("map")
        if form is None or not form.is_valid():
            return "", {}, []
        text = self.schema["schema"] if self.dataset else schema_editor.written(self.kind, form.schema_fields)
        return text, form.recipe, form.schema_fields

    @cached_property
    def sample(self) -> dict[str, Any] | None:
        """The report on the first rows, before any fix."""
        return self._report({})

    def _report(self, fixes: Mapping[str, Any]) -> dict[str, Any] | None:
        text, recipe, _ = self.mapped
        if not recipe:
            return None
        whole = recipe | dict(fixes)
        return self._remembered(
            ("report", self.location, text, json.dumps(whole, sort_keys=True)),
            lambda: operations.report_data_preparation(
                self.caller,
                dataset_group_arn=self.group["datasetGroupArn"],
                dataset_type=self.kind.wire,
                data_location=self.location,
                schema=text,
                recipe=whole,
            ),
        )

    def _remembered(self, key: tuple[str, ...], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        read = self.saved.get("_read", "")  # choosing the source again reads it again
        parts = (self.caller.arn, self.wizard, read, self.group["name"], self.kind.key, *key)
        name = "prepare-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
        found = MEMORY.get(name)
        if found is None:
            found = make()
            MEMORY.set(name, found)
        return found

    # What the base class asks for.

    def about(self) -> dict[str, Any]:
        """What the forms need to know; the file is read only by the steps after the first."""
        more: dict[str, Any] = {"check": self._problems, "fixed": bool(self.dataset)}
        if self.location and self._reading:
            more |= {"guess": self.guess, "targets": self.targets}
        return super().about() | more

    _reading = False

    def earlier(self, step: Step) -> dict[str, Any]:
        """The forms before ``step``; those after the first know the file."""
        self._reading = step.slug != "source"
        found = super().earlier(step)
        if "fix" in found:
            found["fix"] = self.make_form(self.steps[3])
            found["fix"].is_valid()
        return found

    def make_form(self, step: Step, data: Any = None) -> Any:
        """The form of step 4 also knows the mapping and the report."""
        self._reading = step.slug != "source"
        if step.form_class is prepare_forms.FixForm:
            self._fix_facts = {"schema_fields": self.mapped[2], "columns": (self.sample or {}).get("columns", ())}
            given = data if data is not None else self._saved("fix")
            return prepare_forms.FixForm(given, caller=self.caller, about=self.about() | self._fix_facts)
        return super().make_form(step, data)

    def _saved(self, slug: str) -> QueryDict | None:
        return QueryDict(self.saved[slug]) if slug in self.saved else None

    def _problems(self, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
        text = schema_editor.written(self.kind, fields)
        return schema_editor.problems(self.caller, text, self.kind, self.domain)

    def initial(self, step: Step) -> dict[str, Any]:
        """The file goes beside the uploads unless one says otherwise."""
        if step.slug != "write":
            return {}
        stem = self.location.rstrip("/").rpartition("/")[2].split(".")[0] or "data"
        day = timezone.localdate().isoformat()
        folder = f"s3://{settings.UPLOAD_BUCKET}/{self.group['name']}/{self.kind.slug}/{day}/prepared/"
        return {"output_location": f"{folder}{stem}.csv"}

    def accepts(self, step: Step) -> bool:
        """The source must be readable before columns are asked for, the recipe must hold before there is a report."""
        try:
            if step.slug == "source":
                self.save("_read", QueryDict(f"at={time.time()}"))
                self.__dict__.pop("guess", None)
                assert self.guess is not None
            elif step.slug in ("map", "fix"):
                self.__dict__.pop("mapped", None)
                self._report(self.form.fixes() if isinstance(self.form, prepare_forms.FixForm) else {})
        except ServiceError as error:
            assert self.form is not None
            self.form.add_error("data_location" if step.slug == "source" else None, error.message)
            return False
        return True

    def fixes(self) -> dict[str, Any]:
        """What step 4 says."""
        form = self.make_form(self.steps[3])
        return form.fixes() if form.is_bound and form.is_valid() else {}

    def perform(self) -> dict[str, Any]:
        """Begin to write."""
        text, recipe, _ = self.mapped
        return operations.create_data_preparation(
            self.caller,
            dataset_group_arn=self.group["datasetGroupArn"],
            dataset_type=self.kind.wire,
            data_location=self.location,
            schema=text,
            recipe=recipe | self.fixes(),
            output_location=self.forms["write"].cleaned_data["output_location"],
        )

    def success_url(self, answer: Any) -> str:
        """The page of the preparation."""
        name = answer["dataPreparationArn"].rpartition("/")[2]
        return self.url("import_jobs:preparation", preparation=name)

    def success(self, answer: Any) -> None:
        """It goes on by itself."""
        flash(self.request, "in-progress", "Writing the prepared file.", "You can leave this page; it goes on.")

    def review(self) -> list[Mapping[str, Any]]:
        """The report stands in the place of a review."""
        return []

    def note(self, step: Step) -> str:
        """What was chosen."""
        if step.slug == "source" and self.location:
            return self.location.rstrip("/").rpartition("/")[2]
        if step.slug == "map" and "map" in self.saved and self.step.slug not in ("source", "map"):
            return f"{len(self.mapped[2])} fields"
        return ""

    def _whole(self, *, on: bool) -> HttpResponse:
        """Begin a report on every row, or go back to the first rows."""
        text, recipe, _ = self.mapped
        note = QueryDict(mutable=True)
        if on and recipe:
            made = operations.create_data_preparation(
                self.caller,
                dataset_group_arn=self.group["datasetGroupArn"],
                dataset_type=self.kind.wire,
                data_location=self.location,
                schema=text,
                recipe=recipe,
            )
            note["arn"], note["recipe"] = made["dataPreparationArn"], json.dumps(recipe, sort_keys=True)
        self.save("_full", note)
        return self.redirect(self.address(self.step))

    def _full(self) -> dict[str, Any] | None:
        """The report on every row, if it was asked for since the columns were mapped."""
        note = QueryDict(self.saved.get("_full", ""))
        if not note.get("arn") or note.get("recipe") != json.dumps(self.mapped[1], sort_keys=True):
            return None
        return operations.describe_data_preparation(self.caller, data_preparation_arn=note["arn"])["dataPreparation"]

    def context(self) -> dict[str, Any]:
        """What each step's template needs beside its form."""
        more: dict[str, Any] = {"wide": self.rail, "kind": self.kind}
        if self.step.slug == "source":
            more |= locations.fields(self.group["name"], self.kind) | {"earlier": self._earlier_ones()}
        if self.step.slug == "map":
            more |= {"guess": self.guess, "fixed": bool(self.dataset)}
        if self.step.slug == "report":
            more |= self._report_context()
        if self.step.slug == "fix":
            more |= {"preview": self._preview(), "names": [field["name"] for field in self.mapped[2]]}
        return super().context() | more

    def _earlier_ones(self) -> list[dict[str, Any]]:
        found = everything(
            operations.list_data_preparations,
            self.caller,
            "dataPreparations",
            dataset_group_arn=self.group["datasetGroupArn"],
            dataset_type=self.kind.key,
        )
        return [
            one
            | {
                "href": self.url("import_jobs:preparation", preparation=_name(one)),
                "again": self.url("import_jobs:prepare_again", preparation=_name(one)),
            }
            for one in list(found)[:EARLIER]
        ]

    def _report_context(self) -> dict[str, Any]:
        full = self._full()
        report, running = self.sample, False
        more: dict[str, Any] = {"is_full": False}
        if full is not None:
            running = full["status"] in statuses.BUILDING
            more |= {"is_full": not running, "full_failed": full.get("failureReason", "")}
            if full["status"] == statuses.ACTIVE:
                report = full["result"]["report"]
            if running:
                job = operations.describe_job(self.caller, resource_arn=full["dataPreparationArn"])["job"]
                more["progress"] = jobs.progress(job)
        query = urlencode({"w": self.wizard})
        shown = quality.context(report, self.request.GET.get("column", "")) if report else None
        wait = f"{self.request.path}?{query}&wait=1"
        return more | {"running": running, "query": query, "quality": shown, "poll_url": wait}

    def _preview(self) -> dict[str, Any] | None:
        found = self._report(self.fixes())
        if found is None:
            return None
        return {
            **found["fixed"],
            "sentences": [said(step) for step in found["fixed"]["steps"] if step["rows"]],
            "rows": [list(row.values()) for row in found["sample"]],
            "sampled": found["sampled"],
        }


def said(step: Mapping[str, Any]) -> str:
    """What a fix did, as a sentence."""
    rows = f"{step['rows']:,} row{'' if step['rows'] == 1 else 's'}"
    if step["step"] == "drop":
        return f"{rows} without {step['field']} dropped"
    if step["step"] == "duplicates":
        return f"{rows} equal to an earlier one dropped"
    if step["step"] == "outliers":
        return f"{rows} dropped with {step['field']} outside {step['low']:,.6g} to {step['high']:,.6g}"
    return f"{rows} without {step['field']} filled with {step['value']}"


def _name(one: Mapping[str, Any]) -> str:
    return str(one["dataPreparationArn"].rpartition("/")[2])
