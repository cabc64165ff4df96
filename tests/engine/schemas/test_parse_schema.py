"""Which schemas are taken, and with which words the others are refused."""

import json

import pytest

from personalize_web.engine.errors import DataError
from personalize_web.engine.schemas import parse, reserved

N = ["null", "string"]
EVENT = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
USER = {"name": "USER_ID", "type": "string"}
ITEM = {"name": "ITEM_ID", "type": "string"}
AGE = {"name": "AGE", "type": "int"}
GENRES = {"name": "GENRES", "type": N, "categorical": True}


def record(name, fields, **more):
    whole = {
        "type": "record",
        "name": name,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": fields,
        "version": "1.0",
    }
    return json.dumps({**whole, **more})


def cat(name, type_=N):
    return {"name": name, "type": type_, "categorical": True}


DOMAIN_EVENTS = [
    *EVENT,
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "IMPRESSION", "type": N},
    {"name": "RECOMMENDATION_ID", "type": N},
    {"name": "EVENT_ATTRIBUTION_SOURCE", "type": N},
]

EXAMPLES = {
    "custom interactions": (
        "Interactions",
        None,
        [
            USER,
            ITEM,
            {"name": "EVENT_TYPE", "type": "string"},
            {"name": "EVENT_VALUE", "type": ["float", "null"]},
            cat("LOCATION", "string"),
            cat("DEVICE", ["string", "null"]),
            {"name": "TIMESTAMP", "type": "long"},
            {"name": "IMPRESSION", "type": "string"},
        ],
    ),
    "custom users": ("Users", None, [USER, AGE, cat("GENDER", "string")]),
    "custom items": (
        "Items",
        None,
        [
            ITEM,
            cat("GENRES"),
            {"name": "CREATION_TIMESTAMP", "type": "long"},
            {"name": "DESCRIPTION", "type": N, "textual": True},
        ],
    ),
    "custom actions": (
        "Actions",
        None,
        [
            {"name": "ACTION_ID", "type": "string"},
            {"name": "VALUE", "type": ["null", "long"]},
            cat("MEMBERSHIP_LEVEL"),
            {"name": "CREATION_TIMESTAMP", "type": "long"},
            {"name": "REPEAT_FREQUENCY", "type": ["long", "null"]},
        ],
    ),
    "video interactions": ("Interactions", "VIDEO_ON_DEMAND", DOMAIN_EVENTS),
    "shop interactions": ("Interactions", "ECOMMERCE", DOMAIN_EVENTS),
    "video users": ("Users", "VIDEO_ON_DEMAND", [USER, cat("SUBSCRIPTION_MODEL")]),
    "video items": (
        "Items",
        "VIDEO_ON_DEMAND",
        [
            ITEM,
            {"name": "CREATION_TIMESTAMP", "type": "long"},
            cat("GENRES", ["string"]),
            cat("GENRE_L2"),
            cat("GENRE_L3"),
            {"name": "PRICE", "type": ["null", "float"]},
            {"name": "DURATION", "type": ["null", "float"]},
            {"name": "AVERAGE_RATING", "type": ["null", "float"]},
            {"name": "PRODUCT_DESCRIPTION", "type": N, "textual": True},
            cat("CONTENT_OWNER"),
            cat("CONTENT_CLASSIFICATION"),
        ],
    ),
    "shop users": ("Users", "ECOMMERCE", [USER, cat("MEMBERSHIP_STATUS", "string")]),
    "shop items": (
        "Items",
        "ECOMMERCE",
        [
            ITEM,
            {"name": "PRICE", "type": "float"},
            cat("CATEGORY_L1", ["string"]),
            cat("CATEGORY_L2"),
            cat("CATEGORY_L3"),
            {"name": "PRODUCT_DESCRIPTION", "type": N, "textual": True},
            {"name": "CREATION_TIMESTAMP", "type": "long"},
            cat("AGE_GROUP"),
            cat("ADULT"),
            cat("GENDER"),
        ],
    ),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_taken(example):
    name, domain, fields = EXAMPLES[example]
    schema = parse(record(name, fields), domain=domain)
    assert schema.names == tuple(field["name"] for field in fields)
    assert schema.domain == domain


@pytest.mark.parametrize("name", ["ActionInteractions", "Action_Interactions", "action_interactions"])
def test_action_interactions_may_be_spelled_in_two_ways(name):
    fields = [USER, {"name": "ACTION_ID", "type": "string"}, {"name": "EVENT_TYPE", "type": "string"}, EVENT[2]]
    assert parse(record(name, fields)).dataset_type == "ACTION_INTERACTIONS"


def test_fields_carry_their_type_and_kind():
    schema = parse(record(*[EXAMPLES["custom interactions"][at] for at in (0, 2)]))
    kinds = {field.name: field.kind for field in schema.fields}
    assert kinds == {
        "USER_ID": "identifier",
        "ITEM_ID": "identifier",
        "EVENT_TYPE": "event_type",
        "EVENT_VALUE": "numeric",
        "LOCATION": "categorical",
        "DEVICE": "categorical",
        "TIMESTAMP": "timestamp",
        "IMPRESSION": "impression",
    }
    assert schema.by_name["EVENT_VALUE"].nullable
    assert not schema.by_name["LOCATION"].nullable
    assert [field.name for field in schema.metadata] == ["LOCATION", "DEVICE"]
    assert schema.key is None


def test_users_and_items_know_their_key_and_the_textual_field():
    schema = parse(record("Items", EXAMPLES["custom items"][2]))
    assert schema.key == "ITEM_ID"
    assert schema.textual_field is schema.by_name["DESCRIPTION"]


def test_namespace_and_version_may_be_missing_and_unknown_members_are_ignored():
    text = json.dumps(
        {"type": "record", "name": "Interactions", "doc": "x", "fields": [{**EVENT[0], "doc": 1}, *EVENT[1:]]}
    )
    assert parse(text).dataset_type == "INTERACTIONS"


def test_reserved_names_of_a_domain_are_told():
    words = reserved("items", "VIDEO_ON_DEMAND")
    assert words["GENRES"].required
    assert words["PRODUCT_DESCRIPTION"].role == "textual"
    assert "PRICE" not in reserved("ITEMS", None)


REFUSED = [
    ("{", None, "Schema is not valid JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
    ("[]", None, "Schema is not valid JSON: an object is expected"),
    ('{"type": NaN}', None, "Schema is not valid JSON: NaN is not JSON at line 1, column 10"),
    (record("Interactions", EVENT, type="enum"), None, 'Schema type must be "record".'),
    (
        record("Films", EVENT),
        None,
        "Schema name Films does not match a dataset type. "
        "Valid names: Interactions, Users, Items, Actions, ActionInteractions.",
    ),
    (record("Interactions", EVENT, version="2.0"), None, 'Schema version must be "1.0".'),
    (
        record("Interactions", EVENT, namespace="mine"),
        None,
        'Schema namespace must be "com.amazonaws.personalize.schema".',
    ),
    (
        record("Actions", EXAMPLES["custom actions"][2]),
        "ECOMMERCE",
        "Dataset type Actions is not supported for domain ECOMMERCE.",
    ),
    (record("Interactions", []), None, "Schema must define at least one field."),
    (record("Interactions", [EVENT[0]]), None, "Schema is missing required fields: [ITEM_ID, TIMESTAMP]"),
    (record("Interactions", EVENT), "ECOMMERCE", "Schema is missing required fields: [EVENT_TYPE]"),
    (
        record("Interactions", [*EVENT[:2], {"name": "TIMESTAMP", "type": "int"}]),
        None,
        "Field TIMESTAMP must be of type long.",
    ),
    (
        record("Interactions", [{"name": "USER_ID", "type": N}, *EVENT[1:]]),
        None,
        "Field USER_ID does not support null.",
    ),
    (
        record("Items", [ITEM, EVENT[2] | {"name": "CREATION_TIMESTAMP"}, {"name": "GENRES", "type": "string"}]),
        "VIDEO_ON_DEMAND",
        "Field GENRES must be categorical.",
    ),
    (
        record("Items", [ITEM, GENRES, {"name": "CREATION_TIMESTAMP", "type": ["null", "long"]}]),
        None,
        "Field CREATION_TIMESTAMP does not support null.",
    ),
    (
        record("Interactions", [*EVENT, cat("EVENT_TYPE", "string")]),
        None,
        "Field EVENT_TYPE can't be categorical.",
    ),
    (
        record("Items", [*EXAMPLES["shop items"][2][:3], {"name": "PRODUCT_DESCRIPTION", "type": N}]),
        "ECOMMERCE",
        "Field PRODUCT_DESCRIPTION must be textual.",
    ),
    (record("Users", [USER, {"name": "AGE", "type": "decimal"}]), None, "Unsupported type decimal for field AGE."),
    (
        record("Users", [USER, {"name": "TAGS", "type": {"type": "array", "items": "string"}}]),
        None,
        "Schema must be flat; field TAGS has a complex type.",
    ),
    (
        record("Users", [USER, {"name": "TAGS", "type": "map"}]),
        None,
        "Schema must be flat; field TAGS has a complex type.",
    ),
    (
        record("Users", [USER, {"name": "AGE", "type": ["int", "string"]}]),
        None,
        "Field AGE must have one type, optionally with null.",
    ),
    (
        record("Users", [USER, {"name": "AGE", "type": "null"}]),
        None,
        "Field AGE must have one type, optionally with null.",
    ),
    (
        record("Items", [ITEM, cat("GENRES_FIELD_1"), cat("GENRESFIELD1")]),
        None,
        "Field names must be unique: GENRES_FIELD_1, GENRESFIELD1",
    ),
    (record("Users", [USER, {"name": "HOW OLD", "type": "int"}]), None, "Field name HOW OLD must be alphanumeric."),
    (
        record("Users", [USER, AGE, {"name": "user_id", "type": "string"}]),
        None,
        "Field name user_id differs from the keyword USER_ID only in case.",
    ),
    (
        record("Interactions", [*EVENT, *[cat(f"C{n}") for n in range(6)]]),
        None,
        "Too many metadata fields: 6 (maximum 5).",
    ),
    (record("Users", [USER, *[cat(f"C{n}") for n in range(26)]]), None, "Too many metadata fields: 26 (maximum 25)."),
    (record("Users", [USER]), None, "Users schema requires at least one metadata field."),
    (
        record("Items", [ITEM, {"name": "CREATION_TIMESTAMP", "type": "long"}]),
        None,
        "Items schema requires at least one metadata field.",
    ),
    (
        record("Users", [USER, AGE, {"name": "ABOUT", "type": "string", "textual": True}]),
        None,
        "Only Items schemas support textual fields.",
    ),
    (
        record("Items", [ITEM, *[{"name": n, "type": "string", "textual": True} for n in ("A", "B")]]),
        None,
        "At most 1 textual field is allowed.",
    ),
    (
        record("Items", [ITEM, {"name": "A", "type": "string", "textual": True, "categorical": True}]),
        None,
        "Field A can't be both categorical and textual.",
    ),
    (
        record("Users", [USER, {"name": "AGE", "type": "int", "categorical": True}]),
        None,
        "Field AGE can't be categorical.",
    ),
    (
        record("Users", [USER, {"name": "PLAN", "type": "string", "categorical": "true"}]),
        None,
        "Attribute categorical of field PLAN must be true or false.",
    ),
    (
        record(
            "Actions",
            [
                *EXAMPLES["custom actions"][2],
                {"name": "EXPIRATION_TIMESTAMP", "type": "long"},
                {"name": "ACTION_EXPIRATION_TIMESTAMP", "type": "long"},
            ],
        ),
        None,
        "EXPIRATION_TIMESTAMP and ACTION_EXPIRATION_TIMESTAMP mean the same; keep one of them.",
    ),
    (" " * 20_001, None, "Schema length must be at most 20000."),
    ("[" * 15_000, None, "Schema is not valid JSON: nested too deeply"),
]


@pytest.mark.parametrize(("text", "domain", "message"), REFUSED, ids=[message[:60] for _, _, message in REFUSED])
def test_a_schema_against_a_rule_is_refused_in_words(text, domain, message):
    with pytest.raises(DataError) as refusal:
        parse(text, domain=domain)
    assert str(refusal.value) == message


def test_a_shop_may_write_the_creation_timestamp_as_float():
    fields = [*EXAMPLES["shop items"][2][:3], {"name": "CREATION_TIMESTAMP", "type": "float"}]
    assert parse(record("Items", fields), domain="ECOMMERCE").by_name["CREATION_TIMESTAMP"].type == "float"
    with pytest.raises(DataError, match="must be of type long"):
        parse(record("Items", [ITEM, GENRES, fields[3]]))


def test_required_and_reserved_fields_do_not_count_as_metadata():
    fields = [*DOMAIN_EVENTS, *[cat(f"C{n}") for n in range(5)]]
    assert len(parse(record("Interactions", fields), domain="ECOMMERCE").metadata) == 5


def test_names_of_a_hundred_and_fifty_characters_are_the_longest():
    assert parse(record("Users", [USER, cat("A" * 150)]))
    with pytest.raises(DataError, match="must be alphanumeric"):
        parse(record("Users", [USER, cat("A" * 151)]))
