"""A preparation that is interrupted: nothing half written is seen, and the next attempt begins afresh."""


import pytest
from django.conf import settings

from personalize_web import operations
from personalize_web.engine import preparing
from personalize_web.engine.preparing import schema_text
from personalize_web.resources.models import DataPreparation, Job
from personalize_web.workers import lease
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db

SCHEMA = schema_text("USERS", [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int", "nullable": True}])
RECIPE = {"columns": [{"field": "USER_ID", "column": "id"}, {"field": "AGE", "column": "age"}]}
OUT = "interrupted/users.csv"


@pytest.fixture
def preparation(ana):
    group = factories.active_group(ana)
    operations.create_data_preparation(
        ana,
        dataset_group_arn=group.arn,
        dataset_type="Users",
        data_location=world.put_csv("people.csv", "id,age", (f"u{at},{at % 90}" for at in range(200))),
        schema=SCHEMA,
        recipe=RECIPE,
        output_location=f"s3://data/{OUT}",
    )
    written().unlink(missing_ok=True)
    return DataPreparation.objects.get()


def written():
    return settings.BUCKETS_DIR / "data" / OUT


def test_an_attempt_that_lost_its_lease_puts_no_file(run_jobs, preparation, monkeypatch):
    write, done = preparing.write, []

    def loses(*arguments, **more):
        done.append(write(*arguments, **more))
        monkeypatch.setattr(lease, "keep", lambda row, **values: False)
        return done[0]

    monkeypatch.setattr(preparing, "write", loses)
    run_jobs(1)
    assert done[0].written == 200 and not written().exists()
    preparation.refresh_from_db()
    assert preparation.status != "ACTIVE" and preparation.result is None


def test_an_attempt_that_died_is_followed_by_a_whole_one(run_jobs, preparation, monkeypatch, scratch):
    def dies(source, recipe, schema, target, *, reporter):
        target.write_text("half")
        raise lease.LeaseLost

    with monkeypatch.context() as patch:
        patch.setattr(preparing, "write", dies)
        run_jobs(1)
    assert not written().exists()
    lease.give_back(Job.objects.get())
    run_jobs()
    preparation.refresh_from_db()
    assert preparation.status == "ACTIVE"
    assert len(written().read_text().splitlines()) == 201
    assert not list(scratch.glob("job-*"))


def test_a_full_disk_fails_it_in_words(run_jobs, preparation, monkeypatch):
    import errno

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(preparing, "write", full)
    run_jobs()
    preparation.refresh_from_db()
    assert preparation.status == "CREATE FAILED" and "disk is full" in preparation.failure_reason
