"""From a table of a person's own to a file that fits a schema: mapping, conversions, fixes, and the way back."""

import csv
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine import preparing, schemas
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.importing import SourceFile, import_files
from personalize_web.engine.preparing import recipe as recipes
from personalize_web.engine.reporting import Silent

EVENTS = schemas.parse(
    preparing.schema_text(
        "INTERACTIONS",
        [
            {"name": "USER_ID", "type": "string"},
            {"name": "ITEM_ID", "type": "string"},
            {"name": "TIMESTAMP", "type": "long"},
            {"name": "EVENT_TYPE", "type": "string"},
            {"name": "EVENT_VALUE", "type": "float", "nullable": True},
        ],
    )
)
ITEMS = schemas.parse(
    preparing.schema_text(
        "ITEMS",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "TITLE", "type": "string", "nullable": True},
            {"name": "GENRES", "type": "string", "nullable": True, "categorical": True},
            {"name": "YEAR", "type": "int", "nullable": True},
        ],
    )
)
MESSY = """Kunde;Artikel;Wann;Art;Wert
 u1 ;i1;14.11.2023 22:13;View;1,5
u1;i1;14.11.2023 22:13;view;1,5
u2;i2;15.11.2023;BUY;2,5
;i3;15.11.2023;view;3
u3;i3;gestern;view;3
u4;i4;16.11.2023;view;
u5;i5;17.11.2023;view;9999
"""
MAPPING = {
    "columns": [
        {"field": "USER_ID", "column": "Kunde", "convert": ["trim"]},
        {"field": "ITEM_ID", "column": "Artikel"},
        {"field": "TIMESTAMP", "column": "Wann", "convert": ["date-day-first"]},
        {"field": "EVENT_TYPE", "column": "Art", "convert": ["lower"]},
        {"field": "EVENT_VALUE", "column": "Wert", "convert": ["comma-number"]},
    ]
}


@pytest.fixture
def source(tmp_path):
    def make(text, name="table.csv"):
        path = tmp_path / name
        path.write_text(text)
        return preparing.look([(path, name)])

    return make


def written(source, recipe, schema, folder, **more):
    target = folder / "out.csv"
    result = preparing.write(source, recipe, schema, target, **more)
    with target.open(newline="") as file:
        rows = list(csv.reader(file, escapechar="\\", doublequote=False))
    return result, rows


def test_dates_commas_and_cases_are_converted_and_bad_rows_dropped(source, tmp_path):
    table = source(MESSY)
    result, rows = written(table, recipes.read(MAPPING, EVENTS, table.columns), EVENTS, tmp_path)
    assert rows[0] == list(EVENTS.names)
    assert rows[1] == ["u1", "i1", "1699999980", "view", "1.5"]
    assert [row[0] for row in rows[1:]] == ["u1", "u1", "u2", "u4", "u5"], "no id and no date: two rows less"
    assert (result.read, result.written, result.unfit) == (7, 5, {"TIMESTAMP": 1})
    assert {(step["step"], step["field"]) for step in result.steps} == {("drop", "USER_ID"), ("drop", "TIMESTAMP")}


def test_equal_rows_are_written_once_in_the_order_of_the_file(source, tmp_path):
    table = source(MESSY)
    recipe = recipes.read(MAPPING | {"dropDuplicates": True}, EVENTS, table.columns)
    result, rows = written(table, recipe, EVENTS, tmp_path)
    assert [row[0] for row in rows[1:]] == ["u1", "u2", "u4", "u5"]
    assert result.steps[-1] == {"step": "duplicates", "field": "", "rows": 1}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"how": "mean"}, (1.5 + 1.5 + 2.5 + 9999) / 4),
        ({"how": "frequent"}, 1.5),
        ({"how": "constant", "value": "7"}, 7),
    ],
)
def test_gaps_are_filled(source, tmp_path, how, expected):
    table = source(MESSY.replace("u3;i3;gestern;view;3\n", "").replace(";i3;15.11.2023;view;3\n", ""))
    recipe = recipes.read(MAPPING | {"missing": {"EVENT_VALUE": how}}, EVENTS, table.columns)
    _, rows = written(table, recipe, EVENTS, tmp_path)
    filled = next(row for row in rows if row[0] == "u4")[4]
    assert float(filled) == pytest.approx(expected)


def test_outliers_are_dropped_with_their_rows(source, tmp_path):
    lines = [f"u{at};i{at};15.11.2023;view;{at % 10}" for at in range(100)]
    table = source("Kunde;Artikel;Wann;Art;Wert\n" + "\n".join(lines) + "\nodd;i;15.11.2023;view;99999\n")
    recipe = recipes.read(MAPPING | {"outliers": ["EVENT_VALUE"]}, EVENTS, table.columns)
    result, rows = written(table, recipe, EVENTS, tmp_path)
    assert result.written == 100 and all(row[0] != "odd" for row in rows)


