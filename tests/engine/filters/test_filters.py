"""Filter expressions: read, checked against schemas, and evaluated like one item at a time."""

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine import attributes, filters, schemas
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns, FilterError, Scope, check, evaluate, parse, read_values
from personalize_web.engine.ids import Vocabulary


def schema(name, fields):
    return schemas.parse(
        json.dumps(
            {
                "type": "record",
                "name": name,
                "version": "1.0",
                "fields": fields,
                "namespace": "com.amazonaws.personalize.schema",
            }
        )
    )


def field(name, type="string", **more):
    return {"name": name, "type": type, **more}


TEXT = {"categorical": True, "type": ["null", "string"]}
SCHEMAS = {
    "ITEMS": schema(
        "Items",
        [
            field("ITEM_ID"),
            *(
                {"name": name, **TEXT}
                for name in ("CATEGORY", "CATEGORY_L1", "CATEGORY_L2", "GENRE", "GENRES", "OWNER", "AVAILABLE")
            ),
            field("PRICE", ["null", "float"]),
            field("DOWNLOAD_COUNT", ["null", "int"]),
            field("TITLE"),
            field("ADULT_ONLY", "boolean"),
            field("ABOUT", ["null", "string"], textual=True),
            field("CREATION_TIMESTAMP", "long"),
        ],
    ),
    "INTERACTIONS": schema(
        "Interactions",
        [
            field("USER_ID"),
            field("ITEM_ID"),
            field("EVENT_TYPE"),
            field("TIMESTAMP", "long"),
            field("EVENT_VALUE", ["null", "float"]),
        ],
    ),
    "USERS": schema(
        "Users",
        [
            field("USER_ID"),
            field("AGE", ["null", "int"]),
            {"name": "GENDER", **TEXT},
            {"name": "MEMBERSHIP", **TEXT},
            {"name": "MEMBERSHIP_STATUS", **TEXT},
        ],
    ),
    "ACTIONS": schema(
        "Actions",
        [
            field("ACTION_ID"),
            field("VALUE", ["null", "long"]),
            {"name": "CATEGORY", **TEXT},
            {"name": "MEMBERSHIP_LEVEL", **TEXT},
            field("REPEAT_FREQUENCY", ["null", "long"]),
        ],
    ),
    "ACTION_INTERACTIONS": schema(
        "ActionInteractions", [field("USER_ID"), field("ACTION_ID"), field("EVENT_TYPE"), field("TIMESTAMP", "long")]
    ),
}

EXAMPLES = """
EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)
EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "stream")
INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")
EXCLUDE ItemID WHERE Items.CATEGORY IN ($CATEGORY)
INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE
EXCLUDE ItemID WHERE Items.CATEGORY_L1 IN ("shoe") AND Items.CATEGORY_L2 NOT IN ("boot")
INCLUDE ItemID WHERE Items.PRICE <= $PRICE
INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP < $DATE
INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)
INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.CREATION_TIMESTAMP > $DATE
EXCLUDE ItemID WHERE Items.GENRE IN ($GENRE) IF CurrentUser.AGE = $AGE
INCLUDE ItemID WHERE Items.CATEGORY_L1 IN ("watch") AND Items.CATEGORY_L2 IN ("luxury") IF CurrentUser.AGE > 18
INCLUDE UserID WHERE Users.MEMBERSHIP_STATUS IN ($MEMBERSHIP)
EXCLUDE UserID WHERE Users.AGE < $AGE
INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click", "rating")
EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)
INCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ($EVENT_TYPE)
EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("NOT_TAKEN")
EXCLUDE ActionID WHERE Actions.CATEGORY IN ($CATEGORY)
INCLUDE ActionID WHERE Actions.VALUE > ($VALUE)
INCLUDE ActionID WHERE Action.MEMBERSHIP_LEVEL IN ("Premium") IF CurrentUser.MEMBERSHIP = $PREMIUM
EXCLUDE ActionID WHERE Actions.VALUE < ($VALUE) IF CurrentUser.MEMBERSHIP = $PREMIUM
INCLUDE ItemID WHERE Items.CATEGORY IN ($CATEGORY) | INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("favorite")
INCLUDE ItemID WHERE Items.GENRE IN ($GENRE) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "stream")
INCLUDE ItemID WHERE Items.OWNER IN ("in-house")
INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP > $DATE
INCLUDE ItemID WHERE Items.CATEGORY IN ("clothing") AND Items.AVAILABLE IN ("True")
INCLUDE ItemID WHERE Items.CATEGORY IN ("clothing") OR Items.CREATION_TIMESTAMP > $DATE
EXCLUDE ItemID WHERE Items.CATEGORY IN ("$CATEGORY")
EXCLUDE ItemID WHERE Interactions.event_type IN ("click")
EXCLUDE ItemID WHERE Items.GENRES IN ($GENRES) AND Items.DOWNLOAD_COUNT > 200 IF currentUser.AGE > 17
EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchased")
""".strip().splitlines()


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_documentation_is_read_and_fits_its_schemas(text):
    read = check(parse(text), SCHEMAS)
    assert list(read.placeholders) == list(dict.fromkeys(re.findall(r"\$(\w+)", text)))


