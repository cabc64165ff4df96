"""What is told about a file before its import starts."""

from personalize_web.engine.importing import preflight

HEADER = "USER_ID,ITEM_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION\n"
GOOD = "u,i,click,1,tv,1586731606,a|b\n"


def errors(found):
    return [problem.message for problem in found.problems if problem.severity == "error"]


def test_a_good_file_shows_its_columns_rows_and_a_sample(events_schema, csv):
    found = preflight(csv(HEADER + GOOD * 7).path, events_schema)
    assert found.usable
    assert found.columns == tuple(HEADER.strip().split(","))
    assert (found.missing, found.extra, found.rows, found.estimated_rows) == ((), (), 7, 7)
    assert len(found.sample) == 5
    assert found.sample[0]["TIMESTAMP"] == "1586731606"


def test_the_rows_of_a_large_file_are_estimated(events_schema, csv):
    file = csv(HEADER + GOOD * 100_000)
    found = preflight(file.path, events_schema)
    assert found.rows < 40_000
    assert abs(found.estimated_rows - 100_000) < 1000
    assert found.estimated_seconds > 0


def test_the_beginning_of_a_file_is_enough(events_schema, csv):
    file = csv(HEADER + GOOD * 10)
    assert 95 < preflight(file.path, events_schema, size=file.path.stat().st_size * 10).estimated_rows < 130


def test_missing_and_extra_columns_are_told_with_a_way_out(events_schema, csv):
    found = preflight(csv(HEADER.replace("USER_ID", "user_id") + GOOD).path, events_schema)
    assert (found.missing, found.extra) == (("USER_ID",), ("user_id",))
    assert "Input CSV is missing the following columns:[USER_ID]." in errors(found)
    assert "Rename the column user_id to USER_ID." in errors(found)


def test_quoted_headers_are_told(events_schema, csv):
    found = preflight(csv(HEADER.replace("USER_ID", '"USER_ID"') + GOOD).path, events_schema)
    assert "Column names in the header must not be quoted: remove the double quotes." in errors(found)


def test_bad_rows_are_told_by_line(events_schema, csv):
    found = preflight(csv(HEADER + GOOD + "u,i,click,x,tv,5,\n").path, events_schema)
    assert not found.usable
    assert errors(found) == ["data.csv, line 3, column EVENT_VALUE: The value must be a number. Found: 'x'."]


def test_text_that_is_not_utf8_is_told(events_schema, csv):
    found = preflight(csv(HEADER.encode() + b"\xe9,i,click,1,tv,5,\n").path, events_schema)
    assert "The text must be UTF-8" in errors(found)[0]


def test_too_few_rows_are_told(events_schema, csv):
    found = preflight(csv(HEADER + GOOD).path, events_schema, minimum_rows=1000)
    assert errors(found) == ["The file has about 1 rows; at least 1,000 are required."]


def test_many_event_types_are_warned_about(events_schema, csv):
    body = "".join(f"u,i,type{at},1,tv,5,\n" for at in range(8))
    found = preflight(csv(HEADER + body).path, events_schema)
    assert found.usable
    assert found.problems[0].message.startswith("8 event types and 3 event columns are more than 10 together")
    assert preflight(csv(HEADER + body[: body.index("u,i,type7")]).path, events_schema).problems == ()


def test_an_empty_file_is_told(events_schema, csv):
    assert errors(preflight(csv("").path, events_schema)) == [
        "data.csv is empty: the first line must name the columns."
    ]
