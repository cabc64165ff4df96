"""The forms of the preparation wizard: source, mapping, fixes, place to write to."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from apps.ui.formats import number, percent
from apps.ui.forms import CheckField, ChoiceField, LocationField, OperationForm, TextField

CONSTANT = ":value:"
"""The choice of a value that every row gets instead of a column."""
SKIP, ADD = "skip", "add"
NUMERIC = ("int", "long", "float", "double")
CONVERTERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "text": (
        ("", "As it is"),
        ("trim", "Trim blanks"),
        ("lower", "Lower case"),
        ("upper", "Upper case"),
        ("whole", "Drop .0 (17850.0 → 17850)"),
    ),
    "categories": (
        ("join-comma", "Split at commas: a, b → a|b"),
        ("join-semicolon", "Split at semicolons: a; b → a|b"),
        ("join-slash", "Split at slashes: a/b → a|b"),
        ("list", 'List: ["a", "b"] → a|b'),
    ),
    "time": (
        ("", "Unix seconds, as they are"),
        ("date", "Date, year first (2024-05-31 14:05)"),
        ("date-day-first", "Date, day first (31.05.2024)"),
        ("date-month-first", "Date, month first (05/31/2024)"),
        ("milliseconds", "Milliseconds → seconds"),
        ("microseconds", "Microseconds → seconds"),
    ),
    "number": (
        ("", "As it is"),
        ("number", "Number (1,234.56, $3)"),
        ("comma-number", "Decimal comma (1.234,56)"),
        ("date", "Date, year first → seconds"),
        ("date-day-first", "Date, day first → seconds"),
        ("date-month-first", "Date, month first → seconds"),
        ("milliseconds", "Milliseconds → seconds"),
    ),
}
"""What may be done to the cells of a field, by what the field holds."""


def converters(field: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The choices for a field: name, type, categorical."""
    if field["name"].endswith("TIMESTAMP"):
        return list(CONVERTERS["time"])
    if field["type"] in NUMERIC:
        return list(CONVERTERS["number"])
    several = field.get("categorical") or field["name"] == "IMPRESSION"
    return [*CONVERTERS["text"], *(CONVERTERS["categories"] if several else ())]


class SourceForm(OperationForm):
    """Step 1."""

    data_location = LocationField(
        label="Source location",
        description="One file, or a folder ending in / whose files are read as one table: CSV, TSV, JSON lines, "
        "Parquet, also packed with gzip.",
        placeholder="s3://bucket/folder/export.csv",
        error_messages={"required": "Enter the location of a file or folder, or upload one."},
    )


