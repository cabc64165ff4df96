"""A dry run says everything at once: each broken rule with its count and examples, and what the good rows hold."""

import json

import pytest

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import check_files, import_files
from personalize_web.engine.schemas import parse, template

HEADER = "USER_ID,ITEM_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION\n"
GOOD = "u,i,click,1,tv,1586731606,a|b\n"


@pytest.fixture
def check(tmp_path, events_schema):
    def run(*files, schema=events_schema, **options):
        found = check_files(files, schema, tmp_path / "scratch", **options)
        assert not (tmp_path / "scratch").exists()
        return json.loads(json.dumps(found))

    return run


def problems(found):
    return {
        (problem["column"], problem["rule"][:40]): (problem["rows"], [row.get("line") for row in problem["examples"]])
        for problem in found["problems"]
    }


def test_the_guides_example_of_31_rows(check, csv):
    rows = [f"u{at},i{at},{'buy' if at < 11 else 'save'},{at}\n" for at in range(30)]
    schema = parse(template("INTERACTIONS", "ECOMMERCE"), domain="ECOMMERCE")
    file = csv("USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + "".join(rows) + rows[3])
    found = check(file, schema=schema, minimum_rows=1000)
    summary = found["summary"]
    assert (summary["features"], summary["rows"], summary["distinctRows"]) == (4, 31, 30)
    assert round(100 * summary["duplicateShare"], 2) == 6.45
    assert (summary["users"], summary["items"], summary["usersWithTwo"]) == (30, 30, 0)
    assert found["duplicates"]["listed"] == [
        {
            "times": 2,
            "first": {"file": "data.csv", "line": 5},
            "last": {"file": "data.csv", "line": 32},
            "values": {"USER_ID": "u3", "ITEM_ID": "i3", "EVENT_TYPE": "buy", "TIMESTAMP": 3},
        }
    ]
    (types,) = [column for column in found["columns"] if column["name"] == "EVENT_TYPE"]
    assert [(value["value"], round(100 * value["share"], 1)) for value in types["top"]] == [
        ("save", 61.3),
        ("buy", 38.7),
    ]
    insights = {insight["number"]: insight for insight in found["insights"]}
    assert "only 30 interactions" in insights["I1"]["insight"]
    assert "49,970" in insights["I1"]["action"]
    assert "only 0 unique users" in insights["I2"]["insight"]
    assert "1,000" in insights["I2"]["action"]
    assert not {"I3", "I4"} & set(insights)
    assert found["wouldImport"] is False
    assert found["failureReason"] == "The import has 31 rows; at least 1,000 are required."


def test_every_broken_rule_is_counted_with_five_examples(check, csv):
    bad = ",i,click,1,tv,5,\n" * 7 + "u,i,click,x,tv,soon,\n" + "u,i\n" + "u,i,click,1,tv,1586731606000,\n"
    found = check(csv(HEADER + GOOD + bad + GOOD))
    assert (found["rows"], found["goodRows"], found["badRows"]) == (12, 2, 10)
    assert problems(found) == {
        ("USER_ID", "A value is required."): (7, [3, 4, 5, 6, 7]),
        ("EVENT_VALUE", "The value must be a number."): (1, [10]),
        ("TIMESTAMP", "The value must be a whole number."): (1, [10]),
        ("TIMESTAMP", "The time must be in Unix seconds; this l"): (1, [12]),
        (None, "The row has fewer values than the header"): (1, [11]),
    }
    assert found["problems"][1]["examples"][0]["value"] in ("x", "soon", "u,i", "1586731606000")


def test_what_an_import_would_say_is_what_it_says(check, csv, events_schema, tmp_path):
    files = [
        csv(HEADER + GOOD * 2 + "u,i,click,x,tv,5,\n", "a.csv"),
        csv(HEADER + "u,,click,1,tv,2020-01-01,\nu,i\n", "b.csv"),
        csv(HEADER + "USER_ID,i,click,1,tv,5,\n", "c.csv"),
    ]
    wrong = [csv(HEADER.encode() + b"\xff,i,c,1,tv,5,\n", "d.csv"), csv(HEADER.replace(",", ";"), "e.csv")]
    for some in ([files[0]], files[:2], files, [wrong[0], files[0]], wrong):
        found = check(*some)
        with pytest.raises(DataError) as refusal:
            import_files(some, events_schema, ColumnStore(tmp_path / "columns"))
        assert found["failureReason"] == str(refusal.value)
        assert found["wouldImport"] is False


@pytest.mark.parametrize(
    "content",
    [
        "",
        HEADER,
        HEADER.replace(",", ";") + GOOD,
        HEADER.replace("\n", ",USER_ID\n") + GOOD,
        (HEADER + GOOD).encode() + b"u,i,c,1,\xff\xfe,5,\n",
        (HEADER + GOOD).encode() + b"u,i,c,1,\0,5,\n",
        HEADER + GOOD + "x" * (4 << 20) + "\n" + GOOD,
        HEADER + GOOD + 'u,i,c,1,"tv,5,\n' + GOOD,
        HEADER + GOOD + 'u,i,c,1,"t\nv",5,\n',
        (HEADER + GOOD).encode("utf-16"),
        (HEADER.strip() + ",caf\xe9\n" + GOOD).encode("latin-1"),
        b"PAR1 and no more",
    ],
)
def test_files_of_no_use_are_reported_as_an_import_reports_them(check, csv, events_schema, tmp_path, content):
    file = csv(content)
    found = check(file)
    with pytest.raises(DataError) as refusal:
        import_files([file], events_schema, ColumnStore(tmp_path / "columns"))
    assert found["failureReason"] == str(refusal.value)


def test_rows_around_unreadable_lines_are_checked_too(check, csv):
    lines = [GOOD.encode(), b"\xff,i,c,1,,5,\n", b"u,i,c,1,\0,5,\n", b"u,i,c,1,t\rv,5,\n", b"x" * (4 << 20) + b"\n"]
    found = check(csv(HEADER.encode() + b"".join(lines) + b"u,i,c,many,tv,5,\n" + GOOD.encode()))
    assert problems(found) == {
        (None, "The text must be UTF-8. Save the file wi"): (1, [3]),
        (None, "The text must not contain NUL characters"): (1, [4]),
        (None, "Lines must end with a line feed, alone o"): (1, [5]),
        (None, "Lines can have at most 2,097,152 bytes. "): (1, [6]),
        ("EVENT_VALUE", "The value must be a number."): (1, [7]),
    }
    assert (found["goodRows"], found["badRows"]) == (2, 5)


def test_lines_stay_true_behind_rows_that_go_over_several_lines(check, csv):
    body = 'u,"i\n\nj",c,1,tv,5,\n' * 2 + "\nu,i,c,x,tv,5,\n"
    extra = '"p\nq",' + GOOD + "x,u,i,c,x,tv,5,\n"
    found = check(csv("EXTRA," + HEADER + extra))
    found = check(csv(HEADER + body))
    assert problems(found)["EVENT_VALUE", "The value must be a number."] == (1, [9])
    assert problems(found)["ITEM_ID", "A line end inside a value is not support"] == (2, [2, 5])


def test_missing_columns_do_not_hide_what_else_is_wrong(check, csv):
    found = check(csv("USER_ID,ITEM_ID,EVENT_TYPE,EVENT_VALUE,TIMESTAMP,MORE\nu,i,c,x,5,\nu,i,c,1,5,\n"))
    assert (found["missing"], found["extra"]) == (["DEVICE", "IMPRESSION"], ["MORE"])
    assert found["failureReason"].startswith("Input CSV is missing the following columns:[DEVICE, IMPRESSION].")
    assert ("EVENT_VALUE", "The value must be a number.") in problems(found)
    assert found["warnings"] == ["Columns that the schema does not have were ignored: MORE."]


def test_missing_values_and_sparse_rows_are_counted(check, csv, items_schema):
    body = "1,a,x,1999,true,text\n2,,,,,\n3,b,y,2000,false,\n"
    found = check(csv("ITEM_ID,TITLE,GENRES,YEAR,ADULT,DESCRIPTION\n" + body), schema=items_schema)
    summary = found["summary"]
    assert round(summary["missingShare"], 4) == round(6 / 18, 4)
    assert round(summary["validShare"], 4) == round(12 / 18, 4)
    assert (summary["sparseRows"], round(summary["sparseShare"], 4)) == (1, 0.3333)
    assert summary["kinds"] == {"numeric": 1, "categorical": 1, "text": 3, "datetime": 0, "binary": 1, "unknown": 0}
    assert summary["items"] == 3
    assert found["incomplete"]["rows"] == 2
    assert [row["line"] for row in found["incomplete"]["listed"]] == [3, 4]
    assert {insight["number"] for insight in found["insights"]} >= {"I5", "I6", "I9"}
    years = next(column for column in found["columns"] if column["name"] == "YEAR")
    assert (years["min"], years["max"], years["warnings"]) == (1999, 2000, 1)


def test_actions_are_reported_without_insights(check, csv):
    schema = parse(template("ACTIONS", None))
    header = "ACTION_ID,VALUE,MEMBERSHIP_LEVEL,CREATION_TIMESTAMP,REPEAT_FREQUENCY\n"
    found = check(csv(header + "a,10,x,5,30\nb,2,,5,1\n"), schema=schema)
    assert (found["summary"]["actions"], found["insights"], found["wouldImport"]) == (2, [], True)
    assert [column["name"] for column in found["columns"]] == header.strip().split(",")


def test_many_event_types_are_a_warning(check, csv):
    found = check(csv(HEADER + "".join(f"u,i,type{at},1,tv,5,\n" for at in range(8))))
    assert found["wouldImport"] is True
    assert found["warnings"][0].startswith("8 event types and 3 event columns are more than 10 together")


def test_a_sample_is_the_first_rows(check, csv, monkeypatch):
    monkeypatch.setattr("personalize_web.engine.importing.checking.SAMPLE_ROWS", 5)
    files = [csv(HEADER + GOOD * 3, "a.csv"), csv(HEADER + GOOD * 3 + "u,i\n", "b.csv")]
    found = check(*files, full=False)
    assert (found["rows"], found["sampled"], found["wouldImport"]) == (5, True, True)
    whole = check(*files)
    assert (whole["rows"], whole["sampled"], whole["wouldImport"]) == (7, False, False)
