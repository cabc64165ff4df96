"""Every constraint of the service models, just inside and just outside; and nothing a caller sends breaks the check."""

from datetime import UTC, datetime

import pytest
import regex
from botocore.model import Shape
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.operations import service_model, shapes

AWS = service_model.operations()
UNRELATED = "one of the values that no enumeration has"


def input_shapes():
    """Every distinct shape that an input contains, by service and name."""
    found: dict[str, Shape] = {}

    def walk(shape: Shape, service: str) -> None:
        key = f"{service}:{shape.name}"
        if key in found:
            return
        found[key] = shape
        children = {
            "structure": lambda: shape.members.values(),
            "list": lambda: [shape.member],
            "map": lambda: [shape.key, shape.value],
        }.get(shape.type_name, list)()
        for child in children:
            walk(child, service)

    for model in AWS.values():
        if model.input_shape:
            walk(model.input_shape, model.service_model.service_name)
    return found


SHAPES = input_shapes()
STRINGS = {key: shape for key, shape in SHAPES.items() if shape.type_name == "string"}
NUMBERS = {key: shape for key, shape in SHAPES.items() if shape.type_name in ("integer", "long", "float", "double")}
COLLECTIONS = {key: shape for key, shape in SHAPES.items() if shape.type_name in ("list", "map")}


def constraints(shape, value):
    return [violation.constraint for violation in shapes.clean(shape, value, "member")[1]]


def of_length(shape, length):
    """A text of that length that satisfies the pattern of ``shape``, or None where the pattern has its own length."""
    pattern = shape.metadata.get("pattern")
    starts = ("a", "arn:aws:personalize:::a", "arn:aws:iam::123456789012:role/a", "s3://a", "rate(1 day)")
    for start in (*starts, "arn:aws:kms:us-east-1:123456789012:key/a"):
        text = start[:length] if not pattern else start + "a" * (length - len(start))
        if len(text) == length and (not pattern or regex.fullmatch(pattern.replace(r"\p{ASCII}", "[\x00-\x7f]"), text)):
            return text
    if not pattern:
        return "a" * length
    return None


@pytest.mark.parametrize("key", [key for key in STRINGS if "max" in STRINGS[key].metadata])
def test_a_text_of_the_greatest_length_passes_and_one_character_more_does_not(key):
    shape = STRINGS[key]
    longest = shape.metadata["max"]
    text = of_length(shape, longest)
    if text is not None and not shape.enum:
        assert constraints(shape, text) == []
    assert f"Member must have length less than or equal to {longest}" in constraints(shape, "a" * (longest + 1))


@pytest.mark.parametrize("key", [key for key in STRINGS if STRINGS[key].metadata.get("min")])
def test_a_text_of_the_least_length_passes_and_one_character_less_does_not(key):
    shape = STRINGS[key]
    shortest = shape.metadata["min"]
    text = of_length(shape, shortest)
    if text is not None and not shape.enum:
        assert constraints(shape, text) == []
    too_short = f"Member must have length greater than or equal to {shortest}"
    assert too_short in constraints(shape, "a" * (shortest - 1))


@pytest.mark.parametrize("key", [key for key in STRINGS if STRINGS[key].enum])
def test_only_the_values_of_an_enumeration_pass(key):
    shape = STRINGS[key]
    assert all(constraints(shape, value) == [] for value in shape.enum)
    assert any("enum value set" in constraint for constraint in constraints(shape, UNRELATED))
    assert any("enum value set" in constraint for constraint in constraints(shape, shape.enum[0].swapcase()))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Name", ["a", "A1-b_c", "9" * 63], ["", "-a", "_a", "a b", "a.b", "a\n", "ä", "a" * 64]),
        ("Arn", ["arn:aws:personalize:::recipe/x"], ["arn:aws:iam:::x", "arn:AWS:personalize:::x", "personalize"]),
        (
            "RoleArn",
            ["arn:aws:iam::123456789012:role/a/b"],
            ["arn:aws:iam::12345:role/a", "arn:aws:iam::123456789012:user/a"],
        ),
        ("KmsKeyArn", ["arn:aws:kms:eu-west-1:123456789012:key/x"], ["arn:aws:kms:eu-west-1:12:key/x"]),
        ("S3Location", ["s3://a/b.csv", "https://a"], ["s3://", "ftp://a", "a/b"]),
        ("SchedulingExpression", ["rate(1 day)", "rate(30 days)"], ["rate(1 week)", "1 day", "rate( 1 day)"]),
        ("TagKey", ["key", "ключ", "键 1", "a:b/c=d+e-f@g"], ["a*b", "a#b", ""]),
        ("TagValue", ["", "wert", "值"], ["a*b"]),
        ("DatasetType", ["Interactions", "Action_Interactions"], ["Items1", "It-ems"]),
        ("ColumnName", ["GENRES", "_a1"], ["1a", "a-b", "a b"]),
        ("NextToken", ["", "abc"], ["é"]),
    ],
)
def test_patterns_are_matched_from_end_to_end(name, good, bad):
    shape = SHAPES[f"personalize:{name}"]
    assert all(constraints(shape, text) == [] for text in good)
    assert all(constraints(shape, text) for text in bad)


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_pass_at_their_bounds_and_not_beyond(key):
    shape = NUMBERS[key]
    whole = shape.type_name in ("integer", "long")
    for bound, step in (("min", -1), ("max", 1)):
        if (edge := shape.metadata.get(bound)) is not None:
            edge = int(edge) if whole else float(edge)
            assert constraints(shape, edge) == []
            assert constraints(shape, edge + step) != []


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", [True, False, float("nan"), float("inf"), float("-inf"), "1", None, [1], 10**400])
def test_what_is_no_ordinary_number_is_no_number(key, value):
    shape = NUMBERS[key]
    if value == 10**400:
        constraints(shape, value)  # has no upper bound in some shapes; it must only not break
    else:
        assert constraints(shape, value) != []


