"""Forms of jobs that read or write files: a name to begin with, and the role that files are read or written with."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.ui.forms import OperationForm, RadioField, RoleField, TagsField

DEFAULT_ROLE, CUSTOM_ROLE = "default", "custom"
NO_LIST = "No list of roles is kept here: enter the role's ARN."
NO_MAKING = "Roles are made where the storage is run: enter the role's ARN."


def suggested_name(base: str, at: datetime | None = None) -> str:
    """A job name that is free: the base, the day, the minute."""
    return f"{base[:49]}-{timezone.localtime(at or timezone.now()):%Y%m%d-%H%M}"


def role_field(default: str) -> RadioField:
    """The choice of a role; ``default`` says what the service's own one does."""
    return RadioField(
        label="IAM service role",
        label_hidden=True,
        columns="two",
        initial=DEFAULT_ROLE,
        choices=[
            (DEFAULT_ROLE, "Use the default service role"),
            ("existing", "Use an existing service role"),
            ("create", "Create and use a new service role"),
            (CUSTOM_ROLE, "Enter a custom IAM role ARN"),
        ],
        about={
            DEFAULT_ROLE: {"description": default},
            "existing": {"disabled_reason": NO_LIST},
            "create": {"disabled_reason": NO_MAKING},
        },
    )


class RoleForm(OperationForm):
    """A form that says with which role files are read or written."""

    role = role_field("Uses the storage settings of this installation.")
    role_arn = RoleField(label="Custom IAM role ARN", required=False, unmarked=True)
    tags = TagsField()

    def clean(self) -> dict[str, Any]:
        """A custom role needs its ARN; roles to come cannot be chosen."""
        data = super().clean() or self.cleaned_data
        if data.get("role") == CUSTOM_ROLE and not data.get("role_arn") and "role_arn" not in self.errors:
            self.add_error("role_arn", "Enter a role ARN such as arn:aws:iam::123456789012:role/Name.")
        if data.get("role") in ("existing", "create"):
            self.add_error("role", "Roles cannot be kept yet. Use the default role or enter an ARN.")
        return data

    def chosen_role(self) -> str:
        """The ARN that goes into the request; the API asks for one in any case."""
        given = self.cleaned_data.get("role_arn")
        if self.cleaned_data.get("role") == CUSTOM_ROLE and given:
            return str(given)
        account = self.caller.account if self.caller else settings.ACCOUNT_ID
        return f"arn:{settings.PARTITION}:iam::{account}:role/default-service-role"
