"""What may be done with access keys, and by whom; every change is kept in the audit log."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import AccessKey, Person
from personalize_web.operations import ADMINISTRATOR, VIEWER, Caller, ServiceError, audit
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    LimitExceededException,
    ResourceNotFoundException,
)

LIFETIMES = {"30": 30, "90": 90, "365": 365, "never": None}


def scopes(caller: Caller) -> list[AccessKey.Scope]:
    """The scopes that somebody of this role may give a key: a viewer's keys only read."""
    return [AccessKey.Scope.READ] if caller.role == VIEWER else list(AccessKey.Scope)


def create(caller: Caller, owner: Person, *, name: str, scope: str, expires: str) -> AccessKey:
    """A new key of ``owner``. ``expires``: 30, 90 or 365 days, or never, which only an administrator may say."""
    if scope not in scopes(caller):
        raise InvalidInputException("Your role allows read-only keys.", field="scope")
    if expires not in LIFETIMES or (expires == "never" and caller.role != ADMINISTRATOR):
        raise InvalidInputException("Choose when the key expires.", field="expires")
    days = LIFETIMES[expires]
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=owner.pk)
        usable = sum(key.usable for key in owner.access_keys.all())
        if usable >= settings.ACCESS_KEYS_PER_PERSON:
            raise LimitExceededException(
                f"Limit reached: {usable} of {settings.ACCESS_KEYS_PER_PERSON} active access keys. "
                "Deactivate or delete one first."
            )
        expires_at = timezone.now() + timedelta(days=days) if days else None
        key, _ = AccessKey.make(owner, name=name, scope=scope, expires_at=expires_at)
        _record(caller, "ConsoleCreateAccessKey", key)
    return key


def find(caller: Caller, key_id: str) -> AccessKey:
    """A key of the caller's own; an administrator finds anybody's of the account."""
    keys = AccessKey.objects.select_related("owner").filter(owner__account=caller.account, key_id=key_id)
    if caller.role != ADMINISTRATOR:
        keys = keys.filter(owner__username=caller.name)
    found = keys.first()
    if found is None:
        raise ResourceNotFoundException(f"There is no access key {key_id}.")
    return found


def set_enabled(caller: Caller, key_id: str, enabled: bool) -> None:
    """Switch a key off or on again; requests signed with a key that is off are refused at once."""
    key = find(caller, key_id)
    if enabled and key.owner.access_keys.filter(enabled=True).count() >= settings.ACCESS_KEYS_PER_PERSON:
        raise LimitExceededException("The owner has as many active keys as allowed. Deactivate or delete one first.")
    key.enabled = enabled
    key.save(update_fields=["enabled"])
    _record(caller, "ConsoleActivateAccessKey" if enabled else "ConsoleDeactivateAccessKey", key)


def delete(caller: Caller, key_id: str) -> None:
    """Remove a key for good."""
    key = find(caller, key_id)
    _record(caller, "ConsoleDeleteAccessKey", key)
    key.delete()


def require_administrator(caller: Caller) -> None:
    if caller.role != ADMINISTRATOR:
        raise AccessDeniedException("Only administrators see other people's access keys.")


def describe(key: AccessKey) -> dict[str, Any]:
    """A key as the pages show it, without its secret."""
    now = timezone.now()
    expired = key.expires_at is not None and key.expires_at <= now
    return {
        "name": key.key_id,
        "label": key.name,
        "owner": key.owner.username,
        "scope": key.get_scope_display(),
        "created": key.created_at,
        "used": key.last_used_at,
        "used_ip": key.last_used_ip,
        "expires": key.expires_at,
        "state": "Expired" if expired else "Active" if key.enabled else "Inactive",
        "enabled": key.enabled,
    }


def _record(caller: Caller, event: str, key: AccessKey, error: ServiceError | None = None) -> None:
    about = {"accessKeyId": key.key_id, "name": key.name, "scope": key.scope, "owner": key.owner.username}
    audit.record(caller, event, parameters=about, error=error)