@pytest.mark.parametrize("key", [key for key in COLLECTIONS if "max" in COLLECTIONS[key].metadata])
def test_a_collection_has_at_most_its_greatest_number_of_members(key):
    shape = COLLECTIONS[key]
    most = shape.metadata["max"]
    text = f"Member must have length less than or equal to {most}"
    for size in (most, most + 1):
        given_value = [None] * size if shape.type_name == "list" else {f"k{n}": None for n in range(size)}
        assert (text in constraints(shape, given_value)) == (size > most)


@pytest.mark.parametrize("key", [key for key in COLLECTIONS if COLLECTIONS[key].metadata.get("min")])
def test_a_collection_has_at_least_its_least_number_of_members(key):
    shape = COLLECTIONS[key]
    least = shape.metadata["min"]
    given_value = [None] * (least - 1) if shape.type_name == "list" else {}
    assert f"Member must have length greater than or equal to {least}" in constraints(shape, given_value)


def test_keys_of_a_map_are_checked_too():
    shape = SHAPES["personalize:RankingInfluence"]
    assert constraints(shape, {"POPULARITY": 0.5, "FRESHNESS": 1}) == []
    assert constraints(shape, {"POPULARITY": 1.5}) != []
    assert any("enum value set" in constraint for constraint in constraints(shape, {"NOVELTY": 0.5}))


def test_members_that_are_none_or_unknown_are_dropped():
    shape = AWS["create_dataset_group"].input_shape
    cleaned, violations = shapes.clean(shape, {"name": "a", "domain": None, "color": "red"})
    assert (cleaned, violations) == ({"name": "a"}, [])


def test_all_violations_are_told_at_once_each_with_its_place():
    shape = AWS["tag_resource"].input_shape
    _, violations = shapes.clean(shape, {"resourceArn": "x", "tags": [{"tagKey": "", "tagValue": "v"}]})
    text = shapes.summary(violations)
    assert text.startswith("2 validation errors detected: Value at 'resourceArn' failed to satisfy constraint: ")
    assert (
        "Value at 'tags.1.tagKey' failed to satisfy constraint: Member must have length greater than or equal" in text
    )


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", "a\udfffb"])
def test_text_that_no_database_can_keep_is_refused(value):
    assert constraints(SHAPES["personalize:FilterExpression"], value) == [
        "Member must be valid text without NUL characters"
    ]


@pytest.mark.parametrize(
    "value", [1_700_000_000, 1_700_000_000.0, "1700000000", "2023-11-14T22:13:20Z", datetime(2023, 11, 14, 22, 13, 20)]
)
def test_times_are_read_in_every_spelling(value):
    shape = SHAPES["personalize-events:Date"]
    assert shapes.clean(shape, value) == (datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), [])


@pytest.mark.parametrize(
    "value", [True, float("nan"), -1, 1e18, 10**400, "soon", "1" * 500, 1_700_000_000_000, [], "9999-99-99"]
)
def test_what_is_no_time_between_1970_and_2100_is_refused(value):
    assert constraints(SHAPES["personalize-events:Date"], value) != []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(key=st.sampled_from(sorted(SHAPES)), value=anything)
def test_nothing_breaks_the_check_or_the_audit_record(key, value):
    shape = SHAPES[key]
    cleaned, violations = shapes.clean(shape, value)
    shapes.without_sensitive(shape, value)
    if not violations:
        assert shapes.clean(shape, cleaned) == (cleaned, [])


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from([name for name in AWS if AWS[name].input_shape.members]), data=st.data())
def test_nothing_in_any_member_breaks_the_check_or_the_audit_record(name, data):
    shape = AWS[name].input_shape
    value = data.draw(st.dictionaries(st.sampled_from(list(shape.members)), anything, max_size=4))
    shapes.clean(shape, value)
    shapes.without_sensitive(shape, value)
