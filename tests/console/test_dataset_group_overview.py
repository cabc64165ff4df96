"""1.5: the overview says how far each dataset is, and what may be done next."""

import pytest
from django.utils import timezone

from tests import factories
from tests.console.data_files import text_of


@pytest.fixture
def group(ana):
    return factories.active_group(ana, "cinema", domain="VIDEO_ON_DEMAND")


def overview(client, part=""):
    return client.get(f"/console/dataset-groups/cinema/{part}")


def test_an_empty_group_offers_the_datasets_of_its_domain(console, group):
    page = overview(console)
    assert page.status_code == 200
    words = text_of(page)
    assert words.count("Not created") == 3
    assert "Action interactions" not in words
    assert "Available once the item interactions data is active." in words
    assert "Import item interactions first." in page.content.decode()


def test_a_custom_group_may_hold_actions_too(console, ana):
    factories.active_group(ana, "cinema")
    words = text_of(overview(console))
    assert words.count("Not created") == 5
    assert "Create solutions" in words
    assert "Use custom resources" not in words


def test_an_import_under_way_shows_phase_rows_and_time_left(console, ana, group):
    dataset = factories.dataset(ana, group)
    running = factories.import_job(ana, dataset, "import-7", status="CREATE IN_PROGRESS")
    factories.job(
        running,
        "create-dataset-import-job",
        state="IN_PROGRESS",
        phase="Read and validate rows",
        phase_index=2,
        phase_count=6,
        fraction=0.64,
        rows=6235,
        rows_total=9742,
        started_at=timezone.now() - timezone.timedelta(seconds=36),
    )
    words = text_of(overview(console))
    for expected in (
        "1 import running",
        "Create in progress",
        "Phase 2 of 6: read and validate rows",
        "64%",
        "6,235 of 9,742 rows",
        "36 s so far",
    ):
        assert expected in words


def test_the_moving_parts_are_polled_until_nothing_moves(console, ana, group):
    dataset = factories.dataset(ana, group)
    running = factories.import_job(ana, dataset, "import-7", status="CREATE IN_PROGRESS")
    page = overview(console).content.decode()
    assert 'hx-get="/console/dataset-groups/cinema/-status/?watch=import-7' in page
    assert overview(console, "-status/").status_code == 200
    running.move("ACTIVE")
    dataset.change(statistics={"rows": 1200, "users": 60, "items": 97, "users_with_two": 60})
    settled = overview(console, "-status/?watch=import-7")
    assert settled.status_code == 286
    assert "Interaction data active" in text_of(settled)
    assert "settled" in settled.headers["HX-Trigger"]


def test_active_interactions_open_analysis_and_training(console, ana, group):
    dataset = factories.dataset(
        ana, group, statistics={"rows": 60000, "users": 900, "items": 97, "users_with_two": 610}
    )
    factories.import_job(ana, dataset)
    page = overview(console)
    words = text_of(page)
    assert "60,000 rows · 900 users · 97 items" in words
    assert "Interaction data is active, so you can start now." in words
    assert "Enough to train; 390 more recommended" in words
    assert "Ready" in words
    assert 'action="/console/dataset-groups/cinema/data-analysis/-run/"' in page.content.decode()


def test_a_failed_import_says_why(console, ana, group):
    dataset = factories.dataset(ana, group)
    factories.import_job(ana, dataset, status="CREATE FAILED", failure_reason="Invalid Data location.")
    page = overview(console)
    assert "Import failed" in text_of(page)
    assert "Invalid Data location." in page.content.decode()


def test_a_viewer_sees_no_buttons_that_change(as_viewer, group):
    page = overview(as_viewer).content.decode()
    assert ">Create dataset<" not in page and "-import/" not in page
    assert "Run analysis" not in page
    assert ">Delete<" not in page


def test_another_accounts_group_is_not_found(console, eve):
    factories.active_group(eve, "cinema")
    assert overview(console).status_code == 404
