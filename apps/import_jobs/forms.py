"""The forms of an import: how to import, the schema, the job."""

from typing import Any

from apps.ui.dataset_types import DatasetType
from apps.ui.forms import (
    CheckField,
    ChoiceField,
    CodeField,
    LocationField,
    NameField,
    OperationForm,
    RadioField,
    RoleField,
    TagsField,
    TileField,
)
from apps.ui.job_forms import CUSTOM_ROLE, role_field, suggested_name

DIRECT, PREPARE = "direct", "prepare"
NEW, EXISTING = "new", "existing"
STORAGE, API = "s3", "api"


class MethodForm(OperationForm):
    """Step 1. ``about``: kind."""

    method = TileField(
        label="Import method",
        label_hidden=True,
        columns="two",
        initial=DIRECT,
        choices=[(DIRECT, "Import data directly into datasets"), (PREPARE, "Prepare data first")],
        about={
            DIRECT: {"description": "Your CSV file already has one column for each field of the schema."},
            PREPARE: {"description": "Map columns, convert dates and mend rows of any table before the import."},
        },
    )

    def prepare(self) -> None:
        """Actions are imported as they are."""
        if self.about["kind"].custom_only:
            field = self.fields["method"]
            field.choices = field.choices[:1]


class SchemaForm(OperationForm):
    """Step 2. ``about``: group, kind, schemas (those that fit), taken (names of schemas), check (text -> problems)."""

    name = NameField(label="Dataset name", error_messages={"required": "Enter a name."}, narrow=False)
    schema_choice = RadioField(label="Dataset schema", initial=NEW)
    schema_name = NameField(label="Schema name", required=False, unmarked=True, narrow=False)
    existing_schema = ChoiceField(label="Existing schema", required=False, unmarked=True)
    definition = CodeField(label="Schema definition", required=False, unmarked=True)
    tags = TagsField()

    def prepare(self) -> None:
        """Choices by the domain of the group."""
        kind: DatasetType = self.about["kind"]
        group = self.about["group"]
        schemas = self.about["schemas"]
        domain = group.get("domain")
        new = "Create a new domain schema by modifying the existing default schema for your domain"
        choices = [
            (NEW, new if domain else "Create new schema"),
            (EXISTING, "Use an existing domain related schema" if domain else "Use an existing schema"),
        ]
        choice = self.fields["schema_choice"]
        choice.choices = choices
        if not schemas:
            choice.widget.about = {EXISTING: {"disabled_reason": f"There is no other schema for {kind.noun} yet."}}
        self.fields["existing_schema"].choices = [
            ("", "Choose a schema"),
            *((schema["schemaArn"], schema["name"]) for schema in schemas),
        ]
        self.initial.setdefault("name", f"{group['name'][:40]}-{kind.slug}")
        self.initial.setdefault(
            "schema_name", free_name(f"{group['name'][:36]}-{kind.slug}-schema", self.about["taken"])
        )

    def clean(self) -> dict[str, Any]:
        """A schema is either chosen or written."""
        data = super().clean() or self.cleaned_data
        if data.get("schema_choice") == EXISTING:
            if not data.get("existing_schema"):
                self.add_error("existing_schema", "Choose a schema.")
            return data
        name = data.get("schema_name")
        if not name and "schema_name" not in self.errors:
            self.add_error("schema_name", "Enter a name.")
        elif name in self.about["taken"] and self.about.get("made") != name:
            self.add_error("schema_name", f'A schema named "{name}" already exists.')
        text = data.get("definition") or ""
        if not text.strip():
            self.add_error("definition", "Write a schema, or reset it to the default.")
        else:
            errors = [problem for problem in self.about["check"](text) if problem["severity"] == "error"]
            for problem in errors[:3]:
                self.add_error("definition", f"Line {problem['line']}: {problem['message']}")
        return data

    def schema_text(self) -> str:
        """The text of the schema as a person sees it, given or not yet given."""
        return self["definition"].value() or ""


