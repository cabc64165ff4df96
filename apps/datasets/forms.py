"""The forms of exports and of data deletions."""

from typing import Any

from apps.ui.forms import (
    KeyField,
    LocationField,
    NameField,
    RadioField,
    TextAreaField,
    TextField,
)
from apps.ui.job_forms import RoleForm, suggested_name

FILE, LIST = "file", "list"
MODES = {"ALL": "Both", "BULK": "Bulk", "PUT": "Incremental"}
"""The ingestion modes as the console calls them."""
CONFIRMATION = "delete"


class ExportForm(RoleForm):
    """F8. ``about``: base (what the suggested name begins with)."""

    error_fields = {"job_output": "path", "dataset_arn": "__all__"}

    job_name = NameField(label="Dataset export job name")
    ingestion_mode = RadioField(
        label="Export data type",
        columns="three",
        initial="ALL",
        choices=[(mode, MODES[mode]) for mode in ("BULK", "PUT", "ALL")],
        about={
            "BULK": {"description": "What import jobs brought."},
            "PUT": {"description": "What was recorded one by one, in the console or by put operations."},
            "ALL": {"description": "Everything; of users and items the newest version of each id."},
        },
        help_text="Rows that are equal in every column are written once.",
    )
    path = LocationField(
        label="Data output path",
        folder=True,
        placeholder="s3://bucket/folder/",
        description="A folder. The CSV files are written to a folder in it that has the job's name.",
        error_messages={"required": "Enter the folder to write to, such as s3://exports/movies/."},
    )
    kms_key_arn = KeyField(label="KMS key ARN", description="Kept with the job; storage encrypts by its own settings.")

    def prepare(self) -> None:
        """A name and a place to begin with."""
        self.initial.setdefault("job_name", suggested_name(self.about["base"]))
        self.initial.setdefault("path", self.about["folder"])

    def arguments(self) -> dict[str, Any]:
        """As create_dataset_export_job takes them; the dataset is the page's to add."""
        data = self.cleaned_data
        destination = {"path": data.get("path", "")}
        if data.get("kms_key_arn"):
            destination["kmsKeyArn"] = data["kms_key_arn"]
        given: dict[str, Any] = {
            "job_name": data.get("job_name", ""),
            "ingestion_mode": data.get("ingestion_mode", "ALL"),
            "job_output": {"s3DataDestination": destination},
            "role_arn": self.chosen_role(),
        }
        return given | ({"tags": data["tags"]} if data.get("tags") else {})


class DataDeletionForm(RoleForm):
    """F9: whose data goes. ``about``: base."""

    error_fields = {"data_source": "data_location"}

    job_name = NameField(label="Job name")
    source = RadioField(
        label="Users",
        columns="two",
        initial=FILE,
        choices=[(FILE, "Read user ids from storage"), (LIST, "Enter user ids")],
        about={
            FILE: {"description": "A CSV file, or a folder of them, with the single column USER_ID."},
            LIST: {"description": "One id a line. They are kept as a file in storage, as the job reads it."},
        },
    )
    data_location = LocationField(
        label="S3 location",
        required=False,
        unmarked=True,
        description="One CSV file, or a folder ending in /: every .csv file in it and below is read. At most 50 MB.",
    )
    user_ids = TextAreaField(label="User ids", required=False, unmarked=True, mono=True, description="One id a line.")
    confirmation = TextField(label=f"To confirm, type {CONFIRMATION}", required=False, unmarked=True, narrow=True)

    def prepare(self) -> None:
        """A name to begin with."""
        self.initial.setdefault("job_name", suggested_name(self.about["base"]))
        self.fields["confirmation"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def ids(self) -> list[str]:
        """The ids that were entered, each once, in their order."""
        return list(dict.fromkeys(line.strip() for line in (self["user_ids"].data or "").splitlines() if line.strip()))

    def clean(self) -> dict[str, Any]:
        """Either a place or ids, and the word that confirms."""
        data = super().clean()
        if data.get("source") == LIST:
            self._clean_ids()
        elif not data.get("data_location") and "data_location" not in self.errors:
            self.add_error("data_location", "Enter the location of a CSV file with the single column USER_ID.")
        if data.get("confirmation") != CONFIRMATION:
            self.add_error("confirmation", f"Type {CONFIRMATION} to confirm: what is deleted cannot be brought back.")
        return data

    def _clean_ids(self) -> None:
        ids = self.ids()
        if not ids:
            self.add_error("user_ids", "Enter at least one user id.")
        for number, one in enumerate(ids, start=1):
            if len(one) > 256:
                self.add_error("user_ids", f"Id {number} has {len(one)} characters; an id has at most 256.")
                return
