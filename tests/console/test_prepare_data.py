"""F4b: from a messy table to a file that is imported, in five steps; and the same recipe on the next file."""

from html import unescape
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from apps.import_jobs import prepare
from personalize_web.resources.models import DataPreparation
from tests import factories
from tests.console.data_files import store, text_of

BASE = "/console/dataset-groups/lab/datasets/-import/item-interactions/prepare/"
LINES = [f"u{at % 40};i{at % 37};{at % 27 + 1}.11.2023 10:{at % 60:02d};View;{at % 9},5" for at in range(1500)]
MESSY = "customer;article;when;what;points\n" + "\n".join([*LINES, LINES[0], ";i1;1.11.2023;View;1", "u1;i1;??;View;"])


@pytest.fixture
def group(ana):
    return factories.active_group(ana, "lab")


class Walk:
    """A person on the way through the steps."""

    def __init__(self, client, base=BASE):
        self.client, self.base = client, base
        self.query = urlsplit(client.get(f"{base}source/").headers["Location"]).query

    def get(self, step, **query):
        return self.client.get(f"{self.base}{step}/?{self.query}", query)

    def post(self, step, **data):
        return self.client.post(f"{self.base}{step}/?{self.query}", data)

    def source(self, text=MESSY, name="messy.csv"):
        return self.post("source", data_location=store(f"in/{name}", text))

    def map(self, **change):
        return self.post("map", **MAPPING | change)


MAPPING = {
    "column_USER_ID": "customer",
    "column_ITEM_ID": "article",
    "column_TIMESTAMP": "when",
    "convert_TIMESTAMP": "date-day-first",
    "column_EVENT_TYPE": "what",
    "convert_EVENT_TYPE": "lower",
    "column_EVENT_VALUE": "points",
    "convert_EVENT_VALUE": "comma-number",
    "column_IMPRESSION": "",
    "column_RECOMMENDATION_ID": "",
    "column_EVENT_ATTRIBUTION_SOURCE": "",
}


@pytest.fixture
def walk(console, group):
    return Walk(console)


def test_the_import_wizard_leads_to_it(console, group):
    address = console.get("/console/dataset-groups/lab/datasets/-import/item-interactions/method/").headers["Location"]
    answer = console.post(address, {"method": "prepare"})
    assert answer.headers["Location"] == f"{BASE}source/"
    assert console.get(BASE).headers["Location"].startswith(f"{BASE}source/?")


def test_actions_are_not_prepared(console, group):
    actions = "/console/dataset-groups/lab/datasets/-import/actions/"
    assert console.get(f"{actions}prepare/source/").status_code == 404
    page = console.get(console.get(f"{actions}method/").headers["Location"])
    assert "Prepare data first" not in text_of(page)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("", "Enter the location of a file or folder, or upload one."),
        ("file.csv", "Invalid data location. Use s3://bucket/folder/file.csv."),
        ("s3://data/none.csv", "There is no data at s3://data/none.csv"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(walk, location, message):
    answer = walk.post("source", data_location=location)
    assert answer.status_code == 422 and message in text_of(answer)


def test_columns_are_proposed_with_conversions(walk):
    assert walk.source().headers["Location"].startswith(f"{BASE}map/")
    body = walk.get("map").content.decode()
    for control, value in (("column_USER_ID", "customer"), ("column_ITEM_ID", "article"), ("column_TIMESTAMP", "when")):
        select = body.split(f'name="{control}"')[1].split("</select>")[0]
        assert f'value="{value}" selected' in select
    times = body.split('name="column_TIMESTAMP"')[1].split("</select>")[0]
    assert 'value="customer"' not in times, "only columns of a fitting kind are offered"
    assert 'value="date-day-first" selected' in body.split('name="convert_TIMESTAMP"')[1].split("</select>")[0]


def test_choosing_the_source_again_reads_it_again(walk):
    walk.source()
    assert "customer" in walk.get("map").content.decode()
    walk.source(MESSY.replace("customer", "patron"))
    body = walk.get("map").content.decode()
    assert 'value="patron" selected' in body and "customer" not in body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"column_USER_ID": ""}, "Choose a column for USER_ID, or a value for every row."),
        ({"column_EVENT_TYPE": ":value:"}, "Enter the value of EVENT_TYPE that every row gets."),
        ({"column_TIMESTAMP": "customer"}, "Select a valid choice."),
        ({"column_EVENT_VALUE": "", "extra_4": "add", "name_4": ""}, "Enter the name of the field for column points."),
        ({"column_EVENT_VALUE": "", "extra_4": "add", "name_4": "a-b"}, "must be alphanumeric"),
    ],
)
def test_the_mapping_says_what_is_missing(walk, change, message):
    walk.source()
    answer = walk.map(**change)
    assert answer.status_code == 422 and message in text_of(answer)


