"""An import whose worker is killed is begun again by another, and brings exactly its rows."""

import os
import signal

import pytest

from tests.workers.test_killed_worker import Service

BEGIN = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.conftest import person
from tests.workers import world
from personalize_web import operations
from personalize_web.workers import job
ana = person("ana", operations.ADMINISTRATOR)
dataset = world.dataset(ana, job.run_pending, world.group(ana, job.run_pending))
world.import_file(ana, job.run_pending, dataset, world.put_interactions("first.csv"))
more = world.put_interactions("more.csv", first=9000)
world.import_file(ana, lambda: None, dataset, more, name="second", mode={mode!r})
"""
IMPORTS = "SELECT status, failure_reason FROM resources_datasetimportjob ORDER BY id DESC LIMIT 1"
JOBS = "SELECT state, attempt FROM resources_job WHERE kind = 'create-dataset-import-job' ORDER BY id DESC LIMIT 1"


@pytest.mark.parametrize(
    ("phase", "mode", "rows"),
    [
        ("Read and validate rows", "FULL", 1200),
        ("Build indexes", "INCREMENTAL", 2400),
    ],
)
def test_the_rows_of_an_import_whose_worker_was_killed_are_there_once(tmp_path, phase, mode, rows):
    service = Service(tmp_path, None, app="tests.workers.slow_imports")
    service.environment["STAYS_IN"] = phase
    try:
        service.python(BEGIN.format(mode=mode))
        first = service.worker()
        service.until((tmp_path / "stays").exists)
        os.killpg(first.pid, signal.SIGKILL)
        service.worker_with_clock()
        service.until(lambda: service.ask(JOBS) == [("DONE", 2)])
        assert service.ask(IMPORTS) == [("ACTIVE", None)]
        service.python(
            "import django; django.setup()\n"
            "from personalize_web.resources.models import Dataset\nfrom personalize_web.workers import folders\n"
            f"assert folders.store_of(Dataset.objects.get()).snapshot().rows() == {rows}\n"
            f"assert Dataset.objects.get().statistics['rows'] == {rows}"
        )
    finally:
        service.end()
