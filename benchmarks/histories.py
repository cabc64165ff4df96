"""How long does it take to read what a user did, as an answer does it, among 50 million interactions?

``python -m benchmarks.histories [interactions] [--dry]``: a million users and items; the index is made first, in a
process of its own; some of the asked users recorded events since. Beside it DuckDB is asked the same of the Parquet
files.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import millions, report

ASKED = 10_000
ASKED_PEER = 20
RECORDED = 20
"""Events that every second of the asked users recorded after the index was made."""
MOST_MILLISECONDS = 2.0
KEPT = 300


def prepare(rows: int) -> dict[str, Any]:
    """A group with a dataset whose columns lie there already, and a model that was trained on all of them."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from apps.accounts.models import Person
    from personalize_web import operations
    from personalize_web.resources import locations
    from personalize_web.resources.models import Dataset
    from personalize_web.workers import job

    person = Person.objects.create(username="bench", role="administrator")
    caller = operations.Caller(person.account, "us-east-1", "administrator", "bench", person.arn, "api")
    group = operations.create_dataset_group(caller, name="bench")["datasetGroupArn"]
    schema = operations.create_schema(caller, name="bench", schema=millions.schema("Interactions").text)["schemaArn"]
    job.run_pending()
    operations.create_dataset(
        caller, name="bench", schema_arn=schema, dataset_group_arn=group, dataset_type="Interactions"
    )
    job.run_pending()
    folder = locations.columns_folder(Dataset.objects.get().storage_key)
    users, items = (max(1, each * rows // millions.INTERACTIONS) for each in (millions.USERS, millions.ITEMS))
    made = millions.stored(folder.parent, "Interactions", rows, users=users, items=items)
    shutil.rmtree(folder, ignore_errors=True)
    made.root.rename(folder)
    return {"users": users}


def build() -> dict[str, Any]:
    """The index, as an import makes it; and what finding repeated rows takes before, once for a version."""
    import django

    django.setup()
    from personalize_web.resources.models import Dataset
    from personalize_web.workers import folders, indexes

    dataset = Dataset.objects.get()
    began = time.perf_counter()
    folders.store_of(dataset).snapshot().sql()
    repeated = time.perf_counter() - began
    began = time.perf_counter()
    indexes.renew(dataset)
    seconds = time.perf_counter() - began
    return {
        "repeated": repeated,
        "seconds": seconds,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def ask(users: int) -> dict[str, Any]:
    """Milliseconds of each question: the first time after the files left the memory, and again."""
    import django

    django.setup()
    import numpy as np
    from django.utils import timezone

    from personalize_web.operations import runtime_columns, runtime_datasets, runtime_histories
    from personalize_web.resources import locations
    from personalize_web.resources.models import Dataset, Event

    dataset = Dataset.objects.get()
    random = np.random.default_rng(7)
    asked = [f"user_{number}" for number in random.integers(0, users, ASKED)]
    Event.objects.bulk_create(
        [
            Event(
                dataset=dataset, digest=f"{user}-{number}-{at}", event_id=f"{user}-{number}-{at}", user_id=user,
                session_id="s", item_id=f"item_{number}", event_type="watch", timestamp=1_700_000_000 + number,
                received_at=timezone.now(),
            )
            for at, user in enumerate(asked[::2]) for number in range(RECORDED)
        ],
        batch_size=500,
    )  # fmt: skip
    path = locations.columns_folder(dataset.storage_key) / locations.HISTORY
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    places = runtime_datasets.of_group(dataset.dataset_group_id)
    found: dict[str, Any] = {}
    for name in ("cold", "warm"):
        times, lengths = [], []
        for user in asked:
            began = time.perf_counter()
            history = runtime_histories.look_up(places, user).stored()
            times.append(1000 * (time.perf_counter() - began))
            lengths.append(len(history.item_ids))
        found[name] = [float(each) for each in np.percentile(times, [50, 99, 100])]
    index = runtime_columns.history_of_dataset(dataset.storage_key)
    assert index is not None
    found["events"] = float(np.mean(lengths))
    found["peer"] = [float(each) for each in np.percentile(_by_query(path.parent, asked[:ASKED_PEER]), [50, 99, 100])]
    return found


def _by_query(folder: Path, asked: list[str]) -> list[float]:
    """The same of DuckDB: the user's newest events in the Parquet files."""
    import duckdb

    times = []
    with duckdb.connect() as connection:
        for user in asked:
            began = time.perf_counter()
            connection.execute(
                f"SELECT ITEM_ID, EVENT_TYPE, EVENT_VALUE, TIMESTAMP FROM read_parquet('{folder}/bulk-*.parquet') "
                f"WHERE USER_ID = '{user}' ORDER BY TIMESTAMP DESC LIMIT {KEPT}"
            ).fetchall()
            times.append(1000 * (time.perf_counter() - began))
    return times


def main(rows: int = millions.INTERACTIONS, *, kept: bool = True) -> None:
    """Make the data, the index, ask, keep the table."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR")) as directory:
        settings = {"DATA_DIR": directory, "DJANGO_SETTINGS_MODULE": "personalize_web.settings", "SAMPLE": "0"}

        def run(what: str, argument: int) -> dict[str, Any]:
            command = [sys.executable, "-m", "benchmarks.histories", f"--{what}", str(argument)]
            answer = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | settings,
                cwd=Path(__file__).parents[1],
            )  # fmt: skip
            return json.loads(answer.stdout.splitlines()[-1])

        users = run("prepare", rows)["users"]
        built = run("build", 0)
        found = run("ask", users)
    table = [
        [f"look up a user's history, {name}", *found[name]]
        for name in ("cold", "warm")
    ] + [["DuckDB on the Parquet files, warm", *found["peer"]]]  # fmt: skip
    notes = (
        f"{rows:,} interactions, {users:,} users; {ASKED:,} users drawn by chance, every second with {RECORDED} events "
        f"in the event log (SQLite), {found['events']:.0f} events an answer. Cold: the index's file was dropped from "
        f"the memory before. The index was made in {built['seconds']:.0f} seconds and at most "
        f"{built['mebibytes']:,.0f} MiB, after finding repeated rows in {built['repeated']:.0f} seconds, which is done "
        f"once for a version. To reach: 99% within {MOST_MILLISECONDS} ms."
    )
    headers = ["what", "median ms", "99% ms", "greatest ms"]
    if kept:
        report.keep("Histories of users", headers, table, notes=notes, packages=("duckdb", "numpy"))
    else:
        print(headers, *table, notes, sep="\n")
    if found["warm"][1] > MOST_MILLISECONDS:
        raise SystemExit("Reading histories misses its figure.")


if __name__ == "__main__":
    runs = {"--prepare": prepare, "--build": lambda _: build(), "--ask": ask}
    if len(sys.argv) == 3 and sys.argv[1] in runs:
        print(json.dumps(runs[sys.argv[1]](int(sys.argv[2]))))
    else:
        numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
        main(*numbers, kept="--dry" not in sys.argv)