def test_a_value_for_every_row_stands_in_for_a_column(source, tmp_path):
    table = source("user,item,at\nu1,i1,1700000000123\n")
    recipe = recipes.read(
        {
            "columns": [
                {"field": "USER_ID", "column": "user"},
                {"field": "ITEM_ID", "column": "item"},
                {"field": "TIMESTAMP", "column": "at", "convert": ["milliseconds"]},
                {"field": "EVENT_TYPE", "value": "watch"},
                {"field": "EVENT_VALUE", "value": "1"},
            ]
        },
        EVENTS,
        table.columns,
    )
    assert written(table, recipe, EVENTS, tmp_path)[1][1] == ["u1", "i1", "1700000000", "watch", "1.0"]


@pytest.mark.parametrize(
    ("convert", "cell", "value"),
    [
        ("join-comma", '"a, b , c"', "a|b|c"),
        ("join-semicolon", "a; b;", "a|b"),
        ("join-slash", "a/b", "a|b"),
        ("list", '"[""a"", ""b""]"', "a|b"),
        ("upper", "a", "A"),
    ],
)
def test_several_values_of_a_cell_are_joined_by_bars(source, tmp_path, convert, cell, value):
    table = source(f"id,genres\ni1,{cell}\n")
    columns = [{"field": "ITEM_ID", "column": "id"}, {"field": "GENRES", "column": "genres", "convert": [convert]}]
    columns += [{"field": "TITLE", "value": "t"}, {"field": "YEAR", "value": "1999"}]
    recipe = recipes.read({"columns": columns}, ITEMS, table.columns)
    assert written(table, recipe, ITEMS, tmp_path)[1][1][2] == value


def test_a_field_that_may_be_empty_needs_no_column(source, tmp_path):
    table = source("id,title\ni1,one\n")
    columns = [{"field": "ITEM_ID", "column": "id"}, {"field": "TITLE", "column": "title"}]
    columns += [{"field": "GENRES"}, {"field": "YEAR"}]
    result, rows = written(table, recipes.read({"columns": columns}, ITEMS, table.columns), ITEMS, tmp_path)
    assert rows[1] == ["i1", "one", "", ""] and not result.unfit


def test_several_files_are_one_table_with_columns_in_any_order(tmp_path):
    (tmp_path / "a.csv").write_text("id,title\ni1,one\n")
    (tmp_path / "b.jsonl").write_text(json.dumps({"title": "two", "id": "i2"}) + "\n")
    table = preparing.look([(tmp_path / "a.csv", "a.csv"), (tmp_path / "b.jsonl", "b.jsonl")])
    columns = [{"field": "ITEM_ID", "column": "id"}, {"field": "TITLE", "column": "title"}]
    columns += [{"field": "GENRES", "value": "x"}, {"field": "YEAR", "value": "1999"}]
    _, rows = written(table, recipes.read({"columns": columns}, ITEMS, table.columns), ITEMS, tmp_path)
    assert [row[:2] for row in rows[1:]] == [["i1", "one"], ["i2", "two"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": []}, "Choose a column for USER_ID, ITEM_ID"),
        ({"columns": [{"field": "ITEM_ID"}, *MAPPING["columns"]]}, "Choose a column for ITEM_ID"),
        ({"columns": [*MAPPING["columns"], {"field": "NOPE", "column": "Art"}]}, "no field NOPE"),
        ({"columns": [*MAPPING["columns"], MAPPING["columns"][0]]}, "these have two: USER_ID"),
        (
            {"columns": [{"field": "USER_ID", "column": "Gone"}, *MAPPING["columns"][1:]]},
            "The file has no column Gone, which USER_ID is made from",
        ),
        (
            {"columns": [MAPPING["columns"][0] | {"convert": ["magic"]}, *MAPPING["columns"][1:]]},
            "there is no converter magic",
        ),
        (
            {"columns": [MAPPING["columns"][0] | {"convert": ["date"]}, *MAPPING["columns"][1:]]},
            "Unix seconds need the type long",
        ),
        (
            {"columns": [MAPPING["columns"][0] | {"convert": ["number", "trim"]}, *MAPPING["columns"][1:]]},
            "after number there is no text left",
        ),
        ({"missing": {"EVENT_TYPE": {"how": "mean"}}}, "EVENT_TYPE is no number"),
        ({"missing": {"USER_ID": {"how": "frequent"}}}, "rows without an id are dropped"),
        ({"missing": {"EVENT_VALUE": {"how": "constant"}}}, "Enter the value that fills the gaps of EVENT_VALUE"),
        ({"missing": {"EVENT_VALUE": {"how": "constant", "value": "x"}}}, "filled with a number; x is none"),
        ({"missing": {"EVENT_VALUE": {"how": "guess"}}}, "guess is none of these"),
        ({"missing": {"NOPE": {"how": "drop"}}}, "no field NOPE"),
        ({"outliers": ["EVENT_TYPE"]}, "EVENT_TYPE is none"),
    ],
)
def test_a_recipe_that_does_not_hold_is_refused_in_words(source, change, message):
    table = source(MESSY)
    with pytest.raises(DataError, match=message):
        recipes.read(MAPPING | change, EVENTS, table.columns)


