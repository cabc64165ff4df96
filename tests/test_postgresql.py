"""The same suite on the other database: what operations and jobs promise of rows, once more on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ELSEWHERE = (
    "matrix_of", "get_action", "get_personalized", "for_a_user", "update_mode", "automatic_updates", "explain",
    "compare", "try_filter", "batch_inputs", "insights", "infer_schema", "data_checks", "data_preparations",
    "preflight", "recipes", "shapes", "storage", "downloads", "last_place",
)  # fmt: skip
"""Parts of the names of files about models, files and columns: what they say is the same on every database."""
ONCE_MORE = (
    "tests/operations",
    "tests/workers/test_job_lifecycle.py",
    "tests/workers/test_dataset_import_jobs.py",
    "tests/workers/test_timetable.py",
)


@pytest.mark.postgresql
def test_operations_and_jobs_keep_their_promises_on_postgresql(postgresql):
    hidden = ("COV_", "PYTEST_", "DATA_DIR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    own = f"{postgresql.rsplit('/', 1)[0]}/once_more_{os.getpid()}"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:cov",
            *ONCE_MORE,
            *(f"--ignore-glob=*/test_*{name}*" for name in ELSEWHERE),
        ],
        cwd=ROOT,
        env=environment | {"DATABASE_URL": own},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
