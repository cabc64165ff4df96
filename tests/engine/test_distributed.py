"""Several processes, started by torchrun, learn what one learns."""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from personalize_web.engine import distributed, serving
from personalize_web.engine.action_training import train_actions
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.evaluation.actions import MostTaken, evaluate
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import PastEvents, Request
from personalize_web.engine.team import Team
from personalize_web.engine.training import PHASES, train_version
from tests.engine.action_worlds import ActionWorld
from tests.engine.worlds import NOW, World

RECIPE = RECIPES["aws-user-personalization-v2"]
OPTIONS = Options(seed=3, time_budget=600.0, effort=0.08, threads=2)
NDCG = "normalized_discounted_cumulative_gain_at_10"


class Told(Silent):
    """Keeps phases and lines."""

    def __init__(self):
        self.phases, self.lines = [], []

    def phase(self, name, index, of):
        self.phases.append(name)

    def log(self, text, *, level="info"):
        self.lines.append(text)


class Stopping(Silent):
    def check(self):
        raise Stopped


def test_two_processes_reach_what_one_reaches(tmp_path):
    dataset, told = World(users=200).dataset(), Told()
    alone = train_version(RECIPE, dataset, None, tmp_path / "alone", options=replace(OPTIONS, threads=1))
    both = distributed.train_version(
        RECIPE, dataset, None, tmp_path / "both", processes=2, options=OPTIONS, reporter=told
    )
    assert (alone.details["learning"]["processes"], both.details["learning"]["processes"]) == (1, 2)
    learned = [each.details["blend"]["validation ndcg_at_10"]["learned"] for each in (alone, both)]
    assert min(learned) > 0.7
    assert learned[0] == pytest.approx(learned[1], abs=0.05)
    assert both.metrics[NDCG] == pytest.approx(alone.metrics[NDCG], abs=0.05)
    assert both.baselines == alone.baselines
    assert told.phases == list(PHASES)
    assert any("blend" in line for line in told.lines)
    history = PastEvents(["g1t3", "g1t4"], ["Watch"] * 2, [NOW, NOW + 60], [None] * 2)
    answer = serving.load(tmp_path / "both").recommend(Request(history=history, num_results=3))
    assert "g1t5" in [each.item_id for each in answer]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["alone", "both"]


def test_two_processes_learn_actions_as_one_does(tmp_path):
    recipe, quick = RECIPES["aws-next-best-action"], replace(OPTIONS, effort=0.25, refit="none")
    data, other = ActionWorld(users=200).dataset(), ActionWorld(users=200, seed=6).dataset()
    alone = train_actions(recipe, data, None, tmp_path / "alone", options=replace(quick, threads=1))
    both = distributed.train_version(recipe, data, None, tmp_path / "both", processes=2, options=quick)
    learned = [each.details["learning"] for each in (alone, both)]
    assert [each["processes"] for each in learned] == [1, 2]
    assert both.baselines == alone.baselines
    users, models = np.arange(200), (*(serving.load(tmp_path / name) for name in ("alone", "both")), MostTaken(data))
    one, two, floor = (evaluate(each, other, users, 14)["auc"] for each in models)
    assert one > floor + 0.04
    assert two == pytest.approx(one, abs=0.05)


def test_what_the_data_lack_is_told_in_the_same_words(tmp_path, monkeypatch):
    def led(command, **_):
        distributed.lead(Path(command[-1]))
        return popen(["true"], stdout=subprocess.PIPE, text=True, start_new_session=True)

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", led)
    wrong = {"algorithmHyperParameters": {"depth": "1"}}
    with pytest.raises(DataError, match="Unknown parameter"):
        distributed.train_version(RECIPE, World().dataset(), wrong, tmp_path / "model", processes=1, options=OPTIONS)


def test_a_stop_ends_the_processes_and_leaves_nothing(tmp_path, monkeypatch):
    started, popen = [], subprocess.Popen

    def start(*given, **named):
        started.append(popen(*given, **named))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(Stopped):
        distributed.train_version(
            RECIPE, World().dataset(), None, tmp_path / "model", processes=2, options=OPTIONS, reporter=Stopping()
        )
    assert list(tmp_path.iterdir()) == []
    assert started[0].returncode is not None


def test_processes_that_cannot_start_say_why(tmp_path):
    with pytest.raises(distributed.ProcessesFailed, match="unrecognized arguments: --nonsense"):
        distributed.train_version(
            RECIPE, World().dataset(), None, tmp_path / "model", processes=1, options=OPTIONS, torchrun=["--nonsense"]
        )


def test_alone_everything_is_one_s_own():
    assert Team().share("value") == "value"
    assert Team().agree(0.5) == 0.5
    assert Team().leads
