"""Guessing a schema from a table: names, contents, conversions, and what is said where no guess will do."""

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine import schemas
from personalize_web.engine.errors import DataError
from personalize_web.engine.preparing.source import look
from personalize_web.engine.schemas.inference import infer
from personalize_web.engine.schemas.likeness import field_name, likeness

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("PERSONALIZE_TEST_DATA", ROOT.parent / "shared" / "data"))


def real(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs {name} (PERSONALIZE_TEST_DATA)")
    return look([(path, path.name)])


@pytest.fixture
def table(tmp_path):
    """A table made from lines of text."""

    def make(*lines, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
        return look([(path, name)])

    return make


def by_column(found):
    return {guess.column: guess for guess in found.fields}


def test_movielens_ratings_become_interactions():
    found = infer(real("ml-latest-small/ratings.csv"), "INTERACTIONS", None)
    assert found.renames == {
        "userId": "USER_ID",
        "movieId": "ITEM_ID",
        "rating": "EVENT_VALUE",
        "timestamp": "TIMESTAMP",
    }
    assert not found.conversions and not found.problems
    schema = schemas.parse(found.schema)
    assert schema.by_name["TIMESTAMP"].type == "long" and schema.by_name["EVENT_VALUE"].type == "float"


def test_movielens_movies_become_items_with_several_genres_to_a_cell():
    found = infer(real("ml-latest-small/movies.csv"), "ITEMS", None)
    guesses = by_column(found)
    assert guesses["genres"].categorical and "Several values to a cell" in guesses["genres"].why
    assert guesses["title"].role == "Not for training"
    assert guesses["movieId"].name == "ITEM_ID" and "each once" in guesses["movieId"].why
    assert schemas.parse(found.schema).names == ("ITEM_ID", "TITLE", "GENRES")


def test_online_retail_needs_dates_converted_and_ids_without_decimals():
    found = infer(real("online-retail/online-retail.csv.gz"), "INTERACTIONS", "ECOMMERCE")
    guesses = by_column(found)
    assert {name: guesses[name].name for name in ("StockCode", "CustomerID", "InvoiceDate", "Quantity")} == {
        "StockCode": "ITEM_ID",
        "CustomerID": "USER_ID",
        "InvoiceDate": "TIMESTAMP",
        "Quantity": "EVENT_VALUE",
    }
    assert found.conversions == {"InvoiceDate": "date", "CustomerID": "whole"}
    assert guesses["InvoiceNo"].role == "Left out", "a number of an invoice is no amount"
    assert any("EVENT_TYPE" in problem for problem in found.problems), "a country is no event type"
    assert any("USER_ID has no value in 2,291 of 10,000 rows" in problem for problem in found.problems)
    assert schemas.parse(found.schema, domain="ECOMMERCE")


@pytest.mark.parametrize(
    ("value", "conversion"),
    [
        ("1700000000", None),
        ("1700000000123", "milliseconds"),
        ("1700000000123456", "microseconds"),
        ("2023-11-14", "date"),
        ("2023-11-14T22:13:20Z", "date"),
        ("14.11.2023 22:13", "date-day-first"),
        ("14/11/2023", "date-day-first"),
        ("11/14/2023 10:13 PM", "date-month-first"),
    ],
)
def test_times_are_recognised_with_the_conversion_they_need(table, value, conversion):
    found = infer(table("user,item,when", f"u1,i1,{value}", f"u2,i1,{value}"), "INTERACTIONS", None)
    assert found.renames["when"] == "TIMESTAMP"
    assert found.conversions.get("when") == conversion


@pytest.mark.parametrize(
    ("values", "type_", "conversion"),
    [
        (["1", "2147483647"], "int", None),
        (["1", "2147483648"], "long", None),
        (["1", "2.5"], "float", None),
        (["$1,200.50", "$3"], "float", "number"),
        (["1.200,50 €", "3,10 €"], "float", "comma-number"),
        (["123456789012345678901", "223456789012345678901"], "float", None),
    ],
)
def test_numbers_get_the_smallest_type_that_holds_them(table, values, type_, conversion):
    lines = [f"i{at};{value}" for at, value in enumerate(values)]
    found = infer(table("item_id;height", *lines), "ITEMS", None)
    assert by_column(found)["height"].type == type_
    assert found.conversions.get("height") == conversion


def test_few_values_or_bars_are_categories_and_long_texts_are_textual(table):
    words = "A long story about somebody who went somewhere and came back another person, at last"
    lines = [f"i{at}|x\t{'ab'[at % 2]}\t{at}|{at + 1}\t{words} {at}" for at in range(200)]
    found = by_column(infer(table("sku\tcolour\ttags\tstory", *lines), "ITEMS", None))
    assert found["colour"].categorical and found["tags"].categorical and found["story"].textual
    assert "characters on average" in found["story"].why


def test_a_column_with_blanks_may_be_null(table):
    found = by_column(infer(table("user_id,plan,age", "u1,gold,30", "u2,,31", "u3,gold,"), "USERS", None))
    assert found["plan"].nullable and found["age"].nullable and not found["user_id"].nullable
    assert "1 of 3 rows have no value" in found["plan"].why


def test_ids_are_found_by_content_where_names_say_nothing(table):
    lines = [f"p{at % 20},q{at % 33},{1_700_000_000 + at}" for at in range(400)]
    found = infer(table("a,b,c", *lines), "INTERACTIONS", None)
    assert found.renames["c"] == "TIMESTAMP"
    assert {found.renames["a"], found.renames["b"]} == {"USER_ID", "ITEM_ID"}
    assert all(guess.confidence < 0.6 and guess.why.startswith("Not named") for guess in found.fields)


def test_reserved_names_keep_their_types(table):
    lines = [f"i{at},{at}.5,Toys,{words}" for at, words in enumerate(["A description that is long"] * 40)]
    found = infer(table("id,unit price,category,description", *lines), "ITEMS", "ECOMMERCE")
    assert list(found.renames.values()) == ["ITEM_ID", "PRICE", "CATEGORY_L1", "PRODUCT_DESCRIPTION"]
    schema = schemas.parse(found.schema, domain="ECOMMERCE")
    assert schema.by_name["PRODUCT_DESCRIPTION"].textual and schema.by_name["CATEGORY_L1"].categorical


def test_what_is_missing_is_said(table):
    found = infer(table("height", "1.5", "2.5"), "USERS", None)
    assert any("No column looks like USER_ID" in problem for problem in found.problems)
    alone = infer(table("user_id", "u1", "u2"), "USERS", None)
    assert "Add at least one metadata field." in alone.problems


def test_a_file_without_header_or_rows_is_noticed(table):
    assert any("first line looks like values" in one for one in infer(table("1,2", "3,4"), "USERS", None).problems)
    assert any("no rows" in one for one in infer(table("user_id,age"), "USERS", None).problems)


def test_at_most_the_metadata_fields_a_type_may_have(table):
    names = [f"m{at}" for at in range(9)]
    found = infer(
        table(f"user_id,item_id,timestamp,{','.join(names)}", f"u,i,1700000000,{'1,' * 8}1"), "INTERACTIONS", None
    )
    left = [guess for guess in found.fields if guess.name is None]
    assert len(left) == 4 and "at most 5 metadata fields" in left[0].why
    assert schemas.parse(found.schema)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "json", "parquet", "csv.gz", "latin-1", "utf-16"])