def test_a_placeholder_with_not_in_is_refused_in_the_words_of_the_service():
    with pytest.raises(FilterError) as caught:
        parse("INCLUDE ItemID WHERE Items.GENRE NOT IN ($GENRE)")
    assert str(caught.value) == (
        "Could not create filter. Invalid input symbol: $GENRE. Placeholders are not allowed with NOT_IN operator."
    )


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ('INCLUDE ItemID Items.X IN ("a")', 16, "where WHERE belongs"),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("a"', 41, "there is the end"),
        ("EXCLUDE ItemID WHERE Items.GENRE IN ($A, $B)", 40, 'there is ","'),
        ("EXCLUDE ItemID WHERE Items.PRICE BETWEEN 1 AND 2", 34, "BETWEEN"),
        ("EXCLUDE ItemID WHERE (Items.PRICE > 1)", 22, "a dataset such as Items"),
        ("EXCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE > 1 OR CurrentUser.AGE < 9", 61, 'there is "OR"'),
        ("EXCLUDE ItemID WHERE Items.PRICE > 1 IF Users.AGE > 20", 41, "CurrentUser.COLUMN"),
        ("DELETE ItemID WHERE Items.PRICE > 1", 1, "INCLUDE or EXCLUDE"),
        ("EXCLUDE ItemID WHERE Items.PRICE > 1 | INCLUDE UserID WHERE Users.AGE > 1", 0, "same target"),
        ('EXCLUDE ItemID WHERE Items.GENRE "secret"', 34, "there is a quoted text, where"),
        ("EXCLUDE ItemID WHERE Items.GENRE IN ($\u00c4GE)", 38, "where"),
        ("EXCLUDE ItemID WHERE Items.GENRE IN ($" + "x" * 51 + ")", 38, "at most 50 characters"),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("$' + "x" * 51 + '")', 38, "at most 50 characters"),
        ("", 0, "empty"),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("' + "x" * 2500 + '")', 0, "at most 2,500"),
    ],
)
def test_what_is_no_expression_is_told_at_its_character(text, position, says):
    with pytest.raises(FilterError, match=r"Could not create filter\. Invalid Expression") as caught:
        parse(text)
    assert caught.value.position == position
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('EXCLUDE ItemID WHERE Items.ADULT_ONLY IN ("True")', "boolean"),
        ('EXCLUDE ItemID WHERE Items.ABOUT IN ("a")', "textual"),
        ('EXCLUDE ItemID WHERE Items.COLOUR IN ("red")', "has no column COLOUR"),
        ("EXCLUDE ItemID WHERE Items.GENRE IN (*)", "every event type"),
        ("EXCLUDE ItemID WHERE Items.GENRE > 3", "holds texts"),
        ('EXCLUDE ItemID WHERE Items.PRICE > "3"', "compared with a number"),
        ("EXCLUDE ItemID WHERE Items.GENRE IN (1, 2)", "compared with texts"),
        ("EXCLUDE ItemID WHERE Interactions.EVENT_VALUE > 3", "only EVENT_TYPE"),
        ("EXCLUDE ItemID WHERE Interactions.TIMESTAMP > 3", "only EVENT_TYPE"),
        ("EXCLUDE ItemID WHERE Users.AGE > 3", "must be Items or Interactions"),
        ('EXCLUDE ItemID WHERE Items.PRICE > 3 AND Interactions.EVENT_TYPE IN ("a")', "dataset of the first"),
        ("EXCLUDE ItemID WHERE Items.PRICE > 3 IF CurrentUser.GENDER > 20", "holds texts"),
        ("INCLUDE UserID WHERE Users.AGE > 3 IF CurrentUser.AGE > 3", "IF can't be used with UserID"),
        ("EXCLUDE ActionID WHERE Actions.REPEAT_FREQUENCY > 3", "by the service itself"),
        ("EXCLUDE ActionID WHERE Actions.VALUE > CurrentItem.PRICE", "ItemID alone"),
        ("EXCLUDE ItemID WHERE Items.PRICE < CurrentItem.GENRE", "can't be compared"),
        (
            " OR ".join(
                [
                    "EXCLUDE ItemID WHERE Items.PRICE > 1",
                    *(f'Items.{each} IN ("a")' for each in ("CATEGORY", "GENRE", "GENRES", "OWNER", "AVAILABLE")),
                ]
            ),
            "6 different fields; at most 5",
        ),
    ],
)
def test_what_does_not_fit_the_schemas_is_refused_with_the_reason(text, says):
    with pytest.raises(FilterError, match=re.escape(says)):
        check(parse(text), SCHEMAS)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('"comedy","drama"', ("comedy", "drama")),
        ("comedy, drama", ("comedy", "drama")),
        ('"a, b"', ("a, b",)),
        (r'"say \"no\""', ('say "no"',)),
        ("12.5", ("12.5",)),
        (' "x" , y ', ("x", "y")),
        ("", ()),
        ('"a",', ("a",)),
    ],
)
def test_values_of_a_placeholder_are_separated_by_commas(text, values):
    assert read_values({"P": text}).get("P", ()) == values


