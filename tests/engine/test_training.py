"""From a dataset to a trained version."""

import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset, Limits
from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation import evaluate
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.reporting import Silent
from personalize_web.engine.selection import Selection
from personalize_web.engine.serving import Request, ServingModel
from personalize_web.engine.splitting import split
from personalize_web.engine.training import PHASES, train_version
from tests.engine.worlds import World, events, schema

SIMS, POPULAR = RECIPES["aws-sims"], RECIPES["aws-popularity-count"]


class Told(Silent):
    """Keeps the phases."""

    def __init__(self):
        self.phases, self.lines = [], []

    def phase(self, name, index, of):
        self.phases.append((name, index, of))

    def log(self, text, *, level="info"):
        self.lines.append(text)


def test_phases_follow_one_another(tmp_path):
    told = Told()
    train_version(SIMS, World().dataset(), None, tmp_path / "version", reporter=told)
    assert told.phases == [(name, place, len(PHASES)) for place, name in enumerate(PHASES, start=1)]
    assert "12 users held out" in told.lines[0]


def test_the_popular_list_is_the_baseline_on_the_same_users(tmp_path):
    dataset = World().dataset()
    sims = train_version(SIMS, dataset, None, tmp_path / "sims")
    popular = train_version(POPULAR, dataset, None, tmp_path / "popular")
    assert sims.baselines == {"aws-popularity-count": popular.metrics}
    key = "normalized_discounted_cumulative_gain_at_10"
    assert sims.metrics[key] > popular.metrics[key]


def test_another_seed_holds_out_other_users(tmp_path):
    dataset = World().dataset()
    one, two = (train_version(SIMS, dataset, None, tmp_path / str(seed), options=Options(seed=seed)) for seed in (1, 2))
    assert one.metrics != two.metrics


def held_out_favourite() -> Dataset:
    """Everybody has a; the users held out with seed 0 are the only ones who have b, often."""
    rows = [(f"u{user}", f"a{place}", place, "Watch") for user in range(100) for place in range(12)]
    dataset = Dataset.from_tables(events(*rows), schemas={"INTERACTIONS": schema("Interactions", EVENT_TYPE={})})
    held = {dataset.user_ids[each.row].as_py() for each in split(dataset, "0").tests}
    rows += [(user, "b", 100 + place, "Watch") for user in held for place in range(3)]
    return Dataset.from_tables(events(*rows), schemas={"INTERACTIONS": schema("Interactions", EVENT_TYPE={})})


@pytest.mark.parametrize(("refit", "known"), [("warm", True), ("none", False)])
def test_a_refitted_model_knows_what_the_test_users_have(tmp_path, refit, known):
    train_version(POPULAR, held_out_favourite(), None, tmp_path / "version", options=Options(refit=refit))
    answer = {each.item_id for each in serving.load(tmp_path / "version").recommend(Request(num_results=50))}
    assert ("b" in answer) == known


def test_wrong_settings_are_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(DataError, match="Unknown parameter"):
        train_version(SIMS, World().dataset(), {"algorithmHyperParameters": {"depth": "1"}}, tmp_path / "version")
    assert list(tmp_path.iterdir()) == []


def test_a_use_case_leaves_out_what_test_users_have_watched(tmp_path):
    because = RECIPES["aws-vod-because-you-watched-x"]
    dataset = World().dataset(Selection.of(because))
    asked = []

    class Asked(ServingModel):
        def __init__(self):
            self.arrays = {}

        def recommend(self, request):
            asked.append(request)
            return []

    tests = split(dataset, "0").tests
    evaluate(Asked(), dataset, tests, because)
    for request in asked:
        assert set(request.exclude) == set(request.history.item_ids)
        assert request.item_id == request.history.item_ids[-1]
    assert len(asked) == len(tests)


def test_the_manifest_tells_configuration_and_data(tmp_path):
    train_version(SIMS, World().dataset(), None, tmp_path / "version", options=Options(seed=9))
    info = serving.load(tmp_path / "version").info
    assert (info["recipe"], info["seed"]) == ("aws-sims", 9)
    assert info["configuration"]["algorithmHyperParameters"]["min_cointeraction_count"] == "3"
    assert info["data"] == {"users": 120, "items": 72, "interactions": 1680}


def test_few_data_can_be_allowed_for():
    with pytest.raises(DataError):
        World(users=30).dataset()
    world = World(users=30)
    found = Dataset.from_tables(world.interactions, schemas=world.schemas, limits=Limits(interactions=100))
    assert len(found.item) == 420
