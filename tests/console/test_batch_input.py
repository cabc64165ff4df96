"""Input of a batch job on its form: generated, and looked at before the job is made; without a script too."""

import html
import json

import pytest

from personalize_web.resources.models import BatchInferenceJob
from tests import deployments, factories
from tests.console.data_files import text_of

NEW = "/console/dataset-groups/movies/batch-inference-jobs/-new/"


@pytest.fixture
def popular(ana, db, settings, tmp_path):
    """A group ``movies`` with a version of Popularity-Count."""
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)
    recipe = "aws-popularity-count"
    made = deployments.deploy(ana, recipe, deployments.train(recipe, tmp_path / "training"))
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset-group/movies"
    type(made.group).objects.update(name="movies", arn=arn)
    return made


@pytest.fixture
def asked(popular):
    """What the form holds when the button is pressed."""
    chosen = {"solution": popular.version.solution.arn, "solution_version_arn": popular.version.arn}
    return {"job_name": "nightly", "num_results": "7", "mode": "BATCH_INFERENCE", **chosen}


def written(settings):
    (path,) = (settings.BUCKETS_DIR / "uploads" / "movies" / "batch").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_input_is_generated_and_named_in_the_answer(console, asked, settings):
    answer = console.post(f"{NEW}-generate/", asked | {"make-choice": "NEWEST", "make-number": "3"})
    assert answer.status_code == 200 and "3 lines" in text_of(answer)
    assert 'data-made="s3://uploads/movies/batch/input-' in answer.content.decode()
    assert written(settings) == [{"userId": f"u{number}"} for number in (159, 158, 157)]


def test_without_a_script_the_page_comes_back_with_the_file_as_its_input(console, asked, settings):
    given = {"_generate": "1", "make-choice": "GIVEN", "make-ids": "u1\nu2\n", "make-values": 'GENRES = "a"'}
    page = console.post(NEW, asked | given)
    assert 'value="s3://uploads/movies/batch/input-' in page.content.decode()
    assert 'value="7"' in page.content.decode(), "what was typed stays"
    assert "No mistake found. All 2 lines of 1 file" in text_of(page)
    assert written(settings)[0] == {"userId": "u1", "filterValues": {"GENRES": '"a"'}}
    assert not BatchInferenceJob.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"solution_version_arn": ""}, "Choose a solution and its version first"),
        ({"make-number": "0"}, "Enter a whole number of at least 1."),
        ({"make-number": ""}, "Enter a whole number from 1 to 2,000,000."),
        ({"make-choice": "GIVEN"}, "Enter at least one id"),
        ({"make-values": "GENRES"}, 'There is no = in "GENRES". Write NAME = value.'),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(console, asked, settings, change, message):
    answer = console.post(f"{NEW}-generate/", asked | {"make-choice": "SAMPLE", "make-number": "3"} | change)
    assert answer.status_code == 422 and message in text_of(answer)
    assert not list(settings.BUCKETS_DIR.glob("uploads/movies/batch/*"))


def test_faulty_lines_are_listed_by_number(console, asked, settings):
    path = settings.BUCKETS_DIR / "data" / "users.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"userId": "1"}\n{"user": "<b>"}\n')
    answer = console.post(f"{NEW}-check/", asked | {"source": "s3://data/users.json"})
    text = text_of(answer)
    assert "1 of 2 lines looked at" in text and "Line 2 : userId is missing: each line needs it." in text
    assert "{&quot;user&quot;: &quot;&lt;b&gt;&quot;}" in answer.content.decode()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", ""),
        ("s3://data/nothing.json", "There is no file at this place"),
        ("nowhere", "The input could not be checked."),
    ],
)
def test_a_place_without_lines_is_told(console, asked, source, words):
    assert words in text_of(console.post(f"{NEW}-check/", asked | {"source": source}))


def test_a_place_waits_for_a_version(console, asked):
    answer = console.post(f"{NEW}-check/", asked | {"source": "s3://data/a.json", "solution_version_arn": ""})
    assert "Choose a solution version" in text_of(answer)


def test_the_parameters_of_a_filter_are_looked_for(console, asked, popular, ana, settings):
    found = factories.filter(
        ana, popular.group, "only", expression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", fields=[]
    )
    path = settings.BUCKETS_DIR / "data" / "users.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"userId": "1"}\n')
    text = text_of(console.post(f"{NEW}-check/", asked | {"source": "s3://data/users.json", "filter": found.arn}))
    assert "filterValues must give a value for GENRES" in text


def test_a_viewer_generates_nothing(as_viewer, asked, settings):
    answer = as_viewer.post(f"{NEW}-generate/", asked | {"make-choice": "ALL"})
    assert answer.status_code in (403, 422) and not list(settings.BUCKETS_DIR.glob("uploads/movies/batch/*"))


@pytest.mark.parametrize(
    ("url", "words"),
    [("", "made of the catalogue's own words."), ("http://127.0.0.1:9/v1", "the language model small")],
)
def test_the_form_says_who_names_themes(console, asked, settings, url, words):
    settings.THEME_MODEL_URL, settings.THEME_MODEL_NAME = url, "small"
    assert words in html.unescape(text_of(console.get(NEW)))
