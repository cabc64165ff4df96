"""F3: a group is deleted by typing its name, alone once it is empty or with everything in it."""

import pytest

from personalize_web import operations
from personalize_web.resources.models import Campaign, Dataset, DatasetGroup, Schema
from tests import factories
from tests.console.data_files import text_of

GROUP = "/console/dataset-groups/movies/"
DELETE = f"{GROUP}-delete/"
EVERYTHING = f"{GROUP}-delete-everything/"
DELETING = "/console/dataset-groups/-deleting/movies/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def full(ana, group):
    """A group with a campaign, a solution, a tracker and two datasets."""
    factories.dataset(ana, group)
    factories.dataset(ana, group, "ITEMS")
    factories.event_tracker(ana, group, "web")
    factories.campaign(ana, factories.solution_version(ana, factories.solution(ana, group)), "home")
    return group


def test_an_empty_group_goes(console, group, run_jobs):
    answer = console.post(DELETE, {"confirmation": "movies"})
    assert answer.status_code == 303
    run_jobs()
    assert not DatasetGroup.objects.exists()


def test_the_name_must_be_typed(console, group):
    answer = console.post(DELETE, {"confirmation": "movie"})
    assert answer.status_code == 422
    assert "Type movies to confirm." in text_of(answer)
    assert DatasetGroup.objects.get().status == "ACTIVE"


def test_what_stands_in_the_way_is_listed_in_order_with_links(console, full):
    for headers in ({}, {"HX-Request": "true", "HX-Target": "modal"}):
        page = console.get(DELETE, headers=headers)
        words = text_of(page)
        order = ["Campaign home", "Solution picks", "Event tracker web", "Dataset movies-interactions"]
        places = [words.index(one) for one in order]
        assert places == sorted(places)
        assert "/console/go/?arn=" in page.content.decode()
        assert "To confirm" not in words and "Delete everything in order" in words


def test_everything_is_shown_first_then_deleted_in_order(console, full, run_jobs):
    words = text_of(console.get(EVERYTHING))
    assert "Plan (6)" in words and words.index("Campaign home") < words.index("Dataset group movies")
    assert "Schemas (2)" in words
    answer = console.post(EVERYTHING, {"confirmation": "movies"})
    assert answer.headers["Location"] == DELETING
    assert "This group is being deleted with everything in it" in text_of(console.get(GROUP))
    before = console.get(DELETING)
    assert "Pending" in text_of(before) and "Still there (6)" in text_of(before)
    assert console.get(f"{DELETING}-status/").status_code == 200
    run_jobs()
    assert not DatasetGroup.objects.exists() and not Dataset.objects.exists() and not Campaign.objects.exists()
    assert Schema.objects.count() == 2
    assert console.get(f"{DELETING}-status/").status_code == 286
    after = text_of(console.get(DELETING))
    assert "Everything is deleted" in after and "Deleted campaign home." in after


def test_schemas_go_where_that_is_asked_for(console, full, run_jobs):
    console.post(EVERYTHING, {"confirmation": "movies", "schemas": "1"})
    run_jobs()
    assert not Schema.objects.exists()


def test_the_name_must_be_typed_for_everything_as_well(console, full):
    answer = console.post(EVERYTHING, {"confirmation": "everything"})
    assert answer.status_code == 422 and "Type movies to confirm." in text_of(answer)
    assert DatasetGroup.objects.get().status == "ACTIVE"


def test_running_work_is_named_in_the_plan_and_waited_for(console, ana, full):
    dataset = Dataset.objects.get(dataset_type="INTERACTIONS")
    factories.import_job(ana, dataset, "slow", status="CREATE IN_PROGRESS")
    page = console.get(EVERYTHING)
    assert "slow is in CREATE IN_PROGRESS state." in text_of(page)
    assert "Wait until the work named in the plan has ended" in text_of(page)
    console.post(EVERYTHING, {"confirmation": "movies"})
    assert DatasetGroup.objects.get().status == "ACTIVE"
    assert "slow" in text_of(console.get("/console/dataset-groups/"))


def test_it_stops_at_the_first_failure_and_says_why(console, full, run_jobs, monkeypatch):
    from personalize_web.engine.errors import DataError
    from personalize_web.workers import event_trackers

    def fail(context, tracker):
        raise DataError("The tracker is stuck.")

    monkeypatch.setattr(event_trackers, "delete", fail)
    console.post(EVERYTHING, {"confirmation": "movies"})
    run_jobs()
    page = console.get(DELETING)
    words = text_of(page)
    assert "The deletion stopped" in words and "The tracker is stuck." in words
    assert "Event tracker web" in words and "Campaign home" not in words
    assert f'href="{EVERYTHING}"' in page.content.decode()
    overview = console.get(GROUP)
    assert "The deletion of everything stopped" in text_of(overview)
    assert f'href="{DELETING}"' in overview.content.decode()
    monkeypatch.undo()
    console.post(EVERYTHING, {"confirmation": "movies"})
    run_jobs()
    assert not DatasetGroup.objects.exists()


def test_where_nothing_is_deleted_there_is_nothing_to_see(console, group):
    assert console.get(DELETING).status_code == 404
    assert console.get("/console/dataset-groups/-deleting/absent/").status_code == 404


def test_a_group_made_anew_is_not_taken_for_the_deleted_one(console, ana, full, run_jobs):
    console.post(EVERYTHING, {"confirmation": "movies"})
    run_jobs()
    operations.create_dataset_group(ana, name="movies")
    assert console.get(DELETING).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_administrators_delete(client, make_person, full, role):
    client.force_login(make_person("someone", role))
    assert f'href="{DELETE}"' not in client.get(GROUP).content.decode()
    client.post(DELETE, {"confirmation": "movies"})
    client.post(EVERYTHING, {"confirmation": "movies"})
    page = client.get(EVERYTHING)
    assert page.status_code == 403 and "Needs the Administrator role" in text_of(page)
    assert "Delete everything in order" not in text_of(client.get(DELETE))
    assert DatasetGroup.objects.get().status == "ACTIVE"
