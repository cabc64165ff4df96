"""Rows that break a rule: named by line, column, value and rule, and nothing is imported."""

import tracemalloc

import pytest

from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import BadRows, import_files
from personalize_web.engine.schemas import parse, template

HEADER = "USER_ID,ITEM_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION\n"
GOOD = "u,i,click,1,tv,1586731606,a|b\n"


def refused(store, schema, *files):
    with pytest.raises(BadRows) as refusal:
        import_files(files, schema, store)
    assert store.snapshot().version == 0
    assert not list(store.root.glob("*.parquet"))
    return refusal.value


CASES = {
    "no user": (",i,click,1,tv,5,", "USER_ID", None, "A value is required."),
    "no time": ("u,i,click,1,tv,,", "TIMESTAMP", None, "A value is required."),
    "no event type": ("u,i, ,1,tv,5,", "EVENT_TYPE", " ", "A value is required."),
    "time as text": ("u,i,c,1,tv,soon,", "TIMESTAMP", "soon", "The value must be a whole number."),
    "time as a date": (
        "u,i,c,1,tv,2020-01-01 10:00,",
        "TIMESTAMP",
        "2020-01-01 10:00",
        "The time must be in Unix seconds, a whole number; this looks like a date: convert it.",
    ),
    "time with fraction": ("u,i,c,1,tv,5.5,", "TIMESTAMP", "5.5", "The value must be a whole number."),
    "underscores": ("u,i,c,1,tv,1_000,", "TIMESTAMP", "1_000", "The value must be a whole number."),
    "hexadecimal": ("u,i,c,1,tv,0x1f,", "TIMESTAMP", "0x1f", "The value must be a whole number."),
    "milliseconds": (
        "u,i,c,1,tv,1586731606000,",
        "TIMESTAMP",
        "1586731606000",
        "The time must be in Unix seconds; this looks like milliseconds: divide it by 1000.",
    ),
    "too large": (
        "u,i,c,1,tv,99999999999999999999,",
        "TIMESTAMP",
        "99999999999999999999",
        "The value must fit into 64 bits with its sign.",
    ),
    "no number": ("u,i,c,four,tv,5,", "EVENT_VALUE", "four", "The value must be a number."),
    "not a number": ("u,i,c,NaN,tv,5,", "EVENT_VALUE", "NaN", "The value must be a number."),
    "infinite": ("u,i,c,inf,tv,5,", "EVENT_VALUE", "inf", "The value must be a number."),
    "beyond a double": ("u,i,c,1e999,tv,5,", "EVENT_VALUE", "1e999", "The number is too large."),
    "repeated header": (
        HEADER.strip(),
        "USER_ID",
        "USER_ID",
        "A column name can't be an id; the header may have been repeated.",
    ),
    "line end in quotes": (
        'u,i,c,1,"t\nv",5,',
        "DEVICE",
        "t\nv",
        "A line end inside a value is not supported; write each record on one line.",
    ),
    "long id": (
        f"{'x' * 257},i,c,1,tv,5,",
        "USER_ID",
        "x" * 59 + "…",
        "Length cannot be more than 256 characters for USER_ID. If no values exceed the character limit, make sure "
        "your data follows the formatting guidelines listed in /console/help/data-format/.",
    ),
    "long category": (
        f"u,i,c,1,{'ü' * 1001},5,",
        "DEVICE",
        "ü" * 59 + "…",
        "Length cannot be more than 1000 characters for DEVICE. If no values exceed the character limit, make sure "
        "your data follows the formatting guidelines listed in /console/help/data-format/.",
    ),
    "long impression": (
        f"u,i,c,1,tv,5,{'a|' * 501}",
        "IMPRESSION",
        ("a|" * 30)[:59] + "…",
        "Length cannot be more than 1000 characters for IMPRESSION. If no values exceed the character limit, make sure "
        "your data follows the formatting guidelines listed in /console/help/data-format/.",
    ),
    "too few values": ("u,i,c", None, "u,i,c", "The row has fewer values than the header has columns."),
    "too many values": (
        "u,i,c,1,tv,5,,9",
        None,
        "u,i,c,1,tv,5,,9",
        "The row has more values than the header has columns.",
    ),
    "text after a quote": (
        'u,i,c,1,"tv"x,5,',
        None,
        'u,i,c,1,"tv"x,5,',
        "A quote is not closed, or text follows a closing quote.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_row_is_named(store, events_schema, csv, case):
    line, column, value, rule = CASES[case]
    errors = refused(store, events_schema, csv(HEADER + GOOD * 2 + "\n" + line + "\n" + GOOD))
    row = errors.rows[0]
    assert {other.line for other in errors.rows} == {5}
    assert (row.file, row.line, row.column, row.value, row.rule) == ("data.csv", 5, column, value, rule)
    assert rule in str(errors)
    assert str(errors).endswith("Nothing was imported.")


def test_a_quote_without_end_is_named_at_its_row(store, events_schema, csv):
    errors = refused(store, events_schema, csv(HEADER + GOOD + 'u,i,c,1,"tv,5,\n' + GOOD * 3))
    assert errors.rows[0].line == 3
    assert errors.rows[0].rule == "A quote is not closed, or text follows a closing quote."


def test_bytes_that_are_no_text_are_named(store, events_schema, csv):
    errors = refused(store, events_schema, csv((HEADER + GOOD).encode() + b"u,i,c,1,\xff\xfe,5,\n"))
    assert (errors.rows[0].line, errors.rows[0].rule) == (
        3,
        "The text must be UTF-8; byte 9 of the line is not (hexadecimal ff). Save the file with the encoding UTF-8.",
    )


def test_nul_characters_are_named(store, events_schema, csv):
    errors = refused(store, events_schema, csv((HEADER + GOOD).encode() + b"u,i,c,1,\0,5,\n"))
    assert (errors.rows[0].line, errors.rows[0].rule) == (3, "The text must not contain NUL characters.")


def test_empty_values_beyond_the_last_column_do_no_harm(store, events_schema, csv):
    assert import_files([csv(HEADER + "u,i,c,1,tv,5,,,\n")], events_schema, store).rows == 1


def test_bad_rows_of_all_kinds_are_listed_by_line(store, events_schema, csv):
    content = HEADER + GOOD + "u,i,c\n\nu,i,c,x,tv,abc,\n" + GOOD + "u,i,c,1,tv,5,,9\n" + GOOD * 2 + "u,,c,1,tv,5,\n"
    errors = refused(store, events_schema, csv(content.replace("\n", "\r\n")))
    assert [(row.line, row.column) for row in errors.rows] == [
        (3, None),
        (5, "EVENT_VALUE"),
        (5, "TIMESTAMP"),
        (7, None),
        (10, "ITEM_ID"),
    ]
    assert str(errors).splitlines()[0] == "5 rows can't be imported:"


def test_at_most_twenty_are_listed(store, events_schema, csv):
    errors = refused(store, events_schema, csv(HEADER + GOOD + "u,i,c,1,tv,soon,\n" * 50))
    assert [row.line for row in errors.rows] == list(range(3, 23))
    assert str(errors).startswith("More than 20 rows can't be imported, the first are:")


def test_lines_are_true_in_a_copy_without_escapes(store, events_schema, csv):
    errors = refused(store, events_schema, csv(HEADER + '\nu,i,c,1,"t\\"v",5,\n\n\nu,i,c,1,"\\\\",x,\n'))
    assert [(row.line, row.column) for row in errors.rows] == [(6, "TIMESTAMP")]


def test_the_file_of_a_bad_row_is_named(store, events_schema, csv):
    errors = refused(store, events_schema, csv(HEADER + GOOD, "good.csv"), csv(HEADER + ",i,c,,,5,\n", "bad.csv"))
    assert str(errors.rows[0]).startswith("bad.csv, line 2, column USER_ID")


def test_a_bad_row_deep_in_a_large_file_is_found(store, events_schema, csv):
    errors = refused(store, events_schema, csv(HEADER + GOOD * 150_000 + "u,i,c,1,tv,soon,\n" + GOOD * 150_000))
    assert [row.line for row in errors.rows] == [150_002]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("USER_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP", "[ITEM_ID, IMPRESSION]"),
        ("user_id,ITEM_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION", "[USER_ID]"),
        ('"USER_ID",ITEM_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION', "[USER_ID]"),
    ],
)
def test_missing_columns_are_told_in_the_documented_words(store, events_schema, csv, header, message):
    with pytest.raises(DataError) as refusal:
        import_files([csv(header + "\n" + GOOD)], events_schema, store)
    assert str(refusal.value).startswith(f"Input CSV is missing the following columns:{message}.")


