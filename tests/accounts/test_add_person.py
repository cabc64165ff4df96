"""People are added on the command line, with a password that is shown once."""

import re
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from apps.accounts.models import Person

pytestmark = pytest.mark.django_db


def add(*words: str) -> str:
    said = StringIO()
    call_command("add_person", *words, stdout=said)
    return said.getvalue()


def test_a_new_person_can_sign_in_with_the_password_that_was_shown():
    said = add("ada@example.com", "--role", "analyst")
    password = re.search(r"Password: (\S+)", said).group(1)
    person = authenticate(username="ada@example.com", password=password)
    assert person.role == "analyst"


def test_another_role_leaves_the_password_as_it_was():
    Person.objects.create_user("ben", password="what ben remembers", role="viewer")
    assert "Password" not in add("ben", "--role", "analyst")
    assert authenticate(username="ben", password="what ben remembers").role == "analyst"


def test_the_last_administrator_stays_one():
    Person.objects.create_user("ana", password="what ana remembers", role="administrator")
    with pytest.raises(CommandError, match="last administrator"):
        add("ana", "--role", "viewer")
    assert Person.objects.get(username="ana").role == "administrator"