def test_the_report_shows_every_part(walk):
    walk.source()
    assert walk.map().headers["Location"].startswith(f"{BASE}report/")
    words = text_of(walk.get("report"))
    for part in ("Summary", "High priority warnings", "Duplicate rows", "Incomplete rows", "Feature summary"):
        assert part in words
    assert "1,503" in words and "1 categorical" in words
    assert "The cells hold something that is no value of this field" in words
    assert "The whole file was read." in words


def test_a_column_is_shown_in_detail_with_its_chart(walk):
    walk.source()
    walk.map()
    page = walk.client.get(f"{BASE}report/?{walk.query}&column=EVENT_TYPE")
    assert "chart-quality-column" in page.content.decode()
    assert "Values of EVENT_TYPE" in text_of(page)


def test_the_report_on_every_row_is_made_in_the_background(walk, run_jobs):
    walk.source()
    walk.map()
    assert walk.post("report", _full="1").status_code == 303
    assert "Reading every row" in text_of(walk.get("report"))
    assert walk.client.get(f"{BASE}report/?{walk.query}&wait=1").headers.get("HX-Refresh") is None
    run_jobs()
    assert walk.client.get(f"{BASE}report/?{walk.query}&wait=1").headers["HX-Refresh"] == "true"
    assert "Every row was read." in text_of(walk.get("report"))
    walk.post("report", _full="0")
    assert "The whole file was read." in text_of(walk.get("report"))


def test_the_preview_counts_what_the_fixes_leave(walk):
    walk.source()
    walk.map()
    walk.post("report")
    assert "1,503 rows before, 1,501 after" in text_of(walk.get("fix"))
    answer = walk.post("fix", _preview="1", duplicates="on", missing_USER_ID="drop", missing_TIMESTAMP="drop")
    assert answer.headers["Location"].endswith("#preview")
    words = text_of(walk.get("fix"))
    assert "1,503 rows before, 1,500 after" in words
    assert "1 row equal to an earlier one dropped" in words and "1 row without TIMESTAMP dropped" in words


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"missing_EVENT_VALUE": "constant"}, "Enter the value that fills the gaps of EVENT_VALUE."),
        ({"missing_EVENT_VALUE": "constant", "fill_EVENT_VALUE": "x"}, "EVENT_VALUE is filled with a number."),
    ],
)
def test_fixes_say_what_is_missing(walk, change, message):
    walk.source()
    walk.map()
    for more in ({}, {"_preview": "1"}):
        answer = walk.post("fix", **change, **more)
        assert answer.status_code == 422 and message in text_of(answer)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("", "Enter where the prepared file is written."),
        ("here", "Invalid data location."),
        ("s3://data/in/messy.csv", "Choose an output location different from the input location."),
    ],
)
def test_the_place_to_write_to_is_checked(walk, location, message):
    walk.source()
    walk.map()
    walk.post("fix", duplicates="on")
    answer = walk.post("write", output_location=location)
    assert answer.status_code == 422 and message in text_of(answer)
    assert not DataPreparation.objects.exists()