def test_a_recipe_survives_being_kept(source):
    table = source(MESSY)
    given = MAPPING | {"missing": {"EVENT_VALUE": {"how": "mean"}}, "outliers": ["EVENT_VALUE"], "dropDuplicates": True}
    recipe = recipes.read(given, EVENTS, table.columns)
    assert recipes.read(json.loads(json.dumps(recipe.as_json())), EVENTS, table.columns) == recipe


def test_when_nothing_is_left_the_reason_is_named_and_nothing_written(source, tmp_path):
    table = source("Kunde;Artikel;Wann;Art;Wert\nu1;i1;gestern;view;1\n")
    with pytest.raises(DataError, match=r"No row of 1 is left to write.*1 cells hold no value of TIMESTAMP"):
        written(table, recipes.read(MAPPING, EVENTS, table.columns), EVENTS, tmp_path)
    assert not (tmp_path / "out.csv").exists()
    assert not list(tmp_path.glob("personalize-*"))


def test_a_stop_leaves_no_file(source, tmp_path):
    class Asked(Silent):
        def check(self):
            raise Stopped

    table = source(MESSY)
    with pytest.raises(Stopped):
        written(table, recipes.read(MAPPING, EVENTS, table.columns), EVENTS, tmp_path, reporter=Asked())
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_rows_that_do_not_split_into_cells_are_left_out_and_counted(source, tmp_path):
    table = source(MESSY + "u6;i6\nu7;i7;17.11.2023;view;1;too;many\n")
    result, rows = written(table, recipes.read(MAPPING, EVENTS, table.columns), EVENTS, tmp_path)
    assert result.left_out == 2 and len(rows) == 6


def test_the_report_tells_summary_duplicates_gaps_and_what_the_fixes_would_leave(source):
    table = source(MESSY)
    given = MAPPING | {"dropDuplicates": True}
    found = preparing.report(table, recipes.read(given, EVENTS, table.columns), EVENTS)
    summary = found["summary"]
    assert (summary["rows"], summary["features"], summary["users"], summary["items"]) == (7, 5, 5, 5)
    assert summary["usersWithTwo"] == 1 and summary["kinds"]["categorical"] == 1
    assert found["duplicates"]["rows"] == 2 and found["duplicates"]["share"] == pytest.approx(2 / 7)
    assert found["duplicates"]["listed"][0]["times"] == 2
    assert found["incomplete"]["rows"] == 3 and found["incomplete"]["listed"][0]["row"] == 4
    assert found["unfit"] == {"TIMESTAMP": 1}
    assert found["fixed"]["before"] == 7 and found["fixed"]["after"] == 4
    assert {one["number"] for one in found["insights"]} >= {"I1", "I2", "I12"}
    assert json.dumps(found)


def test_the_example_of_the_documentation(source):
    lines = [f"u{at},i{at},{1_700_000_000 + at},view,1" for at in range(30)]
    table = source("a,b,c,d,e\n" + "\n".join([*lines, lines[0]]) + "\n")
    columns = [{"field": name, "column": letter} for name, letter in zip(EVENTS.names, "abcde", strict=True)]
    found = preparing.report(table, recipes.read({"columns": columns}, EVENTS, table.columns), EVENTS)
    assert found["summary"]["duplicateShare"] == pytest.approx(2 / 31)
    texts = {one["number"]: one for one in found["insights"]}
    assert "only 30 interactions" in texts["I1"]["insight"] and "49,970" in texts["I1"]["action"]


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=20
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(values=st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_whatever_is_written_is_imported_unchanged(tmp_path, values):
    path = tmp_path / "any.jsonl"
    rows = [{"id": f"i{at}", "title": title, "genres": genre} for at, (title, genre) in enumerate(values)]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    table = preparing.look([(path, path.name)])
    columns = [{"field": "ITEM_ID", "column": "id"}, {"field": "TITLE", "column": "title"}]
    columns += [{"field": "GENRES", "column": "genres"}, {"field": "YEAR", "value": "1999"}]
    recipe = recipes.read({"columns": columns}, ITEMS, table.columns)
    preparing.write(table, recipe, ITEMS, tmp_path / "out.csv")
    store = ColumnStore(tmp_path / "columns")
    import_files([SourceFile(tmp_path / "out.csv", "out.csv")], ITEMS, store)
    stored = {row["ITEM_ID"]: row for row in store.snapshot().table().to_pylist()}
    words = schemas.reserved("ITEMS", None)
    for row in rows:
        assert stored[row["id"]]["TITLE"] == (None if row["title"] in words else row["title"])
        assert stored[row["id"]]["GENRES"] == (None if row["genres"] in words else row["genres"])