def free_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or with a number where that is taken."""
    name, number = wanted[:63], 2
    while name in taken:
        name, number = f"{wanted[:59]}-{number}", number + 1
    return name


class ImportForm(OperationForm):
    """A file into a dataset.

    ``about``: kind, first (nothing was imported before), rows (what would be replaced), publishing (of event metrics).
    """

    error_fields = {
        "data_source": "data_location",
        "dataset_arn": "__all__",
        "publish_attribution_metrics_to_s3": "publish",
    }

    job_name = NameField(label="Dataset import job name")
    import_mode = RadioField(
        label="Import mode",
        choices=[("FULL", "Replace existing data"), ("INCREMENTAL", "Add to existing data")],
        initial="FULL",
        info="import-mode",
        columns="two",
    )
    data_location = LocationField(
        label="Data location",
        description="One CSV or Parquet file, or a folder ending in /: only files directly in it are read.",
        error_messages={"required": "Enter the location of a file or folder, or upload one."},
    )
    role = role_field("Reads with the storage settings of this installation.")
    role_arn = RoleField(label="Custom IAM role ARN", required=False, unmarked=True)
    publish = CheckField(label="Publish metrics for this import job")
    replace = CheckField(label="Replace these rows")
    tags = TagsField()

    def prepare(self) -> None:
        """The mode is asked once there is something to replace or to add to."""
        publishing = self.about.get("publishing")
        if not publishing:
            del self.fields["publish"]
        elif publishing["blocked"]:
            self.fields["publish"].disabled = True
        if self.about.get("first"):
            del self.fields["import_mode"]
            del self.fields["replace"]
        else:
            self.fields["replace"].label = self.asked
            rows, kind = self.about.get("rows"), self.about["kind"]
            keep = "Records recorded one by one stay."
            self.fields["import_mode"].widget.about = {
                "FULL": {"description": f"{rows} imported rows are replaced. {keep}" if rows else keep},
                "INCREMENTAL": {"description": _adding(kind)},
            }
        self.initial.setdefault("job_name", suggested_name(self.about["base"]))

    @property
    def asked(self) -> str:
        """What has to be confirmed before imported rows go."""
        rows = self.about.get("rows")
        return f"Replace {rows} imported rows" if rows else "Replace all imported rows"

    def clean(self) -> dict[str, Any]:
        """A custom role needs its ARN; roles to come cannot be chosen."""
        data = super().clean() or self.cleaned_data
        if data.get("role") == CUSTOM_ROLE and not data.get("role_arn") and "role_arn" not in self.errors:
            self.add_error("role_arn", "Enter a role ARN such as arn:aws:iam::123456789012:role/Name.")
        if "replace" in self.fields and data.get("import_mode") == "FULL" and not data.get("replace"):
            self.add_error("replace", f"Confirm it: {self.asked[0].lower()}{self.asked[1:]}.")
        if data.get("role") in ("existing", "create"):
            self.add_error("role", "Roles cannot be kept yet. Use the default role or enter an ARN.")
        return data

    def arguments(self) -> dict[str, Any]:
        """As create_dataset_import_job takes them; the dataset's ARN is the page's to add."""
        data = self.cleaned_data
        given: dict[str, Any] = {
            "job_name": data["job_name"],
            "data_source": {"dataLocation": data["data_location"]},
        }
        if data.get("role") == CUSTOM_ROLE:
            given["role_arn"] = data["role_arn"]
        if data.get("import_mode"):
            given["import_mode"] = data["import_mode"]
        if data.get("publish"):
            given["publish_attribution_metrics_to_s3"] = True
        if data.get("tags"):
            given["tags"] = data["tags"]
        return given


def _adding(kind: DatasetType) -> str:
    if kind.key in ("INTERACTIONS", "ACTION_INTERACTIONS"):
        return "The rows of the file are added. At least 1,000 are needed."
    return "A row with an id that is already there takes its place."


class FirstImportForm(ImportForm):
    """Step 3 of the wizard, where one may also leave the dataset empty."""

    source = TileField(
        label="Data import source",
        columns="two",
        initial=STORAGE,
        choices=[(STORAGE, "Import data from S3"), (API, "Incrementally import data with APIs")],
    )
    field_order = ["source"]

    def prepare(self) -> None:
        """What the second source means for this kind of dataset."""
        super().prepare()
        kind: DatasetType = self.about["kind"]
        later = (
            "events arrive through the event tracker." if kind.key == "INTERACTIONS" else "records are sent to the API."
        )
        self.fields["source"].widget.about = {
            STORAGE: {
                "description": "One CSV or Parquet file, or a folder; upload from this browser if it is not there yet."
            },
            API: {"description": f"Creates an empty dataset; {later}"},
        }

    def full_clean(self) -> None:
        """Without a file, nothing about the file is asked."""
        if self.is_bound and self["source"].data == API:
            for name in ("job_name", "data_location", "role", "role_arn"):
                self.fields[name].required = False
                self.fields[name].disabled = True
        super().full_clean()

    @property
    def empty(self) -> bool:
        """Whether the dataset is to stay empty for now."""
        return self["source"].value() == API
