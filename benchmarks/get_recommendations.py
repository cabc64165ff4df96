"""How long do answers take over HTTP with a signature, one web process, beside the same server's empty signed answer?

``python -m benchmarks.get_recommendations [requests] [--dry]``: 100,000 items and users with 100 events, plain and with
a filter, a promotion and metadata; a ranking of 500 items; and a million items. Requests are signed beforehand.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import put_events
from benchmarks.put_events import PORT, Signer, ask, load, percentiles, wait_until_ready

REQUESTS = 2_000
WARM_UP = 200
USERS, ITEMS, EVENTS_EACH = 20_000, 100_000, 100
MANY = 1_000_000
RANKED = 500
TASTES = 200
START, YEAR = 1_700_000_000, 31_536_000
SECONDS = 8
"""Of the load that says how many requests a second are answered."""
COLUMNS = ("GENRE", "STUDIO", "PRICE", *(f"COLUMN_{number}" for number in range(7)))
FILTER = "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE) AND Items.STUDIO IN ($STUDIO) AND Items.PRICE < $PRICE"
VALUES = {"GENRE": ",".join(f'"genre {number}"' for number in range(10)), "PRICE": "90",
          "STUDIO": ",".join(f'"studio {number}"' for number in range(40))}  # fmt: skip
PROMOTED = 8
"""Per cent of 25 places: two."""
RECIPES = ("aws-user-personalization-v2", "aws-personalized-ranking-v2", "aws-sims")
ROLE = "arn:aws:iam::123456789012:role/bench"


def make_data(folder: Path) -> None:
    """Users who stay within one of many tastes, over all items; items of ten columns."""
    import numpy as np

    random = np.random.default_rng(7)
    events = USERS * EVENTS_EACH
    user = np.repeat(np.arange(USERS), EVENTS_EACH)
    item = user % TASTES + TASTES * np.minimum(random.geometric(0.02, events), ITEMS // TASTES - 1)
    item[:ITEMS] = np.arange(ITEMS)  # every item is there
    begin = START + random.integers(0, YEAR, USERS)
    times = begin[user] + np.tile(np.arange(EVENTS_EACH) * 60, USERS)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "interactions.csv").open("w") as file:
        file.write("USER_ID,ITEM_ID,TIMESTAMP\n")
        file.writelines(f"u{u},i{i},{t}\n" for u, i, t in zip(user, item, times, strict=True))
    with (folder / "items.csv").open("w") as file:
        file.write(",".join(["ITEM_ID", *COLUMNS]) + "\n")
        for number in range(ITEMS):
            more = ",".join(f"word {number % 97}" for _ in COLUMNS[3:])
            file.write(f"i{number},genre {number % 12},studio {number % 50},{number % 100},{more}\n")


def schema(name: str, fields: Sequence[dict[str, Any]]) -> str:
    return json.dumps(
        {"type": "record", "name": name, "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
         "fields": list(fields)}
    )  # fmt: skip


def prepare() -> dict[str, Any]:
    """What a newcomer does, through the front door: data, models, campaigns, filters, an access key."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from apps.accounts.models import AccessKey, Person
    from personalize_web import operations
    from personalize_web.workers import job

    make_data(settings.BUCKETS_DIR / "bench")
    person = Person.objects.create(username="bench", role="administrator")
    caller = operations.Caller(person.account, "us-east-1", "administrator", "bench", person.arn, "api")
    group = operations.create_dataset_group(caller, name="bench")["datasetGroupArn"]
    text = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID")]
    of_items = [
        {"name": name, "type": ["null", "double"]} if name == "PRICE" else {"name": name, "type": "string"}
        | ({"categorical": True} if name in ("GENRE", "STUDIO") else {}) for name in COLUMNS
    ]  # fmt: skip
    schemas = {"Interactions": [*text, {"name": "TIMESTAMP", "type": "long"}], "Items": [text[1], *of_items]}
    for kind, fields in schemas.items():
        made = operations.create_schema(caller, name=f"bench-{kind}", schema=schema(kind, fields))["schemaArn"]
        job.run_pending()
        dataset = operations.create_dataset(
            caller, name=kind, schema_arn=made, dataset_group_arn=group, dataset_type=kind
        )["datasetArn"]
        job.run_pending()
        operations.create_dataset_import_job(
            caller, job_name=f"bench-{kind}", dataset_arn=dataset, role_arn=ROLE,
            data_source={"dataLocation": f"s3://bench/{kind.lower()}.csv"},
        )  # fmt: skip
        job.run_pending()
    chosen = operations.create_filter(caller, name="chosen", dataset_group_arn=group, filter_expression=FILTER)
    promoted = operations.create_filter(
        caller, name="promoted", dataset_group_arn=group, filter_expression="INCLUDE ItemID WHERE Items.PRICE > $PRICE"
    )
    campaigns = {}
    for recipe in RECIPES:
        name = recipe.removeprefix("aws-")
        solution = operations.create_solution(
            caller, name=name, dataset_group_arn=group, recipe_arn=f"arn:aws:personalize:::recipe/{recipe}",
            perform_auto_training=False,
            solution_config={"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": list(COLUMNS[3:])}}},
        )["solutionArn"]  # fmt: skip
        job.run_pending()
        version = operations.create_solution_version(caller, solution_arn=solution)["solutionVersionArn"]
        job.run_pending()
        campaigns[recipe] = operations.create_campaign(caller, name=name, solution_version_arn=version)["campaignArn"]
        job.run_pending()
    campaigns["many"] = of_many_items(campaigns["aws-user-personalization-v2"])
    key, secret = AccessKey.make(person, name="bench")
    from django.db import connection

    connection.close()
    return {"key": key.key_id, "secret": secret, "campaigns": campaigns, "filter": chosen["filterArn"],
            "promotion": promoted["filterArn"]}  # fmt: skip


