"""``manage.py launch``: the whole service on this machine, in one terminal or under a process manager."""

import os
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.launch import first_run, sample, supervisor


class Command(BaseCommand):
    help = "Migrate, make what a first start needs, and run console, API, workers and timetable until a signal."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        port = int(os.environ.get("PORT", "8000"))
        supervisor.working_directory()
        try:
            from django.conf import settings

            held = supervisor.lock(settings.DATA_DIR)
            supervisor.check_port(port)
        except supervisor.CannotStart as reason:
            print(reason, file=sys.stderr)
            sys.exit(1)
        with held:
            call_command("migrate", verbosity=0, skip_checks=True)
            call_command("createcachetable", verbosity=0)
            for line in first_run.prepare():
                print(line, flush=True)
            wanted = os.environ.get("SAMPLE", "1") != "0" and not sample.is_done()
            code = supervisor.run(port, supervisor.children(port, sample=wanted))
        sys.exit(code)
