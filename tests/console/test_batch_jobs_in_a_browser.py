"""A batch job in a real browser: the form follows the solution, the page follows the job, the output is read."""

import json

import pytest
from playwright.sync_api import expect

from personalize_web import operations
from tests import deployments, factories
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "/console/dataset-groups/movies/batch-inference-jobs/"


@pytest.fixture
def popular(ana, settings, tmp_path):
    """A group ``movies`` with a version of Popularity-Count, and input for it."""
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)
    recipe = "aws-popularity-count"
    made = deployments.deploy(ana, recipe, deployments.train(recipe, tmp_path / "training"))
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset-group/movies"
    type(made.group).objects.update(name="movies", arn=arn)
    expression = "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)"
    factories.filter(ana, made.group, "genres", expression=expression, fields=[])
    lines = [{"userId": f"u{number}", "filterValues": {"GENRES": '"genre 1"'}} for number in range(30)] + [{}]
    path = settings.BUCKETS_DIR / "data" / "in" / "users.json"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(map(json.dumps, lines)))
    return made


def accessible(page):
    assert breaches(page) == []


def test_a_job_from_the_form_to_its_output(open_page, popular, run_jobs, ana):
    page = open_page(f"{BASE}-new/")
    assert page.locator("[data-sample]").inner_text() == "Choose a solution to see its format."
    assert not page.locator("[data-fits=explored]").is_visible()
    page.get_by_label("Solution", exact=True).select_option(index=1)
    page.get_by_label("Filter", exact=True).select_option(label="genres")
    expect(page.locator("[data-sample]")).to_contain_text("filterValues")
    assert json.loads(page.locator("[data-sample]").inner_text())["filterValues"] == {"GENRES": '"first","second"'}
    expect(page.get_by_text("The filter has parameters")).to_be_visible()
    page.get_by_label("Batch inference job name").fill("nightly")
    page.get_by_label("Input source").fill("s3://data/in/")
    page.get_by_label("Output destination").fill("s3://data/out/")
    page.get_by_text("1 of 31 lines looked at").wait_for()
    accessible(page)
    page.get_by_role("button", name="Create batch inference job").click()
    page.wait_for_url(f"**{BASE}nightly/")
    run_jobs()
    page = open_page(f"{BASE}nightly/", dark=True, width=390)
    expect(page.get_by_text("Some lines have an error")).to_be_visible()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out on a phone"
    page.get_by_role("link", name="View output", exact=True).click()
    expect(page.get_by_text("Lines 1 to 25 of 31")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("userId is missing: each line needs it.")).to_be_visible()
    job = operations.list_batch_inference_jobs(ana)["batchInferenceJobs"][0]
    assert job["status"] == "ACTIVE"


def test_input_is_generated_and_then_found_right(open_page, popular):
    page = open_page(f"{BASE}-new/", dark=True, width=390)
    page.get_by_label("Solution", exact=True).select_option(index=1)
    page.get_by_label("Filter", exact=True).select_option(label="genres")
    page.locator("summary", has_text="Generate input").click()
    page.get_by_label("How many").fill("5")
    page.get_by_role("button", name="Generate input").click()
    page.get_by_text("The file is written").wait_for()
    page.get_by_text("5 of 5 lines looked at").wait_for()
    page.get_by_label("Values of the filter's parameters").fill('GENRES = "genre 1"')
    page.get_by_role("button", name="Generate input").click()
    page.get_by_text("No mistake found. All 5 lines of 1 file").wait_for()
    assert page.get_by_label("Input source").input_value().startswith("s3://uploads/movies/batch/input-")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out on a phone"
    accessible(page)
