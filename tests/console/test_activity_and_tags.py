"""Background work with its log, tags of any resource, and the page behind an ARN."""

import pytest

from personalize_web.resources.models import JobLogLine
from tests import factories
from tests.console.data_files import text_of


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


def test_jobs_are_listed_with_state_and_reason(console, ana, group):
    dataset = factories.dataset(ana, group)
    failed = factories.import_job(ana, dataset, "broken", status="CREATE FAILED")
    factories.job(failed, "create-dataset-import-job", state="FAILED", failure_reason="Invalid Data location.")
    factories.job(group, "create-dataset-group", state="IN_PROGRESS")
    for address in ("/console/activity/", "/console/dataset-groups/movies/activity/"):
        page = console.get(address)
        words = text_of(page)
        assert "Import job" in words and "Failed" in words and "In progress" in words
        assert "Invalid Data location." in page.content.decode()
    assert console.get("/console/activity/-status/").status_code == 200


def test_another_group_has_its_own_activity(console, ana, group):
    factories.job(factories.active_group(ana, "other"), "create-dataset-group", state="DONE")
    assert "No activity yet" in text_of(console.get("/console/dataset-groups/movies/activity/"))


def test_a_job_shows_progress_and_log(console, ana, group):
    job = factories.job(
        group, "create-dataset-group", state="IN_PROGRESS", phase="Begin", phase_index=1, phase_count=2, fraction=0.5
    )
    JobLogLine.objects.create(job=job, text="It has begun.", level="warning")
    address = f"/console/activity/-job/?arn={group.arn}"
    words = text_of(console.get(address))
    assert "Phase 1 of 2: Begin" in words and "50%" in words and "It has begun." in words and "Warnings (1)" in words
    assert console.get(f"/console/activity/-job/-status/?arn={group.arn}").status_code == 200
    job.state = "DONE"
    job.save()
    assert console.get(f"/console/activity/-job/-status/?arn={group.arn}").status_code == 286


def test_there_is_no_job_for_an_unknown_resource(console):
    assert console.get("/console/activity/-job/?arn=arn:aws:none").status_code == 404


def test_tags_are_added_changed_and_removed_at_once(console, ana, group):
    address = "/console/dataset-groups/movies/tags/"
    console.post(address, {"tags-key": ["a", "b"], "tags-value": ["1", "2"]})
    answer = console.post(address, {"tags-key": ["b", "c"], "tags-value": ["3", "4"]})
    assert answer.headers["Location"] == "/console/dataset-groups/movies/?tab=tags"
    words = text_of(console.get(answer.headers["Location"]))
    assert "1 added, 1 changed, 1 removed" in words
    assert "c 4" in words and "b 3" in words


def test_tags_of_any_resource_are_managed_by_its_arn(console, ana, group):
    tracker = factories.event_tracker(ana, group, "web")
    answer = console.post(f"/console/tags/?arn={tracker.arn}", {"tags-key": "team", "tags-value": "web"})
    assert answer.status_code == 303
    page = console.get(answer.headers["Location"], follow=True)
    assert "team" in text_of(page)


@pytest.mark.parametrize(
    ("keys", "values", "message"),
    [
        (["a", "a"], ["1", "2"], "Tag keys must be unique"),
        (["aws:a"], ["1"], "Keys and values cannot start with aws:"),
        ([f"k{n}" for n in range(51)], ["v"] * 51, "A resource can have at most 50 tags"),
    ],
)
def test_what_is_wrong_with_tags_is_said(console, group, keys, values, message):
    answer = console.post("/console/dataset-groups/movies/tags/", {"tags-key": keys, "tags-value": values})
    assert answer.status_code == 422 and message in text_of(answer)


def test_any_arn_leads_to_its_page(console, ana, group):
    dataset = factories.dataset(ana, group)
    job = factories.import_job(ana, dataset, "first")
    tracker = factories.event_tracker(ana, group, "web")
    places = {
        group.arn: "/console/dataset-groups/movies/",
        dataset.arn: "/console/dataset-groups/movies/datasets/item-interactions/",
        job.arn: "/console/dataset-groups/movies/datasets/item-interactions/import-jobs/first/",
        tracker.arn: "/console/dataset-groups/movies/event-trackers/web/",
        dataset.schema.arn: "/console/schemas/interactions-custom/",
    }
    for arn, address in places.items():
        assert console.get("/console/go/", {"arn": arn}).headers["Location"] == address
    assert (
        console.get("/console/go/", {"arn": "arn:aws:personalize:us-east-1:123456789012:filter/x"}).status_code == 404
    )
