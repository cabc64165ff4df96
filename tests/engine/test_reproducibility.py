"""The same data, configuration and seed give the same model and the same metrics on one machine."""

from dataclasses import replace

import numpy as np
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.training import LIBRARIES, train_version
from tests.engine.worlds import World

OPTIONS = Options(seed=5, threads=1, effort=0.05)

CONFIG = {"aws-user-personalization": {"algorithmHyperParameters": {"hidden_dimension": "32"}}}


@pytest.fixture(scope="module")
def world():
    return World(users=80)


def twice(recipe, world, tmp_path, *, search=False):
    given = {"options": OPTIONS, "search": search}
    return [
        train_version(RECIPES[recipe], world.dataset(), CONFIG.get(recipe), tmp_path / name, **given)
        for name in ("one", "two")
    ]


@pytest.mark.parametrize("recipe", ["aws-user-personalization-v2", "aws-user-personalization"])
def test_a_network_learns_the_same_twice(recipe, world, tmp_path):
    one, two = twice(recipe, world, tmp_path)
    assert one.metrics == two.metrics
    first, second = (serving.load(tmp_path / name).arrays for name in ("one", "two"))
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


def test_a_search_finds_the_same_twice(world, tmp_path):
    one, two = twice("aws-sims", world, tmp_path, search=True)
    assert (one.tuned, one.metrics, one.details["trials"]) == (two.tuned, two.metrics, two.details["trials"])


def test_learning_is_bounded_by_steps_and_not_by_the_clock(world, tmp_path):
    learned = train_version(
        RECIPES["aws-user-personalization-v2"], world.dataset(), None, tmp_path / "model", options=OPTIONS
    ).details["learning"]
    assert learned["ended by"] in ("plan", "patience")


def test_the_manifest_has_all_that_decides_on_a_model(world, tmp_path):
    dataset = world.dataset()
    train_version(RECIPES["aws-sims"], dataset, {"eventType": "Watch"}, tmp_path / "model", options=OPTIONS,
                  snapshot={"INTERACTIONS": 3})  # fmt: skip
    info = serving.load(tmp_path / "model").info
    assert info["seed"] == 5
    assert info["snapshot"] == {"versions": {"INTERACTIONS": 3}, "fingerprint": dataset.fingerprint()}
    assert (info["options"]["threads"], info["options"]["effort"]) == (1, 0.05)
    assert info["configuration"]["algorithmHyperParameters"]["min_cointeraction_count"] == "3"
    assert set(info["versions"]) == {"python", *LIBRARIES}


def test_a_fingerprint_is_that_of_the_data(world):
    dataset = world.dataset()
    assert dataset.fingerprint() == world.dataset().fingerprint()
    later = replace(dataset, timestamp=dataset.timestamp + 1)
    other = replace(dataset, item_columns=())
    assert len({each.fingerprint() for each in (dataset, later, other)}) == 3