class MapForm(OperationForm):
    """Step 2. ``about``: guess (of infer_schema), targets (fields of the schema to fill), fixed (no more fields)."""

    def prepare(self) -> None:
        """A row of controls for every field, and one for every column."""
        guess = self.about.get("guess")
        self.targets: list[Mapping[str, Any]] = list(self.about.get("targets") or ()) if guess else []
        self.columns: list[Mapping[str, Any]] = list(guess["fields"]) if guess else []
        self.recipe: dict[str, Any] = {}
        self.schema_fields: list[dict[str, Any]] = []
        found = {one["name"]: one for one in self.columns if one["name"]}
        for target in self.targets:
            self._target(target, found.get(target["name"]))
        for at, column in enumerate([] if self.about.get("fixed") else self.columns):
            given = column["name"] is not None and column["name"] not in {target["name"] for target in self.targets}
            choices = [(SKIP, "Skip"), (ADD, "Add as metadata")]
            self.fields[f"extra_{at}"] = ChoiceField(
                label=f"Use of column {column['column']}",
                choices=choices,
                initial=ADD if given else SKIP,
                required=False,  # the controls of columns that a field uses are not drawn
            )
            self.fields[f"name_{at}"] = TextField(
                label=f"Field for column {column['column']}", required=False, mono=True, max_length=150
            )
            self.initial.setdefault(f"name_{at}", column["name"] if given else "")

    def _target(self, target: Mapping[str, Any], match: Mapping[str, Any] | None) -> None:
        name = target["name"]
        fitting = [one["column"] for one in self.columns if self.about.get("fixed") or name in one["fits"]]
        if match is not None and match["column"] not in fitting:
            fitting.insert(0, match["column"])
        empty = "Choose a column" if target["required"] else "Leave out" if not self.about.get("fixed") else "Empty"
        self.fields[f"column_{name}"] = ChoiceField(
            label=f"Column for {name}",
            required=False,
            choices=[("", empty), *((one, one) for one in fitting), (CONSTANT, "The same value in every row")],
        )
        self.fields[f"convert_{name}"] = ChoiceField(
            label=f"Conversion of {name}", required=False, choices=converters(target)
        )
        self.fields[f"value_{name}"] = TextField(label=f"Value of {name} in every row", required=False, max_length=256)
        self.initial.setdefault(f"column_{name}", match["column"] if match else "")
        known = {key for key, _ in converters(target)}
        wanted = (match or {}).get("conversion") or ""
        self.initial.setdefault(f"convert_{name}", wanted if wanted in known else "")

    def target_rows(self) -> Iterator[dict[str, Any]]:
        """For the template: a field and its three controls."""
        for target in self.targets:
            name = target["name"]
            yield {
                "target": target,
                "column": self[f"column_{name}"],
                "convert": self[f"convert_{name}"],
                "value": self[f"value_{name}"],
                "samples": next(
                    (one["samples"] for one in self.columns if one["column"] == self[f"column_{name}"].value()), []
                ),
            }

    def extra_rows(self) -> Iterator[dict[str, Any]]:
        """For the template: a column that no field needs, and what becomes of it."""
        used = {self[f"column_{target['name']}"].value() for target in self.targets}
        for at, column in enumerate(self.columns):
            if f"extra_{at}" in self.fields and column["column"] not in used:
                yield {"column": column, "use": self[f"extra_{at}"], "name": self[f"name_{at}"]}

    def clean(self) -> dict[str, Any]:
        """Recipe and fields of the schema, or what is missing for them."""
        data = super().clean() or self.cleaned_data
        columns: list[dict[str, Any]] = []
        fields: list[dict[str, Any]] = []
        for target in self.targets:
            one = self._mapped(target, data)
            if one is not None:
                columns.append(one)
                fields.append(dict(target))
        used = {one["column"] for one in columns}
        for at, column in enumerate(self.columns):
            if data.get(f"extra_{at}") == ADD and column["column"] not in used:
                self._extra(at, column, data, columns, fields)
        self.recipe, self.schema_fields = {"columns": columns}, fields
        if not self.errors and self.targets:
            self._agree()
        return data

    def _mapped(self, target: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any] | None:
        name = target["name"]
        chosen, value = data.get(f"column_{name}") or "", (data.get(f"value_{name}") or "").strip()
        if not chosen:
            if target["required"]:
                self.add_error(f"column_{name}", f"Choose a column for {name}, or a value for every row.")
            return {"field": name, "column": None, "value": None} if self.about.get("fixed") else None
        if chosen == CONSTANT:
            if not value:
                self.add_error(f"value_{name}", f"Enter the value of {name} that every row gets.")
            return {"field": name, "column": None, "value": value}
        step = data.get(f"convert_{name}")
        return {"field": name, "column": chosen, "convert": [step] if step else []}

    def _extra(
        self, at: int, column: Mapping[str, Any], data: Mapping[str, Any], columns: list[Any], fields: list[Any]
    ) -> None:
        name = (data.get(f"name_{at}") or "").strip()
        if not name:
            self.add_error(f"name_{at}", f"Enter the name of the field for column {column['column']}.")
            return
        columns.append(
            {
                "field": name,
                "column": column["column"],
                "convert": [column["conversion"]] if column["conversion"] else [],
            }
        )
        fields.append(
            {
                "name": name,
                "type": column["type"],
                "nullable": True,
                "categorical": column["categorical"],
                "textual": column["textual"],
            }
        )

    def _agree(self) -> None:
        """The fields must make a schema that holds."""
        for problem in self.about["check"](self.schema_fields):
            if problem["severity"] == "error":
                place = f"column_{problem['field']}"
                self.add_error(place if place in self.fields else None, problem["message"])


