"""``manage.py make_sample``: the sample dataset group, begun or continued."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.launch import sample


class Command(BaseCommand):
    help = "Make the sample dataset group, or go on where an earlier call was interrupted."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sample.make()