def test_a_quote_that_is_never_closed_is_told():
    with pytest.raises(DataError, match=r"A quote is not closed in the value of P\.$"):
        read_values({"P": '"comedy'})


ROWS = [
    {"ITEM_ID": "i0", "GENRE": "comedy|drama", "PRICE": 3.0, "TITLE": "One|Two"},
    {"ITEM_ID": "i1", "GENRE": " drama ", "PRICE": None, "TITLE": "One"},
    {"ITEM_ID": "i2", "GENRE": None, "PRICE": 9.5, "TITLE": "Three"},
    {"ITEM_ID": "i3", "GENRE": "Comedy", "PRICE": 3.0, "TITLE": "Two"},
]
IDS = ["i0", "i1", "i2", "i3", "unlisted"]
ITEMS = schema(
    "Items", [field("ITEM_ID"), {"name": "GENRE", **TEXT}, field("PRICE", ["null", "float"]), field("TITLE")]
)


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filters")
    store = ColumnStore(folder / "columns")
    with store.staging() as aside:
        table = pa.table({name: [row[name] for row in ROWS] for name in ROWS[0]})
        pq.write_table(table, aside / "rows.parquet")
        snapshot = store.replace_bulk([aside / "rows.parquet"], ITEMS)
    attributes.build(snapshot, ITEMS, folder / "attributes")
    return DatasetColumns(
        Vocabulary.of(IDS), attributes.Attributes.open(folder / "attributes"), key="ITEM_ID", categorical={"GENRE"}
    )


EVENTS = {"click": {"i1", "unlisted"}, "watch": {"i3"}}


def events(types):
    return set().union(*(items for kind, items in EVENTS.items() if types is None or kind in types))


def stays(columns, text, values=None, *, user=None, item=None):
    schemas = SCHEMAS | {"ITEMS": ITEMS}
    mask = evaluate(check(parse(text), schemas), read_values(values), Scope(columns, events, user, item))
    return [each for each, kept in zip(IDS, mask, strict=True) if kept]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('INCLUDE ItemID WHERE Items.GENRE IN ("drama")', ["i0", "i1"]),
        ('INCLUDE ItemID WHERE Items.GENRE IN ("drama", "Comedy")', ["i0", "i1", "i3"]),
        ('EXCLUDE ItemID WHERE Items.GENRE IN ("drama")', ["i2", "i3", "unlisted"]),
        ('INCLUDE ItemID WHERE Items.GENRE NOT IN ("drama")', ["i2", "i3", "unlisted"]),
        ('INCLUDE ItemID WHERE Items.TITLE IN ("One")', ["i1"]),
        ('INCLUDE ItemID WHERE Items.TITLE IN ("One|Two")', ["i0"]),
        ("INCLUDE ItemID WHERE Items.PRICE = 3", ["i0", "i3"]),
        ("INCLUDE ItemID WHERE Items.PRICE != 3", ["i2"]),
        ("INCLUDE ItemID WHERE Items.PRICE > 3", ["i2"]),
        ("INCLUDE ItemID WHERE Items.PRICE IN (3, 4)", ["i0", "i3"]),
        ('INCLUDE ItemID WHERE Items.ITEM_ID IN ("i2", "unlisted")', ["i2", "unlisted"]),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("CLICK")', ["i1", "unlisted"]),
        ("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)", ["i0", "i2"]),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("click")', ["i0", "i2", "i3"]),
        ('INCLUDE ItemID WHERE Items.PRICE > 1 AND Items.GENRE IN ("drama") OR Items.TITLE IN ("Two")', ["i0", "i3"]),
        (
            'INCLUDE ItemID WHERE Items.PRICE > 9 | INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
            ["i2", "i3"],
        ),
        (
            'INCLUDE ItemID WHERE Items.PRICE > 1 | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
            ["i0", "i2"],
        ),
    ],
)
def test_what_stays(columns, text, expected):
    assert stays(columns, text) == expected


