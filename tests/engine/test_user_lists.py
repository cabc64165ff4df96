"""Lists of user ids: every way of writing them, and what is said of files that are none."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine import user_lists
from personalize_web.engine.errors import DataError

ID = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='",\\ '), min_size=1, max_size=9)


def ids(tmp_path, content):
    path = tmp_path / "users.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return user_lists.read([user_lists.ListFile(path, "users.csv")])


@pytest.mark.parametrize(
    "content",
    [
        "USER_ID\nu1\nu2\n",
        "USER_ID\nu1\nu2",
        "USER_ID\r\nu1\r\nu2\r\n",
        "\ufeffUSER_ID\nu1\nu2\n",
        " USER_ID \n\nu1\n\n  \nu2\nu2\n",
        'USER_ID\n"u1"\n"u2"\n',
    ],
)
def test_a_list_is_read_however_its_lines_end(tmp_path, content):
    assert ids(tmp_path, content) == {"u1", "u2"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "users.csv is empty; its first line must be USER_ID."),
        ("user_id\nu1\n", "line 1: the header must be USER_ID and nothing else; found 'user_id'."),
        ("USER_ID\n,\n", "line 2: one user id is expected, and there are 2 cells."),
        ('USER_ID\n""\n', "line 2: a user id is missing."),
        ('USER_ID\n"u1\n', "line 2: the quotes do not match."),
        (b"USER_ID\nu1\n\xff\n", "the text is not UTF-8."),
        ("USER_ID\n", "The files hold no user ids below their header."),
    ],
)
def test_a_file_that_is_no_list_is_refused_by_line(tmp_path, content, says):
    with pytest.raises(DataError, match=r".*") as refusal:
        ids(tmp_path, content)
    assert says in str(refusal.value)


@given(st.sets(ID, min_size=1, max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory, given_ids):
    assert ids(tmp_path_factory.mktemp("list"), user_lists.write(sorted(given_ids))) == given_ids


@given(st.sets(ID.filter(lambda text: "\\" not in text and text.strip()), min_size=1, max_size=5))
def test_doubled_quotes_are_read_too(tmp_path_factory, given_ids):
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([["USER_ID"], *([each] for each in sorted(given_ids))])
    assert ids(tmp_path_factory.mktemp("list"), sink.getvalue()) == given_ids