COMMAS = "they must be separated by commas."
QUOTED = "Column names in the header must not be quoted: remove the double quotes."


def refusal_of(store, schema, *files):
    with pytest.raises(DataError) as refusal:
        import_files(files, schema, store)
    assert store.snapshot().version == 0
    return str(refusal.value)


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        (
            HEADER.replace(",", ";"),
            "It looks as if columns are separated by semicolons (;); they must be separated by commas.",
        ),
        (HEADER.replace(",", "\t"), "It looks as if columns are separated by tabs; they must be separated by commas."),
        (HEADER.replace("USER_ID", "user id"), "Rename the column user id to USER_ID."),
        (
            HEADER.replace("USER_ID", '"USER_ID"'),
            "Column names in the header must not be quoted: remove the double quotes.",
        ),
        ("1,2,3,4,5,6,7\n", "The first line has no column names; it must name the columns."),
        ("hello\n", "The first line must name the columns, separated by commas."),
    ],
)
def test_what_may_be_wrong_with_a_header_is_told(store, events_schema, csv, header, hint):
    said = refusal_of(store, events_schema, csv(header + GOOD))
    assert said.startswith("Input CSV is missing the following columns:[")
    assert said.endswith(f"]. {hint}")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ((HEADER + GOOD).encode("utf-16"), "it is text in UTF-16. Save it as CSV with the encoding UTF-8."),
        ((HEADER + GOOD).encode("utf-16-le"), "its header has NUL characters, as text in UTF-16 has."),
        (b"\x1f\x8b\x08\x00", "it is compressed with gzip. Unpack it first."),
        (b"PK\x03\x04", "it is a zip archive or a workbook. Unpack it, or save the sheet as CSV."),
    ],
)
def test_files_of_another_kind_are_told_by_their_content(store, events_schema, csv, content, says):
    assert says in refusal_of(store, events_schema, csv(content))


