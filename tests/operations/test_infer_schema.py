"""infer_schema: from a place in the store to a guess; and what is said where there is nothing to guess from."""

import pytest

from personalize_web import operations
from personalize_web.operations import sources
from personalize_web.operations.errors import AccessDeniedException, InvalidInputException
from tests.console.data_files import store

pytestmark = pytest.mark.django_db

TABLE = "customer;article;when\n" + "".join(f"u{at % 7};i{at % 5};{at % 27 + 1}.11.2023\n" for at in range(60))


def test_a_file_in_the_store_becomes_a_schema_with_its_reasons(ana):
    found = operations.infer_schema(ana, dataset_type="Interactions", data_location=store("messy.csv", TABLE))
    assert found["renames"] == {"customer": "USER_ID", "article": "ITEM_ID", "when": "TIMESTAMP"}
    assert found["conversions"] == {"when": "date-day-first"}
    first = found["fields"][0]
    assert first["why"] and 0 < first["confidence"] <= 1 and first["samples"] == ["u0", "u1", "u2", "u3", "u4"]
    assert "USER_ID" in first["fits"] and "TIMESTAMP" not in first["fits"]
    assert '"name": "Interactions"' in found["schema"]
    assert (found["files"], found["format"], found["sampledRows"]) == (["messy.csv"], "csv", 60)


def test_of_a_large_file_only_the_beginning_is_looked_at(ana, monkeypatch):
    monkeypatch.setattr(sources, "HEAD", 200)
    found = operations.infer_schema(ana, dataset_type="INTERACTIONS", data_location=store("large.csv", TABLE))
    assert 0 < found["sampledRows"] < 20 and found["renames"]["when"] == "TIMESTAMP"


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"data_location": "s3://data/none.csv"}, "data_location", "There is no data at"),
        ({"data_location": "here.csv"}, "data_location", "Invalid Data location."),
        ({"dataset_type": "Pets"}, "dataset_type", "Dataset type Pets is not supported for domain None"),
        ({"dataset_type": "Actions", "domain": "ECOMMERCE"}, "dataset_type", "not supported for domain ECOMMERCE"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_beside_its_field(ana, change, field, message):
    given = {"dataset_type": "Interactions", "data_location": store("messy.csv", TABLE)} | change
    with pytest.raises(InvalidInputException, match=message) as refusal:
        operations.infer_schema(ana, **given)
    assert refusal.value.field == field


def test_a_file_that_is_no_table_is_refused_in_words(ana):
    with pytest.raises(InvalidInputException, match="is empty") as refusal:
        operations.infer_schema(ana, dataset_type="Users", data_location=store("empty.csv", "\n"))
    assert refusal.value.field == "data_location"


def test_viewers_do_not_read_files(ben):
    with pytest.raises(AccessDeniedException):
        operations.infer_schema(ben, dataset_type="Users", data_location="s3://data/a.csv")
