"""The forms of metric attribution: where reports go, and the metrics."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from apps.metric_attributions import builder
from apps.ui.forms import (
    CheckField,
    CodeField,
    KeyField,
    LocationField,
    NameField,
    OperationForm,
    RadioField,
    RoleField,
)

BUILD, JSON = "build", "json"
DEFAULT_ROLE, CUSTOM_ROLE = "default", "custom"


def default_role(account: str) -> str:
    """The role that stands for this installation's own storage settings."""
    return f"arn:{settings.PARTITION}:iam::{account}:role/PersonalizeRole"


class ConfigurationForm(OperationForm):
    """Where reports go, and with whose permission. ``about``: config (the present one, when it is changed)."""

    error_fields = {"metrics_output_config": "path"}

    path = LocationField(
        label="Data output path",
        required=False,
        folder=True,
        placeholder="s3://bucket/folder/",
        description="Optional. A folder for reports: import jobs can publish metrics only when it is set.",
    )
    kms_key_arn = KeyField(label="KMS key ARN")
    role = RadioField(
        label="IAM service role",
        label_hidden=True,
        columns="two",
        initial=DEFAULT_ROLE,
        choices=[(DEFAULT_ROLE, "Use the default service role"), (CUSTOM_ROLE, "Enter a custom IAM role ARN")],
    )
    role_arn = RoleField(label="Custom IAM role ARN", required=False, unmarked=True)

    def prepare(self) -> None:
        """The default role by its ARN; what there is already, where it is changed."""
        own = default_role(self.caller.account if self.caller else settings.ACCOUNT_ID)
        self.fields["role"].widget.about = {DEFAULT_ROLE: {"description": own}}
        config = self.about.get("config")
        if config:
            destination = config.get("s3DataDestination") or {}
            path = destination.get("path", "")
            self.initial.setdefault("path", path if not path or path.endswith("/") else f"{path}/")
            self.initial.setdefault("kms_key_arn", destination.get("kmsKeyArn", ""))
            if config["roleArn"] != own:
                self.initial.setdefault("role", CUSTOM_ROLE)
                self.initial.setdefault("role_arn", config["roleArn"])

    def clean(self) -> dict[str, Any]:
        """A custom role needs its ARN, a key something to encrypt."""
        data = super().clean() or self.cleaned_data
        if data.get("role") == CUSTOM_ROLE and not data.get("role_arn") and "role_arn" not in self.errors:
            self.add_error("role_arn", "Enter a role ARN such as arn:aws:iam::123456789012:role/Name.")
        if data.get("kms_key_arn") and not data.get("path") and "path" not in self.errors:
            self.add_error(
                "path", "Enter an output path, or leave the key empty: the key encrypts what is written there."
            )
        return data

    def config(self) -> dict[str, Any]:
        """``metricsOutputConfig``."""
        given = self.cleaned_data
        own = default_role(self.caller.account if self.caller else settings.ACCOUNT_ID)
        config: dict[str, Any] = {"roleArn": given["role_arn"] if given.get("role") == CUSTOM_ROLE else own}
        if given.get("path"):
            destination = {"path": given["path"]}
            config["s3DataDestination"] = destination | (
                {"kmsKeyArn": given["kms_key_arn"]} if given.get("kms_key_arn") else {}
            )
        return config

    def arguments(self) -> dict[str, Any]:
        """As the operations take them."""
        return {"metrics_output_config": self.config()} if hasattr(self, "cleaned_data") and not self.errors else {}


class NewConfigurationForm(ConfigurationForm):
    """F30, step 1."""

    name = NameField(label="Metric attribution name")
    field_order = ["name"]

    def prepare(self) -> None:
        """A name to begin with."""
        super().prepare()
        self.initial.setdefault("name", f"{self.about['group']['name'][:51]}-attribution")

    def arguments(self) -> dict[str, Any]:
        """With the name."""
        return super().arguments() | {"name": self.cleaned_data.get("name")}


