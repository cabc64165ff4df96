"""F36 in a browser: chunks, a connection that breaks, a page that is reloaded, a file that is taken back."""

import pytest
from django.conf import settings

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LINE = b"user,item,1700000000\n"
DATASET = "/console/dataset-groups/movies/datasets/item-interactions/import-jobs/-new/"


@pytest.fixture
def form(open_page, ana):
    """The import form with its upload box open."""
    factories.dataset(ana, factories.active_group(ana))
    page = open_page(DATASET)
    page.get_by_role("button", name="Upload", exact=True).click()
    return page


@pytest.fixture
def large(tmp_path):
    """A file of three chunks."""
    path = tmp_path / "large.csv"
    path.write_bytes(b"USER_ID,ITEM_ID,TIMESTAMP\n" + LINE * (17 * 2**20 // len(LINE)))
    return path


def received(page):
    return page.evaluate("() => document.querySelector('input[name=data_location]').value")


def stored(location):
    return settings.BUCKETS_DIR / location.removeprefix("s3://")


def test_a_file_arrives_in_chunks_and_fills_the_field(form, large):
    chunks = []
    form.on("request", lambda one: chunks.append(one) if one.method == "PATCH" else None)
    form.locator("[data-upload] input[type=file]").first.set_input_files(large)
    form.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('large.csv')")
    assert len(chunks) == 3
    location = received(form)
    assert location.startswith("s3://uploads/movies/item-interactions/")
    assert stored(location).read_bytes() == large.read_bytes()
    form.get_by_text("3 of 3 columns match").wait_for()


def test_several_files_fill_the_field_with_their_folder(form, tmp_path):
    for name in ("a.csv", "b.jsonl"):
        (tmp_path / name).write_text("x")
    form.locator("[data-upload] input[type=file]").first.set_input_files([tmp_path / "a.csv", tmp_path / "b.jsonl"])
    form.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('/')")
    assert {"a.csv", "b.jsonl"} <= {path.name for path in stored(received(form)).iterdir()}


def test_a_broken_connection_is_tried_again(form, large):
    broken = []

    def cut(route):
        if route.request.method == "PATCH" and not broken:
            broken.append(1)
            route.fulfill(status=200, content_type="text/plain", body="cut off")
        else:
            route.continue_()

    form.route("**/storage/-upload/**", cut)
    form.locator("[data-upload] input[type=file]").first.set_input_files(large)
    form.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('large.csv')")
    assert broken and stored(received(form)).read_bytes() == large.read_bytes()


def test_after_a_reload_the_same_file_goes_on_where_it_stopped(form, large):
    offsets = []

    def hold(route):
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) == 2:
                return  # the second chunk never leaves
        route.continue_()

    form.route("**/storage/-upload/**", hold)
    upload = form.locator("[data-upload] input[type=file]").first
    upload.set_input_files(large)
    form.wait_for_function("() => document.querySelector('[data-progress]').textContent.startsWith('8.4 MB of')")
    form.on("dialog", lambda dialog: dialog.accept())
    form.goto(form.url)
    form.get_by_role("button", name="Upload", exact=True).click()
    form.get_by_text("large.csv: 8.4 MB of 17.8 MB are here.").wait_for()
    form.locator("[data-upload] input[type=file]").first.set_input_files(large)
    form.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('large.csv')")
    assert offsets[2] == 8 * 2**20, "the first chunk is not sent again"
    assert stored(received(form)).read_bytes() == large.read_bytes()
    form.locator("[data-unfinished]").wait_for(state="hidden")


@pytest.fixture
def parts():
    """The files of unfinished uploads that this test began."""
    folder = settings.DATA_DIR / "uploads"
    others = set(folder.glob("*"))
    return lambda: set(folder.glob("*")) - others


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_upload_is_cancelled_and_leaves_nothing(form, large, parts, method):
    held = []
    form.route(
        "**/storage/-upload/**",
        lambda route: held.append(route) if route.request.method == method else route.continue_(),
    )
    with form.expect_request(lambda one: one.method == method):
        form.locator("[data-upload] input[type=file]").first.set_input_files(large)
    assert len(parts()) == (0 if method == "POST" else 2), "what was received, and what it is to be"
    form.get_by_role("button", name="Cancel", exact=True).click()
    if method == "POST":
        held[0].continue_()  # it was on its way: the server begins, and is told that it ended
    form.wait_for_function("() => document.querySelectorAll('[data-files] .file').length === 0")
    assert received(form) == ""
    assert not parts()


def test_a_dropped_file_is_taken_and_a_workbook_is_not(form):
    form.evaluate(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(["USER_ID,ITEM_ID,TIMESTAMP\\n"], "dropped.csv"));
            files.items.add(new File(["PK"], "table.xlsx"));
            const zone = document.querySelector(".drop-zone");
            zone.dispatchEvent(new DragEvent("drop", {bubbles: true, dataTransfer: files}));
        }"""
    )
    form.get_by_text("Not uploaded: spreadsheets cannot be read. Save it as CSV.").wait_for()
    form.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('dropped.csv')")
