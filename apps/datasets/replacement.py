"""Another schema for a dataset (F7): new columns beside the old ones."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.datasets.exports import OfDataset
from apps.ui import schema_editor
from apps.ui.dataset_types import DatasetType
from apps.ui.flashes import flash
from apps.ui.forms import ChoiceField, CodeField, NameField, OperationForm, RadioField
from apps.ui.pages import FormPage, everything
from personalize_web import operations
from personalize_web.operations import Caller, ServiceError, statuses

NEW, EXISTING = "new", "existing"
REPLACEABLE = ("USERS", "ITEMS")


def cannot_replace(kind: DatasetType) -> str:
    """Why the schema of this kind of dataset stays; empty when it can be replaced."""
    return "" if kind.key in REPLACEABLE else "You cannot replace the schema of this dataset type."


class ReplaceSchemaForm(OperationForm):
    """``about``: schemas (those that fit), taken (names), check (text -> problems), adds (text -> bool), base."""

    error_fields = {"schema_arn": "existing_schema", "schema": "definition", "name": "schema_name"}

    schema_choice = RadioField(
        label="Schema",
        columns="two",
        initial=NEW,
        choices=[(NEW, "Replace with a new schema"), (EXISTING, "Use a previously created schema")],
        about={NEW: {"description": "The current schema with columns of your own added."}},
    )
    schema_name = NameField(label="Schema name", required=False, unmarked=True)
    existing_schema = ChoiceField(label="Previously created schema", required=False, unmarked=True, narrow=True)
    definition = CodeField(label="Schema definition", required=False, unmarked=True)

    def prepare(self) -> None:
        """Only schemas that keep every column can be chosen."""
        fitting = self.about["schemas"]
        self.fields["existing_schema"].choices = [
            ("", "Choose a schema"),
            *((one["schemaArn"], one["name"]) for one in fitting),
        ]
        if not fitting:
            none = "No other schema keeps all columns of this dataset."
            self.fields["schema_choice"].widget.about = {EXISTING: {"disabled_reason": none}}
        self.initial.setdefault("schema_name", self.about["base"])

    def clean(self) -> dict[str, Any]:
        """A schema is either chosen or written; a written one keeps every column and adds one at least."""
        data = super().clean() or self.cleaned_data
        if data.get("schema_choice") == EXISTING:
            if not data.get("existing_schema") and "existing_schema" not in self.errors:
                self.add_error("existing_schema", "Choose a schema.")
            return data
        name, text = data.get("schema_name"), data.get("definition") or ""
        if not name and "schema_name" not in self.errors:
            self.add_error("schema_name", "Enter a name.")
        elif name in self.about["taken"]:
            self.add_error("schema_name", f'A schema named "{name}" already exists.')
        if not text.strip():
            self.add_error("definition", "Write a schema, or begin again with the current one.")
        else:
            self._check(text)
        return data

    def _check(self, text: str) -> None:
        """The rules of schemas and of replacements; a text that changes nothing needs no new schema."""
        errors = [one for one in self.about["check"](text) if one["severity"] == "error"]
        for problem in errors[:5]:
            self.add_error("definition", f"Line {problem['line']}: {problem['message']}")
        if not errors and not self.about["adds"](text):
            self.add_error("definition", "This schema adds no column. Add one, or cancel.")


class Replacement(OfDataset):
    """What the form and the live check share."""

    @property
    def domain(self) -> str | None:
        """The group's domain."""
        return self.group.get("domain")

    def changes(self, text: str) -> Mapping[str, Any]:
        """fields and problems of check_replacement; nothing while the text is no schema yet."""
        try:
            return operations.check_replacement(self.caller, dataset_arn=self.dataset["datasetArn"], schema=text)
        except ServiceError:
            return {"fields": [], "problems": []}

    def problems(self, text: str) -> list[dict[str, Any]]:
        """What is wrong with a text: as a schema, and as one that takes this dataset's place."""
        found = schema_editor.problems(self.caller, text, self.kind, self.domain)
        return found + [_placed(one, text) for one in self.changes(text)["problems"] if one["rule"] == "R1"]

    def differences(self, text: str) -> list[dict[str, Any]]:
        """The rows of components/diff.html between the schema the dataset has and ``text``."""
        before = {field["name"]: _words(field) for field in schema_editor.fields(self.schema["schema"])}
        after = {field["name"]: _words(field) for field in schema_editor.fields(text)}
        return [
            {
                "key": field["name"],
                "left": before.get(field["name"]),
                "right": after.get(field["name"]),
                "change": field["change"],
            }
            for field in self.changes(text)["fields"]
        ]


