"""F25 and F26: batch jobs from the form to the lines of their output."""

import json

import pytest

from personalize_web.resources.models import BatchInferenceJob, BatchSegmentJob, Job
from tests import deployments, factories
from tests.console.data_files import text_of

BASE = "/console/dataset-groups/movies/"
LIST, NEW = f"{BASE}batch-inference-jobs/", f"{BASE}batch-inference-jobs/-new/"
SEGMENTS = f"{BASE}batch-segment-jobs/"


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)


@pytest.fixture
def popular(ana, db, tmp_path, monkeypatch):
    """A group ``movies`` with a version of Popularity-Count, ready to answer."""
    recipe = "aws-popularity-count"
    key = deployments.train(recipe, tmp_path / "training")
    made = deployments.deploy(ana, recipe, key)
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset-group/movies"
    type(made.group).objects.update(name="movies", arn=arn)
    made.group.refresh_from_db()
    return made


@pytest.fixture
def users(settings):
    """An input file of 60 users, of whom the second is none."""
    lines = [{"userId": f"u{number}"} if number != 1 else {"user": "u1"} for number in range(60)]
    path = settings.BUCKETS_DIR / "data" / "in" / "users.json"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(map(json.dumps, lines)))
    return "s3://data/in/users.json"


def form(version, **changed):
    return {
        "mode": "BATCH_INFERENCE",
        "job_name": "nightly",
        "solution": version.solution.arn,
        "solution_version_arn": version.arn,
        "num_results": "3",
        "source": "s3://data/in/users.json",
        "target": "s3://data/out/",
        "role": "default",
    } | changed


def test_the_navigation_leads_to_both_lists_which_are_empty_at_first(console, ana):
    factories.active_group(ana)
    page = console.get(LIST)
    assert f'href="{LIST}"' in page.content.decode() and f'href="{SEGMENTS}"' in page.content.decode()
    assert "No batch inference jobs" in text_of(page)
    page = text_of(console.get(SEGMENTS))
    assert "No batch segment jobs" in page and "They need a solution with a user segmentation recipe." in page


def test_a_job_is_made_followed_and_its_output_read(console, popular, users, run_jobs):
    answer = console.post(NEW, form(popular.version) | {"tags-key": ["team"], "tags-value": ["mail"]})
    assert answer.status_code == 303 and answer.headers["Location"] == f"{LIST}nightly/"
    made = BatchInferenceJob.objects.get()
    assert (made.num_results, made.mode, made.config, made.filter_arn) == (3, "BATCH_INFERENCE", {}, None)
    assert made.job_output == {"s3DataDestination": {"path": "s3://data/out/"}}
    assert "Pending" in text_of(console.get(f"{LIST}nightly/"))
    run_jobs()
    page = text_of(console.get(f"{LIST}nightly/"))
    assert "Active" in page and "users.json.out" in page and "Some lines have an error" in page
    assert "users.json line 2: userId is missing: each line needs it." in page
    listed = text_of(console.get(LIST))
    assert "nightly" in listed and "Item recommendations" in listed and "60" in listed
    output = text_of(console.get(f"{LIST}nightly/-output/?file=0"))
    assert "Lines 1 to 25 of 60" in output and "userId is missing: each line needs it." in output
    assert '{"userId": "u24"}' in output and '{"userId": "u25"}' not in output
    assert '{"userId": "u59"}' in text_of(console.get(f"{LIST}nightly/-output/?file=0&first=51"))
    assert console.get(f"{LIST}nightly/-output/?file=1").status_code == 404


def test_a_job_that_failed_says_why(console, popular, run_jobs):
    console.post(NEW, form(popular.version))
    run_jobs()
    page = text_of(console.get(f"{LIST}nightly/"))
    assert "The job failed" in page and "Invalid S3 input path. There is no file at s3://data/in/users.json" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"solution_version_arn": ""}, "Choose a version."),
        ({"num_results": "501"}, "Enter a whole number from 1 to 500."),
        ({"source": ""}, "Enter where the input lies, such as s3://batch/users.json."),
        ({"target": "s3://data/out"}, "End a folder path with /."),
        ({"target": "s3://data/in/users.json/"}, "choose an output folder outside of it."),
        ({"mode": "THEME_GENERATION", "item_name": ""}, "Choose the column with the items"),
        ({"mode": "THEME_GENERATION", "item_name": "TITLE"}, "needs a version of aws-similar-items"),
    ],
)
def test_each_mistake_is_told_beside_its_field(console, popular, change, message):
    answer = console.post(NEW, form(popular.version, **change))
    assert answer.status_code == 422 and message in text_of(answer)
    assert not BatchInferenceJob.objects.exists()


def test_the_line_of_input_follows_the_recipe_and_the_filter_s_parameters(console, popular, ana):
    named = factories.filter(
        ana, popular.group, "only", expression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", fields=[]
    )
    factories.filter(ana, popular.group, "plain")
    page = console.get(f"{NEW}?version={popular.version.arn}")
    assert '{"userId": "12"}' in text_of(page)
    answer = console.post(NEW, form(popular.version, filter=named.arn, num_results=""))
    sample = '{"userId": "12", "filterValues": {"GENRES": "\\"first\\",\\"second\\""}}'
    assert sample in text_of(answer) and "The filter has parameters: GENRES" in text_of(answer)


def test_a_viewer_reads_and_makes_nothing(as_viewer, popular):
    assert as_viewer.get(LIST).status_code == 200
    assert as_viewer.post(NEW, form(popular.version)).status_code == 403
    assert not BatchInferenceJob.objects.exists()


def test_a_segment_job_asks_for_a_version_of_a_segmentation_recipe(console, ana):
    group = factories.active_group(ana)
    factories.dataset(ana, group)
    assert "No solution version can answer yet" in text_of(console.get(f"{SEGMENTS}-new/"))
    solution = factories.solution(ana, group, "fans", recipe="aws-item-attribute-affinity")
    version = factories.solution_version(ana, solution)
    page = console.get(f"{SEGMENTS}-new/?version={version.arn}")
    assert '"itemAttributes": "ITEMS.genres = \\"Comedy\\" AND ITEMS.audience' in text_of(page)
    answer = console.post(f"{SEGMENTS}-new/", form(version, num_results="1000"))
    assert answer.headers["Location"] == f"{SEGMENTS}nightly/"
    assert BatchSegmentJob.objects.get().num_results == 1000
    assert Job.objects.get().kind == "create-batch-segment-job"
    page = text_of(console.get(f"{SEGMENTS}nightly/"))
    assert "Batch segment job" in page and "Pending" in page
    assert "nightly" in text_of(console.get(SEGMENTS))
