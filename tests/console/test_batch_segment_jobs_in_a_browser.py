"""A batch segment job in a real browser: empty list, form, page, users of each line."""

from dataclasses import replace

import pytest

from personalize_web import operations
from personalize_web.engine.training import Options
from tests import deployments
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "/console/dataset-groups/movies/batch-segment-jobs/"
RECIPE = "aws-item-attribute-affinity"


@pytest.fixture
def fans(ana, settings, tmp_path):
    """A group ``movies`` with a version that finds users by the attributes of items."""
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)
    small = {"interactions": deployments.viewings(40, titles=10, each=8), "items": deployments.catalogue(titles=10)}
    options = replace(Options(threads=1), effort=0.01)
    made = deployments.deploy(ana, RECIPE, deployments.train(RECIPE, tmp_path / "training", options=options, **small))
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset-group/movies"
    type(made.group).objects.update(name="movies", arn=arn)
    return made


def accessible(page):
    assert breaches(page) == []


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out on a phone"


def test_a_segment_job_from_the_empty_list_to_its_users(open_page, fans, run_jobs, ana):
    page = open_page(BASE, dark=True)
    assert page.get_by_text("No batch segment jobs").is_visible()
    accessible(page)
    page.get_by_role("link", name="Create batch segment job").first.click()
    page.get_by_label("Solution", exact=True).select_option(index=1)
    assert "itemAttributes" in page.locator("[data-sample]").inner_text()
    page.get_by_label("Batch segment job name").fill("fans")
    page.get_by_label("Number of users").fill("3")
    page.locator("summary", has_text="Generate input").click()
    assert not page.get_by_text("A random sample").is_visible(), "queries are not drawn"
    page.get_by_label("Column", exact=True).select_option("GENRES")
    page.get_by_label("How many").fill("4")
    page.get_by_role("button", name="Generate input").click()
    page.get_by_text("No mistake found. All 4 lines of 1 file").wait_for()
    page.get_by_label("Output destination").fill("s3://data/out/")
    accessible(page)
    page.get_by_role("button", name="Create batch segment job").click()
    page.wait_for_url(f"**{BASE}fans/")
    run_jobs()
    assert operations.list_batch_segment_jobs(ana)["batchSegmentJobs"][0]["status"] == "ACTIVE"
    page = open_page(f"{BASE}fans/", width=390)
    accessible(page)
    fits(page)
    page.get_by_role("link", name="View output", exact=True).click()
    assert page.get_by_role("columnheader", name="Users").is_visible()
    assert page.get_by_text("Lines 1 to 4 of 4").is_visible()
    assert page.locator("tbody tr .chip").count() == 12
    accessible(page)
    fits(page)
    page = open_page(BASE)
    assert page.get_by_role("link", name="fans", exact=True).is_visible()
    accessible(page)
