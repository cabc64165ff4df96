"""How soon does a console page with 1,000 resources begin to arrive, beside the same page with ten?

``python -m benchmarks.console_pages [requests] [--dry]``: one signed-in person, the production server.
"""

import os
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from typing import Any

MANY, FEW = 1000, 10
REQUESTS = 40
LIMIT = 200.0
"""Milliseconds to the first byte, at the median."""
PAGES = {
    "dataset groups": "/console/dataset-groups/",
    "solutions": "/console/dataset-groups/{group}/solutions/",
    "campaigns": "/console/dataset-groups/{group}/campaigns/",
    "recommenders": "/console/dataset-groups/{group}/recommenders/",
    "import jobs of a dataset": "/console/dataset-groups/{group}/datasets/item-interactions/",
}


def fill(count: int, group_name: str) -> None:
    """A group with ``count`` of everything that a list shows."""
    from personalize_web.operations import Caller
    from tests import factories

    caller = Caller("123456789012", "us-east-1", "administrator", "bench", "arn:aws:iam::1:user/bench", "api")
    group = factories.active_group(caller, group_name, domain="VIDEO_ON_DEMAND")
    dataset = factories.dataset(caller, group)
    for number in range(count):
        name = f"{group_name}-{number}"
        factories.import_job(caller, dataset, f"{name}-import")
        version = factories.solution_version(caller, factories.solution(caller, group, name))
        factories.campaign(caller, version, name)
        factories.recommender(caller, group, name)
        if count == MANY:
            factories.active_group(caller, f"group-{number}")


def prepare() -> str:
    """The rows, and the session cookie of an administrator."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction
    from django.test import Client

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from apps.accounts.models import Person

    with transaction.atomic():
        fill(MANY, "many")
        fill(FEW, "few")
    client = Client()
    client.force_login(Person.objects.create(username="bench", role="administrator"))
    return client.cookies["sessionid"].value


def first_byte(path: str, cookie: str, requests: int, port: int) -> tuple[float, float]:
    """Median and slowest milliseconds from the request to the first byte of the answer, after two of warm-up."""
    connection = HTTPConnection("127.0.0.1", port)
    took = []
    for number in range(requests + 2):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}"})
        answer = connection.getresponse()
        arrived = (time.perf_counter() - began) * 1000
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        if number >= 2:
            took.append(arrived)
    took.sort()
    return took[len(took) // 2], took[-1]


def main() -> int:
    requests = int(next((word for word in sys.argv[1:] if word.isdecimal()), REQUESTS))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "personalize_web.settings", "LOG_LEVEL": "ERROR"}
        from benchmarks import get_recommendations as production

        cookie = prepare()
        server = subprocess.Popen(production.server_command())
        rows: list[list[Any]] = []
        try:
            production.wait_until_ready()
            for page, path in PAGES.items():
                many = first_byte(path.format(group="many"), cookie, requests, production.PORT)
                few = first_byte(path.format(group="few"), cookie, requests, production.PORT)
                rows.append([page, *many, few[0] if "{group}" in path else "the same page"])
        finally:
            server.terminate()
            server.wait()
    headers = ["page", f"{MANY:,} rows: median ms", "slowest ms", f"peer, {FEW} rows: median ms"]
    if "--dry" in sys.argv:
        print("\n".join(" | ".join(map(str, row)) for row in [headers, *rows]))
    else:
        from benchmarks import report

        notes = f"Time to the first byte, one person, {requests} requests each. To reach: under {LIMIT:.0f} ms."
        report.keep("Pages of the console", headers, rows, notes=notes, packages=["django", "granian"])
    slow = [row for row in rows if row[1] > LIMIT]
    for row in slow:
        print(f"too slow: {row}", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
