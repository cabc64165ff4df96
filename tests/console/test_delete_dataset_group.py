"""F3: a group is deleted by typing its name, once nothing stands in the way."""

import pytest

from personalize_web.resources.models import DatasetGroup
from tests import factories
from tests.console.data_files import text_of

DELETE = "/console/dataset-groups/movies/-delete/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


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


def test_what_stands_in_the_way_is_listed_in_order_with_links(console, ana, group):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group)
    page = console.get(DELETE)
    words = text_of(page)
    assert words.index("Delete 1 event tracker first") < words.index("Delete 1 dataset first")
    assert 'href="/console/dataset-groups/movies/datasets/"' in page.content.decode()
    assert "To confirm" not in words


def test_only_administrators_delete(as_viewer, group):
    assert "Delete" not in text_of(as_viewer.get("/console/dataset-groups/movies/"))
    as_viewer.post(DELETE, {"confirmation": "movies"})
    assert DatasetGroup.objects.get().status == "ACTIVE"
