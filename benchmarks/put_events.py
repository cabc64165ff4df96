"""How many put_events calls a second does one web process take, for how long does each wait, and is every event there
afterwards? On SQLite and on PostgreSQL, beside the same server's plainest signed answer and a bare insert of the rows.

``python -m benchmarks.put_events [seconds] [--dry]``: ten events a call, signed beforehand, from clients that each ask
again as soon as they are answered. At the end the server is killed, so that only what is on disk is found.
"""

import hashlib
import hmac
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SECONDS = 30
LIMITS = {"SQLite": 300.0, "PostgreSQL": 500.0}
"""Calls a second, at least."""
TAIL = 50.0
"""Milliseconds that 99 of 100 calls take at most."""
PROCESSES, CONNECTIONS = 2, 4
"""Clients, and connections of each."""
EVENTS = 10
USERS, ITEMS = 20_000, 10_000
SAMPLED = 200
PORT = 18998
START = 1_700_000_000
WARM_UP = 4_000
"""Calls before anything is measured."""
MOST = 2_400
"""Calls a second that are signed beforehand."""
PLENTY = 50_000
"""Plain requests: the same one again and again, more than any server answers in the time."""


def prepare() -> dict[str, str]:
    """A group with an empty dataset, its tracker, and an access key, through the front door."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from apps.accounts.models import AccessKey, Person
    from personalize_web import operations
    from personalize_web.workers import job

    person = Person.objects.create(username="bench", role="administrator")
    caller = operations.Caller(person.account, "us-east-1", "administrator", "bench", person.arn, "api")
    group = operations.create_dataset_group(caller, name="bench")["datasetGroupArn"]
    fields = [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ]
    text = {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema",
            "fields": fields, "version": "1.0"}  # fmt: skip
    schema = operations.create_schema(caller, name="bench", schema=json.dumps(text))["schemaArn"]
    job.run_pending()
    dataset = operations.create_dataset(
        caller, name="bench", schema_arn=schema, dataset_group_arn=group, dataset_type="Interactions"
    )["datasetArn"]
    job.run_pending()
    tracker = operations.create_event_tracker(caller, name="bench", dataset_group_arn=group)["trackingId"]
    job.run_pending()
    key, secret = AccessKey.make(person, name="bench")
    from django.db import connection

    connection.close()
    return {"key": key.key_id, "secret": secret, "tracker": tracker, "group": group, "dataset": dataset}


def call(made: dict[str, str], number: int) -> dict[str, Any]:
    """The body of call ``number``: what a user did in a row, every event another."""
    at = START + number * 60
    return {
        "trackingId": made["tracker"],
        "userId": f"u{number % USERS}",
        "sessionId": f"s{number % USERS}",
        "eventList": [
            {
                "eventType": "watch",
                "eventId": f"e{number}-{place}",
                "itemId": f"i{(number * 7 + place * 13) % ITEMS}",
                "sentAt": at + place,
                "eventValue": 0.5 * place,
                "properties": '{"device": "television"}',
            }
            for place in range(EVENTS)
        ],
    }


class Signer:
    """Whole requests, ready for the wire: signing is no part of what is measured."""

    def __init__(self, made: dict[str, str]) -> None:
        self.key = made["key"]
        self.moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.moment[:8]}/us-east-1/personalize/aws4_request"
        secret = f"AWS4{made['secret']}".encode()
        for part in (self.moment[:8], "us-east-1", "personalize", "aws4_request"):
            secret = hmac.digest(secret, part.encode(), "sha256")
        self.secret = secret

    def request(self, path: str, document: dict[str, Any], target: str | None = None) -> bytes:
        body = json.dumps(document).encode()
        headers = {"content-type": "application/json", "host": f"127.0.0.1:{PORT}", "x-amz-date": self.moment}
        if target:
            headers |= {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AmazonPersonalize.{target}"}
        names = ";".join(headers)
        lines = ["POST", path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names]
        canonical = "\n".join([*lines, hashlib.sha256(body).hexdigest()])
        text = f"AWS4-HMAC-SHA256\n{self.moment}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self.secret, text.encode(), "sha256").hex()
        headers |= {
            "authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{self.scope}, SignedHeaders={names}, "
            f"Signature={signature}",
            "content-length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def ask(connection: socket.socket, request: bytes) -> None:
    """Send, and read the whole answer, which must be a good one."""
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer.decode())


def client(requests: Sequence[Sequence[bytes]], seconds: float, found: Any, begin: Any) -> None:
    """One client process: each connection sends its own requests one after another, for so many seconds."""
    took: list[list[float]] = [[] for _ in requests]
    problems: list[str] = []

    def run(place: int) -> None:
        connection = socket.create_connection(("127.0.0.1", PORT))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            until = time.perf_counter() + seconds
            for request in requests[place]:
                began = time.perf_counter()
                if began >= until:
                    return
                ask(connection, request)
                took[place].append(time.perf_counter() - began)
            problems.append("the requests that were signed beforehand are used up")
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(requests))]
    begin.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.put((took, problems))


def load(requests: list[bytes], seconds: float) -> tuple[int, list[float]]:
    """Calls answered, and the milliseconds of each, shortest first."""
    parts = [
        [requests[process * CONNECTIONS + place :: PROCESSES * CONNECTIONS] for place in range(CONNECTIONS)]
        for process in range(PROCESSES)
    ]
    context = multiprocessing.get_context("fork")
    found: multiprocessing.Queue[Any] = context.Queue()
    begin = context.Event()
    clients = [context.Process(target=client, args=(part, seconds, found, begin)) for part in parts]
    for process in clients:
        process.start()
    time.sleep(0.5)
    begin.set()
    answers = [found.get() for _ in clients]
    for process in clients:
        process.join()
    if problems := [problem for _, several in answers for problem in several]:
        raise RuntimeError(problems[0])
    took = sorted(1000 * one for part, _ in answers for several in part for one in several)
    return len(took), took


def find_again(made: dict[str, str], calls: int) -> str:
    """Every acknowledged event in the log, each sampled user's history, and every event in the columns."""
    from personalize_web import operations
    from personalize_web.resources.models import Dataset, Event
    from personalize_web.workers import events, folders

    caller = operations.Caller("123456789012", "us-east-1", "administrator", "bench", "arn:bench", "api")
    dataset = Dataset.objects.get(arn=made["dataset"])
    kept = set(Event.objects.filter(dataset=dataset).values_list("event_id", flat=True))
    numbers = {int(event_id[1:].partition("-")[0]) for event_id in kept}
    if len(kept) < calls * EVENTS or len(kept) != len(numbers) * EVENTS:
        raise RuntimeError(f"{calls * EVENTS:,} events were acknowledged, {len(kept):,} are there")
    for number in random.Random(1).sample(sorted(numbers), SAMPLED):
        of_call = {(event["itemId"], event["sentAt"]) for event in call(made, number)["eventList"]}
        history = operations.get_user_history(caller, dataset_group_arn=made["group"], user_id=f"u{number % USERS}")
        if not of_call <= {(event["itemId"], int(event["timestamp"])) for event in history["events"]}:
            raise RuntimeError(f"the events of call {number} are not in the user's history")
    moved = events.store_waiting(dataset)
    rows = folders.store_of(dataset).snapshot().effective_rows
    if not moved == rows == len(kept):
        raise RuntimeError(f"of {len(kept):,} events {rows:,} are in the columns")
    return f"{len(kept):,} events in the log, in {SAMPLED} histories and in the columns"


