"""Forms of signing in, of one's own account, and of access keys."""

from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from apps.accounts import keys
from apps.ui.forms import CheckField, ChoiceField, NameField, OperationForm, PasswordField, RadioField, TextField
from apps.ui.tables import SIZES

SCOPES_ABOUT = {
    "role": {"description": "All that your role allows."},
    "runtime": {"description": "Only asking for recommendations, rankings and actions."},
    "events": {"description": "Only recording events, users, items and actions."},
    "read": {"description": "Lists, descriptions and metrics; changes nothing."},
}


class SignInForm(OperationForm):
    username = TextField(label="E-mail or name", error_messages={"required": "Enter your e-mail or name."})
    password = PasswordField(label="Password", error_messages={"required": "Enter your password."})
    keep = CheckField(label="Keep me signed in", description="For 14 days on this device.")

    def prepare(self) -> None:
        self.fields["username"].widget.attrs |= {
            "autocomplete": "username",
            "autofocus": True,
            "autocapitalize": "none",
        }


class PasswordForm(OperationForm):
    current = PasswordField(label="Current password")
    new = PasswordField(label="New password", autocomplete="new-password", help_text="At least 10 characters.")
    repeat = PasswordField(label="New password again", autocomplete="new-password")

    def clean_current(self) -> str:
        if not self.about["person"].check_password(self.cleaned_data["current"]):
            raise ValidationError("This is not your current password.")
        return self.cleaned_data["current"]

    def clean_new(self) -> str:
        password_validation.validate_password(self.cleaned_data["new"], self.about["person"])
        return self.cleaned_data["new"]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("new") and values.get("repeat") and values["new"] != values["repeat"]:
            self.add_error("repeat", "The two new passwords differ.")
        return values


class PreferencesForm(OperationForm):
    theme = RadioField(
        label="Theme",
        choices=[("system", "As the device"), ("light", "Light"), ("dark", "Dark")],
        initial="system",
    )
    density = RadioField(
        label="Density",
        choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
        initial="comfortable",
    )
    page_size = ChoiceField(
        label="Rows per page", choices=[(str(size), str(size)) for size in SIZES], initial="20", narrow=True
    )
    time_zone = ChoiceField(label="Time zone", required=False, unmarked=True, narrow=True)

    def prepare(self) -> None:
        zones = sorted(
            zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
        )
        self.fields["time_zone"].choices = [("", "As the device"), ("UTC", "UTC"), *((zone, zone) for zone in zones)]


class AccessKeyForm(OperationForm):
    name = NameField(label="Name", description="What the key is for, such as a program or a person.")
    scope = RadioField(label="Scope", choices=[], about=SCOPES_ABOUT, initial="role")
    expires = RadioField(
        label="Expires",
        choices=[("30", "In 30 days"), ("90", "In 90 days"), ("365", "In 365 days"), ("never", "Never")],
        initial="90",
        columns="two",
    )

    def prepare(self) -> None:
        assert self.caller is not None
        allowed = keys.scopes(self.caller)
        self.fields["scope"].choices = [(scope.value, scope.label) for scope in allowed]
        self.initial.setdefault("scope", allowed[0].value)
        if not self.caller.may_as("administrator"):
            self.fields["expires"].choices = self.fields["expires"].choices[:3]
