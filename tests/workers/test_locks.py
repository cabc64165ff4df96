"""Jobs that must not run together: two on one dataset, and one that needs a whole group with any that uses its data."""

import pytest

from personalize_web import operations
from personalize_web.resources.models import Job
from personalize_web.workers import job, kinds, lease
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


def waiting(resource, kind, of_group, **about):
    """A job that waits, with the locks of its kind."""
    return factories.job(resource, kind, arguments=kinds.locks_of(kind, resource, of_group), **about)


def starts(row):
    return lease.take(row.pk) is not None


def test_two_that_change_one_dataset_run_one_after_the_other(ana, group):
    dataset = factories.dataset(ana, group)
    first = waiting(factories.import_job(ana, dataset), "create-dataset-import-job", group)
    second = waiting(dataset, "store-events", group)
    assert not starts(second)
    assert starts(first)
    assert not starts(second)
    Job.objects.filter(pk=first.pk).update(state="DONE")
    assert starts(second)


def test_two_datasets_do_not_wait_for_each_other(ana, group):
    for kind in ("INTERACTIONS", "ITEMS"):
        assert starts(waiting(factories.dataset(ana, group, kind), "store-events", group))


def test_a_training_reads_beside_an_import_and_an_export(ana, group):
    dataset = factories.dataset(ana, group)
    version = factories.solution_version(ana, factories.solution(ana, group))
    assert starts(waiting(factories.import_job(ana, dataset), "create-dataset-import-job", group))
    assert starts(waiting(version, "create-solution-version", group))
    assert starts(waiting(factories.export_job(ana, dataset), "create-dataset-export-job", group))


@pytest.mark.parametrize("kind", ["create-data-deletion-job", "delete-everything"])
def test_what_needs_the_group_alone_waits_for_all_that_use_its_data_and_lets_none_begin(ana, group, kind):
    dataset = factories.dataset(ana, group)
    running = waiting(dataset, "store-events", group)
    assert starts(running)
    alone = waiting(group, kind, group)
    assert not starts(alone)
    later = waiting(factories.export_job(ana, dataset), "create-dataset-export-job", group)
    assert not starts(later)
    Job.objects.filter(pk=running.pk).update(state="DONE")
    assert starts(alone)
    assert not starts(later)
    Job.objects.filter(pk=alone.pk).update(state="DONE")
    assert starts(later)


def test_other_groups_are_not_concerned(ana, group):
    other = factories.active_group(ana, "books")
    assert starts(waiting(group, "delete-everything", group))
    assert starts(waiting(factories.dataset(ana, other), "store-events", other))


def test_everything_that_waited_is_woken_when_the_group_is_free_again(
    ana, group, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(job, "wake", lambda row: woken.append(row.kind))
    emptied = waiting(group, "delete-everything", group)
    dataset = factories.dataset(ana, group)
    waiting(dataset, "store-events", group)
    waiting(factories.export_job(ana, dataset), "create-dataset-export-job", group)
    other = factories.active_group(ana, "books")
    waiting(factories.dataset(ana, other), "store-events", other)
    with django_capture_on_commit_callbacks(execute=True):
        job.run(emptied.pk, threaded=False)
    assert woken == ["store-events", "create-dataset-export-job"]


@pytest.mark.parametrize("kind", [kind for kind, known in kinds.KINDS.items() if known.alone_on == "dataset"])
def test_every_kind_that_changes_columns_shares_its_group(kind):
    assert kinds.KINDS[kind].uses_data


def test_an_import_that_is_asked_for_carries_its_locks(ana, group):
    dataset = factories.dataset(ana, group)
    operations.create_dataset_import_job(
        ana, job_name="first", dataset_arn=dataset.arn, data_source={"dataLocation": "s3://data/a.csv"}
    )
    arguments = Job.objects.get().arguments
    assert (arguments["lock"], arguments["shares"]) == (dataset.arn, group.arn)