def _placed(problem: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A problem of the replacement as the editor shows it: at its field's line, where the text has that field."""
    name = problem["field"] or ""
    lines = text.split("\n")
    line = next((number for number, one in enumerate(lines, start=1) if name and f'"{name}"' in one), 1)
    return dict(problem) | {"line": line, "column": 1, "fix": None, "fix_label": ""}


def _words(field: Mapping[str, Any]) -> str:
    null = ", null allowed" if field["nullable"] else ""
    return f"{field['type']}{null} · {field['role']}"


class ReplacementCheck(Replacement):
    """The problems under the editor and the differences beside it, as one types."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Both fragments; the differences out of band."""
        text = request.POST.get("definition", "")
        found = self.problems(text)
        facts = schema_editor.facts(self.caller, self.kind, self.domain)
        shown = {"problems": found, "counts": schema_editor.counts(found, text, facts)}
        parts = [
            render_to_string("schemas/_problems.html", shown, request=request),
            render_to_string(
                "datasets/_differences.html", {"differences": self.differences(text), "oob": True}, request=request
            ),
        ]
        return HttpResponse("".join(parts))


class ReplaceSchema(Replacement, FormPage):
    """The form."""

    operation, form_class = operations.update_dataset, ReplaceSchemaForm
    template_name = "datasets/replace_schema.html"
    title, noun, submit, cancel = "Replace schema", "schema", "Replace", "datasets:list"
    info = "schema"
    description = "The new schema keeps every column and may add columns that allow null. Rows keep their values."
    rail = True

    @cached_property
    def every_schema(self) -> list[Mapping[str, Any]]:
        """All schemas of the account."""
        return operations.list_schema_details(self.caller)["schemas"]

    def about(self) -> dict[str, Any]:
        """What may be chosen and what is taken."""
        taken = {one["name"] for one in self.every_schema}
        fitting = (
            []
            if cannot_replace(self.kind)
            else operations.list_replacement_schemas(self.caller, dataset_arn=self.dataset["datasetArn"])["schemas"]
        )
        return super().about() | {
            "schemas": fitting,
            "taken": taken,
            "check": self.problems,
            "adds": lambda text: any(field["change"] == "added" for field in self.changes(text)["fields"]),
            "base": _free(f"{self.dataset['name'][:52]}-schema", taken),
        }

    def initial(self) -> dict[str, Any]:
        """The editor begins with the schema the dataset has."""
        return {"definition": self.schema["schema"]}

    def blocked(self) -> str:
        """Only users and items, and only once nothing else changes them."""
        latest = self.dataset.get("latestImport") or {}
        importing = f"Wait until import {latest.get('jobName')} has finished."
        return (
            super().blocked()
            or cannot_replace(self.kind)
            or ("" if self.dataset["status"] == statuses.ACTIVE else "Wait until the dataset is Active.")
            or (importing if latest.get("status") in statuses.BUILDING else "")
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Mending the text without JavaScript is no attempt to replace anything."""
        if "_fix" not in request.POST:
            return super().post(request, *args, **kwargs)
        text, chosen = request.POST.get("definition", ""), request.POST["_fix"]
        found = self.problems(text)
        data = request.POST.copy()
        if chosen.isdecimal() and int(chosen) < len(found) and found[int(chosen)]["fix"]:
            data["definition"] = found[int(chosen)]["fix"]
        self.form = self.form_class(None, caller=self.caller, about=self.about(), initial=data.dict())
        return self.render()

    def arguments(self) -> dict[str, Any]:
        """As update_dataset takes them."""
        data = self.form.cleaned_data
        chosen = data.get("existing_schema") if data.get("schema_choice") == EXISTING else ""
        arn = chosen or self.arn("schema", data.get("schema_name") or "")
        return {"dataset_arn": self.dataset["datasetArn"], "schema_arn": arn}

    def perform(self) -> Any:
        """A written schema is made first."""
        data = self.form.cleaned_data
        if data["schema_choice"] == NEW:
            domain = {"domain": self.domain} if self.domain else {}
            operations.create_schema(self.caller, name=data["schema_name"], schema=data["definition"], **domain)
        return operations.update_dataset(self.caller, **self.arguments())

    def code_calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The schema, where it is new, and the dataset that takes it."""
        self.form.is_valid()
        data = self.form.cleaned_data
        calls: list[tuple[str, Mapping[str, Any]]] = []
        if data.get("schema_choice") != EXISTING:
            domain = {"domain": self.domain} if self.domain else {}
            text = self.form["definition"].value() or ""
            calls.append(("create_schema", {"name": data.get("schema_name", ""), "schema": text, **domain}))
        return [*calls, ("update_dataset", self.arguments())]

    def success_url(self, answer: Any) -> str:
        """The page of the dataset."""
        return self.url("datasets:detail", kind=self.kind.slug)

    def success(self, answer: Any) -> None:
        """What comes next."""
        href = self.url("import_jobs:create", kind=self.kind.slug)
        text = "Import data once the update is done; the new columns are empty until then."
        flash(self.request, "in-progress", "Replacing the schema…", text, action=("Import data", href))

    def context(self) -> dict[str, Any]:
        """The editor, the differences, and who goes on without the new columns."""
        text = self.form["definition"].value() or ""
        editor = schema_editor.context(self.caller, text, self.kind, self.domain)
        found = self.problems(text) if not cannot_replace(self.kind) else []
        facts = schema_editor.facts(self.caller, self.kind, self.domain)
        return (
            super().context()
            | editor
            | {
                "problems": found,
                "counts": schema_editor.counts(found, text, facts),
                "default_text": self.schema["schema"],
                "check_url": self.url("datasets:check_replacement", kind=self.kind.slug),
                "differences": self.differences(text) if not cannot_replace(self.kind) else [],
                "affected": affected(self.caller, self.group["datasetGroupArn"]),
                "refused_kind": cannot_replace(self.kind),
                "dataset_url": self.cancel_url(),
            }
        )


def affected(caller: Caller, group_arn: str) -> list[dict[str, str]]:
    """The solutions and recommenders of a group: none of them trains on columns that come later."""
    group = group_arn.rpartition("/")[2]
    found = []
    for operation, key, place in (
        (operations.list_recommenders, "recommenders", "Recommender"),
        (operations.list_solutions, "solutions", "Solution"),
    ):
        for one in everything(operation, caller, key, dataset_group_arn=group_arn):
            href = f"/console/dataset-groups/{group}/{key}/{one['name']}/"
            found.append({"kind": place, "name": one["name"], "href": href})
    return found


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted[:59]}-{number}", number + 1
    return name
