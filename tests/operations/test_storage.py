"""Stored files: looked at by all, put there by analysts, removed by administrators."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceNotFoundException,
)
from tests import factories

pytestmark = pytest.mark.django_db

FILE = "s3://uploads/movies/interactions.csv"


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.BUCKETS_DIR = tmp_path / "buckets"
    (settings.BUCKETS_DIR / "data/folder").mkdir(parents=True)
    return settings.BUCKETS_DIR


def upload(caller, content, *, location=FILE, chunk=4):
    begun = operations.begin_upload(caller, location=location, bytes=len(content))["uploadId"]
    for offset in range(0, len(content), chunk):
        operations.append_upload(caller, upload_id=begun, offset=offset, chunk=content[offset : offset + chunk])
    return operations.finish_upload(caller, upload_id=begun)


def test_buckets_folders_and_files_are_listed(ben, store):
    (store / "data/a.csv").write_text("12345")
    assert operations.list_stored_objects(ben)["folders"] == ["s3://data/"]
    for spelling in ("s3://data/", "s3://data/folder/.."[:10], "s3://data/folder"):
        assert operations.list_stored_objects(ben, location=spelling)
    listed = operations.list_stored_objects(ben, location="s3://data/")
    assert listed["folders"] == ["s3://data/folder/"]
    (file,) = listed["objects"]
    assert (file["location"], file["name"], file["bytes"]) == ("s3://data/a.csv", "a.csv", 5)


def test_a_file_arrives_in_chunks(cleo, store):
    content = bytes(range(256)) * 3
    assert upload(cleo, content, chunk=100) == {"location": FILE, "bytes": 768}
    assert (store / "uploads/movies/interactions.csv").read_bytes() == content


def test_until_it_is_complete_nothing_is_there(cleo, store):
    begun = operations.begin_upload(cleo, location=FILE, bytes=6)["uploadId"]
    operations.append_upload(cleo, upload_id=begun, offset=0, chunk=b"abc")
    with pytest.raises(InvalidInputException, match="3 of 6 bytes have arrived"):
        operations.finish_upload(cleo, upload_id=begun)
    assert operations.list_stored_objects(cleo, location="s3://uploads/")["folders"] == []


def test_an_interrupted_upload_goes_on_where_it_ended(cleo):
    begun = operations.begin_upload(cleo, location=FILE, bytes=6)["uploadId"]
    operations.append_upload(cleo, upload_id=begun, offset=0, chunk=b"abc")
    assert operations.describe_upload(cleo, upload_id=begun) == {"location": FILE, "bytes": 6, "received": 3}
    assert operations.append_upload(cleo, upload_id=begun, offset=0, chunk=b"abc") == {"received": 3}
    with pytest.raises(InvalidInputException, match="must begin at 3, not at 4"):
        operations.append_upload(cleo, upload_id=begun, offset=4, chunk=b"ef")
    with pytest.raises(InvalidInputException, match="More arrived than"):
        operations.append_upload(cleo, upload_id=begun, offset=3, chunk=b"defg")
    operations.append_upload(cleo, upload_id=begun, offset=3, chunk=b"def")
    assert operations.finish_upload(cleo, upload_id=begun)["bytes"] == 6
    with pytest.raises(ResourceNotFoundException):
        operations.describe_upload(cleo, upload_id=begun)


def test_a_cancelled_upload_is_forgotten(cleo, settings):
    begun = operations.begin_upload(cleo, location=FILE, bytes=6)["uploadId"]
    operations.cancel_upload(cleo, upload_id=begun)
    with pytest.raises(ResourceNotFoundException):
        operations.append_upload(cleo, upload_id=begun, offset=0, chunk=b"a")
    assert list((settings.DATA_DIR / "uploads").iterdir()) == []


def test_an_upload_may_be_cancelled_while_a_call_goes_on_with_it(cleo, monkeypatch):
    from personalize_web.operations import storage

    begun = operations.begin_upload(cleo, location=FILE, bytes=6)["uploadId"]
    found = storage._own(cleo, begun)
    operations.cancel_upload(cleo, upload_id=begun)
    monkeypatch.setattr(storage, "_own", lambda *_: found)
    for go_on in (
        lambda: operations.append_upload(cleo, upload_id=begun, offset=0, chunk=b"a"),
        lambda: operations.describe_upload(cleo, upload_id=begun),
        lambda: operations.finish_upload(cleo, upload_id=begun),
    ):
        with pytest.raises(ResourceNotFoundException, match="Begin it again"):
            go_on()


def test_nobody_continues_the_upload_of_somebody_else(cleo, ana, eve):
    begun = operations.begin_upload(cleo, location=FILE, bytes=6)["uploadId"]
    for other in (ana, eve):
        with pytest.raises(ResourceNotFoundException):
            operations.append_upload(other, upload_id=begun, offset=0, chunk=b"a")
    for invented in ("../../etc/passwd", "", "a" * 32, "é" * 32):
        with pytest.raises(ResourceNotFoundException):
            operations.describe_upload(cleo, upload_id=invented)


@pytest.mark.parametrize("size", [0, -1, 101])
def test_a_file_has_from_one_byte_to_the_limit(cleo, settings, size):
    settings.UPLOAD_LIMIT = 100
    operations.begin_upload(cleo, location=FILE, bytes=100)
    with pytest.raises(InvalidInputException, match="from 1 to 100 bytes"):
        operations.begin_upload(cleo, location=FILE, bytes=size)


@pytest.mark.parametrize("location", ["s3://uploads/folder/", "s3://uploads/../x.csv", "uploads/x.csv"])
def test_an_upload_goes_to_a_file_of_a_bucket(cleo, location):
    with pytest.raises(InvalidInputException):
        operations.begin_upload(cleo, location=location, bytes=1)


def test_a_preview_shows_the_first_lines(ben, store):
    (store / "data/a.csv").write_bytes("\ufeffa,b\nä,1\n".encode() + b"\xff,2\n")
    shown = operations.preview_stored_object(ben, location="s3://data/a.csv", lines=2)
    assert (shown["lines"], shown["complete"]) == (["a,b", "ä,1"], False)
    assert operations.preview_stored_object(ben, location="s3://data/a.csv")["complete"] is True
    (store / "data/large.csv").write_bytes(b"0123456789\n" * 100_000)
    large = operations.preview_stored_object(ben, location="s3://data/large.csv", lines=100_000)
    assert large["complete"] is False
    assert set(large["lines"]) == {"0123456789"}
    with pytest.raises(ResourceNotFoundException):
        operations.preview_stored_object(ben, location="s3://data/absent.csv")


def test_only_administrators_delete_and_never_a_whole_bucket(ana, cleo, store):
    (store / "data/folder/a.csv").write_text("x")
    with pytest.raises(AccessDeniedException):
        operations.delete_stored_object(cleo, location="s3://data/folder/a.csv")
    with pytest.raises(InvalidInputException, match="A bucket cannot be deleted here"):
        operations.delete_stored_object(ana, location="s3://data/")
    operations.delete_stored_object(ana, location="s3://data/folder/")
    assert list((store / "data").iterdir()) == []
    with pytest.raises(ResourceNotFoundException):
        operations.delete_stored_object(ana, location="s3://data/folder/")


def test_viewers_do_not_upload(ben):
    with pytest.raises(AccessDeniedException):
        operations.begin_upload(ben, location=FILE, bytes=1)


class TestPreflight:
    """What a file shows before it is imported."""

    HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"

    def look(self, caller, **more):
        text = operations.get_schema_template(caller, dataset_type="INTERACTIONS")["schema"]
        return operations.preflight_import(caller, data_location="s3://data/a.csv", **({"schema": text} | more))

    def test_a_good_file_is_usable(self, ben, store):
        rows = "".join(f"{number % 50},{number},1700000000\n" for number in range(2000))
        (store / "data/a.csv").write_text(self.HEADER + rows)
        found = self.look(ben)
        assert found["usable"], found["problems"]
        assert (found["files"], found["estimatedRows"]) == (1, 2000)
        assert all(column["found"] for column in found["columns"])
        assert found["sampleRows"][0]["USER_ID"] == "0"

    def test_missing_and_superfluous_columns_are_named(self, ben, store):
        (store / "data/a.csv").write_text("USER_ID,ITEM,TIMESTAMP\n1,2,1700000000\n")
        found = self.look(ben)
        assert not found["usable"]
        assert (found["missing"], found["extra"]) == (["ITEM_ID"], ["ITEM"])
        assert {column["name"]: column["found"] for column in found["columns"]}["ITEM_ID"] is False

    def test_the_schema_may_be_that_of_a_dataset(self, ana, ben, store):
        (store / "data/a.csv").write_text(self.HEADER + "1,2,1700000000\n")
        dataset = factories.dataset(ana, factories.active_group(ana))
        found = operations.preflight_import(ben, data_location="s3://data/a.csv", dataset_arn=dataset.arn)
        assert found["missing"] == []
        assert any("at least 1,000" in problem["message"] for problem in found["problems"])

    def test_a_file_or_schema_that_is_not_there_is_told(self, ben, store):
        with pytest.raises(InvalidInputException, match="There is no data at"):
            self.look(ben)
        (store / "data/a.csv").write_text(self.HEADER)
        with pytest.raises(InvalidInputException, match="Give a dataset or a schema"):
            self.look(ben, schema=None)