class MetricsForm(OperationForm):
    """F30, step 2. ``about``: choices (as describe_attribution_choices answers), metrics (those there are already)."""

    error_fields = {"metrics": "rows", "add_metrics": "rows", "remove_metrics": "rows", "dataset_group_arn": "rows"}

    mode = RadioField(
        label="How to define metrics",
        label_hidden=True,
        columns="two",
        initial=BUILD,
        choices=[(BUILD, "Build metric attributes"), (JSON, "Input metric attributes")],
        about={
            BUILD: {"description": "Choose event types, functions and columns."},
            JSON: {"description": "Write a JSON list."},
        },
    )
    rows = builder.MetricRowsField(label="Metric attributes", label_hidden=True, required=False, unmarked=True)
    document = CodeField(label="Metric attributes as JSON", required=False, unmarked=True, short=True)

    def prepare(self) -> None:
        """What can be chosen, and what is there."""
        choices = self.about["choices"]
        columns: dict[str, list[str]] = {}
        for each in choices["columns"]:
            columns.setdefault(each["dataset"], []).append(f"{each['dataset']}.{each['name']}")
        widget = self.fields["rows"].widget
        widget.event_types = choices["eventTypes"]
        widget.columns = list(columns.items())
        present = self.about.get("metrics") or []
        self.initial.setdefault("rows", [builder.row(each) for each in present])
        example = [{"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"}]
        self.initial.setdefault("document", builder.written(present or example))

    def clean_document(self) -> list[builder.Metric]:
        """Only what is chosen is read."""
        text = self.cleaned_data.get("document") or ""
        return builder.read_json(text) if self["mode"].data == JSON and text.strip() else []

    def full_clean(self) -> None:
        """The builder is not asked about where JSON is written."""
        if self.is_bound and self["mode"].data == JSON:
            self.fields["rows"].disabled = True
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        """At least one metric, at most ten, and no name twice."""
        data = super().clean() or self.cleaned_data
        field = "document" if data.get("mode") == JSON else "rows"
        if field in self.errors:
            return data
        found = self.metrics()
        names = [each["metricName"] for each in found]
        if not found:
            self.add_error(field, "Add at least one metric.")
        elif len(found) > builder.MOST:
            self.add_error(field, f"A metric attribution has at most {builder.MOST} metrics.")
        elif twin := next((name for name in names if names.count(name) > 1), None):
            self.add_error(field, f"Metric names must be unique; {twin} occurs more than once.")
        return data

    def metrics(self) -> list[builder.Metric]:
        """As the API has them."""
        data = getattr(self, "cleaned_data", {})
        return (data.get("document") if data.get("mode") == JSON else data.get("rows")) or []

    def place(self, error: Any) -> None:
        """Beside what was written: the rows or the JSON."""
        if self.error_fields.get(error.field or "", error.field) in ("rows", None):
            self.add_error("document" if self["mode"].value() == JSON else "rows", error.message)
        else:
            super().place(error)

    def arguments(self) -> dict[str, Any]:
        """For create_metric_attribution."""
        return {"metrics": self.metrics()}


class EditMetricsForm(MetricsForm):
    """F31: the metrics there are, changed; removing asks."""

    confirm = CheckField(label="Stop counting the metrics that were removed")

    def changes(self) -> dict[str, Any]:
        """What an update removes and adds; a changed metric is both."""
        present = self.about["metrics"]
        wanted = self.metrics()
        removed = [each["metricName"] for each in present if each not in wanted]
        added = [each for each in wanted if each not in present]
        return ({"remove_metrics": removed} if removed else {}) | ({"add_metrics": added} if added else {})

    def removed(self) -> list[str]:
        """Names of metrics that are not to be counted any more."""
        wanted = {each["metricName"] for each in self.metrics()}
        return [each["metricName"] for each in self.about["metrics"] if each["metricName"] not in wanted]

    def clean(self) -> dict[str, Any]:
        """Something must change; what goes is confirmed."""
        data = super().clean()
        if self.errors:
            return data
        if not self.changes():
            raise ValidationError("Nothing was changed.")
        if self.removed() and not data.get("confirm"):
            names = ", ".join(self.removed())
            self.add_error("confirm", f"{names}: counting stops; what was counted stays. Tick the box to go on.")
        return data

    def arguments(self) -> dict[str, Any]:
        """For update_metric_attribution."""
        return self.changes() if hasattr(self, "cleaned_data") else {}
