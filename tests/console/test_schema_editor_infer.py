"""Infer from file, beside the schema editor: nothing changes before Use this schema."""

from html import unescape
from urllib.parse import urlsplit

import pytest

from personalize_web.engine.schemas import parse, template
from tests import factories
from tests.console.data_files import store, text_of

BASE = "/console/dataset-groups/lab/datasets/-import/items/"
TABLE = "movieId,title,genres,Year\n" + "".join(f"{at},Film {at},Drama|Comedy,{1990 + at % 30}\n" for at in range(80))


@pytest.fixture
def wizard(console, ana):
    """The query of a wizard that stands at step 2."""
    factories.active_group(ana, "lab")
    query = urlsplit(console.get(f"{BASE}method/").headers["Location"]).query
    console.post(f"{BASE}method/?{query}", {"method": "direct"})
    return query


def guesses(console, wizard, text=TABLE):
    location = store("infer/movies.csv", text)
    return f"{BASE}schema/-infer/?{wizard}&data_location={location}"


def given(**change):
    names, roles = ("ITEM_ID", "TITLE", "GENRES", "YEAR"), ("Identifier", "Not for training", "Categorical", "Numeric")
    types = ("string", "string", "string", "int")
    data = {}
    for at, (name, role, kind) in enumerate(zip(names, roles, types, strict=True)):
        data |= {f"name_{at}": name, f"role_{at}": role, f"type_{at}": kind}
    return data | change


def editor(console, wizard):
    body = console.get(f"{BASE}schema/?{wizard}").content.decode()
    return unescape(body.split('name="definition"')[1].split(">", 1)[1].split("</textarea>")[0])


def test_the_editor_leads_there_and_keeps_what_was_typed(console, wizard):
    typed = {"name": "films", "schema_choice": "new", "schema_name": "mine", "definition": "{}", "_infer": "1"}
    answer = console.post(f"{BASE}schema/?{wizard}", typed)
    assert answer.headers["Location"] == f"{BASE}schema/-infer/?{wizard}"
    assert "Look at the file" in text_of(console.get(answer.headers["Location"]))
    assert 'value="films"' in console.get(f"{BASE}schema/?{wizard}").content.decode()


def test_every_column_is_shown_with_its_guess_confidence_reason_and_values(console, wizard):
    page = console.get(guesses(console, wizard))
    words = text_of(page)
    assert "Guessed from the names and 80 rows of movies.csv" in words
    assert "Named like ITEM_ID: 80 values, each once." in words and "0, 1, 2, 3, 4" in words
    assert "Several values to a cell" in words and "%" in words
    assert 'value="GENRES"' in page.content.decode()
    assert editor(console, wizard).strip() == template("ITEMS", None).strip(), "nothing is applied yet"


def test_use_this_schema_fills_the_editor_and_lists_the_renames(console, wizard):
    address = guesses(console, wizard)
    answer = console.post(address, given(null_3="on"))
    assert answer.headers["Location"].startswith(f"{BASE}schema/?")
    schema = parse(editor(console, wizard))
    assert schema.names == ("ITEM_ID", "TITLE", "GENRES", "YEAR")
    assert schema.by_name["GENRES"].categorical and schema.by_name["YEAR"].nullable
    page = console.get(f"{BASE}schema/?{wizard}")
    words = text_of(page)
    assert "movieId → ITEM_ID, title → TITLE, genres → GENRES, Year → YEAR" in words
    assert "Rename headers on import" in words
    assert "prepare/source/?data_location=s3%3A%2F%2Fdata%2Finfer%2Fmovies.csv" in page.content.decode()


def test_guesses_are_edited(console, wizard):
    address = guesses(console, wizard)
    console.post(address, given(role_1="Left out", name_3="RELEASED", type_3="long"))
    schema = parse(editor(console, wizard))
    assert schema.names == ("ITEM_ID", "GENRES", "RELEASED") and schema.by_name["RELEASED"].type == "long"


def test_a_field_without_a_name_is_asked_for(console, wizard):
    answer = console.post(guesses(console, wizard), given(name_1=""))
    assert answer.status_code == 422
    assert "Enter the name of the field for title, or leave it out." in text_of(answer)
    assert editor(console, wizard).strip() == template("ITEMS", None).strip()


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("", "Enter the location of a file, or upload one."),
        ("movies.csv", "Invalid data location. Use s3://bucket/folder/file.csv."),
        ("s3://data/none.csv", "There is no data at s3://data/none.csv"),
    ],
)
def test_a_file_that_cannot_be_looked_at_is_refused(console, wizard, location, message):
    answer = console.get(f"{BASE}schema/-infer/?{wizard}&data_location={location}")
    assert answer.status_code == 422 and message in text_of(answer)


def test_what_the_file_lacks_is_told_with_a_way_to_mend_it(console, wizard):
    page = console.get(guesses(console, wizard, "height,width\n1.5,2.5\n2.5,3.5\n"))
    assert "No column looks like ITEM_ID." in text_of(page)
    assert "prepare/source/?data_location=s3%3A%2F%2Fdata%2Finfer%2Fmovies.csv" in page.content.decode()