def test_the_file_is_written_and_leads_to_the_import_with_everything_filled_in(walk, run_jobs):
    walk.source()
    walk.map()
    walk.post("report")
    walk.post("fix", duplicates="on")
    assert 'value="s3://uploads/lab/item-interactions/' in walk.get("write").content.decode()
    answer = walk.post("write", output_location="s3://data/ready/")
    address = answer.headers["Location"]
    assert "/data-preparations/" in address
    assert "Waiting to start" in text_of(walk.client.get(address))
    run_jobs()
    page = walk.client.get(address)
    words = text_of(page)
    assert "1,500 of 1,503 rows" in words and "Date, day first" in words
    lines = (settings.BUCKETS_DIR / "data/ready/messy-prepared.csv").read_text().splitlines()
    assert lines[0] == "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE" and lines[1] == "u0,i0,1698832800,view,0.5"
    onward = page.content.decode().split("Continue to import")[0].rsplit('href="', 1)[1].split('"')[0]
    wizard = urlsplit(walk.client.get(onward.replace("&amp;", "&")).headers["Location"]).query
    base = "/console/dataset-groups/lab/datasets/-import/item-interactions/"
    body = walk.client.get(f"{base}schema/?{wizard}").content.decode()
    assert "EVENT_VALUE" in body
    text = body.split('name="definition"')[1].split(">", 1)[1].split("</textarea>")[0]
    given = {"name": "e", "schema_choice": "new", "schema_name": "s", "definition": unescape(text)}
    assert walk.client.post(f"{base}schema/?{wizard}", given).headers["Location"].startswith(f"{base}job/")
    job = walk.client.get(f"{base}job/?{wizard}").content.decode()
    assert 'value="s3://data/ready/messy-prepared.csv"' in job


def test_the_recipe_runs_again_on_the_next_file(walk, run_jobs):
    walk.source()
    walk.map()
    walk.post("fix", duplicates="on")
    address = walk.post("write", output_location="s3://data/ready/").headers["Location"]
    run_jobs()
    again = f"{address}-run-again/"
    assert "Date, day first" in text_of(walk.client.get(again))
    same = {"data_location": "s3://data/x.csv", "output_location": "s3://data/x.csv"}
    assert "Choose an output location different from the input location." in text_of(walk.client.post(again, same))
    given = {"data_location": store("in/next.csv", MESSY), "output_location": "s3://data/next.csv"}
    answer = walk.client.post(again, given)
    run_jobs()
    assert "1,500 of 1,503 rows" in text_of(walk.client.get(answer.headers["Location"]))
    assert "s3://data/in/messy.csv" in text_of(walk.get("source")), "earlier preparations are offered"


def test_a_failed_preparation_names_its_reason(walk, run_jobs):
    walk.source()
    walk.map()
    walk.post("fix")
    address = walk.post("write", output_location="s3://data/ready/").headers["Location"]
    store("in/messy.csv", "something;else\n1;2\n")
    run_jobs()
    words = text_of(walk.client.get(address))
    assert "The file could not be prepared" in words and "The file has no column customer" in words


def test_a_source_that_is_gone_is_asked_for_again(walk):
    walk.source()
    walk.map()
    prepare.MEMORY.clear()
    (settings.BUCKETS_DIR / "data/in/messy.csv").unlink()
    for step in ("map", "report", "fix"):
        answer = walk.get(step)
        assert answer.status_code == 422 and "There is no data at s3://data/in/messy.csv" in text_of(answer)


def test_a_dataset_that_is_there_gives_the_fields(console, ana, group):
    factories.dataset(ana, group)
    walk = Walk(console)
    walk.source()
    body = text_of(walk.get("map"))
    assert "Fields of the dataset's schema" in body and "Other columns" not in body


def test_viewers_do_not_prepare(as_viewer, group):
    walk = Walk(as_viewer)
    assert walk.source().status_code in (403, 422)
    assert not DataPreparation.objects.exists()