def bare(made: dict[str, str], seconds: float) -> float:
    """Transactions a second of ten rows each, by executemany on the same table of the same database, one after another:
    what the database itself takes from one writer that waits for the disk."""
    from django.db import connection, transaction

    from personalize_web.operations.runtime_event_log import on_disk
    from personalize_web.resources.models import Dataset, Event

    dataset = Dataset.objects.get(arn=made["dataset"]).pk
    names = [field.column for field in Event._meta.concrete_fields if field.column != "id"]
    statement = " ".join(
        ["INSERT INTO", Event._meta.db_table, "(", ", ".join(names), ") VALUES (", ", ".join(["%s"] * len(names)), ")"]
    )
    now = connection.ops.adapt_datetimefield_value(datetime.now(UTC))
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        rows = []
        for place in range(EVENTS):
            values = {
                "dataset_id": dataset, "digest": uuid.uuid4().hex, "event_id": f"b{done}-{place}", "repeated": False,
                "user_id": f"b{done % USERS}", "session_id": f"b{done % USERS}", "item_id": f"i{place}",
                "event_type": "watch", "event_value": 0.5, "timestamp": START + done,
                "properties": '{"DEVICE": "television"}', "received_at": now, "stored": False,
            }  # fmt: skip
            rows.append([values.get(name) for name in names])
        with on_disk(), transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(statement, rows)
        done += 1
    return done / (time.perf_counter() - began)


