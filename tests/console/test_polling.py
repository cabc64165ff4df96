"""A list that refreshes itself while something in it moves."""

import json
import re

import pytest

from personalize_web import operations
from tests import factories

LIST = "/console/dataset-groups/"


@pytest.fixture
def pending(ana):
    operations.create_dataset_group(ana, name="movies")


def poll_address(page: str) -> str:
    return re.search(r'id="poll" hx-get="([^"]+)"', page)[1].replace("&amp;", "&")


def test_asks_every_five_seconds_while_something_moves(console, pending):
    page = console.get(LIST).content.decode()
    assert "watch=movies" in poll_address(page)
    assert 'hx-trigger="every 5s"' in page


def test_asks_no_more_when_everything_is_final(console, pending, run_jobs):
    run_jobs()
    assert 'id="poll"' not in console.get(LIST).content.decode()


def test_one_poll_brings_the_status_of_every_row(console, ana, pending):
    operations.create_dataset_group(ana, name="books")
    address = poll_address(console.get(LIST).content.decode())
    answer = console.get(address, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    drawn = re.findall(r'<span hx-swap-oob="true" class="status" id="status-(\w+)"', answer.content.decode())
    assert sorted(drawn) == ["books", "movies"]


def test_the_end_stops_the_poll_and_is_told(console, pending, run_jobs):
    address = poll_address(console.get(LIST).content.decode())
    run_jobs()
    answer = console.get(address, headers={"HX-Request": "true"})
    assert answer.status_code == 286
    assert "hx-trigger" not in answer.content.decode().split("hx-swap-oob")[0]
    assert "Dataset group movies is Active." in answer.content.decode()
    assert json.loads(answer.headers["HX-Trigger"])["settled"]["ok"] is True


def test_the_page_of_a_resource_tells_its_end_too(console, ana):
    factories.filter(ana, factories.active_group(ana), "quiet")
    answer = console.get("/console/dataset-groups/movies/filters/quiet/-status/", headers={"HX-Request": "true"})
    assert answer.status_code == 286
    assert "Filter quiet is Active." in answer.content.decode()


@pytest.mark.parametrize(("age", "seconds"), [(10, 5), (300, 15), (1200, 60)])
def test_asks_less_often_the_longer_it_takes(console, pending, age, seconds):
    import time

    since = int(time.time()) - age
    answer = console.get(f"{LIST}-status/?watch=movies&since={since}", headers={"HX-Request": "true"})
    assert f'hx-trigger="every {seconds}s"' in answer.content.decode()


def test_a_row_that_is_gone_makes_the_page_be_fetched_anew(console, pending):
    answer = console.get(f"{LIST}-status/?watch=movies&watch=gone&since=1", headers={"HX-Request": "true"})
    assert "reload-page" in json.loads(answer.headers["HX-Trigger"])


def test_the_number_of_running_jobs_stands_in_the_top_bar(console, pending, run_jobs):
    running = re.search(r'id="running-jobs".*?</span></span>', console.get(LIST).content.decode(), re.S)
    assert "1" in running[0]
    run_jobs()
    assert 'class="running"' not in console.get("/console/-running/").content.decode()
