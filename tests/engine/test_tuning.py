"""The search over hyperparameters."""

import pytest

from personalize_web.engine import serving, tuning
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.training import train_version
from personalize_web.engine.tuning import JUDGED_BY, Tuned, ranges_of, trials_of, tune
from tests.engine.worlds import World

SIMS = RECIPES["aws-sims"]


def config(jobs="6", continuous=(), integer=()):
    return {
        "hpoConfig": {
            "hpoResourceConfig": {"maxNumberOfTrainingJobs": jobs, "maxParallelTrainingJobs": "2"},
            "algorithmHyperParameterRanges": {
                "continuousHyperParameterRanges": list(continuous),
                "integerHyperParameterRanges": list(integer),
                "categoricalHyperParameterRanges": [],
            },
        }
    }


COUNTS = {"name": "min_cointeraction_count", "minValue": 0, "maxValue": 10}


@pytest.fixture(scope="module")
def world():
    return World(users=80).dataset()


def found(world, given, **fixed):
    return tune(SIMS, world, {**typed(SIMS, None), **fixed}, given, Options(seed=1), Silent())


def test_the_best_of_the_trials_is_taken(world):
    tuned = found(world, config(integer=[COUNTS]))
    assert len(tuned.trials) == 6
    best = max(tuned.trials, key=lambda each: each[JUDGED_BY])
    assert tuned.values == best["values"]
    assert best[JUDGED_BY] > min(each[JUDGED_BY] for each in tuned.trials)


def test_values_stay_within_their_range_and_what_has_none_stays(world):
    tuned = found(world, config(integer=[COUNTS | {"minValue": 2, "maxValue": 3}]))
    assert {each["values"]["min_cointeraction_count"] for each in tuned.trials} <= {2, 3}
    assert set(tuned.values) == {"min_cointeraction_count"}


def test_the_same_seed_finds_the_same(world):
    assert found(world, config(integer=[COUNTS])) == found(world, config(integer=[COUNTS]))


def test_a_bound_that_is_left_out_is_the_recipes():
    given = config(integer=[{"name": "training.bptt", "minValue": 8}])
    given["hpoConfig"]["algorithmHyperParameterRanges"]["categoricalHyperParameterRanges"] = [{"name": "recency_mask"}]
    found = {each.parameter.name: (each.low, each.high, each.choices) for each in ranges_of(RECIPES["aws-hrnn"], given)}
    assert found["bptt"] == (8, 32, ())
    assert found["recency_mask"][2] == ("true", "false")


def test_without_a_configuration_all_that_can_be_tuned_is_over_all_of_its_range():
    ranges = {each.parameter.name: (each.low, each.high) for each in ranges_of(SIMS, None)}
    assert ranges == {"popularity_discount_factor": (0.0, 1.0), "min_cointeraction_count": (0, 10)}
    assert trials_of(None) == 4


def test_names_may_carry_the_prefix_that_older_answers_print():
    recurrent = RECIPES["aws-user-personalization"]
    given = config(integer=[{"name": "training.bptt", "minValue": 2, "maxValue": 22}])
    assert [each.parameter.name for each in ranges_of(recurrent, given)] == ["bptt"]


def test_a_switch_is_searched_as_a_choice():
    choices = {each.parameter.name: each.choices for each in ranges_of(RECIPES["aws-user-personalization"], None)}
    assert choices["recency_mask"] == ("true", "false")


def test_parameters_are_told_as_users_write_them():
    texts = Tuned({"bptt": 12, "recency_mask": True, "popularity_discount_factor": 0.25}, ()).texts
    assert texts == {"bptt": "12", "recency_mask": "true", "popularity_discount_factor": "0.25"}


def test_data_that_no_trial_can_train_on_fail_with_their_reason(world, monkeypatch):
    from personalize_web.engine.algorithms.co_occurrence import CoOccurrence

    def refuse(*_, **__):
        raise DataError("Nothing fits.")

    monkeypatch.setattr(CoOccurrence, "train", refuse)
    with pytest.raises(DataError, match="Nothing fits"):
        found(world, config(integer=[COUNTS]))


def test_a_version_is_trained_with_what_was_found(world, tmp_path):
    given = config("3", continuous=[{"name": "popularity_discount_factor", "minValue": 0.2, "maxValue": 0.4}])
    outcome = train_version(SIMS, world, given, tmp_path / "v", options=Options(seed=1), search=True)
    assert 0.2 <= float(outcome.tuned["popularity_discount_factor"]) <= 0.4
    assert len(outcome.details["trials"]) == 3


def test_what_only_a_search_may_set_is_set_by_it(world):
    similar = RECIPES["aws-similar-items"]
    given = config("2", integer=[{"name": "item_id_hidden_dim", "minValue": 30, "maxValue": 40}])
    tuned = tune(similar, world, typed(similar, None), given, Options(seed=1), Silent())
    assert 30 <= tuned.values["item_id_hidden_dim"] <= 40


def test_internal_settings_are_compared_with_those_that_were_there(tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "INTERNAL_TRIALS", 3)
    monkeypatch.setattr(tuning, "INTERNAL_EFFORT", 0.5)
    options = Options(seed=3, effort=0.02, threads=1, refit="none")
    recipe, dataset = RECIPES["aws-user-personalization-v2"], World(users=80).dataset()
    outcome = train_version(recipe, dataset, None, tmp_path / "searched", options=options, search=True)
    tried = [trial["values"] for trial in outcome.details["trials"]]
    assert tried[0] == {}
    assert set(tried[1]) == {each.parameter.name for each in tuning.internal_ranges(recipe)}
    assert outcome.found in tried
    assert outcome.tuned == {}


def test_settings_found_earlier_are_those_that_it_trains_with(tmp_path):
    options = Options(seed=3, effort=0.02, threads=1, refit="none")
    recipe, dataset = RECIPES["aws-user-personalization-v2"], World(users=80).dataset()
    found = {"width": 32, "length": 30, "layers": 2, "dropout": 0.1, "learning_rate": 2e-3, "half_life_share": 0.3}
    train_version(recipe, dataset, None, tmp_path / "model", options=options, found=found)
    model = serving.load(tmp_path / "model")
    assert model.arrays["vectors"].shape[1] == 32
    assert (model.settings["length"], model.info["found"]) == (30, found)
