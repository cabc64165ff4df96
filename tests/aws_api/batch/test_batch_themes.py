"""Themed recommendations as boto3 users meet them: names by words, and by a language model."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pyarrow as pa
import pytest

from tests import deployments
from tests.aws_api.batch.jobs import answers, logged, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def themed(models, deployed, monkeypatch):
    """A version of Similar-Items whose items have texts, and arguments for a job with themes."""
    words = ["robots rule the future", "detectives solve crimes", "lovers meet in paris", "chefs cook with fire"]
    described = {"name": "DESCRIPTION", "type": "string", "textual": True}
    monkeypatch.setitem(deployments.FIELDS, "ITEMS", [*deployments.FIELDS["ITEMS"], described])
    items = deployments.catalogue()
    texts = [f"In this story {words[int(item.as_py()[0])]}." for item in items["ITEM_ID"]]
    named = {"batchInferenceJobMode": "THEME_GENERATION"}
    named["themeGenerationConfig"] = {"fieldsForThemeGeneration": {"itemName": "TITLE"}}
    related = deployed("aws-similar-items", items=items.append_column("DESCRIPTION", pa.array(texts)))
    return related.version, named


def test_a_theme_names_related_items_which_follow_by_how_well_they_fit(themed, put, run):
    version, named = themed
    job = run(version, put({"itemId": "0-1"}, {"itemId": "1-1"}), numResults=8, **named)
    assert job["batchInferenceJobMode"] == "THEME_GENERATION"
    assert job["themeGenerationConfig"] == named["themeGenerationConfig"]
    for line, words in zip(answers(), ({"robots", "rule", "future"}, {"detectives", "solve", "crimes"}), strict=True):
        output = line["output"]
        assert list(output) == ["recommendedItems", "theme", "itemsThemeRelevanceScores"]
        assert len(output["recommendedItems"]) == len(output["itemsThemeRelevanceScores"]) == 8
        assert output["itemsThemeRelevanceScores"] == sorted(output["itemsThemeRelevanceScores"], reverse=True)
        assert words & set(output["theme"].casefold().replace(",", "").split())


def test_a_language_model_that_does_not_answer_is_named_in_the_log_and_words_take_its_place(themed, put, run, settings):
    settings.THEME_MODEL_URL = "http://127.0.0.1:9/v1/chat/completions"
    version, named = themed
    assert run(version, put({"itemId": "0-1"}), numResults=5, **named)["status"] == "ACTIVE"
    assert answers()[0]["output"]["theme"]
    [warning] = [text for text in logged() if "language model" in text]
    assert warning.endswith("A theme is made of the catalogue's own words instead.")


@pytest.fixture
def language_model(settings):
    """A server of chat completions on this machine; what it says next: a title, or the number of an error."""
    said = []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            now = said.pop(0) if said else 500
            self.send_response(now if isinstance(now, int) else 200)
            self.end_headers()
            content = f"{now} ({asked['model']})"
            self.wfile.write(json.dumps({"choices": [{"message": {"content": content}}]}).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.THEME_MODEL_URL = f"http://127.0.0.1:{server.server_port}/v1/chat/completions"
    settings.THEME_MODEL_NAME = "small"
    yield said
    server.shutdown()
    server.server_close()


def test_titles_of_a_language_model_are_taken_and_words_where_it_fails(themed, put, run, language_model):
    version, named = themed
    language_model += ["Robots at work", 503, "Crimes", 500, 500, 500, "Never asked for"]
    job = run(version, put(*[{"itemId": "0-1"}] * 7), numResults=5, **named)
    assert job["status"] == "ACTIVE"
    titles = [line["output"]["theme"] for line in answers()]
    assert (titles[0], titles[2]) == ("Robots at work (small)", "Crimes (small)")
    assert len({titles[1], *titles[3:]}) == 1 and "small" not in titles[1]
    warnings = [text for text in logged() if "language model" in text]
    assert len(warnings) == 4 and warnings[-1].endswith("and so are all later ones: the model is asked no more.")
    assert language_model == ["Never asked for"]


def test_a_file_for_themes_has_at_most_a_hundred_lines(themed, put, run):
    version, named = themed
    job = run(version, put(*[{"itemId": "0-1"}] * 101), **named)
    assert job["failureReason"].startswith("s3://data/in/users.json has more than 100 lines")
    put(*[{"itemId": "0-1"}] * 100, b"", b"")
    assert run(version, "s3://data/in/", name="again", numResults=2, **named)["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("TITLES", "The Items schema has no column TITLES."),
        ("DURATION", "Column DURATION cannot name the items"),
        ("TITLE", "The Items schema has no textual column"),
    ],
)
def test_themes_need_a_column_of_names_and_a_textual_one(personalize, deployed, named, said):
    version = deployed("aws-similar-items").version
    themes = {"themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": named}}}
    code, found = refused(personalize, version, batchInferenceJobMode="THEME_GENERATION", **themes)
    assert code == "InvalidInputException"
    assert said in found
