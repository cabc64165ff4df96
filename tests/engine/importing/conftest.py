"""Schemas and files that imports are tried with."""

import json
import os
from pathlib import Path

import pytest

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.importing import SourceFile
from personalize_web.engine.schemas import parse


def schema_of(name, *fields, domain=None):
    return parse(json.dumps({"type": "record", "name": name, "fields": list(fields)}), domain=domain)


N = "null"
USER = {"name": "USER_ID", "type": "string"}
ITEM = {"name": "ITEM_ID", "type": "string"}
TIMESTAMP = {"name": "TIMESTAMP", "type": "long"}


@pytest.fixture
def events_schema():
    return schema_of(
        "Interactions",
        USER,
        ITEM,
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": [N, "float"]},
        {"name": "DEVICE", "type": [N, "string"], "categorical": True},
        TIMESTAMP,
        {"name": "IMPRESSION", "type": [N, "string"]},
    )


@pytest.fixture
def items_schema():
    return schema_of(
        "Items",
        ITEM,
        {"name": "TITLE", "type": [N, "string"]},
        {"name": "GENRES", "type": "string", "categorical": True},
        {"name": "YEAR", "type": [N, "int"]},
        {"name": "ADULT", "type": [N, "boolean"]},
        {"name": "DESCRIPTION", "type": [N, "string"], "textual": True},
    )


@pytest.fixture
def store(tmp_path):
    return ColumnStore(tmp_path / "columns")


@pytest.fixture
def csv(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return SourceFile(path, name)

    return write


@pytest.fixture(scope="session")
def movielens():
    root = Path(__file__).parents[3]
    folder = Path(os.environ.get("PERSONALIZE_TEST_DATA", root / "../shared/data")) / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip("ml-latest-small is not here; PERSONALIZE_TEST_DATA names the folder that holds it")
    return folder
