"""What the first start makes: an administrator, an access key, and a credentials file for SDKs."""

import configparser
import os
import secrets
from pathlib import Path

from django.conf import settings

from apps.accounts.models import AccessKey, Person

PROFILE = "personalize-web"
ADMINISTRATOR = "admin"


def prepare() -> list[str]:
    """Make what is missing; answers the lines to show, which hold the password and are shown this once."""
    lines = []
    person = Person.objects.filter(role=Person.Role.ADMINISTRATOR, is_active=True).order_by("pk").first()
    if person is None:
        password = secrets.token_urlsafe(12)
        person = Person.objects.create_user(ADMINISTRATOR, password=password, role=Person.Role.ADMINISTRATOR)
        lines += [f"Administrator: {person.username}", f"Password: {password}  (shown this once)"]
    path = credentials_path()
    if not path.exists():
        key = _key(person)
        _write(path, key)
        lines.append(f"Access key {key.key_id} of {person.username}: profile {PROFILE} in {path}")
    return lines


def credentials_path() -> Path:
    """Where the credentials file lies."""
    return settings.DATA_DIR / "aws" / "credentials"


def _key(person: Person) -> AccessKey:
    known = person.access_keys.filter(name=PROFILE, enabled=True).order_by("pk").first()
    return known if known and known.usable else AccessKey.make(person, name=PROFILE)[0]


def _write(path: Path, key: AccessKey) -> None:
    """A file that only its owner may read, whole from the first moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = configparser.ConfigParser(interpolation=None)
    content[PROFILE] = {
        "aws_access_key_id": key.key_id,
        "aws_secret_access_key": key.secret,
        "region": settings.REGION,
    }
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        content.write(file)
    aside.replace(path)
