"""Where background work stands, and what it logged."""

from datetime import timedelta

import pytest
from django.utils import timezone

from personalize_web import operations
from personalize_web.resources.models import JobLogLine
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(ana):
    return factories.active_solution_version(ana)


def running(version, **values):
    started = timezone.now() - timedelta(seconds=60)
    return factories.job(
        version, "create-solution-version", **{"state": "IN_PROGRESS", "started_at": started, "attempt": 1, **values}
    )


def describe(caller, resource):
    return operations.describe_job(caller, resource_arn=resource.arn)["job"]


def test_a_resource_without_a_job_has_none(ben, version):
    assert describe(ben, version) is None
    assert operations.get_job_log(ben, resource_arn=version.arn) == {"lines": [], "finished": True}


def test_the_newest_job_of_a_resource_counts(ben, version):
    running(version, state="FAILED", failure_reason="Too few.")
    running(version, phase="Learning", phase_index=2, phase_count=4, fraction=0.5, rows=10, rows_total=20)
    shown = describe(ben, version)
    assert (shown["phase"], shown["phaseIndex"], shown["phaseCount"], shown["fraction"]) == ("Learning", 2, 4, 0.5)
    assert (shown["rows"], shown["rowsTotal"], shown["state"]) == (10, 20, "IN_PROGRESS")
    assert shown["overall"] == 0.375
    assert shown["name"] == version.name
    assert "failureReason" not in shown


def test_the_time_left_follows_from_the_pace_so_far(ben, version):
    running(version, phase_index=2, phase_count=4, fraction=0.0)
    assert describe(ben, version)["secondsLeft"] == pytest.approx(180, abs=3)


@pytest.mark.parametrize(
    "values",
    [
        {"fraction": None},
        {"fraction": 0.0},
        {"fraction": 0.5, "state": "DONE"},
        {"fraction": 0.5, "state": "PENDING"},
        {"fraction": 0.5, "started_at": None},
    ],
)
def test_without_anything_to_go_by_no_time_is_promised(ben, version, values):
    running(version, **values)
    assert "secondsLeft" not in describe(ben, version)


def test_a_job_that_has_just_begun_promises_nothing(ben, version):
    running(version, fraction=0.5, started_at=timezone.now())
    assert "secondsLeft" not in describe(ben, version)


def test_what_is_done_is_done_completely(ben, version):
    running(version, state="DONE", phase_index=3, phase_count=4, fraction=0.2, finished_at=timezone.now())
    shown = describe(ben, version)
    assert shown["overall"] == 1.0
    assert shown["seconds"] == pytest.approx(60, abs=3)


def test_lists_are_narrowed_to_a_group_and_to_states(ben, ana, version):
    running(version)
    running(version, state="DONE")
    other = factories.active_group(ana, "other")
    factories.job(other, "create-dataset-group", state="DONE")

    def states(**narrowed):
        return [job["state"] for job in operations.list_jobs(ben, **narrowed)["jobs"]]

    assert states() == ["DONE", "DONE", "IN_PROGRESS"]
    assert states(dataset_group_arn=other.arn) == ["DONE"]
    assert states(states=["IN_PROGRESS", "PENDING"]) == ["IN_PROGRESS"]
    assert states(max_results=1) == ["DONE"]


def test_the_log_goes_on_after_the_last_line_that_was_read(ben, version):
    row = running(version)
    for number in range(3):
        JobLogLine.objects.create(job=row, text=f"line {number}", level="warning" if number else "info")
    first = operations.get_job_log(ben, resource_arn=version.arn)
    assert [(line["text"], line["level"]) for line in first["lines"]] == [
        ("line 0", "info"),
        ("line 1", "warning"),
        ("line 2", "warning"),
    ]
    assert first["finished"] is False
    rest = operations.get_job_log(ben, resource_arn=version.arn, after=first["lines"][1]["id"])
    assert [line["text"] for line in rest["lines"]] == ["line 2"]


def test_nobody_sees_the_work_of_another_account(eve, version):
    running(version)
    assert describe(eve, version) is None
    assert operations.list_jobs(eve) == {"jobs": []}
    assert operations.get_job_log(eve, resource_arn=version.arn)["lines"] == []


def test_the_job_of_a_new_version_is_found_by_its_group(ana, version):
    arn = operations.create_solution_version(ana, solution_arn=version.solution.arn)["solutionVersionArn"]
    (job,) = operations.list_jobs(ana, dataset_group_arn=version.solution.dataset_group.arn)["jobs"]
    assert (job["resourceArn"], job["requestedBy"], job["state"]) == (arn, "ana", "PENDING")
