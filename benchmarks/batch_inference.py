"""How many users a second does a batch inference job answer, every item scored, beside ALS on the same shapes?

``python -m benchmarks.batch_inference [users] [--items N] [--dry]``: a job over one file of users with eight events
each, done by two worker processes of one thread each; a million users and 100,000 items unless said otherwise. The
peer, the ALS of the package ``implicit``, multiplies two given matrices and keeps the best, with two threads.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROCESSES = 2
USERS, ITEMS = 1_000_000, 100_000
EVENTS_EACH = 8
TRAINED_EVENTS = 300_000
TASTES = 50
RESULTS = 25
WIDTH = 64
START = 1_700_000_000
LIMIT = 1_000.0
"""Users a second."""
HEADERS = ("what", "users", "seconds", "users a second", "peak MiB of a process")
RECIPE = "aws-user-personalization-v2"
ROLE = "arn:aws:iam::123456789012:role/bench"


def write_interactions(path: Path, users: int, items: int, each: int, seed: int) -> None:
    """Users who stay within one of some tastes."""
    import numpy as np

    random = np.random.default_rng(seed)
    per_taste = items // TASTES
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        file.write("USER_ID,ITEM_ID,TIMESTAMP\n")
        for begin in range(0, users, 100_000):
            user = np.repeat(np.arange(begin, min(begin + 100_000, users)), each)
            item = user % TASTES + TASTES * np.minimum(random.geometric(20 / per_taste, len(user)), per_taste - 1)
            if begin == 0 and len(item) >= items:
                item[:items] = np.arange(items)  # every item is there
            days = random.integers(0, 365, len(user) // each)  # items appear, and grow old, over a year
            times = START + np.repeat(days, each) * 86_400 + np.tile(np.arange(each) * 60, len(user) // each)
            file.writelines(f"u{u},i{i},{t}\n" for u, i, t in zip(user, item, times, strict=True))


def prepare(users: int, items: int) -> int:
    """Through the front door: a trained version, everybody's history, input, a job; answers the number of its row."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from personalize_web import operations
    from personalize_web.resources import locations
    from personalize_web.resources.models import Dataset, Job, SolutionVersion
    from personalize_web.workers import job

    caller = operations.Caller("123456789012", "us-east-1", "administrator", "bench", "arn:aws:iam::1:user/b", "api")
    bucket = settings.BUCKETS_DIR / "bench"
    write_interactions(bucket / "few.csv", max(1, TRAINED_EVENTS // 100), items, 100, seed=1)
    write_interactions(bucket / "all.csv", users, items, EVENTS_EACH, seed=2)
    (bucket / "in").mkdir()
    with (bucket / "in" / "users.json").open("w") as file:
        file.writelines(f'{{"userId": "u{user}"}}\n' for user in range(users))
    group = operations.create_dataset_group(caller, name="bench")["datasetGroupArn"]
    kinds = (("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"))
    fields = [{"name": name, "type": kind} for name, kind in kinds]
    text = {"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema",
            "fields": fields, "version": "1.0"}  # fmt: skip
    schema = operations.create_schema(caller, name="bench", schema=json.dumps(text))["schemaArn"]
    job.run_pending()
    dataset = operations.create_dataset(
        caller, name="bench", schema_arn=schema, dataset_group_arn=group, dataset_type="Interactions"
    )["datasetArn"]
    job.run_pending()
    _import(caller, dataset, "few")
    solution = operations.create_solution(
        caller, name="bench", dataset_group_arn=group, perform_auto_training=False,
        recipe_arn=f"arn:aws:personalize:::recipe/{RECIPE}",
    )["solutionArn"]  # fmt: skip
    job.run_pending()
    version = operations.create_solution_version(caller, solution_arn=solution)["solutionVersionArn"]
    job.run_pending()
    _import(caller, dataset, "all")
    # a training on everybody would lay everybody's history beside the model
    model = SolutionVersion.objects.get(arn=version).storage_key
    histories = locations.columns_folder(Dataset.objects.get().storage_key) / locations.HISTORY
    shutil.copy(histories, locations.model_folder(model) / locations.HISTORY)
    operations.create_batch_inference_job(
        caller, job_name="bench", solution_version_arn=version, role_arn=ROLE, num_results=RESULTS,
        job_input={"s3DataSource": {"path": "s3://bench/in/"}},
        job_output={"s3DataDestination": {"path": "s3://bench/out/"}},
    )  # fmt: skip
    Job.objects.update(arguments={})  # the model has learnt from few, and the rest is not new to it
    return Job.objects.get(kind="create-batch-inference-job").pk


def _import(caller: Any, dataset: str, name: str) -> None:
    from personalize_web import operations
    from personalize_web.workers import job

    operations.create_dataset_import_job(
        caller, job_name=name, dataset_arn=dataset, role_arn=ROLE, data_source={"dataLocation": f"s3://bench/{name}.csv"}
    )
    job.run_pending()


def work(role: str, row: int) -> None:
    """One worker: the one that leads the job, or one that helps until it has ended."""
    import django

    django.setup()
    from personalize_web import operations  # noqa: F401 - tells who answers
    from personalize_web.resources.models import Job
    from personalize_web.workers import batch_jobs, job

    if role == "lead":
        job.run(row)
    else:
        while Job.objects.get(pk=row).state in Job.UNFINISHED:
            if not batch_jobs.help_once(row):
                time.sleep(0.2)
    print(peak())


def peak() -> float:
    """The most MiB this process has had in memory; unlike ``ru_maxrss`` without what its parent had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def ours(users: int, items: int) -> list[Any]:
    """A row of the table: the whole job, from its first line read to its last file written."""
    from personalize_web.engine.environment import SERVING

    row = prepare(users, items)
    from django.db import connection

    connection.close()
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.batch_inference"]
    workers = [
        subprocess.Popen([*command, "--role", role, "--row", str(row)], env=os.environ | dict(SERVING),
                         stdout=subprocess.PIPE, text=True)
        for role in ["lead"] + ["help"] * (PROCESSES - 1)
    ]  # fmt: skip
    peaks = [float(worker.communicate()[0].split()[-1]) for worker in workers]
    seconds = time.perf_counter() - began
    from personalize_web.resources.models import BatchInferenceJob

    done = BatchInferenceJob.objects.get()
    if done.status != "ACTIVE" or done.summary["failed"]:
        raise RuntimeError(f"{done.status} {done.failure_reason} {done.summary.get('failed')}")
    return [f"batch inference job, {RECIPE}", done.summary["lines"], seconds, users / seconds, max(peaks)]


def peer(users: int, items: int) -> list[Any]:
    """A row of the table: recommend_all of implicit's ALS, on matrices made up by chance."""
    import numpy as np
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    random = np.random.default_rng(3)
    model = AlternatingLeastSquares(factors=WIDTH, num_threads=PROCESSES)
    model.user_factors = random.standard_normal((users, WIDTH), dtype=np.float32)
    model.item_factors = random.standard_normal((items, WIDTH), dtype=np.float32)
    began = time.perf_counter()
    for begin in range(0, users, 10_000):
        some = np.arange(begin, min(begin + 10_000, users))
        seen = sparse.csr_matrix((len(some), items), dtype=np.float32)
        model.recommend(some, seen, N=RESULTS, filter_already_liked_items=False)
    seconds = time.perf_counter() - began
    return ["peer: implicit ALS, products alone", users, seconds, users / seconds, peak()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("users", type=int, nargs="?", default=USERS)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--role", choices=("lead", "help", "peer"))
    parser.add_argument("--row", type=int, default=0)
    given = parser.parse_args()
    if given.role == "peer":
        print(json.dumps(peer(given.users, given.items)))
        return 0
    if given.role:
        work(given.role, given.row)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCHMARK_DIR")) as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "personalize_web.settings", "LOG_LEVEL": "ERROR"}
        os.environ |= {"SECRET_KEY": "of a benchmark"}
        os.environ.setdefault("TRAINING_TIME_BUDGET", "30")
        rows = [ours(given.users, given.items)]
    alone = [sys.executable, "-m", "benchmarks.batch_inference", str(given.users), "--items", str(given.items)]
    said = subprocess.run([*alone, "--role", "peer"], capture_output=True, text=True, check=True).stdout
    rows.append(json.loads(said))
    from benchmarks import report

    notes = (
        f"{given.items:,} items, histories of {EVENTS_EACH} events, {RESULTS} results a line, {PROCESSES} worker "
        "processes of one thread. Ours reads histories, runs the network, scores every item, blends what was counted, "
        "explores, and writes JSON; nothing is missed. The peer multiplies matrices made up by chance and keeps the "
        f"best, with {PROCESSES} threads, and writes nothing. To reach: {LIMIT:,.0f} users a second."
    )
    tell = report.table if given.dry else report.keep
    tell("Batch inference", HEADERS, rows, notes=notes, packages=["numpy", "onnxruntime", "implicit"])
    return int(rows[0][3] < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
