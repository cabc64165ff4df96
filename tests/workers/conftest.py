"""Each test of workers has folders of its own."""

import pytest


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)
        (tmp_path / name).mkdir()