def test_an_exclude_without_its_value_is_as_if_it_was_not_written(columns):
    assert stays(columns, "EXCLUDE ItemID WHERE Items.GENRE IN ($G)") == IDS
    assert stays(columns, "EXCLUDE ItemID WHERE Items.GENRE IN ($G)", {"G": "drama"}) == ["i2", "i3", "unlisted"]


def test_an_include_needs_its_value(columns):
    with pytest.raises(DataError, match="filterValues must give a value for G"):
        stays(columns, "INCLUDE ItemID WHERE Items.GENRE IN ($G)")


def test_a_compared_value_is_one_number(columns):
    for text, says in (("1,2", "must be one value"), ("cheap", "must be a number"), ("nan", "must be a number")):
        with pytest.raises(DataError, match=says) as caught:
            stays(columns, "INCLUDE ItemID WHERE Items.PRICE > $P", {"P": text})
        assert text not in str(caught.value)


@pytest.mark.parametrize("spelled", ["NOT_TAKEN", "Not Taken", "not taken"])
def test_what_was_done_with_actions_is_spelled_in_several_ways(columns, spelled):
    asked = []
    tree = check(parse(f'INCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("{spelled}")'), SCHEMAS)
    evaluate(tree, {}, Scope(columns, lambda types: asked.append(types) or set()))
    assert asked == [{"not_taken"}]


def test_numbers_of_a_list_come_with_the_request(columns):
    assert stays(columns, "INCLUDE ItemID WHERE Items.PRICE IN ($P)", {"P": "9.5, 4"}) == ["i2"]
    with pytest.raises(DataError, match=r"P must be a number\.$"):
        stays(columns, "INCLUDE ItemID WHERE Items.PRICE IN ($P)", {"P": "9.5, cheap"})


def test_an_expression_counts_only_if_its_user_is_so(columns):
    text = "EXCLUDE ItemID WHERE Items.PRICE > 3 IF CurrentUser.AGE > 17"
    assert "i2" not in stays(columns, text, user={"AGE": 30})
    for user in ({"AGE": 12}, {"AGE": None}, None):
        assert "i2" in stays(columns, text, user=user)
    assert stays(columns, "INCLUDE ItemID WHERE Items.PRICE > 3 IF CurrentUser.AGE > 17") == IDS


def test_texts_of_a_user_are_compared_whole_and_by_their_parts(columns):
    text = 'EXCLUDE ItemID WHERE Items.PRICE > 3 IF CurrentUser.MEMBERSHIP = $M AND CurrentUser.GENDER IN ("f", "x")'
    assert "i2" not in stays(columns, text, {"M": "gold"}, user={"MEMBERSHIP": "gold", "GENDER": "x|y"})
    assert "i2" in stays(columns, text, {"M": "gold"}, user={"MEMBERSHIP": "silver", "GENDER": "x"})


def test_items_are_compared_with_the_item_of_the_request(columns):
    text = "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE"
    assert stays(columns, text, item={"PRICE": 5.0, "GENRE": "drama|war"}) == ["i0"]
    assert stays(columns, text, item={"PRICE": None, "GENRE": "drama"}) == []
    assert stays(columns, text) == []


