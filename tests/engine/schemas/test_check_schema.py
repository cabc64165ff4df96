"""What the live editor shows: places, words and mends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.schemas import DOMAINS, check, parse, template
from personalize_web.engine.schemas.document import read, with_items, with_member

PAIRS = [
    *[(kind, domain) for kind in ("INTERACTIONS", "USERS", "ITEMS") for domain in (None, *DOMAINS)],
    ("ACTIONS", None),
    ("ACTION_INTERACTIONS", None),
]

USERS = """{
  "type": "record",
  "name": "Users",
  "fields": [
    {"name": "USER_ID", "type": "string"},
    {"name": "AGE", "type": %s}
  ]
}"""


def errors(problems):
    return [problem for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize(("kind", "domain"), PAIRS)
def test_every_template_has_no_error(kind, domain):
    text = template(kind, domain)
    assert errors(check(text, dataset_type=kind, domain=domain)) == []
    assert parse(text, domain=domain).dataset_type == kind


def test_templates_hold_the_fields_the_editor_starts_with():
    assert parse(template("Interactions", "ECOMMERCE"), domain="ECOMMERCE").names == (
        "USER_ID",
        "ITEM_ID",
        "EVENT_TYPE",
        "TIMESTAMP",
    )
    items = json.loads(template("ITEMS", "ECOMMERCE"))["fields"]
    assert items[2] == {"name": "CATEGORY_L1", "type": ["string"], "categorical": True}
    actions = parse(template("ACTIONS", None)).names
    assert actions == ("ACTION_ID", "VALUE", "MEMBERSHIP_LEVEL", "CREATION_TIMESTAMP", "REPEAT_FREQUENCY")


def test_a_mistake_in_the_json_is_shown_at_its_line():
    (problem,) = check('{\n  "type": "record",\n  "name" "Users"\n}', dataset_type="USERS", domain=None)
    assert (problem.line, problem.column) == (3, 10)
    assert problem.message == "Line 3: expecting ':' delimiter."


def test_another_record_name_is_shown_where_it_stands_and_mended():
    (problem,) = errors(check(USERS.replace("Users", "Items") % '"int"', dataset_type="USERS", domain=None))
    assert (problem.line, problem.column) == (3, 11)
    assert problem.message == "The record name must be Users for this dataset."
    assert problem.fix == USERS % '"int"'


def test_a_missing_required_field_is_added_with_one_click_in_the_same_layout():
    text = template("INTERACTIONS", None).replace(',\n    {"name": "TIMESTAMP", "type": "long"}', "")
    (problem,) = errors(check(text, dataset_type="INTERACTIONS", domain=None))
    assert problem.message == "Add the required field TIMESTAMP (long)."
    assert problem.fix == template("INTERACTIONS", None)


def test_a_reserved_field_of_the_wrong_type_keeps_null_when_mended():
    text = template("ITEMS", "VIDEO_ON_DEMAND").replace(
        '"type": "long"}', '"type": "long"},\n    {"name": "PRICE", "type": ["null", "int"]}'
    )
    (problem,) = errors(check(text, dataset_type="ITEMS", domain="VIDEO_ON_DEMAND"))
    assert problem.message == "PRICE is reserved and must be float."
    assert problem.field == "PRICE"
    assert parse(problem.fix, domain="VIDEO_ON_DEMAND").by_name["PRICE"].nullable


def warnings(text, kind, domain=None):
    return {(problem.rule, problem.field): problem for problem in check(text, dataset_type=kind, domain=domain)}


def test_a_string_without_a_role_is_warned_about_and_made_categorical():
    problem = warnings(USERS % '"int"},\n    {"name": "CITY", "type": ["null", "string"]', "USERS")["W1", "CITY"]
    assert problem.message == "Not used for training; usable for filters, metadata and themes."
    assert parse(problem.fix).by_name["CITY"].categorical


def test_a_boolean_is_warned_about():
    found = warnings(USERS % '"int"},\n    {"name": "VIP", "type": "boolean"', "USERS")
    assert found["W2", "VIP"].message == "Not used for training or filters. Use string True/False or int 0/1."
    assert parse(found["W2", "VIP"].fix).by_name["VIP"].type == "string"


def test_an_optional_column_without_null_is_warned_about():
    problem = warnings(USERS % '"int"', "USERS")["W3", "AGE"]
    assert (problem.line, problem.severity) == (6, "warning")
    assert problem.fix == USERS % '["null", "int"]'


def test_interactions_without_an_event_type_are_warned_about():
    problem = warnings(template("INTERACTIONS", None), "INTERACTIONS")["W4", None]
    assert "event filters" in problem.message
    assert parse(problem.fix).names[-1] == "EVENT_TYPE"


def test_a_domain_says_which_events_it_expects():
    assert (
        "Watch and Click"
        in warnings(template("INTERACTIONS", "VIDEO_ON_DEMAND"), "INTERACTIONS", "VIDEO_ON_DEMAND")[
            "W5", "EVENT_TYPE"
        ].message
    )


def test_problems_stand_in_the_order_of_the_document():
    text = USERS % '"int"},\n    {"name": "B AD", "type": "strung"},\n    {"name": "age", "type": ["int", "long"]'
    places = [(problem.line, problem.column) for problem in check(text, dataset_type="USERS", domain=None)]
    assert places == sorted(places)
    assert {line for line, _ in places} == {7, 8}


def test_applying_every_mend_in_turn_ends_without_errors():
    text = json.dumps(
        {
            "type": "enum",
            "name": "items",
            "namespace": "x",
            "version": "9",
            "fields": [
                {"name": "item_id", "type": "string"},
                {"name": "GENRES", "type": "string"},
                {"name": "PRICE", "type": "double", "categorical": True},
                {"name": "TAG LINE", "type": "string", "textual": "true", "categorical": True},
            ],
        },
        indent=1,
    )
    for _ in range(20):
        found = errors(check(text, dataset_type="ITEMS", domain="VIDEO_ON_DEMAND"))
        if not found:
            break
        text = next(problem.fix for problem in found if problem.fix)
    assert parse(text, domain="VIDEO_ON_DEMAND").names == (
        "ITEM_ID",
        "GENRES",
        "PRICE",
        "TAG_LINE",
        "CREATION_TIMESTAMP",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 0, 2]))
def test_the_reader_with_places_reads_what_json_reads(value, indent):
    text = json.dumps(value, indent=indent)
    root = read(text)
    assert root.value == value
    assert json.loads(text[root.start : root.end]) == value


@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(), JSON, st.sampled_from([None, 2]))
def test_setting_a_member_changes_nothing_else(value, name, new, indent):
    text = json.dumps(value, indent=indent)
    assert json.loads(with_member(text, read(text), name, new)) == {**value, name: new}


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=3), st.sampled_from([None, 2]))
def test_items_are_added_at_the_end(value, new, indent):
    text = json.dumps(value, indent=indent)
    assert json.loads(with_items(text, read(text), new)) == value + new


@given(JSON)
def test_any_json_is_answered_with_problems_rather_than_a_crash(value):
    text = json.dumps({"type": "record", "name": "Users", "fields": [value]})
    assert errors(check(text, dataset_type="USERS", domain=None))
    assert errors(check(json.dumps(value), dataset_type="USERS", domain=None))