def test_every_form_of_file_is_read(tmp_path, kind):
    rows = [{"user_id": f"u{at}", "größe": str(at), "plan": "gold" if at % 2 else "grün"} for at in range(30)]
    path = tmp_path / f"table.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind.startswith("json"):
        lines = [json.dumps(row) for row in rows]
        path.write_text("\n".join(lines) if kind == "jsonl" else f"[{', '.join(lines)}]")
    else:
        between = "\t" if kind == "tsv" else ","
        text = "\n".join([between.join(rows[0]), *(between.join(row.values()) for row in rows)]) + "\n"
        encoding = kind if kind in ("latin-1", "utf-16") else "utf-8"
        path.write_bytes(gzip.compress(text.encode()) if kind == "csv.gz" else text.encode(encoding))
    found = by_column(infer(look([(path, path.name)]), "USERS", None))
    assert list(found) == ["user_id", "größe", "plan"]
    assert found["größe"].type == "int" and found["größe"].name == "GROE"
    assert "grün" in found["plan"].samples


def test_lists_and_times_of_parquet_are_texts_a_recipe_understands(tmp_path):
    from datetime import datetime

    path = tmp_path / "items.parquet"
    rows = [{"id": f"i{at}", "genres": ["a", "b"], "released": datetime(2024, 1, at + 1)} for at in range(9)]
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = infer(look([(path, path.name)]), "ITEMS", "VIDEO_ON_DEMAND")
    assert found.renames == {"id": "ITEM_ID", "genres": "GENRES", "released": "CREATION_TIMESTAMP"}
    assert found.conversions == {"released": "date"} and "a|b" in by_column(found)["genres"].samples


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04\0\0\0", "is no text"),
        (b"\x1f\x8bnothing", "can't be unpacked"),
        (b"[1, 2]", "JSON object"),
        (b"PAR1nothing", "can't be read as Parquet"),
    ],
)
def test_files_that_hold_no_table_are_refused_in_words(tmp_path, content, message):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        look([(path, path.name)])


@pytest.mark.parametrize(
    ("column", "keyword", "least"),
    [
        ("userId", "USER_ID", 1.0),
        ("Customer No", "USER_ID", 0.85),
        ("movie_id", "ITEM_ID", 0.85),
        ("created_at", "CREATION_TIMESTAMP", 0.9),
        ("item_name", "ITEM_ID", 0.0),
        ("username", "USER_ID", 0.0),
    ],
)
def test_likeness_of_names(column, keyword, least):
    assert likeness(column, keyword) >= least
    assert (likeness(column, keyword) > 0) == (least > 0)


def test_names_of_fields_are_alphanumeric():
    assert [field_name(one) for one in ("unitPrice", "Größe (cm)", "2nd", "??")] == [
        "UNIT_PRICE",
        "GROE_CM",
        "F_2_ND",
        "FIELD",
    ]


cells = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.just(""),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    header=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=9), min_size=1, max_size=5
    ),
    rows=st.lists(st.lists(cells, max_size=6), max_size=8),
    kind=st.sampled_from([(kind, None) for kind in schemas.DATASET_TYPES] + [("ITEMS", "ECOMMERCE")]),
)
def test_any_small_table_gives_a_schema_or_says_what_it_lacks(tmp_path, header, rows, kind):
    path = tmp_path / "any.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    try:
        source = look([(path, path.name)])
    except DataError:
        return  # no table at all
    found = infer(source, *kind)
    try:
        schemas.parse(found.schema, domain=kind[1])
    except DataError:
        assert found.problems
