"""The pages of access keys: one's own, and for administrators everybody's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts import keys
from apps.accounts.forms import AccessKeyForm
from apps.accounts.models import AccessKey
from apps.ui import cells
from apps.ui.pages import Column, ConfirmPage, ConsolePage, DeletePage, Empty, FormPage, ListPage, RowAction, flash
from personalize_web.operations.errors import ResourceNotFoundException

SHOWN_FOR = timedelta(seconds=20)
"""How long a new secret may be drawn again, should the browser ask twice."""


def _state(row: dict[str, Any]) -> SafeString:
    indicator = {"Active": "success", "Inactive": "stopped", "Expired": "warning"}[row["state"]]
    return cells.template("components/status_indicator.html")({"type": indicator, "text": row["state"]})


def _used(row: dict[str, Any]) -> SafeString:
    if row["used"] is None:
        return format_html('<span class="muted">Never</span>')
    return format_html('{}<span class="second-line">{}</span>', cells.moment("used")(row), row["used_ip"] or "")


class AccessKeys(ListPage):
    """One's own keys."""

    title = "Access keys"
    description = "A key signs the requests of a program in your name."
    info = "access-keys"
    noun = "access key"
    crumbs = (("Account", "accounts:account"),)
    columns = (
        Column("name", "Key ID", cells.copyable("name", "key id"), sortable=True),
        Column("label", "Name", sortable=True),
        Column("owner", "Owner", sortable=True, css="secondary"),
        Column("scope", "Scope"),
        Column("state", "Status", _state, sortable=True),
        Column("created", "Created", cells.moment("created"), sortable=True, css="secondary"),
        Column("used", "Last used", _used, sortable=True, css="secondary"),
        Column("expires", "Expires", cells.moment("expires"), sortable=True, css="secondary"),
    )
    sort, direction = "created", "desc"
    status_key = ""
    empty = Empty("No access keys", "Make one for the program that shall ask for recommendations.")
    create = ("Create access key", "accounts:create_access_key")
    actions = (
        RowAction(
            "deactivate", "Deactivate", lambda page, names: page.url("accounts:deactivate_access_key", key_id=names[0])
        ),
        RowAction(
            "activate", "Activate", lambda page, names: page.url("accounts:activate_access_key", key_id=names[0])
        ),
        RowAction("delete", "Delete", lambda page, names: page.url("accounts:delete_access_key", key_id=names[0])),
    )

    def rows(self) -> list[dict[str, Any]]:
        return [keys.describe(key) for key in self.found()]

    def found(self) -> Any:
        return AccessKey.objects.select_related("owner").filter(owner=self.request.user)


class AllAccessKeys(AccessKeys):
    """Everybody's keys, for administrators."""

    section = "access-keys"
    crumbs = (("Administration", ""),)
    description = "Every key of this account."

    def found(self) -> Any:
        keys.require_administrator(self.caller)
        return AccessKey.objects.select_related("owner").filter(owner__account=self.caller.account)


class CreateAccessKey(FormPage):
    """A new key of one's own."""

    title = "Create access key"
    form_class = AccessKeyForm
    submit = "Create access key"
    noun = "access key"
    crumbs = (("Account", "accounts:account"), ("Access keys", "accounts:access_keys"))

    def perform(self) -> AccessKey:
        key = keys.create(self.caller, self.request.user, **self.form.cleaned_data)
        self.request.session["new_access_key"] = key.key_id
        return key

    def success_url(self, answer: AccessKey) -> str:
        return self.url("accounts:access_key_secret", key_id=answer.key_id)

    def success(self, answer: AccessKey) -> None:
        flash(self.request, "success", f"Access key {answer.key_id} is Active.")


class AccessKeySecret(ConsolePage):
    """The secret of a key that was just made, once."""

    title = "Your new access key"
    template_name = "accounts/secret.html"
    crumbs = CreateAccessKey.crumbs

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = keys.find(self.caller, kwargs["key_id"])
        fresh = request.session.pop("new_access_key", None) == key.key_id
        own = key.owner_id == request.user.pk
        if not own or not (fresh or key.created_at > timezone.now() - SHOWN_FOR):
            raise ResourceNotFoundException("A secret is shown once, when its key is made. Make another key.")
        endpoint = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
        return self.render(key=key, secret=key.secret, snippet=_snippet(key, key.secret, endpoint, self.caller.region))


class ChangeAccessKey(ConfirmPage):
    """Switch a key off or on."""

    enabled = False
    crumbs = (("Access keys", "accounts:access_keys"),)

    def get_title(self) -> str:
        return f"{self.verb} access key"

    @property
    def text(self) -> str:
        end = "works again at once" if self.enabled else "is refused at once; it can be activated again"
        return f"A request signed with {self.kwargs['key_id']} {end}."

    @property
    def verb(self) -> str:
        return "Activate" if self.enabled else "Deactivate"

    def perform(self) -> None:
        keys.set_enabled(self.caller, self.kwargs["key_id"], self.enabled)

    def done(self) -> tuple[str, str]:
        return "success", f"Access key {self.kwargs['key_id']} is {'Active' if self.enabled else 'Inactive'}."

    def success_url(self) -> str:
        return _list_of(self)


class DeleteAccessKey(DeletePage):
    """Remove a key for good."""

    noun = "access key"
    crumbs = (("Access keys", "accounts:access_keys"),)

    def names(self) -> Sequence[str]:
        return [keys.find(self.caller, self.kwargs["key_id"]).key_id]

    def consequences(self) -> Sequence[str]:
        return ["Programs that use this key are refused at once."]

    def perform(self, name: str) -> None:
        keys.delete(self.caller, name)

    def success_url(self) -> str:
        return _list_of(self)


def _list_of(page: ConsolePage) -> str:
    """Back to one's own keys, or as an administrator to the list of all."""
    own = AccessKey.objects.filter(owner=page.request.user, key_id=page.kwargs["key_id"]).exists()
    return page.url("accounts:access_keys" if own or not page.may("administrator") else "accounts:all_access_keys")


def _snippet(key: AccessKey, secret: str, endpoint: str, region: str) -> list[str]:
    """A program that asks for the recipes with this key, line by line."""
    return [
        f"# export AWS_ACCESS_KEY_ID={key.key_id}",
        f"# export AWS_SECRET_ACCESS_KEY={secret}",
        "import boto3",
        "",
        "personalize = boto3.client(",
        '    "personalize",',
        f'    region_name="{region}",',
        f'    endpoint_url="{endpoint}",',
        ")",
        'for recipe in personalize.list_recipes()["recipes"]:',
        '    print(recipe["name"])',
    ]
