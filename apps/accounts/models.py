"""People, their roles, and their access keys."""

import secrets
import string

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from apps.accounts import vault


def default_account() -> str:
    return settings.ACCOUNT_ID


class Person(AbstractUser):
    """Somebody who signs in. ``username`` is an e-mail address or a short name."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", "Administrator"
        ANALYST = "analyst", "Analyst"
        VIEWER = "viewer", "Viewer"

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    account = models.CharField(max_length=12, default=default_account)
    preferences = models.JSONField(default=dict)
    """theme, density, time_zone, page_size, navigation."""

    @property
    def arn(self) -> str:
        return f"arn:{settings.PARTITION}:iam::{self.account}:user/{self.username}"

    @property
    def initials(self) -> str:
        words = (self.get_full_name() or self.username.split("@")[0]).replace(".", " ").replace("-", " ").split()
        return "".join(word[0] for word in words[:2]).upper() or "?"


class AccessKey(models.Model):
    """A key pair that signs API requests in the name of its owner."""

    class Scope(models.TextChoices):
        ROLE = "role", "As my role"
        RUNTIME = "runtime", "Runtime only"
        EVENTS = "events", "Events only"
        READ = "read", "Read-only"

    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="access_keys")
    key_id = models.CharField(max_length=32, unique=True)
    secret_sealed = models.TextField()
    """The secret, encrypted with the instance key: signatures need it in clear."""
    name = models.CharField(max_length=63)
    scope = models.CharField(max_length=16, choices=Scope.choices, default=Scope.ROLE)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_ip = models.CharField(max_length=64, null=True)

    def __str__(self) -> str:
        return self.key_id

    @property
    def usable(self) -> bool:
        fresh = self.expires_at is None or self.expires_at > timezone.now()
        return self.enabled and fresh and self.owner.is_active

    @property
    def secret(self) -> str:
        return vault.open_sealed(self.secret_sealed)

    @classmethod
    def make(cls, owner: Person, *, name: str, scope: str = Scope.ROLE, expires_at=None) -> tuple["AccessKey", str]:
        """A new key and its secret; the secret can be shown now and never again."""
        letters = string.ascii_uppercase + "234567"
        key_id = "PWKA" + "".join(secrets.choice(letters) for _ in range(16))
        secret = secrets.token_urlsafe(30)
        key = cls.objects.create(
            owner=owner, key_id=key_id, secret_sealed=vault.seal(secret), name=name, scope=scope, expires_at=expires_at
        )
        return key, secret
