"""What every algorithm must do; a test class inherits it and names a recipe."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import PastEvents, Request
from personalize_web.engine.training import train_version
from tests.engine.worlds import World

OPTIONS = Options(seed=3, time_budget=600.0, effort=0.6, threads=1)
METRICS = {
    "coverage", "mean_reciprocal_rank_at_25",
    *(f"normalized_discounted_cumulative_gain_at_{k}" for k in (5, 10, 25)),
    *(f"precision_at_{k}" for k in (5, 10, 25)),
}


class Stopping(Silent):
    """A reporter whose owner asks for a stop at the given check."""

    def __init__(self, after: int) -> None:
        self.left = after

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Stopped


class Contract:
    """Inherited by the tests of every algorithm."""

    recipe: str
    metrics = METRICS
    options = OPTIONS
    solution_config: dict | None = None

    @pytest.fixture(scope="class")
    def world(self) -> World:
        return World()

    @pytest.fixture(scope="class")
    def trained(self, world):
        return self.train(world)

    @pytest.fixture(scope="class")
    def kept(self, trained, tmp_path_factory) -> Path:
        directory = tmp_path_factory.mktemp("models") / self.recipe
        trained.write(directory, {"recipe": self.recipe})
        return directory

    @pytest.fixture(scope="class")
    def model(self, kept):
        return serving.load(kept)

    def train(self, world: World, reporter=None, **config):
        recipe = RECIPES[self.recipe]
        return algorithm(recipe.method).train(
            world.dataset(), {**typed(recipe, self.solution_config), **config}, self.options, reporter or Silent())

    def request(self, world: World, **given) -> Request:
        rows = [row for row in world.rows if row[0] == "u0"][-10:]
        history = PastEvents([row[1] for row in rows], [row[3] for row in rows], [row[2] for row in rows], [None] * 10)
        return Request(**{"user_id": "u0", "item_id": rows[-1][1], "history": history, **given})

    def test_an_answer_has_as_many_different_items_as_asked_for(self, model, world):
        for many in (0, 1, 7, 25):
            answer = [each.item_id for each in model.recommend(self.request(world, num_results=many))]
            assert len(answer) == len(set(answer)) == many

    def test_the_same_request_and_seed_have_the_same_answer(self, model, world):
        assert model.recommend(self.request(world, seed=5)) == model.recommend(self.request(world, seed=5))

    def test_excluded_items_never_appear(self, model, world):
        first = {each.item_id for each in model.recommend(self.request(world, num_results=10))}
        answer = {each.item_id for each in model.recommend(self.request(world, num_results=10, exclude=first))}
        assert len(answer) == 10
        assert answer.isdisjoint(first)

    def test_only_items_that_a_filter_allows_appear(self, model, world):
        allowed = np.zeros(len(model.items), bool)
        allowed[model.item_rows(["g1t3", "g2t4"])] = True
        answer = model.recommend(self.request(world, allowed=allowed))
        assert {each.item_id for each in answer} <= {"g1t3", "g2t4"}

    def test_nothing_allowed_is_an_empty_answer(self, model, world):
        assert model.recommend(self.request(world, allowed=np.zeros(len(model.items), bool))) == []

    def test_many_requests_at_once_are_answered_as_one_by_one(self, model, world):
        histories = [self.request(world).history, PastEvents()]
        histories += [PastEvents(list(histories[0].item_ids[:many]), ["Watch"] * many, list(range(many)), [None] * many)
                      for many in (1, 3, 3)]
        allowed = np.arange(len(model.items)) % 3 > 0
        requests = [
            self.request(world, history=history, num_results=many, seed=place, allowed=mask, exploration_weight=weight)
            for place, history in enumerate(histories) for many in (0, 10) for mask in (None, allowed)
            for weight in (None, 0.5)
        ]
        for one, together in zip(requests, model.recommend_many(requests), strict=True):
            alone = model.recommend(one)
            assert [(each.item_id, each.reasons) for each in together] == [(each.item_id, each.reasons)
                                                                           for each in alone]
            scores = [[each.score or 0.0 for each in answer] for answer in (together, alone)]
            assert scores[0] == pytest.approx(scores[1], rel=1e-4)

    def test_unknown_users_and_items_get_an_answer(self, model):
        assert len(model.recommend(Request(user_id="nobody", item_id="nothing", num_results=10))) == 10

    def test_it_knows_the_items_of_its_training(self, model):
        assert model.knows_item("g0t0")
        assert not model.knows_item("nothing")

    def test_many_requests_at_once_get_the_answers_of_each(self, model, world):
        allowed = np.zeros(len(model.items), bool)
        allowed[model.item_rows(["g1t3", "g2t4"])] = True
        requests = [self.request(world, **given) for given in (
            {"seed": 1}, {"seed": 2, "exclude": {"g2t1", "g0t1"}}, {"history": PastEvents()}, {"allowed": allowed})]
        found = model.answers(requests, explored=True)
        for request, (relevant, shown) in zip(requests, found, strict=True):
            plain = replace(request, exploration_weight=0.0)
            assert relevant == [each.item_id for each in model.recommend(plain)]
            assert shown == [each.item_id for each in model.recommend(request)]

    def test_a_damaged_file_is_refused(self, kept, tmp_path):
        import shutil

        damaged = shutil.copytree(kept, tmp_path / "damaged")
        (damaged / "popular.npy").write_bytes(b"x" * 200)
        with pytest.raises(DataError, match="damaged"):
            serving.load(damaged)

    def test_writing_again_changes_no_answer(self, trained, model, world, tmp_path):
        trained.write(tmp_path / "again", {"recipe": self.recipe})
        again = serving.load(tmp_path / "again")
        assert again.recommend(self.request(world, seed=1)) == model.recommend(self.request(world, seed=1))

    def test_a_version_publishes_the_documented_metrics_alone(self, world, tmp_path):
        outcome = train_version(RECIPES[self.recipe], world.dataset(), self.solution_config, tmp_path / "version",
                                options=self.options)
        assert set(outcome.metrics) == self.metrics
        assert all(0 <= value <= 1 for value in outcome.metrics.values())
        assert serving.load(tmp_path / "version").info["metrics"] == outcome.metrics

    def test_a_stop_ends_it_and_leaves_nothing(self, world, tmp_path):
        with pytest.raises(Stopped):
            train_version(RECIPES[self.recipe], world.dataset(), self.solution_config, tmp_path / "version",
                          options=self.options, reporter=Stopping(2))
        assert list(tmp_path.iterdir()) == []
