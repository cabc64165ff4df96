"""Two requests at the same moment: for the last place, for the same name, to delete the same thing."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from personalize_web import operations
from personalize_web.resources.models import Campaign, DatasetGroup, DatasetImportJob, Job
from tests import factories

ROOT = Path(__file__).parents[2]
TOGETHER = 4

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    """Nobody is woken."""
    from personalize_web.workers import job

    monkeypatch.setattr(job, "wake", lambda row: None)


def at_once(*calls):
    """Run the calls in as many threads and connections; the names of the errors, None for a success."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=30)
            call()
        except operations.ServiceError as error:
            return error.code
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls), key=str)


def test_the_last_place_among_groups_is_taken_once(ana):
    for number in range(4):
        factories.active_group(ana, f"group-{number}")
    found = at_once(
        *(lambda n=number: operations.create_dataset_group(ana, name=f"new-{n}") for number in range(TOGETHER))
    )
    assert found == ["LimitExceededException"] * (TOGETHER - 1) + [None]
    assert DatasetGroup.objects.count() == 5


def test_the_last_place_among_imports_is_taken_once(ana):
    dataset = factories.dataset(ana, factories.active_group(ana))
    for number in range(4):
        factories.import_job(ana, dataset, f"running-{number}", status="CREATE IN_PROGRESS")

    def create(number):
        operations.create_dataset_import_job(
            ana, job_name=f"new-{number}", dataset_arn=dataset.arn, data_source={"dataLocation": "s3://data/a.csv"}
        )

    found = at_once(*(lambda n=number: create(n) for number in range(TOGETHER)))
    assert found == ["LimitExceededException"] * (TOGETHER - 1) + [None]
    assert DatasetImportJob.objects.count() == 5


def test_the_last_place_among_campaigns_is_taken_once(ana):
    version = factories.active_solution_version(ana)
    for number in range(4):
        factories.campaign(ana, version, f"campaign-{number}")
    found = at_once(
        *(
            lambda n=number: operations.create_campaign(ana, name=f"new-{n}", solution_version_arn=version.arn)
            for number in range(TOGETHER)
        )
    )
    assert found == ["LimitExceededException"] * (TOGETHER - 1) + [None]
    assert Campaign.objects.count() == 5


def test_a_name_is_given_once(ana):
    found = at_once(*(lambda: operations.create_dataset_group(ana, name="movies") for _ in range(TOGETHER)))
    assert found == [None] + ["ResourceAlreadyExistsException"] * (TOGETHER - 1)
    assert Job.objects.count() == 1


def test_a_deletion_is_begun_once(ana):
    group = factories.active_group(ana)
    found = at_once(
        *(lambda: operations.delete_dataset_group(ana, dataset_group_arn=group.arn) for _ in range(TOGETHER))
    )
    assert found == [None] + ["ResourceInUseException"] * (TOGETHER - 1)
    assert Job.objects.count() == 1


def test_a_group_is_deleted_or_filled_but_never_both(ana):
    group, schema = factories.active_group(ana), factories.schema(ana)
    found = at_once(
        lambda: operations.delete_dataset_group(ana, dataset_group_arn=group.arn),
        lambda: operations.create_dataset(
            ana, name="d", schema_arn=schema.arn, dataset_group_arn=group.arn, dataset_type="Interactions"
        ),
    )
    assert found == [None, "ResourceInUseException"]


def test_a_group_gets_one_tracker(ana):
    group = factories.active_group(ana)
    found = at_once(
        *(
            lambda n=number: operations.create_event_tracker(ana, name=f"t-{n}", dataset_group_arn=group.arn)
            for number in range(TOGETHER)
        )
    )
    assert found == [None] + ["ResourceAlreadyExistsException"] * (TOGETHER - 1)


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor == "postgresql", reason="this run is on PostgreSQL already")
def test_all_of_this_on_postgresql(postgresql):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", __file__]
    own = f"{postgresql.rsplit('/', 1)[0]}/last_place_{os.getpid()}"
    environment = os.environ | {"DATABASE_URL": own}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
