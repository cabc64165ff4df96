"""How long does get_recommendations take over HTTP with a signature, beside the same server's plainest signed answer?

``python -m benchmarks.get_recommendations [requests] [--dry]``: 10,000 items, one client, the production server.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

REQUESTS = 2000
WARM_UP = 200
USERS, ITEMS, EVENTS = 4_000, 10_000, 200_000
MEDIAN_LIMIT, TAIL_LIMIT = 15.0, 50.0
RECIPES = ("aws-user-personalization-v2", "aws-sims", "aws-popularity-count")
PORT = 18999
START = 1_700_000_000
RECORDED = 20
"""Events that each asked user records after the training, so that answers read the event log."""


def make_data(folder: Path) -> None:
    """Histories of users who stay within one of 50 tastes, over all items."""
    import numpy as np

    random = np.random.default_rng(7)
    taste = random.integers(0, 50, USERS)
    user = random.integers(0, USERS, EVENTS)
    item = taste[user] + 50 * np.minimum(random.geometric(0.02, EVENTS), ITEMS // 50 - 1)
    item[:ITEMS] = np.arange(ITEMS)  # every item is there
    times = START + np.sort(random.integers(0, 10_000_000, EVENTS))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "interactions.csv").open("w") as file:
        file.write("USER_ID,ITEM_ID,TIMESTAMP\n")
        file.writelines(f"u{u},i{i},{t}\n" for u, i, t in zip(user, item, times, strict=True))


def prepare() -> dict[str, Any]:
    """What a newcomer does, through the front door: data, models, campaigns, a tracker, an access key."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from apps.accounts.models import AccessKey, Person
    from personalize_web import operations
    from personalize_web.workers import job

    make_data(settings.BUCKETS_DIR / "bench")
    person = Person.objects.create(username="bench", role="administrator")
    caller = operations.Caller(person.account, "us-east-1", "administrator", "bench", person.arn, "api")
    group = operations.create_dataset_group(caller, name="bench")["datasetGroupArn"]
    fields = [{"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"},
              {"name": "TIMESTAMP", "type": "long"}]  # fmt: skip
    text = {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": fields,
        "version": "1.0",
    }
    schema = operations.create_schema(caller, name="bench", schema=json.dumps(text))["schemaArn"]
    job.run_pending()
    dataset = operations.create_dataset(
        caller, name="bench", schema_arn=schema, dataset_group_arn=group, dataset_type="Interactions"
    )["datasetArn"]
    job.run_pending()
    operations.create_dataset_import_job(
        caller, job_name="bench", dataset_arn=dataset,
        data_source={"dataLocation": "s3://bench/interactions.csv"}, role_arn="arn:aws:iam::123456789012:role/bench",
    )  # fmt: skip
    tracker = operations.create_event_tracker(caller, name="bench", dataset_group_arn=group)["trackingId"]
    job.run_pending()
    campaigns = {}
    for recipe in RECIPES:
        name = recipe.removeprefix("aws-")
        solution = operations.create_solution(
            caller, name=name, dataset_group_arn=group, recipe_arn=f"arn:aws:personalize:::recipe/{recipe}",
            perform_auto_training=False,
        )["solutionArn"]  # fmt: skip
        job.run_pending()
        version = operations.create_solution_version(caller, solution_arn=solution)["solutionVersionArn"]
        job.run_pending()
        campaigns[recipe] = operations.create_campaign(caller, name=name, solution_version_arn=version)["campaignArn"]
        job.run_pending()
    key, secret = AccessKey.make(person, name="bench")
    return {"key": key.key_id, "secret": secret, "campaigns": campaigns, "tracker": tracker, "group": group}


def percentiles(
    ask: Callable[[int], Any], requests: int, first: Callable[[], Any] = lambda: None
) -> tuple[float, float]:
    """Median and 99th percentile of ``requests`` calls in milliseconds, after ``first`` and a warm-up."""
    first()
    for number in range(WARM_UP if requests > WARM_UP else requests):
        ask(number)
    took = []
    for number in range(requests):
        began = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


