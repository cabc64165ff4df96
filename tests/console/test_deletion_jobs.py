"""F9: users are removed with everything they did."""

import pytest

from personalize_web import operations
from personalize_web.resources.models import DataDeletionJob
from tests import factories
from tests.console.data_files import interactions, store, text_of

GROUP = "/console/dataset-groups/movies/"
JOBS = f"{GROUP}data-deletion-jobs/"
NEW = f"{JOBS}-new/"
IDS = {
    "job_name": "forget",
    "source": "list",
    "user_ids": "u1\nu2\nnobody\n",
    "role": "default",
    "confirmation": "delete",
}


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def imported(ana, group, run_jobs):
    """1,200 interactions of 60 users, 20 each."""
    dataset = factories.dataset(ana, group)
    location = store("movies.csv", interactions())
    operations.create_dataset_import_job(
        ana, job_name="first", dataset_arn=dataset.arn, data_source={"dataLocation": location}
    )
    run_jobs()
    return dataset


def test_ids_that_are_entered_are_deleted_and_counted(console, imported, run_jobs):
    answer = console.post(NEW, IDS)
    assert answer.headers["Location"] == f"{JOBS}forget/"
    assert "Pending" in text_of(console.get(f"{JOBS}forget/"))
    run_jobs()
    words = text_of(console.get(f"{JOBS}forget/"))
    assert "Completed" in words and "Records deleted 40" in words and "2 of 3 known" in words
    assert "Create a new solution version and update campaigns" in words
    listed = text_of(console.get(f"{GROUP}datasets/"))
    assert "forget" in listed and "Completed" in listed
    assert "forget" in text_of(console.get(JOBS))


def test_a_file_of_ids_does_the_same(console, imported, run_jobs):
    location = store("gone.csv", "USER_ID\nu1\n")
    console.post(NEW, IDS | {"source": "file", "user_ids": "", "data_location": location})
    run_jobs()
    assert DataDeletionJob.objects.get().num_deleted == 20


def test_the_preview_counts_and_deletes_nothing(console, imported):
    answer = console.post(NEW, IDS | {"_preview": "1", "confirmation": ""})
    assert answer.status_code == 200
    assert "2 of 3 user ids exist, with 40 interactions." in text_of(answer)
    assert not DataDeletionJob.objects.exists()
    part = console.post(NEW, IDS | {"_preview": "1"}, headers={"HX-Request": "true", "HX-Target": "deletion-preview"})
    assert "<html" not in part.content.decode() and "2 of 3" in text_of(part)


def test_the_preview_says_what_is_missing(console, group):
    answer = console.post(NEW, IDS | {"_preview": "1", "user_ids": ""})
    assert "Enter user ids or the location of a file first." in text_of(answer)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"job_name": ""}, "Enter a name."),
        ({"user_ids": " \n"}, "Enter at least one user id."),
        ({"user_ids": "x" * 257}, "Id 1 has 257 characters; an id has at most 256."),
        ({"source": "file"}, "Enter the location of a CSV file with the single column USER_ID."),
        ({"source": "file", "data_location": "gone.csv"}, "Invalid data location. Use s3://bucket/folder/file.csv."),
        ({"confirmation": "yes"}, "Type delete to confirm: what is deleted cannot be brought back."),
        ({"role": "custom"}, "Enter a role ARN such as arn:aws:iam::123456789012:role/Name."),
    ],
)
def test_each_mistake_is_told_beside_its_field(console, group, change, message):
    answer = console.post(NEW, IDS | change)
    assert answer.status_code == 422 and message in text_of(answer)
    assert not DataDeletionJob.objects.exists()


def test_work_that_may_keep_the_data_is_named(console, ana, group):
    dataset = factories.dataset(ana, group)
    slow = factories.import_job(ana, dataset, "slow", status="CREATE IN_PROGRESS")
    factories.job(slow, "create-dataset-import-job", state="IN_PROGRESS")
    words = text_of(console.get(NEW))
    assert "Deletion is not guaranteed for the data these jobs hold." in words and "Import job slow" in words


def test_a_wrong_file_fails_the_job_with_its_reason(console, imported, run_jobs):
    location = store("wrong.csv", "ID\nu1\n")
    console.post(NEW, IDS | {"source": "file", "data_location": location})
    run_jobs()
    words = text_of(console.get(f"{JOBS}forget/"))
    assert "Failed" in words and "The deletion failed" in words and "USER_ID" in words


def test_without_jobs_the_page_says_what_they_are_for(console, group):
    words = text_of(console.get(f"{GROUP}datasets/"))
    assert "No data deletion jobs" in words and "Remove all data of listed users." in words


def test_the_box_of_jobs_is_asked_for_while_one_moves(console, imported, run_jobs):
    console.post(NEW, IDS)
    address, htmx = f"{GROUP}datasets/?deletions=1", {"HX-Request": "true", "HX-Target": "deletion-jobs"}
    assert "every 5s" in console.get(address, headers=htmx).content.decode()
    run_jobs()
    assert "every 5s" not in console.get(address, headers=htmx).content.decode()


def test_a_job_of_another_group_is_not_shown(console, ana, imported, run_jobs):
    console.post(NEW, IDS)
    factories.active_group(ana, "other")
    assert console.get("/console/dataset-groups/other/data-deletion-jobs/forget/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_administrators_delete_users(client, make_person, group, role):
    client.force_login(make_person("someone", role))
    assert "Needs the Administrator role" in client.get(f"{GROUP}datasets/").content.decode()
    assert client.post(NEW, IDS).status_code == 403
    assert not DataDeletionJob.objects.exists()


def test_a_sixth_pending_job_is_refused_with_the_limit(console, group):
    for number in range(5):
        assert console.post(NEW, IDS | {"job_name": f"forget-{number}"}).status_code == 303
    answer = console.post(NEW, IDS)
    assert answer.status_code == 422 and "More than 5 resources with PENDING status" in text_of(answer)


def test_the_form_as_code(console, group):
    words = text_of(console.post(NEW, IDS | {"_code": "1"}))
    assert "create_data_deletion_job(" in words and "s3://uploads/data-deletion/movies/forget.csv" in words
