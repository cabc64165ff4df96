"""Datasets of a group: the list, the details, deleting."""

import pytest

from personalize_web.resources.models import Dataset
from tests import factories
from tests.console.data_files import interactions, store, text_of

BASE = "/console/dataset-groups/movies/datasets/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def imported(ana, group, run_jobs):
    """A dataset with 1,200 imported rows."""
    from personalize_web import operations

    dataset = factories.dataset(ana, group)
    location = store("movies.csv", interactions())
    operations.create_dataset_import_job(
        ana, job_name="first", dataset_arn=dataset.arn, data_source={"dataLocation": location}
    )
    run_jobs()
    return dataset


def test_an_empty_group_says_where_to_start(console, group):
    words = text_of(console.get(BASE))
    assert "No datasets" in words and "Start with an item interactions dataset." in words


def test_the_list_shows_rows_schema_and_the_last_import(console, imported):
    page = console.get(BASE)
    words = text_of(page)
    assert "movies-interactions" in words and "1,200" in words and "interactions-custom" in words
    assert f'href="{BASE}item-interactions/import-jobs/first/"' in page.content.decode()
    assert "There is one dataset of each type in a group." in page.content.decode()


@pytest.mark.parametrize(
    ("tab", "expected"),
    [("imports", "first"), ("schema", "TIMESTAMP"), ("rows", "i1"), ("tags", "No tags")],
)
def test_the_details_have_imports_schema_rows_and_tags(console, imported, tab, expected):
    words = text_of(console.get(f"{BASE}item-interactions/?tab={tab}"))
    assert "Dataset details" in words and expected in words


def test_the_tracking_id_of_action_interactions_stands_on_their_page(console, ana, group):
    factories.dataset(ana, group, "ACTION_INTERACTIONS", tracking_id="0f9d4bd0-0000-0000-0000-000000000000")
    assert "0f9d4bd0-0000-0000-0000-000000000000" in text_of(console.get(f"{BASE}action-interactions/"))


def test_what_is_not_there_is_not_found(console, group):
    assert console.get(f"{BASE}users/").status_code == 404
    assert console.get(f"{BASE}nonsense/").status_code == 404


def test_a_dataset_is_deleted_by_typing_its_name(console, imported, run_jobs):
    address = f"{BASE}item-interactions/-delete/"
    assert "All 1,200 rows of it are lost." in text_of(console.get(address))
    assert console.post(address, {"confirmation": "no"}).status_code == 422
    assert console.post(address, {"confirmation": "movies-interactions"}).status_code == 303
    run_jobs()
    assert not Dataset.objects.exists()


def test_the_event_tracker_and_running_imports_stand_in_the_way(console, ana, group):
    dataset = factories.dataset(ana, group)
    factories.event_tracker(ana, group)
    factories.import_job(ana, dataset, "slow", status="CREATE IN_PROGRESS")
    words = text_of(console.get(f"{BASE}item-interactions/-delete/"))
    assert "Delete event tracker tracker first" in words
    assert "Wait until import slow has finished" in words


def test_a_running_import_is_polled_on_the_page_of_its_dataset(console, ana, group):
    dataset = factories.dataset(ana, group)
    job = factories.import_job(ana, dataset, "slow", status="CREATE IN_PROGRESS")
    assert "-status/" in console.get(f"{BASE}item-interactions/").content.decode()
    assert console.get(f"{BASE}item-interactions/-status/").status_code == 200
    job.move("ACTIVE")
    assert console.get(f"{BASE}item-interactions/-status/").status_code == 286
