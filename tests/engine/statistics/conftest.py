"""Datasets small enough to count by hand."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.statistics import analyse
from tests.engine.small_schemas import EVENT, schema_of

ARROW = {"string": pa.string(), "long": pa.int64(), "int": pa.int32(), "float": pa.float64(), "boolean": pa.bool_()}


@pytest.fixture
def dataset(tmp_path):
    def make(schema, rows):
        folder = tmp_path / f"{schema.dataset_type}-{len(list(tmp_path.iterdir()))}"
        types = {field.name: ARROW[field.type] for field in schema.fields}
        columns = {name: pa.array([row.get(name) for row in rows], type_) for name, type_ in types.items()}
        return ColumnStore(folder).append_individual(pa.table(columns), 1, schema)

    return make


@pytest.fixture
def analysed(dataset):
    """Analyse rows given by dataset type as (schema, rows)."""

    def run(**given):
        snapshots = {kind.upper(): dataset(schema, rows) for kind, (schema, rows) in given.items()}
        schemas = {kind.upper(): schema for kind, (schema, _) in given.items()}
        found = analyse(snapshots.get("INTERACTIONS"), snapshots.get("ITEMS"), snapshots.get("USERS"), schemas)
        json.dumps(found, allow_nan=False)
        return found

    return run


@pytest.fixture
def events():
    """Events from (user, item, time) triples."""

    def make(*rows):
        return schema_of("INTERACTIONS", *EVENT), [
            {"USER_ID": user, "ITEM_ID": item, "TIMESTAMP": at} for user, item, at in rows
        ]

    return make


@pytest.fixture(scope="session")
def movielens():
    root = Path(__file__).parents[3]
    folder = Path(os.environ.get("PERSONALIZE_TEST_DATA", root / "../shared/data")) / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip("ml-latest-small is not here; PERSONALIZE_TEST_DATA names the folder that holds it")
    return folder
