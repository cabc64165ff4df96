"""Expressions of metrics: three forms, and errors that point at the character."""

import pytest

from personalize_web.engine import attribution
from personalize_web.engine.errors import DataError


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("SAMPLECOUNT()", attribution.Expression("samplecount")),
        ("SUM(Items.LENGTH)", attribution.Expression("sum", "ITEMS", "LENGTH")),
        ("SUM(Interactions.EVENT_VALUE)", attribution.Expression("sum", "INTERACTIONS", "EVENT_VALUE")),
        ("samplecount( )", attribution.Expression("samplecount")),
        (" sum ( ITEMS . price_2 ) ", attribution.Expression("sum", "ITEMS", "price_2")),
        ("SUM(Items.SUM)", attribution.Expression("sum", "ITEMS", "SUM")),
    ],
)
def test_functions_and_datasets_are_read_in_any_case_and_columns_as_they_are(text, means):
    assert attribution.parse(text) == means


@pytest.mark.parametrize(
    ("text", "position", "found", "expected"),
    [
        ("", 1, "the end", "SUM or SAMPLECOUNT"),
        ("AVG(Items.PRICE)", 1, '"A"', "SUM or SAMPLECOUNT"),
        ("SUMS(Items.PRICE)", 1, '"S"', "SUM or SAMPLECOUNT"),
        ("SUM(Users.AGE)", 5, '"U"', "Items or Interactions"),
        ("SUM(Items)", 10, '")"', "."),
        ("SUM(Items.)", 11, '")"', "the name of a column"),
        ("SUM(Items.PRICE", 16, "the end", ")"),
        ("SUM(Items.PRICE) / 2", 18, '"/"', "nothing more"),
        ("SAMPLECOUNT(Items.PRICE)", 13, '"I"', ")"),
        ("SUM(Items.A-B)", 12, '"-"', ")"),
    ],
)
def test_anything_else_is_refused_at_its_character(text, position, found, expected):
    with pytest.raises(attribution.ExpressionError) as caught:
        attribution.parse(text)
    assert isinstance(caught.value, DataError)
    assert caught.value.position == position
    assert f"at character {position} there is {found}, where {expected} belongs." in str(caught.value)


def test_an_expression_is_written_back_in_its_form():
    assert str(attribution.parse("sum(items.LENGTH)")) == "SUM(Items.LENGTH)"
    assert str(attribution.parse("Samplecount()")) == "SAMPLECOUNT()"