def measure(database: str, seconds: float) -> list[list[Any]]:
    """The rows of one database."""
    made = prepare()
    from apps.launch import supervisor
    from personalize_web.operations import environment

    command = supervisor.children(PORT, sample=False)[0].command
    server = subprocess.Popen(command, env=os.environ | dict(environment.SERVING), start_new_session=True)
    try:
        wait_until_ready()
        signer = Signer(made)
        plain = [signer.request("/", {"recipeArn": "arn:aws:personalize:::recipe/aws-sims"}, "DescribeRecipe")]
        load(plain * PLENTY, seconds=0.5)
        empty, empty_took = load(plain * PLENTY, seconds=5)
        load([signer.request("/events", call(made, number)) for number in range(WARM_UP)], seconds=1)
        first = WARM_UP
        requests = [signer.request("/events", call(made, first + n)) for n in range(int(MOST * seconds))]
        before = processor_seconds(server.pid)
        calls, took = load(requests, seconds)
        spent = 1000 * (processor_seconds(server.pid) - before) / calls
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    found = find_again(made, calls)
    peer = bare(made, min(seconds, 5))
    return [
        [f"put_events, {EVENTS} events, {database}", calls / seconds, *percentiles(took), spent, found],
        [f"peer: DescribeRecipe, same server, {database}", empty / 5, *percentiles(empty_took), "", ""],
        [f"peer: bare executemany, one writer, {database}", peer, 1000 / peer, "", "", ""],
    ]


def processor_seconds(group: int) -> float:
    """What the server's processes have used of the processors."""
    used = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def percentiles(took: list[float]) -> tuple[float, float]:
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def wait_until_ready() -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", PORT)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def in_a_process(database: str, url: str | None, seconds: float) -> list[list[Any]] | None:
    """The rows of one database, measured in a process of its own with settings of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        about = {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "personalize_web.settings", "LOG_LEVEL": "ERROR"}
        about |= {"WEB_WORKERS": "1", "QUOTA_PUT_EVENTS_PER_SECOND": "1000000", "SECRET_KEY": "of a benchmark"}
        about |= {"DATABASE_URL": url} if url else {}
        command = [sys.executable, "-m", "benchmarks.put_events", "--of", database, str(seconds)]
        done = subprocess.run(command, env=os.environ | about, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        return None
    return json.loads(done.stdout.splitlines()[-1])


def own_database() -> tuple[str, str] | None:
    """The URL of a new PostgreSQL database, and its name; None where no server is reachable."""
    import psycopg

    url = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    name = f"bench_{uuid.uuid4().hex[:8]}"
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
    except psycopg.Error:
        return None
    return url.rpartition("/")[0] + f"/{name}", name


def drop(name: str) -> None:
    import psycopg

    url = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def main() -> int:
    seconds = float(next((word for word in sys.argv[1:] if word.replace(".", "").isdecimal()), SECONDS))
    if "--of" in sys.argv:
        print(json.dumps(measure(sys.argv[sys.argv.index("--of") + 1], seconds)))
        return 0
    measured: dict[str, list[list[Any]] | None] = {}
    if "--postgresql" not in sys.argv:
        measured["SQLite"] = in_a_process("SQLite", None, seconds)
    if "--sqlite" not in sys.argv and (made := own_database()):
        try:
            measured["PostgreSQL"] = in_a_process("PostgreSQL", made[0], seconds)
        finally:
            drop(made[1])
    rows = [row for several in measured.values() for row in several or []]
    headers = ["what", "calls a second", "p50 ms", "p99 ms", "CPU ms a call", "found again"]
    notes = (
        f"One web process, as `make run` starts it; {PROCESSES * CONNECTIONS} connections that each ask again as soon "
        f"as they are answered, for {seconds:.0f} s. The server is killed before events are counted."
    )
    if "--dry" in sys.argv:
        print("\n".join(" | ".join(map(str, row)) for row in [headers, *rows]))
    else:
        from benchmarks import report

        report.keep("put_events over HTTP", headers, rows, notes=notes, packages=["granian", "django", "psycopg"])
    failed = [name for name, several in measured.items() if several is None]
    failed += [
        name for name, several in measured.items() if several and (several[0][1] < LIMITS[name] or several[0][3] > TAIL)
    ]
    for name in failed:
        print(f"too slow, or failed: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