class Raw:
    """Signed requests over one connection that stays open, without a client library's own work."""

    def __init__(self, made: dict[str, Any]):
        from botocore.auth import SigV4Auth
        from botocore.credentials import Credentials

        self.signer = SigV4Auth(Credentials(made["key"], made["secret"]), "personalize", "us-east-1")
        self.connection = HTTPConnection("127.0.0.1", PORT)

    def renew(self) -> "Raw":
        """Begin a new connection: the server ends one on which nothing came for half a minute."""
        self.connection.close()
        return self

    def post(self, path: str, document: dict[str, Any], target: str | None = None) -> bytes:
        from botocore.awsrequest import AWSRequest

        headers = {"Host": f"127.0.0.1:{PORT}", "Content-Type": "application/json"}
        if target:
            headers |= {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonPersonalize.{target}"}
        body = json.dumps(document).encode()
        request = AWSRequest("POST", f"http://127.0.0.1:{PORT}{path}", data=body, headers=headers)
        self.signer.add_auth(request)
        self.connection.request("POST", path, body, dict(request.headers))
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content.decode()}")
        return content


def measure(made: dict[str, Any], requests: int) -> list[list[Any]]:
    """Rows of the table: what was asked, how, and how long it took."""
    import boto3

    about = {"endpoint_url": f"http://127.0.0.1:{PORT}", "region_name": "us-east-1",
             "aws_access_key_id": made["key"], "aws_secret_access_key": made["secret"]}  # fmt: skip
    runtime, events = boto3.client("personalize-runtime", **about), boto3.client("personalize-events", **about)
    control, raw = boto3.client("personalize", **about), Raw(made)

    def record(number: int) -> None:
        events.put_events(
            trackingId=made["tracker"], sessionId="s", userId=f"u{number % 500}",
            eventList=[{"eventType": "view", "sentAt": START + 20_000_000 + number, "itemId": f"i{number % ITEMS}"}],
        )  # fmt: skip

    for number in range(500 * RECORDED):
        if number % 500 < 50:  # the first fifty users have a full event log, the others a stored history alone
            record(number)
    rows = []
    for recipe, arn in made["campaigns"].items():

        def ask(number: int, arn: str = arn) -> dict[str, Any]:
            return {"campaignArn": arn, "userId": f"u{number % 500}", "itemId": f"i{number % ITEMS}"}

        rows.append(
            [f"get_recommendations, {recipe}", "boto3",
             *percentiles(lambda n, ask=ask: runtime.get_recommendations(**ask(n)), requests)]
        )  # fmt: skip
        rows.append(
            [f"get_recommendations, {recipe}", "signed bytes",
             *percentiles(lambda n, ask=ask: raw.post("/recommendations", ask(n)), requests, raw.renew)]
        )  # fmt: skip
    rows.append(["put_events, one event, on disk", "boto3", *percentiles(record, requests)])
    recipe = {"recipeArn": "arn:aws:personalize:::recipe/aws-sims"}
    rows.append(["peer: DescribeRecipe", "boto3", *percentiles(lambda _: control.describe_recipe(**recipe), requests)])
    rows.append(
        ["peer: DescribeRecipe", "signed bytes",
         *percentiles(lambda _: raw.post("/", recipe, "DescribeRecipe"), requests, raw.renew)]
    )  # fmt: skip
    return rows


def main() -> int:
    requests = int(next((word for word in sys.argv[1:] if word.isdecimal()), REQUESTS))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "personalize_web.settings", "LOG_LEVEL": "ERROR"}
        os.environ.setdefault("TRAINING_TIME_BUDGET", "30")
        os.environ |= {"QUOTA_REQUESTS_PER_SECOND": "1000000", "QUOTA_PUT_EVENTS_PER_SECOND": "1000000"}
        made = prepare()
        server = subprocess.Popen(server_command())
        try:
            wait_until_ready()
            rows = measure(made, requests)
        finally:
            server.terminate()
            server.wait()
    from benchmarks import report

    headers = ["what", "client", "p50 ms", "p99 ms"]
    notes = f"One client, one request after another, {requests:,} requests each; {ITEMS:,} items, {EVENTS:,} events."
    if "--dry" in sys.argv:
        print("\n".join(" | ".join(map(str, row)) for row in [headers, *rows]))
    else:
        packages = ["granian", "boto3", "django", "onnxruntime"]
        report.keep("get_recommendations over HTTP", headers, rows, notes=notes, packages=packages)
    slow = [row for row in rows if row[0].startswith("get_") and (row[2] > MEDIAN_LIMIT or row[3] > TAIL_LIMIT)]
    for row in slow:
        print(f"too slow: {row}", file=sys.stderr)
    return 1 if slow else 0


def server_command() -> list[str]:
    """The web process as ``make run`` starts it."""
    from apps.launch import supervisor

    return supervisor.children(PORT, sample=False)[0].command


def wait_until_ready() -> None:
    for _ in range(300):
        try:
            connection = HTTPConnection("127.0.0.1", PORT)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    sys.exit(main())
