"""What a data deletion job takes away, and that nothing of it can be found again."""

import pytest

from personalize_web import operations
from personalize_web.resources.models import DataDeletionJob, Dataset, Event, Job, ServedList
from personalize_web.workers import folders, job
from tests.workers import world

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/eraser"


def begin(caller, group, location, *, name="erase"):
    return operations.create_data_deletion_job(
        caller, job_name=name, dataset_group_arn=group, data_source={"dataLocation": location}, role_arn=ROLE
    )["dataDeletionJobArn"]


def delete(caller, run_jobs, group, *ids, name="erase", location=None):
    """The finished job, as described."""
    location = location or world.put_csv(f"{name}.csv", "USER_ID", ids)
    arn = begin(caller, group, location, name=name)
    run_jobs()
    return operations.describe_data_deletion_job(caller, data_deletion_job_arn=arn)["dataDeletionJob"]


def users_of(dataset_arn):
    snapshot = folders.store_of(Dataset.objects.get(arn=dataset_arn)).snapshot()
    return set(snapshot.raw()["USER_ID"].to_pylist())


def recorded(dataset_arn, user, item, *, session="s1", at=1_700_000_000):
    return Event.objects.create(
        dataset=Dataset.objects.get(arn=dataset_arn),
        digest=f"{user}{item}{session}{at}",
        event_id=f"{user}{item}{session}{at}",
        user_id=user,
        session_id=session,
        item_id=item,
        event_type="watch",
        timestamp=at,
    )


