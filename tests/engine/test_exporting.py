"""What an export writes: which rows, how a cell looks, and that an import takes the files back."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine import exporting
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import Stopped
from personalize_web.engine.importing import SourceFile, import_files
from personalize_web.engine.reporting import Silent
from tests.engine.small_schemas import EVENT, optional, plain, schema_of

INTERACTIONS = schema_of("INTERACTIONS", *EVENT, optional("DEVICE", categorical=True))
USERS = schema_of("USERS", plain("USER_ID"), optional("AGE", "int"), optional("CITY"))


@pytest.fixture
def store(tmp_path):
    return ColumnStore(tmp_path / "columns")


def add_bulk(store, schema, *rows):
    with store.staging() as aside:
        pq.write_table(table(schema, rows), aside / "rows.parquet")
        store.append_bulk([aside / "rows.parquet"], schema)


def add_individual(store, schema, *rows, sequence=1):
    store.append_individual(table(schema, rows), sequence, schema)


def table(schema, rows):
    types = {"string": pa.string(), "long": pa.int64(), "int": pa.int32(), "float": pa.float64(), "boolean": pa.bool_()}
    cells = zip(*rows, strict=True)
    return pa.table(
        {field.name: pa.array(values, types[field.type]) for field, values in zip(schema.fields, cells, strict=True)}
    )


def export(store, schema, folder, mode="ALL", **options):
    folder.mkdir(exist_ok=True)
    summary = exporting.write(store.snapshot(), schema, folder, mode=mode, **options)
    return summary, [line for path in summary.files for line in path.read_text().split("\n")[1:-1]]


def test_each_mode_has_the_interactions_of_its_origin(store, tmp_path):
    add_bulk(store, INTERACTIONS, ("u1", "i1", 1, None))
    add_individual(store, INTERACTIONS, ("u2", "i2", 2, "Tablet"))
    assert export(store, INTERACTIONS, tmp_path / "a", "BULK")[1] == ["u1,i1,1,"]
    assert export(store, INTERACTIONS, tmp_path / "b", "PUT")[1] == ["u2,i2,2,Tablet"]
    assert export(store, INTERACTIONS, tmp_path / "c", "ALL")[1] == ["u1,i1,1,", "u2,i2,2,Tablet"]


@pytest.mark.parametrize("mode", ["BULK", "PUT", "ALL"])
def test_rows_equal_in_all_fields_are_written_once_in_every_mode(store, tmp_path, mode):
    rows = [("u1", "i1", 1, None), ("u1", "i1", 1, None), ("u1", "i1", 2, None), ("u1", "i1", 1, "")]
    add_bulk(store, INTERACTIONS, *rows)
    add_individual(store, INTERACTIONS, *rows)
    summary, lines = export(store, INTERACTIONS, tmp_path / "out", mode)
    assert lines == ["u1,i1,1,", "u1,i1,2,"]
    assert summary.rows == 2


def test_of_users_all_is_the_newest_of_each_and_the_others_are_every_version(store, tmp_path):
    add_bulk(store, USERS, ("u1", 30, "Rome"), ("u2", 40, "Oslo"))
    add_individual(store, USERS, ("u1", 31, "Rome"), sequence=1)
    add_individual(store, USERS, ("u1", 32, "Bonn"), ("u1", 32, "Bonn"), sequence=2)
    assert export(store, USERS, tmp_path / "a", "ALL")[1] == ["u2,40,Oslo", "u1,32,Bonn"]
    assert export(store, USERS, tmp_path / "b", "PUT")[1] == ["u1,31,Rome", "u1,32,Bonn"]
    assert export(store, USERS, tmp_path / "c", "BULK")[1] == ["u1,30,Rome", "u2,40,Oslo"]


def test_rows_stand_in_the_order_of_their_import(store, tmp_path):
    rows = [(f"u{number * 7919 % 100_003}", "i", number, None) for number in range(30_000)]
    add_bulk(store, INTERACTIONS, *rows[:20_000])
    add_bulk(store, INTERACTIONS, *rows[20_000:])
    _, lines = export(store, INTERACTIONS, tmp_path / "out", "BULK")
    assert lines == [f"{user},{item},{time}," for user, item, time, _ in rows]


def test_the_header_has_the_columns_of_the_schema_in_its_order(store, tmp_path):
    add_bulk(store, USERS, ("u1", 30, "Rome"))
    longer = schema_of("USERS", plain("USER_ID"), optional("CITY"), optional("PLAN"), optional("AGE", "int"))
    store.adopt(longer)
    summary, lines = export(store, longer, tmp_path / "out")
    assert summary.files[0].read_text() == "USER_ID,CITY,PLAN,AGE\nu1,Rome,,30\n"
    assert lines == ["u1,Rome,,30"]


def test_no_rows_are_one_file_with_a_header(store, tmp_path):
    store.adopt(USERS)
    for mode in ("ALL", "PUT", "BULK"):
        summary, _ = export(store, USERS, tmp_path / mode, mode)
        assert [path.name for path in summary.files] == ["part-00000.csv"]
        assert summary.files[0].read_bytes() == b"USER_ID,AGE,CITY\n"
        assert (summary.rows, summary.bytes) == (0, 17)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain text", "plain text"),
        ("a,b", '"a,b"'),
        ('say "no"', r'"say \"no\""'),
        ("back\\slash", r'"back\\slash"'),
        ("a|b|ü", "a|b|ü"),
        (" edge", '" edge"'),
        (None, ""),
        ("", ""),
    ],
)
def test_a_cell_is_quoted_where_it_must_be(store, tmp_path, value, cell):
    add_bulk(store, USERS, ("u1", None, value))
    assert export(store, USERS, tmp_path / "out")[1] == [f"u1,,{cell}"]


def test_numbers_keep_every_digit(store, tmp_path):
    schema = schema_of(
        "USERS", plain("USER_ID"), plain("SCORE", "float"), plain("SEEN", "long"), plain("PAID", "boolean")
    )
    add_bulk(store, schema, ("u1", 0.1 + 0.2, 2**62, True), ("u2", -1.5e-300, -1, False), ("u3", 15.0, 0, True))
    lines = export(store, schema, tmp_path / "out")[1]
    values = [line.split(",") for line in lines]
    assert [float(score) for _, score, _, _ in values] == [0.1 + 0.2, -1.5e-300, 15.0]
    assert [seen for _, _, seen, _ in values] == [str(2**62), "-1", "0"]
    assert [paid for *_, paid in values] == ["true", "false", "true"]


def test_interactions_of_nobody_are_left_out_and_counted(store, tmp_path):
    add_individual(store, INTERACTIONS, (None, "i1", 1, None), ("u1", "i1", 2, None))
    summary, lines = export(store, INTERACTIONS, tmp_path / "out", "PUT")
    assert lines == ["u1,i1,2,"]
    assert summary.left_out == 1


def test_line_ends_inside_values_are_counted(store, tmp_path):
    add_bulk(store, USERS, ("u1", 1, "two\nlines"), ("u2", 2, "one"))
    assert export(store, USERS, tmp_path / "out")[0].broken_lines == 1


def test_no_file_is_larger_than_asked_and_each_has_the_header(store, tmp_path):
    rows = [(f"user-{number}", "item", number, "x" * (number % 50)) for number in range(3_000)]
    add_bulk(store, INTERACTIONS, *rows)
    summary, lines = export(store, INTERACTIONS, tmp_path / "out", largest=5_000)
    assert len(summary.files) > 20
    assert [path.name for path in summary.files[:2]] == ["part-00000.csv", "part-00001.csv"]
    assert all(path.stat().st_size <= 5_000 for path in summary.files)
    assert all(path.read_text().startswith("USER_ID,ITEM_ID,TIMESTAMP,DEVICE\n") for path in summary.files)
    assert summary.bytes == sum(path.stat().st_size for path in summary.files)
    assert len(lines) == summary.rows == 3_000


def test_a_line_that_fits_into_no_file_stands_alone(store, tmp_path):
    add_bulk(store, USERS, ("u1", 1, "x" * 100), ("u2", 2, "short"), ("u3", 3, "short"))
    summary, _ = export(store, USERS, tmp_path / "out", largest=60)
    assert [path.read_text().count("\n") for path in summary.files] == [2, 3]


def test_a_stop_ends_the_writing(store, tmp_path):
    class Stopping(Silent):
        def check(self):
            raise Stopped

    add_bulk(store, USERS, ("u1", 1, "Rome"))
    with pytest.raises(Stopped):
        export(store, USERS, tmp_path / "out", reporter=Stopping())


def test_progress_counts_the_rows_that_are_written(store, tmp_path):
    told = []

    class Listening(Silent):
        def progress(self, fraction, *, rows=None, rows_total=None):
            told.append((fraction, rows, rows_total))

    add_bulk(store, USERS, ("u1", 1, "Rome"), ("u1", 1, "Rome"), ("u2", 1, "Rome"))
    export(store, USERS, tmp_path / "out", "BULK", reporter=Listening())
    assert told == [(1.0, 2, 2)]


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='",\\ |\t'), max_size=12
) | st.sampled_from(['"', '""', "\\", '\\"', '"\\', ',"', "\\\\", " ", "\t", ' "x" '])
VALUE = TEXT.filter(lambda text: text not in USERS.by_name)
ROWS = st.lists(
    st.tuples(
        VALUE.filter(bool),
        st.none() | st.integers(-(2**31), 2**31 - 1),
        st.none() | VALUE,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_what_was_exported_is_imported_as_it_was(tmp_path_factory, rows):
    root = tmp_path_factory.mktemp("trip")
    first, second = ColumnStore(root / "first"), ColumnStore(root / "second")
    add_bulk(first, USERS, *rows)
    summary = exporting.write(first.snapshot(), USERS, root, mode="ALL")
    import_files([SourceFile(path, path.name) for path in summary.files], USERS, second)
    assert [tuple(row.values()) for row in second.snapshot().raw().to_pylist()] == [
        (name, age, city or None) for name, age, city in rows
    ]
