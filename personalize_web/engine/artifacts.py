"""A trained model on disk: arrays, files and one manifest with checksums, written aside and then renamed."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError

FORMAT = 1
"""Raised when old artefacts can no longer be read."""
MANIFEST = "manifest.json"


class Artifact:
    """An opened directory; arrays are memory-mapped and shared between processes."""

    def __init__(self, directory: Path, manifest: Mapping[str, Any]) -> None:
        self.directory = directory
        self.manifest = manifest

    def array(self, name: str) -> NDArray:
        """The array kept under ``name``, read-only; KeyError where there is none."""
        if f"{name}.npy" not in self.manifest["files"]:
            raise KeyError(name)
        path = self.directory / f"{name}.npy"
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # an empty array has nothing to map
            return np.load(path, allow_pickle=False)

    def arrays(self) -> dict[str, NDArray]:
        """Every array by its name."""
        return {name.removesuffix(".npy"): self.array(name.removesuffix(".npy"))
                for name in self.manifest["files"] if name.endswith(".npy")}

    def path(self, name: str) -> Path:
        """Where the file ``name`` lies; KeyError where there is none."""
        if name not in self.manifest["files"]:
            raise KeyError(name)
        return self.directory / name


def write(directory: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray],
          files: Mapping[str, bytes] | None = None) -> Artifact:
    """Keep a model in ``directory``; it appears there whole or not at all, and replaces an older one."""
    aside = directory.with_name(f".{directory.name}.{uuid.uuid4().hex[:8]}")
    aside.mkdir(parents=True)
    try:
        for name, array in arrays.items():
            np.save(aside / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        for name, content in (files or {}).items():
            (aside / name).write_bytes(content)
        sums = {each.name: _checksum(each) for each in sorted(aside.iterdir())}
        whole = {**manifest, "format": FORMAT, "files": sums}
        (aside / MANIFEST).write_text(json.dumps(whole, indent=1, sort_keys=True), encoding="utf-8")
        _swap(aside, directory)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Artifact(directory, whole)


def derive(source: Artifact, directory: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray],
           files: Mapping[str, bytes] | None = None) -> Artifact:
    """Keep in ``directory`` what ``source`` holds, some arrays and files replaced or added; it appears whole or not at
    all.

    Files that stay the same are shared with the source and outlive it. The source's own directory may be given: what
    was laid beside the model stays then.
    """
    given = files or {}
    aside = directory.with_name(f".{directory.name}.{uuid.uuid4().hex[:8]}")
    aside.mkdir(parents=True)
    try:
        sums = dict(source.manifest["files"])
        beside = {each.name for each in source.directory.iterdir() if each.is_file()} - {MANIFEST}
        for name in sums if directory != source.directory else {*sums, *beside}:
            if name.removesuffix(".npy") not in arrays and name not in given:
                share(source.directory / name, aside / name)
        for name, array in arrays.items():
            np.save(aside / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
            sums[f"{name}.npy"] = _checksum(aside / f"{name}.npy")
        for name, content in given.items():
            (aside / name).write_bytes(content)
            sums[name] = _checksum(aside / name)
        whole = {**source.manifest, **manifest, "files": sums}
        (aside / MANIFEST).write_text(json.dumps(whole, indent=1, sort_keys=True), encoding="utf-8")
        _swap(aside, directory)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Artifact(directory, whole)


def _swap(aside: Path, directory: Path) -> None:
    """Put a finished directory in the place of another, which goes."""
    old = directory.with_name(f".{directory.name}.{uuid.uuid4().hex[:8]}.old")
    if directory.exists():
        directory.rename(old)
    aside.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def share(source: Path, target: Path) -> None:
    """Let ``target`` be the same file as ``source``, or a copy where the file system cannot do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def read(directory: Path, *, verify: bool = True) -> Artifact:
    """Open a kept model; DataError where a file is missing, was changed, or the format is unknown."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        files = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The trained model in {directory.name} cannot be read: its manifest is damaged.") from error
    if manifest.get("format") != FORMAT:
        raise DataError(f"The trained model in {directory.name} has an unknown format. Train a new version.")
    for name, expected in files.items():
        path = directory / name
        if not path.is_file() or (verify and _checksum(path) != expected):
            raise DataError(f"The trained model in {directory.name} is damaged: {name} is not what was written. "
                            "Train a new version.")
    return Artifact(directory, manifest)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
