"""What the import form is told about files before anything begins."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings as django_settings

from personalize_web import operations
from tests.workers import world

pytestmark = pytest.mark.django_db

TEXT = world.schema("Interactions", world.FIELDS)


def test_a_csv_file_is_looked_at(ana):
    found = operations.preflight_import(ana, data_location=world.put_interactions("good.csv"), schema=TEXT)
    assert (found["usable"], found["files"], found["estimatedRows"], found["problems"]) == (True, 1, 1200, [])
    assert found["sampleRows"][0]["USER_ID"] == "u0"


@pytest.fixture
def parquet():
    def write(rows=30_000, **columns):
        path = Path(django_settings.BUCKETS_DIR) / "data" / "events.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        names = {"USER_ID": "u", "ITEM_ID": "i", "EVENT_TYPE": "watch", "TIMESTAMP": 5}
        pq.write_table(pa.table({name: [value] * rows for name, value in (names | columns).items()}), path)
        return path

    return write


def test_the_first_rows_of_a_parquet_file_are_looked_at_and_all_are_counted(ana, parquet):
    parquet()
    found = operations.preflight_import(ana, data_location="s3://data/events.parquet", schema=TEXT)
    assert (found["usable"], found["estimatedRows"], len(found["sampleRows"])) == (True, 30_000, 5)
    parquet(TIMESTAMP="soon")
    found = operations.preflight_import(ana, data_location="s3://data/events.parquet", schema=TEXT)
    assert found["usable"] is False
    assert found["problems"][0]["message"] == (
        "events.parquet, row 1, column TIMESTAMP: The value must be a whole number. Found: 'soon'."
    )


def test_a_damaged_parquet_file_is_told(ana, parquet):
    path = parquet()
    path.write_bytes(path.read_bytes()[:-50])
    found = operations.preflight_import(ana, data_location="s3://data/events.parquet", schema=TEXT)
    assert [problem["message"] for problem in found["problems"]] == [
        "events.parquet begins like a Parquet file, but can't be read as one; it may be cut off. Write it again."
    ]
