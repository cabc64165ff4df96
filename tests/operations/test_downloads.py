"""Stored files are downloaded by analysts: one as it is, several as one archive."""

import io
import zipfile

import pytest

from personalize_web import operations
from personalize_web.operations.errors import AccessDeniedException, InvalidInputException, ResourceNotFoundException
from personalize_web.resources.models import AuditRecord
from tests.console.data_files import store

pytestmark = pytest.mark.django_db


def test_a_file_comes_whole(cleo):
    location = store("a.csv", "USER_ID\n" + "u1\n" * 1000)
    found = operations.download_stored_object(cleo, location=location)
    assert found["name"] == "a.csv" and found["bytes"] == 8 + 3000
    assert b"".join(found["chunks"]) == b"USER_ID\n" + b"u1\n" * 1000


def test_several_files_come_as_one_archive(cleo):
    places = [store("out/part-00000.csv", "A\n1\n"), store("out/part-00001.csv", "A\n2\n")]
    found = operations.download_stored_objects(cleo, stored=places, name="export.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(found["chunks"]))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "part-00000.csv": b"A\n1\n",
            "part-00001.csv": b"A\n2\n",
        }


def test_what_is_not_there_is_not_found(cleo):
    with pytest.raises(ResourceNotFoundException, match="It may have been removed"):
        operations.download_stored_object(cleo, location="s3://data/absent.csv")
    with pytest.raises(ResourceNotFoundException):
        operations.download_stored_objects(cleo, stored=["s3://data/"], name="all.zip")


def test_no_path_leads_out_of_its_bucket(cleo):
    with pytest.raises(InvalidInputException):
        operations.download_stored_object(cleo, location="s3://data/../secret")


def test_viewers_download_nothing(ben):
    location = store("a.csv", "USER_ID\n")
    with pytest.raises(AccessDeniedException):
        operations.download_stored_object(ben, location=location)


def test_a_download_leaves_a_record(cleo):
    operations.download_stored_object(cleo, location=store("a.csv", "USER_ID\n"))
    assert AuditRecord.objects.get().event_name == "ConsoleDownloadStoredObject"
