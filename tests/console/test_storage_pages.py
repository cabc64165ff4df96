"""Stored files in the console: browse, choose, upload in chunks, preview, delete."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.console.data_files import store, text_of

UPLOAD = "/console/storage/-upload/"


@pytest.fixture
def begin(console):
    def post(name="part.csv", size=10, folder="s3://uploads/tests/"):
        return console.post(UPLOAD, {"name": name, "size": size, "folder": folder, "modified": 1})

    return post


def patch(client, address, chunk, offset):
    return client.generic(
        "PATCH", address, chunk, content_type="application/offset+octet-stream", headers={"Upload-Offset": str(offset)}
    )


def stored(key):
    return (settings.BUCKETS_DIR / "uploads" / key).read_text()


def test_buckets_folders_and_files_are_listed(console):
    store("shelf/one.csv", "A\n1\n", bucket="library")
    assert "library/" in text_of(console.get("/console/storage/"))
    assert "shelf/" in text_of(console.get("/console/storage/?path=s3://library/"))
    words = text_of(console.get("/console/storage/?path=s3://library/shelf/"))
    assert "one.csv" in words and "4 bytes" in words


def test_a_file_is_chosen_in_a_dialog(console):
    store("shelf/one.csv", "A\n1\n", bucket="library")
    page = console.get("/console/storage/-browse/?path=s3://library/shelf/&field=id_data_location&kind=any")
    body = page.content.decode()
    assert "<dialog" in body and 'data-choose="s3://library/shelf/one.csv"' in body
    inside = console.get(
        "/console/storage/-browse/?path=s3://library/", headers={"HX-Request": "true", "HX-Target": "storage-listing"}
    )
    assert "<dialog" not in inside.content.decode()


def test_a_preview_shows_the_first_lines(console):
    store("shelf/long.csv", "".join(f"line{n}\n" for n in range(200)), bucket="library")
    words = text_of(console.get("/console/storage/-preview/?path=s3://library/shelf/long.csv"))
    assert "line49" in words and "line50" not in words and "The first 50 lines" in words


def test_chunks_make_a_file(console, begin):
    begun = begin().json()
    assert begun["location"] == "s3://uploads/tests/part.csv" and begun["offset"] == 0
    assert patch(console, begun["upload_url"], b"01234", 0).json()["offset"] == 5
    last = patch(console, begun["upload_url"], b"56789", 5).json()
    assert last == {"offset": 10, "location": "s3://uploads/tests/part.csv"}
    assert stored("tests/part.csv") == "0123456789"


def test_an_interrupted_upload_goes_on_where_it_stopped(console, begin):
    patch(console, begin("cut.csv").json()["upload_url"], b"01234", 0)
    again = begin("cut.csv").json()
    assert again["offset"] == 5
    assert patch(console, again["upload_url"], b"x", 2).status_code == 409
    assert patch(console, again["upload_url"], b"56789", 5).json()["offset"] == 10


def test_an_upload_is_forgotten(console, begin):
    address = begin("gone.csv").json()["upload_url"]
    assert console.delete(address).status_code == 200
    assert patch(console, address, b"0", 0).status_code == 400


def test_names_are_made_safe(begin):
    assert begin("../../etc/pass wd.csv").json()["location"] == "s3://uploads/tests/etc-pass-wd.csv"


def test_a_file_that_is_too_large_is_refused(begin, settings):
    settings.UPLOAD_LIMIT = 5
    assert begin(size=6).status_code == 413


def test_an_empty_file_is_refused_with_a_reason(begin):
    answer = begin("empty.csv", size=0)
    assert answer.status_code == 400 and answer.json()["message"]


def test_without_javascript_a_file_comes_as_a_form(console):
    file = SimpleUploadedFile("plain.csv", b"A\n1\n")
    answer = console.post(UPLOAD, {"folder": "s3://uploads/forms/", "file": file})
    assert answer.status_code == 303
    assert stored("forms/plain.csv") == "A\n1\n"


def test_viewers_do_not_upload_or_delete(as_viewer):
    assert as_viewer.post(UPLOAD, {"name": "a.csv", "size": 1, "folder": "s3://uploads/"}).status_code in (400, 403)
    store("shelf/kept.csv", "A\n", bucket="library")
    as_viewer.post("/console/storage/-delete/?path=s3://library/shelf/kept.csv", {"confirmation": "kept.csv"})
    assert (settings.BUCKETS_DIR / "library/shelf/kept.csv").exists()


def test_a_file_is_deleted_by_typing_its_name(console):
    store("shelf/old.csv", "A\n", bucket="library")
    address = "/console/storage/-delete/?path=s3://library/shelf/old.csv"
    assert console.post(address, {"confirmation": "old"}).status_code == 422
    answer = console.post(address, {"confirmation": "old.csv"})
    assert answer.status_code == 303
    assert not (settings.BUCKETS_DIR / "library/shelf/old.csv").exists()


def test_unfinished_uploads_are_named_until_they_are_finished_or_forgotten(console, begin):
    patch(console, begin("half.csv").json()["upload_url"], b"01234", 0)
    begin("elsewhere.csv", folder="s3://uploads/other/")
    listed = console.get(f"{UPLOAD}?folder=s3://uploads/tests/").json()["unfinished"]
    assert [(one["name"], one["received"], one["bytes"]) for one in listed] == [("half.csv", 5, 10)]
    console.delete(listed[0]["upload_url"])
    assert console.get(f"{UPLOAD}?folder=s3://uploads/tests/").json()["unfinished"] == []
    assert len(console.get(UPLOAD).json()["unfinished"]) == 1


def test_a_preview_begins_before_the_line_that_is_asked_for(console):
    store("shelf/long.csv", "".join(f"line{n}\n" for n in range(1, 201)), bucket="library")
    page = console.get("/console/storage/-preview/?path=s3://library/shelf/long.csv&line=120")
    words = text_of(page)
    assert "Lines 110 to 159" in words and "line109" not in words and "line160" not in words
    assert 'data-number="120" class="wanted"' in page.content.decode()
    assert "The first 50 lines" in text_of(
        console.get("/console/storage/-preview/?path=s3://library/shelf/long.csv&line=x")
    )
