"""Queries for users by what items have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.attribute_queries import QueryError, Term, parse


def test_a_query_is_attributes_joined_by_and():
    found = parse('ITEMS.genres = "Comedy" AND ITEMS.genres="Action" and Year = 1999')
    assert [(each.column, each.value) for each in found] == [
        ("genres", "Comedy"), ("genres", "Action"), ("Year", "1999")]


def test_the_dataset_may_be_left_out_and_is_read_in_whatever_case():
    assert parse('items.GENRE = "x"')[0].column == parse('GENRE = "x"')[0].column == "GENRE"


def test_a_column_may_be_called_items():
    assert parse('items = "x" AND ITEMS.items = "y"') == (Term("items", "x", 1), Term("items", "y", 17))


def test_quotes_and_backslashes_inside_a_text_are_escaped():
    assert parse(r'ITEMS.T = "a \"b\" \\ c"')[0].value == r'a "b" \ c'
    assert parse("ITEMS.T = 'it is'")[0].value == "it is"


@pytest.mark.parametrize(("text", "position", "said"), [
    ("", 1, "there is the end, where ITEMS.COLUMN or the name of a column belongs"),
    ("ITEMS.A > 5", 9, 'there is ">", where = belongs'),
    ('ITEMS.A = "x" OR ITEMS.B = "y"', 15, 'there is "OR", where AND'),
    ('ITEMS.A = "x', 11, 'there is ""x"'),
    ("ITEMS.A = ", 11, "there is the end, where a number or a text in double quotes belongs"),
    ('ITEMS.A IN ("x")', 9, 'there is "IN", where = belongs'),
    ('(ITEMS.A = "x")', 1, 'there is "(ITEMS.A"'),
    ('NOT ITEMS.A = "x"', 5, "where = belongs"),
    ('ITEMS.A = "x" AND', 18, "there is the end"),
    ("ITEMS.A = 12abc", 11, 'there is "12abc"'),
])
def test_what_is_no_query_is_refused_with_its_place(text, position, said):
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert refused.value.position == position
    assert said in str(refused.value)


@given(st.text(max_size=40), st.integers(-10**9, 10**9))
def test_every_text_and_number_comes_back_as_it_was(text, number):
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    found = parse(f'ITEMS.A = "{quoted}" AND B = {number}')
    assert [each.value for each in found] == [text, str(number)]


@given(st.text(alphabet='ITEMS.ab ="AND5(', max_size=30))
def test_any_text_is_a_query_or_refused_with_a_place_inside(text):
    try:
        assert parse(text)
    except QueryError as refused:
        assert 1 <= refused.position <= len(text) + 1
