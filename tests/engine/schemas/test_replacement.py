"""Which schema may take the place of another, and what is said of each column."""

import pytest

from personalize_web.engine.schemas import replacement
from tests.engine.small_schemas import EVENT, optional, plain, schema_of

OLD = (plain("USER_ID"), optional("AGE", "int"), plain("PLAN", categorical=True))
USERS = schema_of("USERS", *OLD)


def changes(*fields):
    return {change.name: change for change in replacement.compare(USERS, schema_of("USERS", *fields))}


def test_a_new_column_that_may_be_null_is_allowed():
    longer = schema_of("USERS", *OLD, optional("CITY", categorical=True))
    assert replacement.problems(USERS, longer) == []
    assert changes(*OLD, optional("CITY"))["CITY"].change == "added"


def test_columns_may_stand_in_another_order_and_null_at_either_place():
    turned = schema_of("USERS", OLD[2], {"name": "AGE", "type": ["int", "null"]}, OLD[0])
    assert replacement.problems(USERS, turned) == []
    assert {change.change for change in replacement.compare(USERS, turned)} == {"same"}


def test_a_type_in_brackets_is_the_same_type():
    bracketed = schema_of("USERS", *OLD[:2], {"name": "PLAN", "type": ["string"], "categorical": True})
    assert replacement.problems(USERS, bracketed) == []


def test_a_new_column_that_must_have_a_value_is_refused():
    longer = schema_of("USERS", *OLD, plain("CITY"))
    assert replacement.problems(USERS, longer) == [
        'Field CITY is new and must support null: give it the type ["null", "string"].'
    ]


def test_a_missing_column_is_refused():
    assert not changes(*OLD[:1], OLD[2])["AGE"].allowed
    assert changes(*OLD[:1], OLD[2])["AGE"].change == "removed"


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (plain("AGE", "int"), "its type would change from int or null to int"),
        (optional("AGE", "long"), "its type would change from int or null to long or null"),
        (optional("AGE", categorical=True), "its categorical attribute would change from false to true"),
    ],
)
def test_a_changed_column_is_refused_with_what_would_change(age, says):
    change = changes(OLD[0], age, OLD[2])["AGE"]
    assert (change.change, change.allowed) == ("changed", False)
    assert says in change.message


def test_a_text_column_stays_one():
    old = schema_of("ITEMS", plain("ITEM_ID"), optional("ABOUT", textual=True))
    new = schema_of("ITEMS", plain("ITEM_ID"), optional("ABOUT", categorical=True))
    assert "its textual attribute would change from true to false" in replacement.problems(old, new)[0]


def test_of_interactions_no_schema_is_replaced():
    old, new = schema_of("INTERACTIONS", *EVENT), schema_of("INTERACTIONS", *EVENT, optional("DEVICE"))
    assert "type INTERACTIONS cannot be replaced" in replacement.problems(old, new)[0]


def test_a_schema_of_another_type_is_refused():
    items = schema_of("ITEMS", plain("ITEM_ID"), optional("GENRE", categorical=True))
    assert replacement.problems(USERS, items) == ["The new schema describes a dataset of type ITEMS, not USERS."]