class FixForm(OperationForm):
    """Step 4. ``about``: schema_fields of step 2, and columns of the report (what is missing and odd)."""

    duplicates = CheckField(label="Drop rows that are equal to an earlier one")

    def prepare(self) -> None:
        """How gaps are treated, field by field; outliers of numbers."""
        known = {one["name"]: one for one in self.about.get("columns") or ()}
        self.rows_of: list[dict[str, Any]] = []
        for field in self.about.get("schema_fields") or ():
            self._field(field, known.get(field["name"], {}))

    def _field(self, field: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
        name, is_number = field["name"], field["type"] in NUMERIC and not field["name"].endswith("TIMESTAMP")
        choices = [("keep", "Keep the row")] if field.get("nullable") else []
        choices.append(("drop", "Drop the row"))
        if not name.endswith("_ID"):
            choices += [("mean", "Fill with the mean")] if is_number else []
            choices += [("frequent", "Fill with the most frequent value"), ("constant", "Fill with a value")]
        self.fields[f"missing_{name}"] = ChoiceField(label=f"Rows without {name}", choices=choices, required=False)
        self.fields[f"fill_{name}"] = TextField(label=f"Value that fills {name}", required=False, max_length=256)
        if is_number:
            self.fields[f"outliers_{name}"] = CheckField(label=f"Drop outliers of {name}")
        self.rows_of.append({"field": field, "seen": seen, "outliers": is_number})

    def rows(self) -> Iterator[dict[str, Any]]:
        """For the template: a field, its gaps and outliers, and the controls."""
        for one in self.rows_of:
            name, seen = one["field"]["name"], one["seen"]
            yield {
                "name": name,
                "missing": number(seen.get("missing")),
                "share": percent(seen.get("missingShare")),
                "gaps": bool(seen.get("missing")),
                "how": self[f"missing_{name}"],
                "fill": self[f"fill_{name}"],
                "outliers": self[f"outliers_{name}"] if one["outliers"] else None,
                "odd": number(seen["outliers"]) if seen.get("outliers") else "",
            }

    def clean(self) -> dict[str, Any]:
        """A value to fill with must be there."""
        data = super().clean() or self.cleaned_data
        for one in self.rows_of:
            name, fill = one["field"]["name"], f"fill_{one['field']['name']}"
            value = (data.get(fill) or "").strip()
            if data.get(f"missing_{name}") != "constant":
                continue
            if not value:
                self.add_error(fill, f"Enter the value that fills the gaps of {name}.")
            elif one["field"]["type"] in NUMERIC:
                try:
                    float(value)
                except ValueError:
                    self.add_error(fill, f"{name} is filled with a number.")
        return data

    def fixes(self) -> dict[str, Any]:
        """What step 4 adds to the recipe."""
        data = self.cleaned_data
        names = [one["field"]["name"] for one in self.rows_of]
        return {
            "dropDuplicates": bool(data.get("duplicates")),
            "missing": {
                name: {"how": data[f"missing_{name}"], "value": data.get(f"fill_{name}") or None}
                for name in names
                if data.get(f"missing_{name}") not in (None, "", "keep")
            },
            "outliers": [name for name in names if data.get(f"outliers_{name}")],
        }


class WriteForm(OperationForm):
    """Step 5."""

    output_location = LocationField(
        label="Output location",
        description="The prepared CSV file is written here; a file that is there is replaced.",
        error_messages={"required": "Enter where the prepared file is written."},
    )


class RunAgainForm(OperationForm):
    """The same recipe on other files."""

    data_location = LocationField(
        label="Source location",
        description="The next file or folder; its columns are named as before.",
        error_messages={"required": "Enter the location of a file or folder, or upload one."},
    )
    output_location = LocationField(
        label="Output location",
        description="The prepared CSV file is written here; a file that is there is replaced.",
        error_messages={"required": "Enter where the prepared file is written."},
    )

    def clean(self) -> dict[str, Any]:
        """V-S3-OUT."""
        data = super().clean() or self.cleaned_data
        if data.get("data_location") and data.get("data_location") == data.get("output_location"):
            self.add_error(
                "output_location", ValidationError("Choose an output location different from the input location.")
            )
        return data
