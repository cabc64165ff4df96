"""Whatever text a CSV holds comes out of the columns unchanged, in every way of quoting."""

import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import BadRows, SourceFile, import_files, preflight
from personalize_web.engine.schemas import parse, template

ITEMS = parse(
    template("ITEMS", None).replace('"GENRES"', '"TITLE", "type": ["null", "string"]},\n    {"name": "GENRES"')
)

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='",\\ |\t'), max_size=12
) | st.sampled_from(['"', '""', "\\", '\\"', '"\\', ',"', "\\\\", '\\\\"', '"",""'])
ID = TEXT.filter(lambda text: text and text not in ("ITEM_ID", "CREATION_TIMESTAMP"))


def doubled(text):
    return '"' + text.replace('"', '""') + '"'


def escaped(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bare(text):
    plain = text and not text.startswith('"') and not set(text) & set(",\r\n") and text == text.strip()
    return text if plain else escaped(text)


ROWS = st.lists(
    st.tuples(ID, TEXT, TEXT, st.integers(-(10**9), 10**10), st.sampled_from([escaped, bare])), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans(), st.integers(0, 2))
def test_cells_come_back_as_they_were(tmp_path_factory, rows, end, mark, last, blank):
    lines = ["ITEM_ID,TITLE,GENRES,CREATION_TIMESTAMP"]
    for name, title, genres, created, quote in rows:
        lines.append(f"{quote(name)},{quote(title)},{quote(genres)},{created}")
    content = (end * (1 + blank)).join(lines) + (end if last else "")
    root = tmp_path_factory.mktemp("trip")
    path = root / "items.csv"
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + content.encode())
    store = ColumnStore(root / "columns")
    import_files([SourceFile(path, path.name)], ITEMS, store)
    assert [tuple(row.values()) for row in store.snapshot().raw().to_pylist()] == [
        (name, title or None, genres or None, created) for name, title, genres, created, _ in rows
    ]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ID, TEXT.filter(lambda text: "\\" not in text)), min_size=1, max_size=5))
def test_doubled_quotes_come_back_as_they_were(tmp_path_factory, rows):
    root = tmp_path_factory.mktemp("trip")
    path = root / "items.csv"
    body = "".join(f"{escaped(name)},{doubled(title)},x,5\n" for name, title in rows)
    path.write_text("ITEM_ID,TITLE,GENRES,CREATION_TIMESTAMP\n" + body, newline="")
    store = ColumnStore(root / "columns")
    import_files([SourceFile(path, path.name)], ITEMS, store)
    found = [(row["ITEM_ID"], row["TITLE"]) for row in store.snapshot().raw().to_pylist()]
    assert found == [(name, title or None) for name, title in rows]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([b"a,b,c,1", b'"a,b', b'a,"b\\",c,2', b"\r", b""]), max_size=8)
)
def test_any_bytes_are_imported_or_refused_in_words(tmp_path_factory, lines):
    root = tmp_path_factory.mktemp("bytes")
    path = root / "items.csv"
    path.write_bytes(b"\n".join([b"ITEM_ID,TITLE,GENRES,CREATION_TIMESTAMP", *lines]))
    store = ColumnStore(root / "columns")
    try:
        summary = import_files([SourceFile(path, path.name)], ITEMS, store)
    except BadRows as refusal:
        size = path.read_bytes().count(b"\n") + 1
        assert refusal.rows
        assert all(2 <= row.line <= size for row in refusal.rows)
    except DataError as refusal:
        assert "hold no rows" in str(refusal)
    else:
        assert store.snapshot().rows("BULK") == summary.rows > 0
    assert io.BytesIO(path.read_bytes()).readline().startswith(b"ITEM_ID")
    assert preflight(path, ITEMS).columns == ("ITEM_ID", "TITLE", "GENRES", "CREATION_TIMESTAMP")
