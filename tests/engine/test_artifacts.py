"""Models on disk."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from personalize_web.engine import artifacts
from personalize_web.engine.errors import DataError


@given(array=arrays(st.sampled_from([np.float32, np.int64, np.uint8]), array_shapes(min_side=0)))
@settings(max_examples=30)
def test_what_is_written_is_read(array, tmp_path_factory):
    directory = tmp_path_factory.mktemp("artifacts") / "model"
    artifacts.write(directory, {"kind": "popularity"}, {"numbers": array}, {"note.txt": b"kept"})
    found = artifacts.read(directory)
    np.testing.assert_array_equal(found.array("numbers"), array)
    assert found.path("note.txt").read_bytes() == b"kept"


@pytest.fixture
def kept(tmp_path):
    artifacts.write(tmp_path / "model", {"kind": "popularity"}, {"numbers": np.arange(10)})
    return tmp_path / "model"


def test_a_changed_file_is_noticed_by_name(kept):
    (kept / "numbers.npy").write_bytes((kept / "numbers.npy").read_bytes()[:-1] + b"\xff")
    with pytest.raises(DataError, match=r"model is damaged: numbers\.npy"):
        artifacts.read(kept)


def test_a_missing_file_is_noticed_even_without_checksums(kept):
    (kept / "numbers.npy").unlink()
    with pytest.raises(DataError, match=r"numbers\.npy"):
        artifacts.read(kept, verify=False)


def test_a_damaged_manifest_says_so(kept):
    (kept / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="manifest is damaged"):
        artifacts.read(kept)


def test_an_unknown_format_asks_for_a_new_version(kept):
    manifest = json.loads((kept / "manifest.json").read_text())
    (kept / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(DataError, match="Train a new version"):
        artifacts.read(kept)


def test_writing_again_replaces_the_whole_model(kept):
    artifacts.write(kept, {"kind": "popularity"}, {"others": np.arange(2)})
    assert set(artifacts.read(kept).arrays()) == {"others"}
    assert [each.name for each in kept.parent.iterdir()] == ["model"]


def test_a_failure_in_the_middle_leaves_the_old_model(kept):
    with pytest.raises(ValueError):
        artifacts.write(kept, {}, {"numbers": np.array([object()])})
    assert artifacts.read(kept).array("numbers").tolist() == list(range(10))
    assert [each.name for each in kept.parent.iterdir()] == ["model"]


def test_a_derived_model_replaces_some_arrays_and_shares_the_rest(tmp_path):
    source = artifacts.write(tmp_path / "one", {"kind": "x"}, {"a": np.arange(3), "b": np.ones(2)}, {"file": b"whole"})
    artifacts.derive(source, tmp_path / "two", {"note": "later"}, {"a": np.arange(5), "c": np.zeros(1)})
    shutil.rmtree(tmp_path / "one")
    found = artifacts.read(tmp_path / "two")
    assert {name: array.tolist() for name, array in found.arrays().items()} == {
        "a": [0, 1, 2, 3, 4], "b": [1, 1], "c": [0]}
    assert found.path("file").read_bytes() == b"whole"
    assert (found.manifest["kind"], found.manifest["note"]) == ("x", "later")