def of_many_items(campaign_arn: str) -> str:
    """A campaign beside another, whose model has a million items: the same network, other arrays made up by chance."""
    import uuid

    import numpy as np

    from personalize_web.engine import artifacts, coarse
    from personalize_web.engine.ids import Vocabulary
    from personalize_web.resources import locations
    from personalize_web.resources.models import Campaign

    campaign = Campaign.objects.get(arn=campaign_arn)
    version = campaign.solution_version
    trained = artifacts.read(locations.model_folder(version.storage_key))
    random = np.random.default_rng(5)
    arrays = {name: np.asarray(each) for name, each in trained.arrays().items()}
    items = len(arrays["created"])
    factor = MANY // items
    for name, each in arrays.items():
        if name.endswith("_starts"):
            one = np.diff(each)
            arrays[name] = np.concatenate([[0], np.cumsum(np.tile(one, factor))]).astype(each.dtype)
        elif name.endswith("_columns"):
            arrays[name] = random.integers(0, items * factor, len(each) * factor).astype(each.dtype)
        elif name.endswith("_values") or (len(each) == items and name != "popular"):
            arrays[name] = np.tile(each, (factor, 1) if each.ndim == 2 else factor)
    arrays["vectors"] = arrays["vectors"] + random.normal(0, 0.05, arrays["vectors"].shape).astype(np.float32)
    arrays |= coarse.arrays(arrays["vectors"])
    arrays |= Vocabulary.of([f"i{number}" for number in range(items * factor)]).arrays("items")
    key, old = uuid.uuid4(), trained.manifest
    files = {name: trained.path(name).read_bytes() for name in old["files"] if not name.endswith(".npy")}
    artifacts.write(locations.model_folder(key), {k: v for k, v in old.items() if k != "files"}, arrays, files)
    for row, arn in ((version, f"{version.arn[:-1]}x"), (campaign, f"{campaign.arn}-many")):
        row.pk, row.arn, row._state.adding = None, arn, True
    version.version_id, version.storage_key, version.name = "many", key, f"{version.name}-many"
    version.save()
    campaign.solution_version, campaign.name = version, f"{campaign.name}-many"
    campaign.save()
    return campaign.arn


