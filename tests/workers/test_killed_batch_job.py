"""A batch job whose worker is killed loses one chunk: another worker goes on, and every line is answered once."""

import json
import os
import signal

from tests.workers.test_killed_worker import Service

BEGIN = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import json, tempfile
from pathlib import Path
from django.conf import settings
from tests.conftest import person
from tests import deployments
from personalize_web import operations
ana = person("ana", operations.ADMINISTRATOR)
recipe = "aws-popularity-count"
popular = deployments.deploy(ana, recipe, deployments.train(recipe, Path(tempfile.mkdtemp())))
lines = settings.BUCKETS_DIR / "data" / "in" / "users.json"
lines.parent.mkdir(parents=True)
lines.write_text("".join(json.dumps({"userId": f"user {number}"}) + "\\n" for number in range(100)))
operations.create_batch_inference_job(
    ana, job_name="nightly", solution_version_arn=popular.version.arn, role_arn="arn:aws:iam::123456789012:role/data",
    job_input={"s3DataSource": {"path": "s3://data/in/"}}, num_results=2,
    job_output={"s3DataDestination": {"path": "s3://data/out/"}})
"""
BATCHES = "SELECT status, failure_reason FROM resources_batchinferencejob"
JOBS = "SELECT state, attempt FROM resources_job WHERE kind = 'create-batch-inference-job'"
LINES = "SELECT text FROM resources_joblogline ORDER BY id"


def test_every_line_is_answered_once_and_in_order_when_a_worker_was_killed(tmp_path):
    service = Service(tmp_path, None, app="tests.workers.slow_batches")
    try:
        service.python(BEGIN)
        first = service.worker()
        service.until((tmp_path / "stays").exists)
        os.killpg(first.pid, signal.SIGKILL)
        service.worker_with_clock()
        service.until(lambda: service.ask(JOBS) == [("DONE", 2)])
        assert service.ask(BATCHES) == [("ACTIVE", None)]
    finally:
        service.end()
    written = [json.loads(line) for line in (tmp_path / "buckets/data/out/users.json.out").read_text().splitlines()]
    assert [line["input"]["userId"] for line in written] == [f"user {number}" for number in range(100)]
    assert all(len(line["output"]["recommendedItems"]) == 2 for line in written)
    assert sorted(service.attempts(), key=int) == ["0", "1", "2", "3", "3", "4", "5", "6", "7", "8", "9"]
    assert [path.name for path in (tmp_path / "buckets/data/out").iterdir()] == ["users.json.out"]
    assert "100 lines answered, 0 of them with an error, at s3://data/out/." in [text for (text,) in service.ask(LINES)]
