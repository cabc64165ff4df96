"""What a trained model keeps of users, written again without some of them: to the model they are new users then."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from personalize_web.engine import artifacts, evaluation, packing
from personalize_web.engine.ids import Vocabulary, VocabularyWriter

PIECE = 4_000_000
"""Values that are looked at together."""
_OF_EVENTS = ("kind_rows", "timestamps", "values")

Arrays = dict[str, NDArray[Any]]


def forget_histories(path: Path, ids: Sequence[str], *, check: Callable[[], None] = lambda: None) -> int:
    """Take users out of an index of histories; the answer is how many were in it.

    Items that only they had go as well. Readers see the old file or the new one; without any of the users in it the
    file stays as it is.
    """
    arrays, about = packing.read(path)
    users, items = Vocabulary.from_arrays(arrays, "users"), Vocabulary.from_arrays(arrays, "items")
    keep = _kept(users, ids)
    if keep.all():
        return 0
    offsets = np.asarray(arrays["offsets"])
    with packing.Writer(path) as out:
        out.about = about
        _write_ids(out, "users", users, np.flatnonzero(keep))
        out.append("offsets", np.concatenate([np.zeros(1, np.int64), np.diff(offsets)[keep].cumsum()]))
        used = np.zeros(len(items), bool)
        for events in _pieces(offsets, keep):
            used[arrays["item_rows"][events]] = True
            check()
        _write_ids(out, "items", items, np.flatnonzero(used))
        moved = (used.cumsum() - 1).astype(arrays["item_rows"].dtype)
        for name in ("item_rows", *_OF_EVENTS):
            out.append(name, arrays[name][:0])
        for events in _pieces(offsets, keep):
            out.append("item_rows", moved[arrays["item_rows"][events]])
            for name in _OF_EVENTS:
                out.append(name, arrays[name][events])
            check()
    return int((~keep).sum())


def forget_records(path: Path, ids: Sequence[str]) -> int:
    """Take records out of an index of attributes; the answer is how many were in it."""
    arrays, about = packing.read(path)
    known = Vocabulary.from_arrays(arrays, "ids")
    keep = _kept(known, ids)
    if keep.all():
        return 0
    with packing.Writer(path) as out:
        out.about = about
        _write_ids(out, "ids", known, np.flatnonzero(keep))
        for name, array in arrays.items():
            if name.startswith("ids_") or name.endswith((":bytes", ":offsets")):
                continue
            out.append(name, array[keep])
        for name in (name.removesuffix(":offsets") for name in arrays if name.endswith(":offsets")):
            _write_texts(out, name, arrays, keep)
    return int((~keep).sum())


def forget_segments(directory: Path, ids: Sequence[str]) -> int:
    """Take users out of a model of segments; the answer is how many were in it. Other models stay as they are.

    The directory is swapped as a whole; without any of the users in it, it stays.
    """
    artifact = artifacts.read(directory, verify=False)
    if artifact.manifest["kind"] != "affinity":
        return 0
    known = Vocabulary.from_arrays(artifact.arrays(), "users")
    keep = _kept(known, ids)
    if keep.all():
        return 0
    starts = artifact.array("user_seen_starts")
    pairs = np.repeat(keep, np.diff(starts))
    changed = {name: artifact.array(name)[keep] for name in ("user_vectors", "user_shift", "user_shift_at_last")}
    changed |= {name: artifact.array(name)[pairs] for name in ("user_seen_items", "user_seen_extra")}
    changed["user_seen_starts"] = np.concatenate([np.zeros(1, np.int64), np.diff(starts)[keep].cumsum()])
    changed |= Vocabulary.of(known.ids(np.flatnonzero(keep))).arrays("users")
    artifacts.derive(artifact, directory, artifact.manifest, changed)
    return int((~keep).sum())


def forget_test_users(directory: Path, ids: Sequence[str]) -> bool:
    """Take users out of those that a model was judged by; whether any was among them. Its figures stay as they are."""
    artifact = artifacts.read(directory, verify=False)
    if evaluation.FILE not in artifact.manifest["files"]:
        return False
    left = evaluation.without(artifact.path(evaluation.FILE).read_bytes(), ids)
    if left is not None:
        artifacts.derive(artifact, directory, artifact.manifest, {}, {evaluation.FILE: left})
    return left is not None


def _kept(known: Vocabulary, ids: Sequence[str]) -> NDArray[np.bool_]:
    keep = np.ones(len(known), bool)
    rows = np.fromiter((known.row(each) for each in ids), np.int64, len(ids))
    keep[rows[rows >= 0]] = False
    return keep


def _pieces(offsets: NDArray[np.int64], keep: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """The places of the kept users' events, some at a time and in order."""
    begin = 0
    while begin < len(keep):
        end = max(int(np.searchsorted(offsets, offsets[begin] + PIECE, side="right")) - 1, begin + 1)
        end = min(end, len(keep))
        lengths = np.diff(offsets[begin : end + 1])
        yield np.flatnonzero(np.repeat(keep[begin:end], lengths)) + offsets[begin]
        begin = end


def _write_ids(out: packing.Writer, name: str, known: Vocabulary, rows: NDArray[np.int64]) -> None:
    writer = VocabularyWriter(out, name)
    for begin in range(0, len(rows), 100_000):
        writer.append(pa.array(known.ids(rows[begin : begin + 100_000]), pa.string()))
    writer.finish()


def _write_texts(out: packing.Writer, name: str, arrays: Arrays, keep: NDArray[np.bool_]) -> None:
    offsets, content = np.asarray(arrays[f"{name}:offsets"]), arrays[f"{name}:bytes"]
    lengths = np.diff(offsets)
    out.append(f"{name}:offsets", np.concatenate([np.zeros(1, np.int64), lengths[keep].cumsum()]))
    out.append(f"{name}:bytes", content[:0])
    for places in _pieces(offsets, keep):
        out.append(f"{name}:bytes", content[places])
