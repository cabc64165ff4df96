"""The form of a new dataset group."""

from typing import Any

from apps.ui.forms import KeyField, NameField, OperationForm, RoleField, TagsField, TileField

CUSTOM = "CUSTOM"


class DatasetGroupForm(OperationForm):
    """F2: name, domain, encryption, tags."""

    name = NameField(
        label="Dataset group name",
        placeholder="custom-dataset-group-name",
        info="dataset-group",
    )
    domain = TileField(
        label="Domain",
        info="domain",
        columns="three",
        choices=[("ECOMMERCE", "E-commerce"), ("VIDEO_ON_DEMAND", "Video on demand"), (CUSTOM, "Custom")],
        about={
            "ECOMMERCE": {"description": "Product recommendations for shops."},
            "VIDEO_ON_DEMAND": {"description": "Titles for viewers."},
            CUSTOM: {"description": "Your own solutions and campaigns, with any schema."},
        },
        help_text="Cannot be changed later. A custom group never becomes a domain group; "
        "actions and action interactions exist in custom groups only.",
        error_messages={"required": "Choose a domain."},
    )
    kms_key_arn = KeyField(
        label="Encryption key ARN", description="Kept with the group; storage encrypts by its own settings."
    )
    role_arn = RoleField(label="Role for the key", required=False)
    tags = TagsField()

    def clean(self) -> dict[str, Any]:
        """A key needs a role, and the other way round."""
        data = super().clean() or self.cleaned_data
        if data.get("kms_key_arn") and not data.get("role_arn") and "role_arn" not in self.errors:
            self.add_error("role_arn", "Enter the role that may use the key.")
        if data.get("role_arn") and not data.get("kms_key_arn") and "kms_key_arn" not in self.errors:
            self.add_error("kms_key_arn", "Enter the key that this role may use, or leave the role empty.")
        return data

    def arguments(self) -> dict[str, Any]:
        """As create_dataset_group takes them: a custom group has no domain."""
        given = super().arguments()
        if given.get("domain") == CUSTOM:
            del given["domain"]
        return given
