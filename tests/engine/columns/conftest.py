"""The places a column store may have: each test of the store runs on all of them."""

import os
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.columns.bucket import BucketDisk, Cache
from personalize_web.engine.objects import Objects


@pytest.fixture(scope="session")
def bucket(s3):
    """An S3 bucket, as fsspec sees it."""
    import fsspec

    about = {"endpoint_url": s3, "region_name": "us-east-1"}
    filesystem = fsspec.filesystem("s3", key="a", secret="b", client_kwargs=about, use_listings_cache=False)
    name = f"columns-{uuid4().hex[:12]}"
    filesystem.call_s3("create_bucket", Bucket=name)
    return Objects(filesystem, name)


@pytest.fixture(params=["directory", pytest.param("bucket", marks=pytest.mark.s3)])
def make_store(request, tmp_path):
    """Makes the store of a dataset; of the same one where its name is given again."""
    objects = request.getfixturevalue("bucket") if request.param == "bucket" else None
    run = uuid4().hex

    def make(name, **about):
        if objects is None:
            return ColumnStore(tmp_path / name, **about)
        return ColumnStore(BucketDisk(objects.within(run).within(name), Cache(tmp_path, 1 << 40), name), **about)

    return make


@pytest.fixture
def store(make_store):
    return make_store("columns")


@pytest.fixture
def written(tmp_path):
    def write(table, name=None):
        path = tmp_path / (name or f"{os.urandom(4).hex()}.parquet")
        pq.write_table(table, path)
        return path

    return write
