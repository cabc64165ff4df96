"""``manage.py add_person ada@example.com --role analyst``: somebody who may sign in."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Person


class Command(BaseCommand):
    """Adds a person, or gives one who is there another role or password."""

    help = "Add a person with a role, and print the password once; or change the role of one who is there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="an e-mail address or a short name")
        parser.add_argument("--role", choices=Person.Role.values, default=Person.Role.VIEWER)
        parser.add_argument("--new-password", action="store_true", help="make a new password for one who is there")

    def handle(self, *args: Any, **options: Any) -> None:
        name, role = options["name"], options["role"]
        person = Person.objects.filter(username=name).first()
        if person is None:
            person = Person(username=name, email=name if "@" in name else "")
        elif person.role == Person.Role.ADMINISTRATOR != role and not self._another_administrator(person):
            raise CommandError(f"{name} is the last administrator. Make somebody else one first.")
        fresh = person.pk is None or options["new_password"]
        password = secrets.token_urlsafe(12)
        person.role = role
        if fresh:
            person.set_password(password)
        person.save()
        self.stdout.write(f"{name} may sign in as {Person.Role(role).label.lower()}.")
        if fresh:
            self.stdout.write(f"Password: {password}  (shown this once)")

    def _another_administrator(self, person: Person) -> bool:
        others = Person.objects.filter(role=Person.Role.ADMINISTRATOR, is_active=True).exclude(pk=person.pk)
        return others.exists()
