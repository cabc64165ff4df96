"""Models that several files ask for; each is trained once in a process."""

import pytest

from personalize_web.engine.training import Options
from tests import deployments

QUICK = Options(threads=1, effort=0.1, refit="none")


@pytest.fixture(scope="session")
def model_of(tmp_path_factory):
    """Recipe -> the key of its model of ``deployments.viewings`` and ``deployments.catalogue``."""
    trained = {}

    def model(recipe):
        if recipe not in trained:
            trained[recipe] = deployments.train(recipe, tmp_path_factory.mktemp(recipe), options=QUICK)
        return trained[recipe]

    return model
