"""F4, the import wizard: method, schema, job. Schema, dataset and import are made at its end, in this order."""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from apps.import_jobs import data_checks, forms, locations, publishing
from apps.ui import code, once, schema_editor
from apps.ui.dataset_pages import DatasetPage
from apps.ui.flashes import flash
from apps.ui.pages import Step, WizardPage
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

PATIENCE = 8.0
"""Seconds the last step waits for the new dataset to become ACTIVE before it asks the person to."""


class ImportWizard(DatasetPage, WizardPage):
    """The three steps."""

    operation = operations.create_dataset
    template_name = "import_jobs/wizard.html"
    section, info, route, cancel = "datasets", "data-format", "import_jobs:wizard", "datasets:list"
    crumbs = (("Datasets", "datasets:list"),)
    must_exist = False
    steps = (
        Step("method", "Choose import method", forms.MethodForm, "import_jobs/_method.html"),
        Step("schema", "Configure schema", forms.SchemaForm, "import_jobs/_schema.html"),
        Step("job", "Configure dataset import job", forms.FirstImportForm, "import_jobs/_job_fields.html"),
    )

    def all_steps(self) -> tuple[Step, ...]:
        """The steps with the kind of dataset in their titles."""
        noun = self.kind.noun if self.kwargs else ""
        method, schema, job = self.steps
        return (
            method,
            Step(schema.slug, f"Configure {noun} schema", schema.form_class, schema.template),
            Step(job.slug, f"Configure {noun} dataset import job", job.form_class, job.template),
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
        return f"Import {self.kind.noun} data"

    @property
    def rail(self) -> bool:  # type: ignore[override]
        """The editor needs the width."""
        return self.step.slug == "schema"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A dataset that is there already is imported into, not made."""
        if self.dataset and "_dataset" not in self.saved:
            return self.redirect(self.url("import_jobs:create", kind=self.kind.slug))
        begins = ("template" in request.GET or "preparation" in request.GET) and self.step.slug == "schema"
        if begins and "method" not in self.saved:
            self.save("method", QueryDict(f"method={forms.DIRECT}"))
            self._take_over(request.GET.get("preparation", ""))
        if "w" not in request.GET:
            query = urlencode([*request.GET.items(), ("w", self.wizard)])
            return self.redirect(f"{request.path}?{query}")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Beside the steps: the code of what would be done, and mending the schema without JavaScript."""
        if "_code" in request.POST:
            self.save(self.step.slug, request.POST)
            tabs = code.tabs(
                self.code_calls(), region=self.caller.region, endpoint=request.build_absolute_uri("/")[:-1]
            )
            return render(request, "components/code_dialog.html", {"tabs": tabs})
        if self.step.slug == "schema" and "_fix" in request.POST:
            return self._fixed(request.POST)
        if self.step.slug == "schema" and "_infer" in request.POST:
            self.save("schema", request.POST)
            return self.redirect(f"{self.url('import_jobs:infer_schema', kind=self.kind.slug)}?w={self.wizard}")
        if self.step.slug == "job" and "_empty" in request.POST:
            return self._empty()
        if self.step.slug == "job" and "_check" in request.POST:
            return self._check(request.POST)
        if self.step.slug == "method" and request.POST.get("method") == forms.PREPARE and not self.kind.custom_only:
            return self.redirect(self.url("import_jobs:prepare", kind=self.kind.slug, step="source"))
        return super().post(request, *args, **kwargs)

    def _empty(self) -> HttpResponse:
        """Leave without a file: schema and dataset are made, and the import can follow later."""
        schema = self.forms.get("schema")
        if schema is None or not schema.is_valid():
            return self.redirect(self.address(self.steps[1]))
        claim = once.claim(self.request)
        if not claim.mine:
            return self.redirect(claim.address or self.url("datasets:list"))
        try:
            self._make_dataset(schema.cleaned_data, self._make_schema(schema.cleaned_data))
        except ServiceError as error:
            claim.release()
            return self._refused_at(error)
        flash(
            self.request, "in-progress", f"Creating dataset {schema.cleaned_data['name']}…", "Import data at any time."
        )
        address = self.url("datasets:detail", kind=self.kind.slug)
        claim.done(address)
        return self.redirect(address)

    def _take_over(self, preparation: str) -> None:
        """Begin with the schema and the file of a preparation."""
        if not preparation:
            return
        arn = self.arn("data-preparation", preparation)
        found = operations.describe_data_preparation(self.caller, data_preparation_arn=arn)["dataPreparation"]
        self._note("_prepared", definition=found["schema"], location=found.get("outputLocation", ""))

    def _check(self, posted: QueryDict) -> HttpResponse:
        """A dry run with the schema of step 2; what was filled in stays."""
        self.form = self.make_form(self.step, posted)
        self.save("job", posted)
        if self.form is not None and (self.form.is_valid() or "data_location" not in self.form.errors):
            try:
                return self.redirect(
                    data_checks.begin(
                        self.caller,
                        self.group,
                        self.kind,
                        self.form.cleaned_data["data_location"],
                        {"w": self.wizard},
                        schema=self.schema_text(),
                    )
                )
            except ServiceError as error:
                self.form.place(error)
        return self.render(status=422)

    def _fixed(self, posted: QueryDict) -> HttpResponse:
        found = schema_editor.problems(self.caller, posted.get("definition", ""), self.kind, self.domain)
        chosen = posted.get("_fix", "")
        data = posted.copy()
        if chosen.isdecimal() and int(chosen) < len(found) and found[int(chosen)]["fix"]:
            data["definition"] = found[int(chosen)]["fix"]
        self.save("schema", data)
        return self.redirect(self.address(self.step))

    @property
    def domain(self) -> str | None:
        """The group's domain."""
        return self.group.get("domain")

    @cached_property
    def every_schema(self) -> list[Mapping[str, Any]]:
        """All schemas of the account, with what they are for."""
        return operations.list_schema_details(self.caller)["schemas"]

    @cached_property
    def template_facts(self) -> dict[str, Any]:
        """The default schema and the names that mean something."""
        return schema_editor.facts(self.caller, self.kind, self.domain)

    def about(self) -> dict[str, Any]:
        """What the forms need to know."""
        fitting = [
            one for one in self.every_schema if one["datasetType"] == self.kind.key and one.get("domain") == self.domain
        ]
        made = self._noted("_schema")
        return super().about() | {
            "kind": self.kind,
            "schemas": fitting,
            "taken": {one["name"] for one in self.every_schema} - {made.get("name", "")},
            "check": lambda text: schema_editor.problems(self.caller, text, self.kind, self.domain),
            "first": True,
            "base": self._dataset_name(),
            "publishing": self.publishing,
        }

    @cached_property
    def publishing(self) -> dict[str, Any] | None:
        """Whether event metrics of the import can be published."""
        return publishing.state(self.caller, self.group, self.kind)

    def _dataset_name(self) -> str:
        posted = QueryDict(self.saved.get("schema", ""))
        return posted.get("name") or f"{self.group['name']}-{self.kind.slug}"

    def initial(self, step: Step) -> dict[str, Any]:
        """The editor begins with the default schema, or with the one that is used as a template."""
        prepared = self._noted("_prepared")
        if step.slug == "job" and prepared.get("location"):
            return {"data_location": prepared["location"]}
        if step.slug != "schema":
            return {}
        if prepared:
            return {"definition": prepared["definition"]}
        source = next((one for one in self.every_schema if one["name"] == self.request.GET.get("template")), None)
        if source is not None:
            found = operations.describe_schema(self.caller, schema_arn=source["schemaArn"])
            return {"definition": found["schema"]["schema"]}
        return {"definition": self.template_facts["schema"]}

    def accepts(self, step: Step) -> bool:
        """The place must hold something before anything is made."""
        form = self.form
        if step.slug != "job" or form is None or form["source"].value() == forms.API:
            return True
        try:
            operations.preflight_import(
                self.caller,
                schema=self.schema_text(),
                domain=self.domain,
                data_location=form.cleaned_data["data_location"],
            )
        except ServiceError as error:
            form.add_error("data_location", error.message)
            return False
        return True

    def schema_text(self) -> str:
        """The schema that was written or chosen in step 2."""
        form = self.forms["schema"]
        if form.cleaned_data.get("schema_choice") == forms.EXISTING:
            arn = form.cleaned_data["existing_schema"]
            return operations.describe_schema(self.caller, schema_arn=arn)["schema"]["schema"]
        return str(form.cleaned_data["definition"])

    def perform(self) -> dict[str, Any]:
        """Make what is not there yet; what a first attempt made is used again."""
        schema, job = self.forms["schema"], self.forms["job"]
        schema_arn = self._make_schema(schema.cleaned_data)
        dataset_arn = self._make_dataset(schema.cleaned_data, schema_arn)
        if job.cleaned_data["source"] == forms.API:
            return {"dataset": dataset_arn}
        if not self._wait_for(dataset_arn):
            return {"dataset": dataset_arn, "waiting": True}
        made = operations.create_dataset_import_job(self.caller, dataset_arn=dataset_arn, **job.arguments())
        return {"dataset": dataset_arn, "import": made["datasetImportJobArn"]}

    def _make_schema(self, data: Mapping[str, Any]) -> str:
        if data["schema_choice"] == forms.EXISTING:
            return str(data["existing_schema"])
        made = self._noted("_schema")
        if made.get("name") == data["schema_name"] and made.get("text") == data["definition"]:
            return str(made["arn"])
        more = {"domain": self.domain} if self.domain else {}
        arn = operations.create_schema(self.caller, name=data["schema_name"], schema=data["definition"], **more)[
            "schemaArn"
        ]
        self._note("_schema", name=data["schema_name"], text=data["definition"], arn=arn)
        return str(arn)

    def _make_dataset(self, data: Mapping[str, Any], schema_arn: str) -> str:
        if self.dataset:
            return str(self.dataset["datasetArn"])
        more = {"tags": data["tags"]} if data.get("tags") else {}
        arn = operations.create_dataset(
            self.caller,
            name=data["name"],
            schema_arn=schema_arn,
            dataset_group_arn=self.group["datasetGroupArn"],
            dataset_type=self.kind.wire,
            **more,
        )["datasetArn"]
        self._note("_dataset", arn=arn)
        return str(arn)

    def _wait_for(self, arn: str) -> bool:
        """Whether the dataset became ACTIVE while one could wait for it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = operations.describe_dataset(self.caller, dataset_arn=arn)["dataset"]
            if found["status"] == statuses.ACTIVE:
                return True
            if statuses.describe(found["status"]).final or time.monotonic() > deadline:
                return False
            time.sleep(0.1)

    def success_url(self, answer: Any) -> str:
        """The overview, where the import is seen; or the next thing to do."""
        if answer.get("waiting"):
            job = self.forms["job"].cleaned_data
            query = urlencode({"job_name": job["job_name"], "data_location": job["data_location"]})
            return f"{self.url('import_jobs:create', kind=self.kind.slug)}?{query}"
        if "import" not in answer and self.kind.key == "INTERACTIONS":
            return self.url("event_trackers:create")
        if "import" not in answer:
            return self.url("datasets:detail", kind=self.kind.slug)
        return self.url("dataset_groups:overview")

    def success(self, answer: Any) -> None:
        """What was begun."""
        if "import" in answer:
            name = self.forms["job"].cleaned_data["job_name"]
            href = self.url("import_jobs:detail", kind=self.kind.slug, job=name)
            text = "You can leave this page; the import goes on."
            flash(self.request, "in-progress", f"Importing {name}.", text, action=("View import job", href))
        else:
            flash(self.request, "in-progress", f"Creating dataset {self.forms['schema'].cleaned_data['name']}…")

    def code_calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Schema, dataset and import as one would ask the API for them."""
        kept = {slug: QueryDict(text) for slug, text in self.saved.items()}
        schema, job = kept.get("schema", QueryDict()), kept.get("job", QueryDict())
        domain = {"domain": self.domain} if self.domain else {}
        name = schema.get("schema_name") or f"{self._dataset_name()}-schema"
        schema_arn = schema.get("existing_schema") or self.arn("schema", name)
        calls: list[tuple[str, Mapping[str, Any]]] = []
        if schema.get("schema_choice") != forms.EXISTING:
            text = schema.get("definition") or self.template_facts["schema"]
            calls.append(("create_schema", {"name": name, "schema": text, **domain}))
        calls.append(
            (
                "create_dataset",
                {
                    "name": self._dataset_name(),
                    "schema_arn": schema_arn,
                    "dataset_group_arn": self.group["datasetGroupArn"],
                    "dataset_type": self.kind.wire,
                },
            )
        )
        if job and job.get("source") != forms.API:
            more = {"role_arn": job["role_arn"]} if job.get("role") == forms.CUSTOM_ROLE and job.get("role_arn") else {}
            arguments = {
                "job_name": job.get("job_name", ""),
                "dataset_arn": self.dataset_arn,
                "data_source": {"dataLocation": job.get("data_location", "")},
            }
            calls.append(("create_dataset_import_job", arguments | more))
        return calls

    def note(self, step: Step) -> str:
        """What was chosen."""
        if step.slug == "method" and "method" in self.saved:
            return "Import directly"
        if step.slug == "schema" and "schema" in self.saved:
            posted = QueryDict(self.saved["schema"])
            return str(posted.get("schema_name" if posted.get("schema_choice") == forms.NEW else "name", ""))
        return ""

    def context(self) -> dict[str, Any]:
        """What each step's template needs beside its form."""
        more: dict[str, Any] = {"code": True, "wide": self.step.slug == "schema", "form": self.form}
        if self.step.slug == "schema" and self.form is not None:
            text = self.form["definition"].value() or ""
            more |= schema_editor.context(self.caller, text, self.kind, self.domain)
            more["infer"] = True
            more["inferred"] = self._inferred()
            more["check_url"] = self.url("import_jobs:check_schema", kind=self.kind.slug)
            more["description"] = (
                "The schema names the columns of your file. A schema cannot be changed once it exists."
            )
        if self.step.slug == "job":
            more |= locations.fields(self.group["name"], self.kind) | {"publishing": self.publishing}
            more["preflight_url"] = f"{self.url('import_jobs:wizard_preflight', kind=self.kind.slug)}?w={self.wizard}"
            source = self.form["source"].value() if self.form is not None else forms.STORAGE
            more["submit"] = "Finish" if source == forms.API else "Start import"
            more["empty"] = True
        return super().context() | more

    def _inferred(self) -> dict[str, Any] | None:
        """What the file that the schema was made from needs before it fits."""
        note = QueryDict(self.saved.get("_inferred", ""))
        if not note.get("location"):
            return None
        query = urlencode({"data_location": note["location"]})
        prepare = self.url("import_jobs:prepare", kind=self.kind.slug, step="source")
        return {
            "renames": note.getlist("rename"),
            "converts": note.getlist("convert"),
            "prepare_url": "" if self.kind.custom_only else f"{prepare}?{query}",
        }

    def _note(self, key: str, **facts: str) -> None:
        posted = QueryDict(mutable=True)
        posted.update(facts)
        self.save(key, posted)

    def _noted(self, key: str) -> Mapping[str, str]:
        return QueryDict(self.saved.get(key, "")).dict()
