"""s3:// addresses: what they may say, and what lies behind them."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.locations import Location


@pytest.fixture
def buckets(settings, tmp_path) -> Path:
    """An empty store of its own."""
    settings.BUCKETS_DIR = tmp_path / "buckets"
    settings.BUCKETS_DIR.mkdir()
    return settings.BUCKETS_DIR


def write(path: Path, text: str = "a,b\n1,2\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def at(text: str) -> Location:
    return locations.parse(text)


@given(st.text(max_size=40))
def test_any_address_is_refused_or_stays_in_its_bucket(text):
    for address in (text, f"s3://{text}", f"s3://bucket/{text}", f"s3://bucket/folder/{text}"):
        try:
            location = at(address)
        except DataError:
            continue
        path = os.path.normpath(os.path.join("/store", location.bucket, location.key))
        assert path == f"/store/{location.bucket}" or path.startswith(f"/store/{location.bucket}/")
        assert at(str(location)) == location


def test_a_file_is_found_with_its_size_and_a_folder_is_not_a_file(buckets):
    write(buckets / "data/a.csv", "12345")
    assert locations.find(at("s3://data/a.csv")).bytes == 5
    assert locations.find(at("s3://data/b.csv")) is None
    assert locations.find(at("s3://absent/a.csv")) is None
    write(buckets / "data/folder/a.csv")
    assert locations.find(at("s3://data/folder")) is None
    assert locations.exists(at("s3://data/folder/"))
    assert not locations.exists(at("s3://data/other/"))


def test_only_the_first_level_of_a_folder_is_imported_without_empty_and_hidden_files(buckets):
    for name in ("b.csv", "a.csv", "no-extension", "deeper/c.csv", ".hidden.csv"):
        write(buckets / "data/in" / name)
    write(buckets / "data/in/empty.csv", "")
    found = locations.files_to_import(at("s3://data/in/"))
    assert [file.name for file in found] == ["a.csv", "b.csv", "no-extension"]


@pytest.mark.parametrize("location", ["s3://data/absent.csv", "s3://data/absent/", "s3://data/empty/", "s3://data/"])
def test_nothing_to_import_is_an_invalid_location_that_is_named(buckets, location):
    write(buckets / "data/empty/empty.csv", "")
    with pytest.raises(DataError, match=rf"^Invalid Data location\. There is no data at {location}"):
        locations.files_to_import(at(location))


def test_a_link_that_leads_out_of_its_bucket_is_refused(buckets, tmp_path):
    secret = write(tmp_path / "secret.csv")
    (buckets / "data").mkdir()
    (buckets / "data/link.csv").symlink_to(secret)
    for leak in (locations.find, locations.open_file, locations.delete):
        with pytest.raises(DataError, match="leads out of its bucket"):
            leak(at("s3://data/link.csv"))
    assert secret.exists()


def test_a_bucket_may_itself_be_a_link(buckets, tmp_path):
    write(tmp_path / "elsewhere/a.csv")
    (buckets / "data").symlink_to(tmp_path / "elsewhere")
    assert locations.find(at("s3://data/a.csv")) is not None


def test_local_files_are_read_where_they_lie(buckets, tmp_path):
    path = write(buckets / "data/a.csv")
    files = locations.files_to_import(at("s3://data/a.csv"))
    with locations.local_copies(files, tmp_path / "scratch") as paths:
        assert paths == [path]
    assert path.exists()


def test_a_file_appears_whole_and_replaces_what_was_there(buckets, tmp_path):
    write(buckets / "data/in/a.csv", "old")
    stored = locations.put(write(tmp_path / "new", "newer"), at("s3://data/in/a.csv"))
    assert (stored.bytes, (buckets / "data/in/a.csv").read_text()) == (5, "newer")
    assert [path.name for path in (buckets / "data/in").iterdir()] == ["a.csv"]


def test_columns_are_read_where_they_lie_or_from_copies_of_what_is_on_s3(settings):
    key = UUID(int=1)
    assert locations.columns_folder(key) == settings.COLUMNS_DIR / str(key)
    settings.COLUMNS_URL = "s3://columns/of/ours"
    assert locations.columns_folder(key) == settings.COLUMNS_CACHE_DIR / str(key)


@pytest.mark.s3
def test_the_same_on_an_s3_endpoint(s3, settings, tmp_path, monkeypatch):
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.OBJECT_STORE_URL = "s3://"
    client = boto3.client("s3")
    client.create_bucket(Bucket="locations-test")
    for key in ("in/a.csv", "in/deeper/b.csv", "in/.hidden", "in/"):
        client.put_object(Bucket="locations-test", Key=key, Body=b"" if key == "in/" else b"a,b\n")
    assert "locations-test" in locations.buckets()
    found = locations.files_with_prefix(at("s3://locations-test/i"))
    assert [(file.location.key, file.bytes) for file in found] == [("in/a.csv", 4), ("in/deeper/b.csv", 4)]
    assert len(locations.files_with_prefix(at("s3://locations-test/"))) == 2
    assert locations.files_with_prefix(at("s3://locations-test/in/a.csvx")) == []
    folders, files = locations.listing(at("s3://locations-test/in/"))
    assert [str(folder) for folder in folders] == ["s3://locations-test/in/deeper/"]
    assert [file.name for file in files] == [".hidden", "a.csv"]
    assert locations.find(at("s3://locations-test/in/absent.csv")) is None
    imported = locations.files_to_import(at("s3://locations-test/in/"))
    assert [file.name for file in imported] == ["a.csv"]
    with locations.local_copies(imported, tmp_path / "scratch") as paths:
        assert [path.read_text() for path in paths] == ["a,b\n"]
    assert not (tmp_path / "scratch").exists()
    locations.put(write(tmp_path / "new", "newer"), at("s3://made-by-upload/x/new.csv"))
    assert locations.open_file(at("s3://made-by-upload/x/new.csv")).read() == b"newer"
    locations.delete(at("s3://locations-test/in/"))
    assert not locations.exists(at("s3://locations-test/in/"))
    monkeypatch.setattr("s3fs.S3FileSystem.exists", lambda *_: False)  # as when another makes the bucket meanwhile
    locations.put(write(tmp_path / "more", "more"), at("s3://made-by-upload/x/more.csv"))
    assert locations.open_file(at("s3://made-by-upload/x/more.csv")).read() == b"more"


def test_files_that_changed_since_they_were_listed_are_told(buckets, tmp_path):
    path = write(buckets / "data/a.csv")
    files = locations.files_to_import(at("s3://data/a.csv"))
    locations.require_unchanged(files)
    write(tmp_path / "new").replace(path)
    with pytest.raises(DataError, match=r"s3://data/a.csv was replaced or changed while it was read"):
        locations.require_unchanged(files)
    path.unlink()
    with pytest.raises(DataError, match=r"s3://data/a.csv was removed while it was read"):
        locations.require_unchanged(files)


@pytest.mark.s3
def test_on_an_s3_endpoint_a_change_shows_in_the_entity_tag_and_a_refusal_is_told(s3, settings, tmp_path, monkeypatch):
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.OBJECT_STORE_URL = "s3://"
    client = boto3.client("s3")
    client.create_bucket(Bucket="changing")
    client.put_object(Bucket="changing", Key="a.csv", Body=b"a,b\n")
    for location in ("s3://changing/a.csv", "s3://changing/"):
        files = locations.files_to_import(at(location))
        locations.require_unchanged(files)
    client.put_object(Bucket="changing", Key="a.csv", Body=b"a,c\n")
    with pytest.raises(DataError, match="was replaced or changed"):
        locations.require_unchanged(files)
    filesystem, _ = locations._store()

    def refuses(*_):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(filesystem, "get_file", refuses)
    told = "Insufficient privileges for accessing data in Amazon S3. Location: s3://changing/a.csv"
    with pytest.raises(DataError, match=f"^{told}$"), locations.local_copies(files, tmp_path / "scratch"):
        pass
    assert not (tmp_path / "scratch").exists()


def test_how_many_files_and_bytes_there_are_is_said_in_words(buckets):
    for name in ("a", "b"):
        write(buckets / "words" / f"{name}.csv", "x" * 1000)
    assert locations.in_words(locations.files_to_import(at("s3://words/a.csv"))) == "1 file with 1,000 bytes"
    assert locations.in_words(locations.files_to_import(at("s3://words/"))) == "2 files with 2,000 bytes"
