"""Chunks hold whole lines, and together the whole file."""

import io
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from personalize_web.engine.batch import chunks

FILES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=30)


def cut(content: bytes, lines: int, bytes_: int) -> list[chunks.Chunk]:
    return list(chunks.cut(io.BytesIO(content), lines=lines, bytes_=bytes_))


@given(FILES, st.booleans(), st.integers(1, 5), st.integers(1, 40), st.integers(1, 20))
@example([b"a"], False, 1, 1, 1)
def test_chunks_together_are_the_file_and_each_ends_behind_a_line(rows, ends, lines, size, block):
    content = b"\n".join(rows) + (b"\n" if ends and rows else b"")
    with mock.patch.object(chunks, "_BLOCK", block):
        found = cut(content, lines, size)
    assert b"".join(content[each.begin : each.end] for each in found) == content
    for each in found:
        part = content[each.begin : each.end]
        assert part, "no chunk is empty"
        assert part.endswith(b"\n") or each.end == len(content)
        assert each.lines == part.count(b"\n") + (not part.endswith(b"\n"))
        assert each.lines <= lines
        assert each.first_line == content[: each.begin].count(b"\n") + 1
        whole = part.removesuffix(b"\n")
        assert b"\n" not in whole or len(whole[: whole.rindex(b"\n") + 1]) < size, "it ends with the line that fills it"


def test_an_empty_file_has_no_chunk():
    assert cut(b"", 10, 10) == []


def test_a_file_is_cut_by_lines_and_by_bytes():
    assert [(each.begin, each.end, each.first_line, each.lines) for each in cut(b"a\nb\nc\nd", 2, 100)] == [
        (0, 4, 1, 2),
        (4, 7, 3, 2),
    ]
    assert [each.end for each in cut(b"aaaa\nbb\nc\n", 100, 5)] == [5, 10]