WORDS = st.sampled_from(["comedy", "drama", "Comedy", "war"])
MEMBER = st.builds(
    lambda words, no: (
        f"Items.GENRE {'NOT ' * no}IN ({', '.join(json.dumps(each) for each in words)})",
        lambda row: bool(parts(row) & set(words)) != no,
    ),
    st.lists(WORDS, min_size=1, max_size=3),
    st.booleans(),
)
NUMBER = st.builds(
    lambda sign, number: (
        f"Items.PRICE {sign} {number}",
        lambda row: row["PRICE"] is not None and SIGNS[sign](row["PRICE"], number),
    ),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    st.sampled_from([0, 3, 9.5, -2]),
)
SIGNS = filters.evaluation.COMPARE
EVENT = st.builds(
    lambda kinds, no: (
        f"Interactions.EVENT_TYPE {'NOT ' * no}IN ({kinds})",
        lambda row: (row["ITEM_ID"] in events(TYPES[kinds])) != no,
    ),
    st.sampled_from(['"click"', '"WATCH", "other"', "*"]),
    st.booleans(),
)
TYPES = {'"click"': {"click"}, '"WATCH", "other"': {"watch", "other"}, "*": None}
LIKE_THE_ITEM = st.sampled_from(
    [
        ("Items.GENRE IN CurrentItem.GENRE", lambda row: bool(parts(row) & {"drama", "war"})),
        ("Items.PRICE >= CurrentItem.PRICE", lambda row: row["PRICE"] is not None and row["PRICE"] >= 3.0),
    ]
)
BROUGHT = st.sampled_from(
    [
        ("Items.GENRE IN ($SOME)", lambda row: bool(parts(row) & {"comedy", "war"})),
        ("Items.PRICE IN ($PRICES)", lambda row: row["PRICE"] in (3.0, 4.0)),
    ]
)
PROVIDED = st.sampled_from(
    [
        ("", True),
        (" IF CurrentUser.AGE > 17", True),
        (" IF CurrentUser.AGE = $AGE", True),
        (' IF CurrentUser.AGE > 17 AND CurrentUser.MEMBERSHIP IN ("x")', False),
        (" IF CurrentUser.MEMBERSHIP != $NOBODY", None),
    ]
)
"""Conditions on the user, and whether they hold; None: their value is not brought."""
USER = {"AGE": 30, "MEMBERSHIP": "gold"}
VALUES = {"SOME": '"comedy","war"', "PRICES": "3, 4", "AGE": "30"}
ITEM = {"GENRE": "drama|war", "PRICE": 3.0}


def parts(row):
    return {each.strip() for each in (row["GENRE"] or "").split("|") if each.strip()}


@st.composite
def expressions(draw):
    """A text, whether it includes, and what it says of one row; None of it where it counts as not written."""
    conditions = draw(st.sampled_from([st.one_of(MEMBER, NUMBER, LIKE_THE_ITEM, BROUGHT), EVENT]))
    groups = draw(st.lists(st.lists(conditions, min_size=1, max_size=3), min_size=1, max_size=3))
    condition_on_user, provided = draw(PROVIDED)
    text = " OR ".join(" AND ".join(each[0] for each in group) for group in groups) + condition_on_user
    includes = draw(st.booleans()) and provided is not None

    def holds(row):
        return any(all(each[1](row) for each in group) for group in groups)

    return f"{'INCLUDE' if includes else 'EXCLUDE'} ItemID WHERE {text}", includes, holds if provided else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(chain=st.lists(expressions(), min_size=1, max_size=3))
def test_expressions_evaluate_as_one_row_after_another_would(columns, chain):
    text = " | ".join(each[0] for each in chain)
    rows = {row["ITEM_ID"]: row for row in ROWS}
    expected = []
    for each in IDS:
        row = rows.get(each, {"ITEM_ID": each, "GENRE": None, "PRICE": None})
        includes = [holds(row) for _, included, holds in chain if included and holds]
        excluded = any(holds(row) for _, included, holds in chain if not included and holds)
        if (any(includes) if includes else True) and not excluded:
            expected.append(each)
    assert stays(columns, text, VALUES, user=USER, item=ITEM) == expected


@given(st.text(alphabet='INCLUDE ItemIDWHR.$"()<>=|,*19 \n\\x', max_size=60))
def test_broken_texts_get_one_clear_message(text):
    try:
        parse(text)
    except FilterError as error:
        assert str(error).startswith("Could not create filter.")


def test_conditions_are_answered_from_memory_the_second_time(columns):
    first = columns.among("GENRE", ("drama",))
    assert columns.among("GENRE", ("drama",)) is first
    assert np.array_equal(first, [True, True, False, False, False])
