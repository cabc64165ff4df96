"""Whatever stands in a file, each of its lines is read or answered with what is wrong with it."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.batch import chunks, lines


def read(content: bytes) -> list[lines.Line]:
    return list(lines.read(io.BytesIO(content), 0, len(content)))


def test_lines_are_objects_with_their_numbers_and_blank_lines_are_passed_over():
    found = read(b'{"userId":"1"}\n\n  \r\n{"userId":"2"}\r\n{"userId":"3"}')
    assert [(each.number, each.value) for each in found] == [
        (1, {"userId": "1"}),
        (4, {"userId": "2"}),
        (5, {"userId": "3"}),
    ]


def test_a_byte_order_mark_at_the_beginning_is_no_part_of_the_first_line():
    assert read(b'\xef\xbb\xbf{"userId":"1"}\n')[0].value == {"userId": "1"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"userId": ', "The line is not valid JSON: Expecting value at character 11."),
        (b'["1"]', "The line is not a JSON object."),
        (b'"1"', "The line is not a JSON object."),
        (b'{"userId": NaN}', "The line is not valid JSON: NaN is no JSON."),
        (b'{"userId": "\xff"}', "The line is not UTF-8: byte 13 fits no character."),
        (b"[" * 200_000, "The line is not valid JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "The line is not valid JSON"),
    ],
)
def test_a_broken_line_says_what_is_wrong_and_the_next_is_read(line, said):
    broken, good = read(line + b'\n{"userId":"1"}\n')
    assert broken.value is None
    assert broken.error.startswith(said)
    assert len(broken.text) <= lines.ECHOED
    assert good.value == {"userId": "1"}


class Counting(io.BytesIO):
    largest = 0

    def readline(self, size=-1):
        found = super().readline(size)
        self.largest = max(self.largest, len(found))
        return found


def test_a_line_of_fifty_megabytes_is_an_error_and_never_whole_in_memory():
    content = b'{"userId":"' + b"x" * 50_000_000 + b'"}\n{"userId":"1"}\n'
    file = Counting(content)
    long, good = lines.read(file, 0, len(content))
    assert long.error == "The line is longer than 1,048,576 bytes. Put fewer values into it."
    assert good.number == 2
    assert good.value == {"userId": "1"}
    assert file.largest <= lines.LONGEST + 1


@given(st.binary(max_size=200), st.integers(1, 4))
def test_any_bytes_give_the_same_lines_whole_and_in_chunks(content, size):
    whole = read(content)
    cut = chunks.cut(io.BytesIO(content), lines=size, bytes_=30)
    parts = [
        line for each in cut for line in lines.read(io.BytesIO(content), each.begin, each.end, each.first_line)
    ]
    assert parts == whole


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.none(), st.floats(allow_nan=False, allow_infinity=False))))
def test_an_answer_is_one_line_that_reads_back(answer):
    line = lines.written(answer)
    assert line.count(b"\n") == 1
    assert json.loads(line) == answer


def test_half_a_character_is_written_escaped():
    assert lines.written({"input": "\ud800"}) == b'{"input": "\\ud800"}\n'
