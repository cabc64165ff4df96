"""Files that are taken, and what of them is kept."""

import pytest

from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.importing import PHASES, SourceFile, import_files
from personalize_web.engine.reporting import Silent
from personalize_web.engine.schemas import parse, template

HEADER = "USER_ID,ITEM_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION\n"
ITEMS = "ITEM_ID,TITLE,GENRES,YEAR,ADULT,DESCRIPTION\n"
ROW = "35,73,click,,Tablet,1586731606,73|70|17\n"


def imported(store, schema, *files, **options):
    import_files(files, schema, store, **options)
    return store.snapshot().raw().to_pylist()


def one(store, schema, source):
    (row,) = imported(store, schema, source)
    return row


def test_a_row_becomes_values_of_the_schemas_types(store, events_schema, csv):
    assert one(store, events_schema, csv(HEADER + ROW)) == {
        "USER_ID": "35",
        "ITEM_ID": "73",
        "EVENT_TYPE": "click",
        "EVENT_VALUE": None,
        "DEVICE": "Tablet",
        "TIMESTAMP": 1586731606,
        "IMPRESSION": "73|70|17",
    }


def test_columns_are_found_by_name_in_any_order_and_others_ignored(store, events_schema, csv):
    file = csv("EXTRA,TIMESTAMP,IMPRESSION,DEVICE,EVENT_VALUE,EVENT_TYPE,ITEM_ID,USER_ID,\nx,5,,,1.5,buy,b,a,\n")
    summary = import_files([file], events_schema, store)
    assert summary.rows == 1
    assert any("EXTRA" in warning for warning in summary.warnings)
    (row,) = store.snapshot().raw().to_pylist()
    assert (row["USER_ID"], row["TIMESTAMP"], row["EVENT_VALUE"]) == ("a", 5, 1.5)


def test_an_escaped_quote_is_a_quote(store, items_schema, csv):
    text = ITEMS + '1,"the \\"best\\", they say \\\\ ""so""",a|b,1999,TRUE,"C:\\dir"\n'
    row = one(store, items_schema, csv(text))
    assert row["TITLE"] == 'the "best", they say \\ "so"'
    assert row["DESCRIPTION"] == "C:\\dir"
    assert (row["YEAR"], row["ADULT"], row["GENRES"]) == (1999, True, "a|b")


def test_doubled_quotes_and_commas_inside_quotes_are_text(store, items_schema, csv):
    row = one(store, items_schema, csv('ITEM_ID,TITLE,GENRES,YEAR,ADULT,DESCRIPTION\n1,"a ""b"", c",x,,false,\n'))
    assert row["TITLE"] == 'a "b", c'
    assert (row["YEAR"], row["ADULT"], row["DESCRIPTION"]) == (None, False, None)


def test_byte_order_mark_windows_line_ends_and_blank_lines_are_taken(store, events_schema, csv):
    content = ("\n" + HEADER + ROW + "\n" + ROW.replace("35", "36")).replace("\n", "\r\n")
    rows = imported(store, events_schema, csv(b"\xef\xbb\xbf" + content.encode()))
    assert [row["USER_ID"] for row in rows] == ["35", "36"]
    assert rows[0]["IMPRESSION"] == "73|70|17"


def test_mixed_line_ends_are_taken(store, events_schema, csv):
    rows = imported(store, events_schema, csv(HEADER + ROW.replace("\n", "\r\n") + ROW + "\r\n" + ROW))
    assert [row["IMPRESSION"] for row in rows] == ["73|70|17"] * 3


def test_blanks_after_commas_are_stripped_where_they_cannot_be_meant(store, events_schema, csv):
    text = (
        "USER_ID, ITEM_ID, EVENT_TYPE,EVENT_VALUE ,DEVICE, TIMESTAMP,IMPRESSION\n1, b, watch, 2.5 , tv, 964982703 ,\n"
    )
    row = one(store, events_schema, csv(text))
    assert (row["EVENT_TYPE"], row["EVENT_VALUE"], row["TIMESTAMP"]) == ("watch", 2.5, 964982703)
    assert (row["ITEM_ID"], row["DEVICE"]) == (" b", " tv")


def test_words_for_nothing_are_ordinary_text(store, events_schema, csv):
    row = one(store, events_schema, csv(HEADER + "null,N/A,NULL,,null,5,\n"))
    assert (row["USER_ID"], row["ITEM_ID"], row["EVENT_TYPE"], row["DEVICE"]) == ("null", "N/A", "NULL", "null")


def test_an_empty_text_that_may_not_be_null_is_stored_empty(store, items_schema, csv):
    assert one(store, items_schema, csv("ITEM_ID,TITLE,GENRES,YEAR,ADULT,DESCRIPTION\n1,,,,,\n"))["GENRES"] == ""


def test_a_whole_number_and_an_exponent_are_decimal_numbers(store, events_schema, csv):
    rows = imported(store, events_schema, csv(HEADER + "a,b,c,15,,1,\na,b,c,-1.5e-3,,2,\na,b,c,.5,,3,\n"))
    assert [row["EVENT_VALUE"] for row in rows] == [15.0, -0.0015, 0.5]


def test_text_beyond_its_limit_is_cut(store, items_schema, csv):
    body = ITEMS + f"1,,x,,,{'é' * 20_001}\n2,,x,,,{'猫' * 7_001}a\n3,,x,,,{'猫' * 30}\n"
    rows = imported(store, items_schema, csv(body))
    assert [len(row["DESCRIPTION"]) for row in rows] == [20_000, 7_000, 30]