def test_every_interaction_of_the_users_goes_and_is_counted(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    done = delete(ana, run_jobs, group, "u1", "u2", "u1", "nobody")
    assert done["status"] == "COMPLETED", done.get("failureReason")
    assert done["numDeleted"] == 60
    assert users_of(dataset) == {f"u{number}" for number in range(40)} - {"u1", "u2"}
    details = operations.describe_data_deletion_job_details(ana, data_deletion_job_arn=done["dataDeletionJobArn"])
    assert (details["users"], details["known"], details["rows"]) == (3, 2, {"INTERACTIONS": 60})


def test_recorded_events_go_wherever_they_are(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    recorded(dataset, "u1", "waits")
    recorded(dataset, "u3", "other", session="s2")
    done = delete(ana, run_jobs, group, "u1")
    assert done["numDeleted"] == 31
    assert [event.user_id for event in Event.objects.all()] == ["u3"]


def test_anonymous_events_go_with_the_user_of_their_session(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    recorded(dataset, None, "before", session="s1")
    recorded(dataset, "u1", "named", session="s1")
    recorded(dataset, None, "between", session="s1")
    recorded(dataset, "u2", "other", session="s1")
    recorded(dataset, None, "after", session="s1")
    recorded(dataset, None, "unlinked", session="s2")
    done = delete(ana, run_jobs, group, "u1")
    assert set(Event.objects.values_list("item_id", flat=True)) == {"between", "other", "after", "unlinked"}
    assert done["numDeleted"] == 30 + 2


def test_a_dataset_that_could_not_be_deleted_loses_its_users_too(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    Dataset.objects.update(status="CREATE FAILED")
    delete(ana, run_jobs, group, "u1")
    assert "u1" not in users_of(dataset)


def test_a_group_without_data_has_nobody_to_delete(ana, run_jobs):
    group = world.group(ana, run_jobs)
    done = delete(ana, run_jobs, group, "u1")
    assert (done["status"], done["numDeleted"]) == ("COMPLETED", 0)


def test_other_groups_keep_their_users(ana, run_jobs):
    group, _ = world.filled(ana, run_jobs)
    other = world.group(ana, run_jobs, "books")
    dataset = world.dataset(ana, run_jobs, other)
    recorded(dataset, "u1", "i1")
    delete(ana, run_jobs, group, "u1")
    assert Event.objects.get().user_id == "u1"


def test_a_folder_is_read_with_all_that_is_below_it_but_only_csv(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    world.put_csv("list/a.csv", "USER_ID", ["u1"])
    world.put_csv("list/deep/er/b.csv", "USER_ID", ["u2"])
    world.put_csv("list/readme.txt", "whatever", ["u3"])
    done = delete(ana, run_jobs, group, location="s3://data/list/")
    assert done["numDeleted"] == 60
    assert users_of(dataset) == {f"u{number}" for number in range(40)} - {"u1", "u2"}


@pytest.mark.parametrize(
    ("header", "rows", "says"),
    [
        ("USER", ["u1"], "erase.csv, line 1: the header must be USER_ID and nothing else; found 'USER'."),
        ("USER_ID,AGE", ["u1,3"], "line 1: the header must be USER_ID and nothing else"),
        ("USER_ID", ["u1", "u2,x"], "erase.csv, line 3: one user id is expected, and there are 2 cells."),
        ("USER_ID", ["u" * 257], "erase.csv, line 2: a user id has at most 256 characters; this one has 257."),
        ("USER_ID", [], "The files hold no user ids below their header."),
    ],
)
def test_a_file_that_is_no_list_of_users_fails_by_line(ana, run_jobs, header, rows, says):
    group, dataset = world.filled(ana, run_jobs)
    location = world.put_csv("erase.csv", header, rows)
    failed = delete(ana, run_jobs, group, location=location)
    assert failed["status"] == "FAILED"
    assert says in failed["failureReason"]
    assert "numDeleted" not in failed
    assert "u1" in users_of(dataset)


def test_files_that_are_too_large_together_fail(ana, run_jobs, settings):
    settings.QUOTAS = settings.QUOTAS | {"data_deletion_bytes": 20}
    group, _ = world.filled(ana, run_jobs)
    world.put_csv("list/a.csv", "USER_ID", ["u1"])
    world.put_csv("list/b.csv", "USER_ID", ["u2"])
    failed = delete(ana, run_jobs, group, location="s3://data/list/")
    assert "have 22 bytes together; a data deletion job takes at most 20" in failed["failureReason"]


def test_nothing_at_the_location_fails(ana, run_jobs):
    group, _ = world.filled(ana, run_jobs)
    assert (
        "There is no file at s3://data/none.csv"
        in delete(ana, run_jobs, group, location="s3://data/none.csv")["failureReason"]
    )


def test_the_same_file_may_be_used_again(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    location = world.put_csv("users.csv", "USER_ID", ["u1"])
    delete(ana, run_jobs, group, location=location)
    again = delete(ana, run_jobs, group, location=location, name="again")
    assert (again["status"], again["numDeleted"]) == ("COMPLETED", 0)
    assert "u1" not in users_of(dataset)


def test_users_that_are_imported_again_are_there_again(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    delete(ana, run_jobs, group, "u1")
    done = world.import_file(ana, run_jobs, dataset, world.put_interactions(), name="again")
    assert done["status"] == "ACTIVE"
    assert "u1" in users_of(dataset)


def test_what_was_served_to_the_users_goes(ana, run_jobs):
    group, _ = world.filled(ana, run_jobs)
    ServedList.objects.create(recommendation_id="1", source_arn="arn:gone", user_id="u1", item_ids=["i1"])
    ServedList.objects.create(recommendation_id="2", source_arn="arn:gone", user_id="u2", item_ids=["i1"])
    delete(ana, run_jobs, group, "u1")
    assert [served.user_id for served in ServedList.objects.all()] == ["u2"]


def test_it_waits_for_an_import_that_runs_and_keeps_new_work_waiting(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    running = Job.objects.create(
        kind="create-dataset-import-job",
        resource_arn=dataset,
        account=ana.account,
        region=ana.region,
        arguments={"lock": dataset, "shares": group},
        state="IN_PROGRESS",
        lease_owner="somebody",
    )
    arn = begin(ana, group, world.put_csv("users.csv", "USER_ID", ["u1"]))
    analysis = operations.create_data_insights_job(ana, dataset_group_arn=group)["dataInsightsJobArn"]
    run_jobs()
    assert DataDeletionJob.objects.get(arn=arn).status == "PENDING"
    waiting = operations.describe_data_deletion_job_details(ana, data_deletion_job_arn=arn)["waitingFor"]
    assert waiting == [{"kind": running.kind, "resourceArn": dataset, "state": "IN_PROGRESS"}]
    assert Job.objects.get(resource_arn=analysis).state == "PENDING"
    running.delete()
    run_jobs()
    assert DataDeletionJob.objects.get(arn=arn).status == "COMPLETED"
    assert Job.objects.get(resource_arn=analysis).state == "DONE"


def test_a_killed_attempt_is_continued_and_counts_what_the_first_one_took(ana, run_jobs, monkeypatch):
    from personalize_web.workers import erasing

    group, dataset = world.filled(ana, run_jobs)
    arn = begin(ana, group, world.put_csv("users.csv", "USER_ID", ["u1"]))

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(erasing, "erase", die)
    with pytest.raises(KeyboardInterrupt):
        run_jobs()
    monkeypatch.undo()
    assert "u1" not in users_of(dataset)
    Job.objects.filter(state="IN_PROGRESS").update(state="PENDING")
    job.run_pending()
    done = operations.describe_data_deletion_job(ana, data_deletion_job_arn=arn)["dataDeletionJob"]
    assert (done["status"], done["numDeleted"]) == ("COMPLETED", 30)
