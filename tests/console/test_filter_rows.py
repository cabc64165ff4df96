"""The builder's rows and the text of an expression say the same."""

import pytest

from apps.filters import builder as builders
from personalize_web.engine import filters

COLUMNS = builders.Columns(
    {
        "Items.GENRE": "text",
        "Items.PRICE": "number",
        "Items.CREATION_TIMESTAMP": "number",
        "Interactions.EVENT_TYPE": "event",
        "Action_Interactions.EVENT_TYPE": "event",
        "Actions.VALUE": "number",
        "Users.AGE": "number",
        "CurrentUser.AGE": "number",
        "CurrentUser.MEMBERSHIP": "text",
    }
)


def trees(text):
    """The chain without the places of its words."""
    return filters.rows(filters.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)",
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "stream")',
        "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)",
        "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE",
        'EXCLUDE ItemID WHERE Items.GENRE IN ("shoe") AND Items.GENRE NOT IN ("boot")',
        'INCLUDE ItemID WHERE Items.GENRE IN ("a") OR Items.PRICE <= -1.5 AND Items.CREATION_TIMESTAMP > 1700000000',
        "EXCLUDE ItemID WHERE Items.GENRE IN ($GENRE) IF CurrentUser.AGE = $AGE",
        'EXCLUDE ItemID WHERE Items.PRICE IN (1, 2) IF CurrentUser.AGE > 18 AND CurrentUser.MEMBERSHIP = "gold"',
        "EXCLUDE UserID WHERE Users.AGE < $AGE",
        'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("NOT_TAKEN")',
        "INCLUDE ActionID WHERE Actions.VALUE > ($VALUE)",
        'INCLUDE ItemID WHERE Items.GENRE IN ($GENRE) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")',
        r'INCLUDE ItemID WHERE Items.GENRE IN ("a, b", "say \"no\"", "$10", "back\\slash", " spaced ")',
        "INCLUDE ItemID WHERE Items.PRICE IN ($PRICES)",
    ],
)
def test_rows_say_what_the_text_said(text):
    builder = builders.from_expressions(trees(text), COLUMNS)
    assert builder.complete
    assert trees(builders.written(builder, COLUMNS)) == trees(text)


def test_values_with_an_empty_text_survive():
    text = 'INCLUDE ItemID WHERE Items.GENRE IN ("", "a")'
    assert trees(builders.written(builders.from_expressions(trees(text), COLUMNS), COLUMNS)) == trees(text)


def test_without_its_if_the_conditions_on_the_user_go_too():
    text = "EXCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE > 17 AND CurrentUser.AGE < 60"
    builder = builders.from_expressions(trees(text), COLUMNS)
    left = builders.edited(builder, "remove-0-1", COLUMNS)
    assert builders.written(left, COLUMNS) == "EXCLUDE ItemID WHERE Items.PRICE > 1"


@pytest.mark.parametrize("what", ["remove-0-0", "unblock-0", "remove-9-9", "row-9", "row", "nonsense", "unblock-x"])
def test_the_first_row_stays_and_nonsense_changes_nothing(what):
    builder = builders.from_expressions(trees("EXCLUDE ItemID WHERE Items.PRICE > 1"), COLUMNS)
    if what != "row":
        assert builders.edited(builder, what, COLUMNS) == builder
    else:
        assert len(builders.edited(builder, what, COLUMNS).blocks[0].rows) == 2


def test_a_text_property_takes_in_where_a_number_took_equals():
    row = builders.Row("WHERE", "Items.GENRE", "=", "drama")
    made = builders.Builder(blocks=(builders.ordered(builders.Block(rows=(row,)), COLUMNS),))
    assert builders.written(made, COLUMNS) == 'EXCLUDE ItemID WHERE Items.GENRE IN ("drama")'