def bodies(made: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """What is asked: name -> path and the body of request ``number``."""
    campaigns = made["campaigns"]
    chosen = {
        "filterArn": made["filter"], "filterValues": VALUES,
        "promotions": [{"name": "new", "percentPromotedItems": PROMOTED, "filterArn": made["promotion"],
                        "filterValues": {"PRICE": "70"}}],
        "metadataColumns": {"ITEMS": list(COLUMNS)},
    }  # fmt: skip

    def of(campaign: str, **more: Any) -> Any:
        return lambda number: (
            {"campaignArn": campaigns[campaign], "userId": f"u{number * 37 % USERS}"}
            | {key: value(number) if callable(value) else value for key, value in more.items()}
        )

    ranked = [[f"i{(number * 7919 + place * 104729) % ITEMS}" for place in range(RANKED)] for number in range(50)]
    return {
        "User-Personalization-v2": ("/recommendations", of("aws-user-personalization-v2")),
        "the same with filter, promotion, 10 columns": (
            "/recommendations", of("aws-user-personalization-v2", **chosen)),
        "SIMS": ("/recommendations", of("aws-sims", itemId=lambda number: f"i{number * 13 % ITEMS}")),
        f"ranking of {RANKED} items": (
            "/personalize-ranking", of("aws-personalized-ranking-v2", inputList=lambda number: ranked[number % 50])),
        f"{MANY:,} items, exact": ("/recommendations", of("many")),
    }  # fmt: skip


def one_by_one(requests: Sequence[bytes]) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds of requests that one client sends one after another."""
    import socket

    connection = socket.create_connection(("127.0.0.1", PORT))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    took = []
    for number, request in enumerate(requests):
        began = time.perf_counter()
        ask(connection, request)
        if number >= WARM_UP:
            took.append(1000 * (time.perf_counter() - began))
    connection.close()
    return percentiles(sorted(took))


def measure(made: dict[str, Any], requests: int, process: int) -> tuple[list[list[Any]], list[float]]:
    """Rows of the table, and the MiB that the web process has for itself alone before and after the last of them."""
    signer, rows, memory = Signer(made), [], [0.0, 0.0]
    plain = signer.request("/", {"recipeArn": "arn:aws:personalize:::recipe/aws-sims"}, "DescribeRecipe")
    asked = {"peer: DescribeRecipe, the empty answer": [plain] * (requests + WARM_UP)}
    for name, (path, body) in bodies(made).items():
        asked[name] = [signer.request(path, body(number)) for number in range(requests + WARM_UP)]
    for name, each in asked.items():
        median, tail = one_by_one(each)
        rate = load(each * (put_events.PLENTY // len(each)), SECONDS)[0] / SECONDS
        rows.append([name, median, tail, rate])
        memory = [memory[1], own_memory(process)]
    return rows, memory


def with_boto3(made: dict[str, Any], requests: int) -> list[list[Any]]:
    """Rows of the same two questions asked by an unmodified boto3 client, which signs and reads in this process."""
    import boto3

    given = {"region_name": "us-east-1", "endpoint_url": f"http://127.0.0.1:{PORT}",
             "aws_access_key_id": made["key"], "aws_secret_access_key": made["secret"]}  # fmt: skip
    control, runtime = boto3.client("personalize", **given), boto3.client("personalize-runtime", **given)
    campaign = made["campaigns"]["aws-user-personalization-v2"]
    asked = {
        "peer: DescribeRecipe": lambda number: control.describe_recipe(
            recipeArn="arn:aws:personalize:::recipe/aws-sims"),
        "User-Personalization-v2": lambda number: runtime.get_recommendations(
            campaignArn=campaign, userId=f"u{number * 37 % USERS}"),
    }  # fmt: skip
    rows: list[list[Any]] = []
    for name, ask_one in asked.items():
        took = []
        for number in range(requests + WARM_UP):
            began = time.perf_counter()
            ask_one(number)
            took.append(1000 * (time.perf_counter() - began))
        rows.append([f"{name}, asked through boto3", *percentiles(sorted(took[WARM_UP:])), ""])
    return rows


def parts_of(made: dict[str, Any], requests: int, environment: dict[str, str]) -> list[list[Any]]:
    """Where the time of one answer goes, told by a process of its own that serves as the web process does."""
    asked = json.dumps([made, requests, USERS])
    command = [sys.executable, "-m", "benchmarks.parts"]
    return json.loads(subprocess.run(command, input=asked, env=environment, stdout=subprocess.PIPE, text=True,
                                     check=True).stdout.splitlines()[-1])  # fmt: skip


def own_memory(group: int) -> float:
    """MiB of the process group's memory that maps no file, as models' arrays do."""
    found = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(status.parent.name)) == group:
                found = max(found, *(int(line.split()[1]) / 1024 for line in status.read_text().splitlines()
                                     if line.startswith("RssAnon")))  # fmt: skip
        except (OSError, TypeError, ValueError):
            continue
    return found


def missed(rows: Sequence[Sequence[Any]], memory: float) -> list[str]:
    """What falls short of the figures to reach."""
    empty, plain, chosen, _, ranking, many, *_ = rows
    return [
        text for text, holds in {
            "median under 10 ms": plain[1] < 10, "99% under 30 ms": plain[2] < 30,
            "at least 150 requests a second": plain[3] >= 150, "4 times the empty answer": plain[1] <= 4 * empty[1],
            "filter, promotion and metadata 1.5 times without": chosen[1] <= 1.5 * plain[1],
            "ranking 99% under 30 ms": ranking[2] < 30, "a million items 99% under 50 ms": many[2] < 50,
            "400 MiB": memory <= 400,
        }.items() if not holds
    ]  # fmt: skip


def main() -> int:
    requests = int(next((word for word in sys.argv[1:] if word.isdecimal()), REQUESTS))
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCHMARK_DIR")) as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "personalize_web.settings", "LOG_LEVEL": "ERROR"}
        os.environ |= {"WEB_WORKERS": "1", "QUOTA_REQUESTS_PER_SECOND": "1000000", "SECRET_KEY": "of a benchmark"}
        os.environ.setdefault("TRAINING_TIME_BUDGET", "30")
        made = prepare()
        from apps.launch import supervisor
        from personalize_web.operations import environment

        command = supervisor.children(PORT, sample=False)[0].command
        server = subprocess.Popen(command, env=os.environ | dict(environment.SERVING), start_new_session=True)
        try:
            wait_until_ready()
            rows, memory = measure(made, requests, server.pid)
            rows += with_boto3(made, requests)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        parts = parts_of(made, requests, os.environ | dict(environment.SERVING))
    headers = ["what", "p50 ms", "p99 ms", "requests a second"]
    notes = (
        f"{ITEMS:,} items, histories of {EVENTS_EACH} events. p50 and p99: one client, {requests:,} requests one after "
        f"another; requests a second: {put_events.PROCESSES * put_events.CONNECTIONS} connections for {SECONDS} s. "
        f"The web process has {memory[0]:,.0f} MiB for itself beside the models' arrays, which lie in shared files "
        f"({memory[1]:,.0f} MiB after the last line, whose answers are worked out on arrays of a million numbers). The "
        f"model of {MANY:,} items has the trained network and arrays made up by chance; it scores every item, so "
        "nothing is missed. To reach: p50 10, p99 30, 150 a second, 4 times the empty answer, 1.5 times with filter, "
        "ranking p99 30, a million items p99 50, 400 MiB. Through boto3 a user also waits for the client itself, which "
        "signs, sends and reads in Python."
    )
    short = missed(rows, memory[0])
    notes += f" Falls short: {'; '.join(short) or 'nothing'}."
    from benchmarks import report
    from benchmarks.parts import HEADERS

    packages = ["granian", "django", "onnxruntime", "numpy"]
    tell = report.table if "--dry" in sys.argv else report.keep
    tell("get_recommendations over HTTP", headers, rows, notes=notes, packages=packages)
    beside = (
        f"Medians of {requests:,} answers of User-Personalization-v2 inside one process, each part without those in "
        "it; timing them adds some microseconds to each. What the table above has more is HTTP and the signature."
    )
    tell("Parts of one get_recommendations", HEADERS, parts, notes=beside, packages=packages)
    return len(short)


if __name__ == "__main__":
    sys.exit(main())
