"""Infer from file: what each column of a file seems to be, to be edited, and taken over into the schema of step 2."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from apps.import_jobs import locations
from apps.import_jobs.wizard import ImportWizard
from apps.ui import schema_editor
from apps.ui.forms import CheckField, ChoiceField, LocationField, OperationForm, TextField
from personalize_web import operations
from personalize_web.operations import ServiceError

TYPES = ("string", "int", "long", "float", "double", "boolean")
LEFT_OUT = "Left out"
FREE = ("Categorical", "Numeric", "Textual", "Not for training")


class FileForm(OperationForm):
    """Which file to look at."""

    data_location = LocationField(
        label="File",
        description="CSV, TSV, JSON lines or Parquet, also packed with gzip; header and up to 10,000 rows are read.",
        error_messages={"required": "Enter the location of a file, or upload one."},
    )


class GuessForm(OperationForm):
    """The guesses as one may change them. ``about``: guess (of infer_schema), keywords, record (the schema's name)."""

    def prepare(self) -> None:
        """Four controls a column."""
        words = {word["name"] for word in self.about["keywords"]}
        for at, one in enumerate(self.about["guess"]["fields"]):
            column = one["column"]
            roles = [LEFT_OUT, *FREE]
            if one["role"] not in roles:
                roles.insert(0, one["role"])
            if self.about["record"] != "Items" and one["role"] != "Textual":
                roles.remove("Textual")
            self.fields[f"name_{at}"] = TextField(
                label=f"Field for {column}", required=False, mono=True, max_length=150, initial=one["name"] or ""
            )
            self.fields[f"type_{at}"] = ChoiceField(
                label=f"Type of {column}", choices=[(kind, kind) for kind in TYPES], initial=one["type"]
            )
            self.fields[f"null_{at}"] = CheckField(label=f"Allow null in {column}", initial=one["nullable"])
            self.fields[f"role_{at}"] = ChoiceField(
                label=f"Role of {column}",
                choices=[(role, role) for role in roles],
                initial=one["role"] if one["name"] else LEFT_OUT,
            )
        self.words = words

    def rows(self) -> list[dict[str, Any]]:
        """For the template: a guess with its controls."""
        return [
            {
                "guess": one,
                "percent": round(100 * one["confidence"]),
                "sure": "success" if one["confidence"] >= 0.8 else "warning" if one["confidence"] >= 0.5 else "error",
                "name": self[f"name_{at}"],
                "type": self[f"type_{at}"],
                "null": self[f"null_{at}"],
                "role": self[f"role_{at}"],
            }
            for at, one in enumerate(self.about["guess"]["fields"])
        ]

    def clean(self) -> dict[str, Any]:
        """Every field that stays needs a name."""
        data = super().clean() or self.cleaned_data
        for at, one in enumerate(self.about["guess"]["fields"]):
            if data.get(f"role_{at}") != LEFT_OUT and not data.get(f"name_{at}"):
                self.add_error(f"name_{at}", f"Enter the name of the field for {one['column']}, or leave it out.")
        return data

    def declared(self) -> list[dict[str, Any]]:
        """The fields of the schema, in the order of the file; required ones that no column makes stand at the end."""
        words = {word["name"]: word for word in self.about["keywords"]}
        data = self.cleaned_data
        found: list[dict[str, Any]] = []
        for at, _ in enumerate(self.about["guess"]["fields"]):
            role, name = data[f"role_{at}"], data[f"name_{at}"]
            if role == LEFT_OUT:
                continue
            given = {"name": name, "type": data[f"type_{at}"], "nullable": data[f"null_{at}"]}
            if name in words:
                word = words[name]
                null = given["nullable"] and word["nullable"]
                found.append(
                    {key: word[key] for key in ("name", "type", "categorical", "textual")} | {"nullable": null}
                )
            elif role in ("Categorical", "Textual"):
                found.append(given | {"type": "string", role.lower(): True})
            else:
                found.append(given)
        names = {one["name"] for one in found}
        return found + [
            {key: word[key] for key in ("name", "type", "categorical", "textual")}
            for word in words.values()
            if word["required"] and word["name"] not in names
        ]

    def renames(self) -> dict[str, str]:
        """Column -> field, where they differ."""
        data = self.cleaned_data
        pairs = (
            (one["column"], data[f"name_{at}"], data[f"role_{at}"])
            for at, one in enumerate(self.about["guess"]["fields"])
        )
        return {column: name for column, name, role in pairs if role != LEFT_OUT and name != column}


class InferSchema(ImportWizard):
    """Beside step 2 of the import wizard; nothing changes there before Use this schema."""

    template_name = "import_jobs/infer.html"
    rail = True

    def get_title(self) -> str:
        """As the breadcrumbs name it."""
        return "Infer schema from file"

    @property
    def location(self) -> str:
        """The file that is looked at."""
        return self.request.GET.get("data_location", "").strip()

    @cached_property
    def guess(self) -> Mapping[str, Any]:
        """What its columns seem to be."""
        more = {"domain": self.domain} if self.domain else {}
        return operations.infer_schema(self.caller, dataset_type=self.kind.wire, data_location=self.location, **more)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question for a file, then the table."""
        if "data_location" not in request.GET:
            return self._draw(FileForm(caller=self.caller))
        chosen = FileForm(request.GET, caller=self.caller)
        if chosen.is_valid():
            try:
                return self._draw(chosen, self._guesses())
            except ServiceError as error:
                chosen.place(error)
        return self._draw(chosen, status=422)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Use this schema."""
        guesses = self._guesses(request.POST)
        if not guesses.is_valid():
            return self._draw(FileForm(request.GET, caller=self.caller), guesses, status=422)
        kept = QueryDict(self.saved.get("schema", ""), mutable=True)
        kept["definition"] = schema_editor.written(self.kind, guesses.declared())
        kept["schema_choice"] = "new"
        for name, value in self._names().items():
            kept.setdefault(name, value)
        self.save("schema", kept)
        renames = guesses.renames()
        note = QueryDict(mutable=True)
        note["location"] = self.location
        note.setlist("rename", [f"{column} → {name}" for column, name in renames.items()])
        note.setlist("convert", [column for column in self.guess["conversions"] if column in self._used(guesses)])
        self.save("_inferred", note)
        return self.redirect(self.address(self.steps[1]))

    def _names(self) -> dict[str, str]:
        form = self.make_form(self.steps[1])
        assert form is not None
        return {name: str(form[name].value() or "") for name in ("name", "schema_name")}

    def _used(self, guesses: GuessForm) -> set[str]:
        data = guesses.cleaned_data
        return {one["column"] for at, one in enumerate(self.guess["fields"]) if data[f"role_{at}"] != LEFT_OUT}

    def _guesses(self, data: Any = None) -> GuessForm:
        facts = self.template_facts
        about = {"guess": self.guess, "keywords": facts["keywords"], "record": facts["recordName"]}
        return GuessForm(data, caller=self.caller, about=about)

    def _draw(self, chosen: FileForm, guesses: GuessForm | None = None, status: int = 200) -> HttpResponse:
        more: dict[str, Any] = {"file_form": chosen, "guesses": guesses}
        if guesses is not None:
            query = urlencode({"data_location": self.location})
            prepare = self.url("import_jobs:prepare", kind=self.kind.slug, step="source")
            more |= {
                "guess": self.guess,
                "form": guesses,
                "prepare_url": "" if self.kind.custom_only else f"{prepare}?{query}",
            }
        return self.render(status=status, **more)

    def context(self) -> dict[str, Any]:
        """The frame of step 2."""
        self.step = self.all_steps()[1]
        self.form = None
        return (
            super().context()
            | locations.fields(self.group["name"], self.kind)
            | {
                "title": self.get_title(),
                "back_url": self.address(self.steps[1]),
            }
        )