def test_values_of_a_thousand_characters_are_the_longest_for_categories(store, events_schema, csv):
    row = one(store, events_schema, csv(HEADER + f"{'ä' * 256},b,c,,{'ö' * 1000},5,\n"))
    assert (len(row["USER_ID"]), len(row["DEVICE"])) == (256, 1000)


def test_column_names_as_values_count_as_missing_and_are_warned_about(store, events_schema, csv):
    summary = import_files([csv(HEADER + "a,b,EVENT_TYPE,,ITEM_ID,5,\na,b,click,,tv,6,\n")], events_schema, store)
    rows = store.snapshot().raw().to_pylist()
    assert [row["EVENT_TYPE"] for row in rows] == [None, "click"]
    assert [row["DEVICE"] for row in rows] == [None, "tv"]
    assert "1 values of EVENT_TYPE are column names; they count as missing." in summary.warnings


def test_a_shops_creation_timestamp_is_stored_in_whole_seconds(store, csv):
    text = template("ITEMS", "ECOMMERCE").replace(
        '"PRICE", "type": "float"}', '"PRICE", "type": "float"}, {"name": "CREATION_TIMESTAMP", "type": "float"}'
    )
    schema = parse(text, domain="ECOMMERCE")
    row = one(store, schema, csv("ITEM_ID,PRICE,CATEGORY_L1,CREATION_TIMESTAMP\n1,2,x,1586731606.9\n"))
    assert row["CREATION_TIMESTAMP"] == 1586731606


def test_what_happened_to_an_action_may_be_spelled_in_many_ways(store, csv):
    schema = parse(template("ACTION_INTERACTIONS", None))
    words = ["TAKEN", "Taken", "Not Taken", "Not taken", "NOT_TAKEN", "not-taken", "Viewed"]
    body = "".join(f"u,a,{word},{at}\n" for at, word in enumerate(words))
    rows = imported(store, schema, csv("USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\n" + body))
    assert [row["EVENT_TYPE"] for row in rows] == ["TAKEN"] * 2 + ["NOT_TAKEN"] * 4 + ["VIEWED"]


def test_files_of_one_import_stay_in_their_order(store, events_schema, csv):
    files = [csv(HEADER + ROW.replace("35", f"u{at}"), f"{at}.csv") for at in range(4)]
    files[2] = csv("ITEM_ID,USER_ID,EVENT_TYPE,EVENT_VALUE,DEVICE,TIMESTAMP,IMPRESSION\n1,u2,c,,,5,\n", "other.csv")
    rows = imported(store, events_schema, *files)
    assert [row["USER_ID"] for row in rows] == ["u0", "u1", "u2", "u3"]


def test_duplicates_are_taken(store, events_schema, csv):
    assert import_files([csv(HEADER + ROW * 3)], events_schema, store).rows == 3
    assert store.snapshot().effective_rows == 1


def test_incremental_imports_add_and_full_ones_replace(store, events_schema, csv):
    import_files([csv(HEADER + ROW)], events_schema, store)
    import_files([csv(HEADER + ROW * 2)], events_schema, store, mode="INCREMENTAL")
    assert store.snapshot().rows("BULK") == 3
    import_files([csv(HEADER + ROW)], events_schema, store)
    assert store.snapshot().rows("BULK") == 1


def test_too_few_rows_fail_and_enough_pass(store, events_schema, csv):
    with pytest.raises(DataError, match=r"^The import has 999 rows; at least 1,000 are required\.$"):
        import_files([csv(HEADER + ROW * 999)], events_schema, store, minimum_rows=1000)
    assert store.snapshot().version == 0
    assert import_files([csv(HEADER + ROW * 1000)], events_schema, store, minimum_rows=1000).rows == 1000


def test_too_many_bytes_fail(store, events_schema, csv):
    with pytest.raises(DataError, match="an import job takes at most 10"):
        import_files([csv(HEADER + ROW)], events_schema, store, maximum_bytes=10)


class Watching(Silent):
    def __init__(self, stop_in=None):
        self.phases, self.fractions, self.rows, self.stop_in = [], [], None, stop_in

    def phase(self, name, index, of):
        self.phases.append((name, index, of))

    def progress(self, fraction, *, rows=None, rows_total=None):
        self.fractions.append((len(self.phases), fraction))
        self.rows = rows

    def check(self):
        if len(self.phases) == self.stop_in:
            raise Stopped


def test_progress_tells_phases_and_rows(store, events_schema, csv):
    watching = Watching()
    import_files([csv(HEADER + ROW * 5000)], events_schema, store, reporter=watching)
    assert watching.phases == [(name, at, 4) for at, name in enumerate(PHASES, start=1)]
    assert watching.rows == 5000
    assert watching.fractions == sorted(watching.fractions)
    assert all(0 <= fraction <= 1 for _, fraction in watching.fractions)


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_a_stop_leaves_the_dataset_as_it_was(store, events_schema, csv, phase):
    with pytest.raises(Stopped):
        import_files([csv(HEADER + ROW * 200_000)], events_schema, store, reporter=Watching(stop_in=phase))
    assert store.snapshot().version == 0
    assert not list(store.root.glob(".staging-*"))


def test_movielens_is_imported_whole(store, movielens, tmp_path):
    schema = parse(template("INTERACTIONS", None))
    lines = (movielens / "ratings.csv").read_text().splitlines()
    path = tmp_path / "ratings.csv"
    path.write_text("USER_ID,ITEM_ID,RATING,TIMESTAMP\n" + "\n".join(lines[1:]))
    assert import_files([SourceFile(path, path.name)], schema, store, minimum_rows=1000).rows == 100_836
    table = store.snapshot().table()
    assert table.num_rows == 100_836
    assert table.slice(0, 1).to_pylist() == [{"USER_ID": "1", "ITEM_ID": "1", "TIMESTAMP": 964982703}]