def test_a_header_that_names_a_column_twice_is_refused(store, events_schema, csv):
    with pytest.raises(DataError, match=r"more than once:\[USER_ID\]"):
        import_files([csv(HEADER.replace("\n", ",USER_ID\n") + GOOD)], events_schema, store)


@pytest.mark.parametrize("content", ["", "\n\n", "\r\n"])
def test_an_empty_file_is_refused(store, events_schema, csv, content):
    with pytest.raises(DataError, match=r"^data.csv is empty: the first line must name the columns\.$"):
        import_files([csv(content)], events_schema, store)


def test_a_header_alone_is_refused(store, events_schema, csv):
    for content in (HEADER, HEADER.strip(), HEADER + "\n\n"):
        with pytest.raises(DataError, match=r"^The files hold no rows below their header\.$"):
            import_files([csv(content)], events_schema, store)


def test_no_file_is_refused(store, events_schema):
    with pytest.raises(DataError, match="There is no file to import"):
        import_files([], events_schema, store)


def test_a_line_without_end_is_refused(store, events_schema, csv):
    errors = refused(store, events_schema, csv(HEADER + GOOD + "x" * (4 << 20)))
    assert errors.rows[0].line == 3
    assert "at most" in errors.rows[0].rule


@pytest.mark.parametrize("head", ["", HEADER + GOOD])
def test_a_line_of_a_gibibyte_is_refused_in_little_memory(store, events_schema, csv, head):
    file = csv(head)
    with file.path.open("ab") as stream:
        stream.write(b"x" * (4 << 20))
        stream.truncate(1 << 30)
    tracemalloc.start()
    try:
        said = refusal_of(store, events_schema, file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert f"data.csv, line {1 + 2 * bool(head)}: Lines can have at most 2,097,152 bytes." in said
    assert peak < 32 << 20


def test_values_of_actions_have_bounds(store, csv):
    schema = parse(template("ACTIONS", None))
    header = "ACTION_ID,VALUE,MEMBERSHIP_LEVEL,CREATION_TIMESTAMP,REPEAT_FREQUENCY\n"
    errors = refused(store, schema, csv(header + "a,10,,5,30\nb,11,,5,1\nc,0,,5,31\nd,,,5,\n"))
    assert [(row.line, row.column, row.rule) for row in errors.rows] == [
        (3, "VALUE", "The value must be from 1 to 10."),
        (4, "VALUE", "The value must be from 1 to 10."),
        (4, "REPEAT_FREQUENCY", "The value must be from 1 to 30."),
    ]


def test_another_word_for_what_happened_to_an_action_is_refused(store, csv):
    schema = parse(template("ACTION_INTERACTIONS", None))
    errors = refused(store, schema, csv("USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\nu,a,Bought,5\n"))
    assert errors.rows[0].rule == "The value must be Taken, Not Taken or Viewed."


def test_numbers_and_booleans_of_items_are_checked(store, items_schema, csv):
    header = "ITEM_ID,TITLE,GENRES,YEAR,ADULT,DESCRIPTION\n"
    errors = refused(store, items_schema, csv(header + "1,,x,3000000000,yes,\n2,,x,1999,TRUE,\n"))
    assert [(row.column, row.rule) for row in errors.rows] == [
        ("YEAR", "The value must fit into 32 bits with its sign."),
        ("ADULT", "The value must be true or false."),
    ]
