"""The recurrent recommenders: sessions within a user's life."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from personalize_web.engine import serving
from personalize_web.engine.algorithms import hierarchical_rnn
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.hierarchical_rnn import HierarchicalRnn, cold_items, session_gap
from personalize_web.engine.dataset import Column, Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.metrics import rewards
from personalize_web.engine.nets.hierarchical import Hierarchical
from personalize_web.engine.nets.recommender import ItemTable, Recommender
from personalize_web.engine.objective import SHARES, fused, ranks
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import Request
from personalize_web.engine.training import train_version
from tests.engine.algorithms.contract import Contract
from tests.engine.algorithms.test_sequence_transformer import (
    answer,
    explored_before,
    follows_context,
    late_share,
    phones_and_televisions,
    switching,
    watched,
)
from tests.engine.worlds import DAY, FEW, NOW, World, dataset_of, events, schema

RECURRENT = (
    "aws-user-personalization",
    "aws-personalized-ranking",
    "aws-hrnn",
    "aws-hrnn-metadata",
    "aws-hrnn-coldstart",
)
SMALL = {"hidden_dimension": 32, "bptt": 8}
OPTIONS = Options(seed=3, time_budget=600.0, effort=0.15, threads=1)


class TestUserPersonalization(Contract):
    recipe = "aws-user-personalization"
    options = OPTIONS
    solution_config = {"algorithmHyperParameters": {name: str(value) for name, value in SMALL.items()}}

    def test_the_next_title_of_the_genre_comes_first(self, model):
        assert answer(model, 3, history=watched("g1t3", "g1t4", "g1t5", "g1t6"))[0] == "g1t7"

    def test_three_live_events_of_a_genre_move_the_list_towards_it(self, model):
        before = answer(model, history=watched("g0t3", "g0t4"))
        after = answer(model, history=watched("g0t3", "g0t4", "g3t1", "g3t2", "g3t3"))
        share = [sum(each.startswith("g3") for each in items) for items in (before, after)]
        assert share[1] >= share[0] + 3

    def test_every_item_has_a_score_and_scores_sum_to_one(self, model):
        found = model.recommend(Request(history=watched("g1t3"), num_results=len(model.items), exploration_weight=0.0))
        assert len(found) == len(model.items)
        assert sum(each.score for each in found) == pytest.approx(1, abs=1e-6)

    @pytest.mark.shows("exploration_item_age_cut_off", "aws-user-personalization")
    def test_items_up_to_the_cut_off_are_explored(self, model):
        assert explored_before(model, 1000.0) > explored_before(model, 30.0) == 0

    @pytest.mark.shows("exploration_weight", "aws-user-personalization")
    def test_a_greater_exploration_weight_brings_more_young_items(self, model):
        def young(weight):
            asked = [
                model.recommend(Request(history=watched("g1t3"), num_results=10, seed=seed, exploration_weight=weight))
                for seed in range(20)
            ]
            return sum("new" in each.item_id for answer in asked for each in answer)

        assert young(0.0) < young(0.3) < young(0.9)

    def test_impressions_without_a_choice_make_exploration_of_an_item_rarer(self, model):
        def shown(**impressions):
            asked = [
                model.recommend(
                    Request(history=watched("g1t3"), num_results=10, seed=seed, exploration_weight=0.5, **impressions)
                )
                for seed in range(40)
            ]
            return sum(each.item_id == "g1new0" for answer in asked for each in answer)

        assert shown(user_impressions={"g1new0": 6}) < shown()


def trained(dataset, recipe="aws-user-personalization", **config):
    whole = {**typed(RECIPES[recipe], None), **SMALL, **config}
    return HierarchicalRnn().train(dataset, whole, OPTIONS, Silent())


@pytest.fixture(scope="module")
def world():
    return World(users=80).dataset()


def test_the_hidden_dimension_is_the_width_of_the_vectors(world):
    assert trained(world, hidden_dimension=40).arrays["vectors"].shape[1] == 40


@pytest.mark.shows("hidden_dimension", *RECURRENT)
@pytest.mark.shows("bptt", *RECURRENT)
@pytest.mark.parametrize("recipe", RECURRENT)
def test_every_recurrent_recipe_builds_its_network_by_its_parameters(recipe):
    data = dataset_of(*[("u", f"i{place}", NOW + place) for place in range(9)])
    config = typed(RECIPES[recipe], {"algorithmHyperParameters": {"hidden_dimension": "40", "bptt": "3"}})
    shape = HierarchicalRnn().shape(data, (FeatureEncoder([], 0), FeatureEncoder([], 0)), config)
    network = Recommender(shape, ItemTable(torch.zeros(9, shape.width), None, 0.0), torch.zeros(9)).train()
    assert network.backbone.session.kept.weight.shape == (120, 40)
    tokens, weights = torch.randn(1, 6, 40, requires_grad=True), torch.randn(40)
    (network.backbone(tokens, torch.zeros(1, 6))[0, 5] * weights).sum().backward()
    assert (tokens.grad[0].abs().sum(1) > 0).tolist() == [False] * 3 + [True] * 3


@pytest.mark.shows("recency_mask", *RECURRENT)
@pytest.mark.parametrize("recipe", RECURRENT)
def test_the_recency_mask_brings_the_latest_trends(recipe, tmp_path):
    shares = {}
    for mask in (True, False):
        quick = replace(OPTIONS, effort=0.01)
        config = {**typed(RECIPES[recipe], None), **SMALL, "recency_mask": mask}
        config |= {"cold_start_max_interactions": 10**6, "cold_start_max_duration": 1e6}
        HierarchicalRnn().train(switching(), config, quick, Silent()).write(tmp_path / str(mask))
        shares[mask] = late_share(serving.load(tmp_path / str(mask)))
    assert shares[True][0] > shares[False][0]
    assert shares[True][1] >= shares[False][1]


def test_gradients_go_back_through_as_many_events_as_bptt_says():
    for length in (2, 4):
        torch.manual_seed(0)
        network = Hierarchical(8, length, 0.0).train()
        tokens = torch.randn(1, 4, 8, requires_grad=True)
        network(tokens, torch.zeros(1, 4))[0, 3].sum().backward()
        touched = (tokens.grad[0].abs().sum(1) > 0).tolist()
        assert touched == [length == 4] * 2 + [True] * 2


def test_a_session_begins_from_what_the_user_was_and_not_from_the_last_event():
    torch.manual_seed(0)
    network = Hierarchical(8, 32, 0.0).eval()
    tokens = torch.randn(1, 3, 8)
    together, apart = network(tokens, torch.tensor([[1.0, 0, 0]])), network(tokens, torch.tensor([[1.0, 0, 1.0]]))
    assert torch.equal(together[:, :2], apart[:, :2])
    assert not torch.allclose(together[:, 2], apart[:, 2])


def test_a_session_ends_with_half_an_hour_of_silence_or_a_day_where_events_are_rare():
    quick = dataset_of(*[("u", f"i{place}", NOW + 60 * place) for place in range(9)])
    rare = dataset_of(*[("u", f"i{place}", NOW + 3 * DAY * place) for place in range(9)])
    assert session_gap(quick) < session_gap(rare)


@pytest.mark.shows("min_user_history_length_percentile", *RECURRENT)
@pytest.mark.shows("max_user_history_length_percentile", *RECURRENT)
@pytest.mark.parametrize("recipe", RECURRENT)
def test_short_and_long_histories_are_not_learned_from(recipe):
    lengths = {"short": 2, **{f"u{user}": 5 for user in range(18)}, "robot": 50}
    data = dataset_of(*[(user, f"i{place}", NOW + place) for user, many in lengths.items() for place in range(many)])
    for given, gone in (({"min": "0.06"}, {"short"}), ({"max": "0.94"}, {"robot"}), ({"max": "1.0"}, set())):
        named = {f"{end}_user_history_length_percentile": text for end, text in given.items()}
        config = typed(
            RECIPES[recipe], {"featureTransformationParameters": {"max_user_history_length_percentile": "1.0", **named}}
        )
        part = HierarchicalRnn().trained_on(data, config)
        assert set(lengths) - set(part.user_ids.to_pylist()) == gone


def test_users_outside_the_percentiles_are_not_learned_from():
    rows = [(f"u{user}", f"i{place}", NOW + place) for user in range(20) for place in range(2 + (user == 19) * 50)]
    kept = HierarchicalRnn().trained_on(
        dataset_of(*rows),
        {"min_user_history_length_percentile": 0.0, "max_user_history_length_percentile": 0.9, "reads": "all"},
    )
    assert "u19" not in kept.user_ids.to_pylist()
    assert len(kept.item_ids) == 52


def test_hrnn_reads_ids_alone_and_hrnn_metadata_no_text():
    items = pa.table({"ITEM_ID": ["a", "b"], "GENRE": ["x", "y"], "ABOUT": ["one text", "another"]})
    dataset = Dataset.from_tables(
        events(("u", "a", 1), ("u", "b", 2)),
        items,
        limits=FEW,
        schemas={
            "INTERACTIONS": schema("Interactions"),
            "ITEMS": schema("Items", GENRE={"categorical": True}, ABOUT={"textual": True}),
        },
    )

    def read(recipe):
        return [each.name for each in HierarchicalRnn().trained_on(dataset, typed(RECIPES[recipe], None)).item_columns]

    assert read("aws-hrnn") == []
    assert read("aws-hrnn-metadata") == ["GENRE"]
    assert read("aws-user-personalization") == ["GENRE", "ABOUT"]


COLD = {"cold_start_max_interactions": 2, "cold_start_max_duration": 5.0, "cold_start_relative_from": "latestItem"}


@pytest.mark.shows("cold_start_max_interactions", "aws-hrnn-coldstart")
@pytest.mark.shows("cold_start_max_duration", "aws-hrnn-coldstart")
@pytest.mark.shows("cold_start_relative_from", "aws-hrnn-coldstart")
def test_cold_items_have_few_interactions_of_late():
    rows = [
        ("u", "old", NOW - 9 * DAY),
        ("u", "often", NOW),
        ("v", "often", NOW),
        ("w", "often", NOW),
        ("u", "cold", NOW - DAY),
        ("v", "cold", NOW),
    ]
    dataset = dataset_of(*rows)
    cold = cold_items(dataset, COLD)
    assert [item for item, each in zip(dataset.item_ids.to_pylist(), cold, strict=True) if each] == ["cold"]
    assert cold_items(dataset, COLD | {"cold_start_max_interactions": 3}).sum() == 2
    assert cold_items(dataset, COLD | {"cold_start_max_duration": 10.0}).sum() == 2
    assert not cold_items(dataset, COLD | {"cold_start_relative_from": "currentTime"}).any()


def test_too_few_cold_items_fail_before_anything_is_learned(world, tmp_path, monkeypatch):
    monkeypatch.setattr(HierarchicalRnn, "train", lambda *_: pytest.fail("it trained"))
    with pytest.raises(DataError, match="12 cold items; from 100 to 80,000 are needed"):
        train_version(RECIPES["aws-hrnn-coldstart"], world, None, tmp_path / "version")


@pytest.mark.parametrize(("count", "fits"), [(99, False), (100, True), (80_000, True), (80_001, False)])
def test_from_100_to_80000_cold_items_can_be_answered(world, monkeypatch, count, fits):
    monkeypatch.setattr(hierarchical_rnn, "cold_items", lambda *_: np.ones(count, bool))
    with nullcontext() if fits else pytest.raises(DataError, match=f"There are {count:,} cold items"):
        hierarchical_rnn.check_cold_items(world, COLD)


def test_an_objective_that_is_not_trained_on_fails_before_anything_is_learned(world, tmp_path, monkeypatch):
    monkeypatch.setattr(HierarchicalRnn, "train", lambda *_: pytest.fail("it trained"))
    config = {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}}
    with pytest.raises(DataError, match="PRICE is not among the numeric Items columns"):
        train_version(RECIPES["aws-personalized-ranking"], world, config, tmp_path / "version")


def test_request_context_is_followed_but_by_what_reads_ids_alone(tmp_path):
    for recipe, effort in (("aws-user-personalization", 0.15), ("aws-hrnn", 0.01)):
        config = {**typed(RECIPES[recipe], None), **SMALL}
        HierarchicalRnn().train(phones_and_televisions(), config, replace(OPTIONS, effort=effort), Silent()).write(
            tmp_path / recipe
        )
    follows_context(serving.load(tmp_path / "aws-user-personalization"))
    plain = serving.load(tmp_path / "aws-hrnn")
    asked = [plain.logits(Request(context=context)) for context in ({}, {"DEVICE": "phone"})]
    np.testing.assert_array_equal(*asked)


def test_a_cold_start_model_answers_cold_items_alone(tmp_path):
    trained(World(users=80, fresh=30).dataset(), "aws-hrnn-coldstart", **COLD).write(tmp_path / "model")
    model = serving.load(tmp_path / "model")
    assert all("new" in each for each in answer(model, 20, history=watched("g1t3", "g1t4", "g1t5")))
    assert model.settings["blend"] == {"learned": 1.0, "popularity": 0.0, "counted": {}, "seen": [0.0, 0.0, 0.0]}


def test_a_more_sensitive_objective_brings_dearer_items(world, tmp_path):
    prices = np.random.default_rng(2).permutation(len(world.item_ids)).astype(float)
    dataset = replace(world, item_columns=(*world.item_columns, Column("PRICE", "numeric", values=prices)))
    found = []
    first = trained(dataset, objective_attribute="PRICE", objective_share=0.25)
    for level, share in SHARES.items():
        replace(first, settings={**first.settings, "objective_share": share}).write(tmp_path / level)
        model = serving.load(tmp_path / level)
        items = answer(model, 10, history=watched("g1t3", "g1t4", "g1t5"))
        found.append(float(np.mean(prices[model.item_rows(items)])))
    assert found == sorted(found)
    assert found[3] > found[0] + 5


def test_without_sensitivity_the_order_is_that_of_relevance_alone():
    logits = np.array([3.0, -np.inf, 1.0])
    assert fused(logits, np.array([0.0, 1.0, 1.0]), 0.0).tolist() == logits.tolist()


def test_relevance_and_objective_are_put_on_one_scale():
    # z of relevance 3, 1: +1, -1; z of standing 0, 1: -1, +1; a quarter leaves 0.5, -0.5, times the spread of 1
    found = fused(np.array([3.0, -np.inf, 1.0]), np.array([0.0, 0.5, 1.0]), 0.25)
    assert found.tolist() == [0.5, -np.inf, -0.5]


def test_an_objective_without_its_column_fails_the_training(world):
    with pytest.raises(DataError, match="PRICE is not among the numeric Items columns"):
        ranks(world, "PRICE")


def test_the_dearest_hits_of_a_list_are_its_rewards():
    values = {"a": 3.0, "b": 1.0, "c": 6.0}
    assert rewards(["a", "b", "c"], {"a", "b"}, values, k=1) == 0.0
    assert rewards(["a", "b"], {"a", "b"}, values, k=1) == 0.75
    assert rewards(["a", "b"], {"a", "b"}, values) == 1.0
    assert rewards(["c"], {"a"}, values) is None


def test_a_version_with_an_objective_publishes_its_rewards(tmp_path):
    made = World(users=60)
    items = made.items.append_column("PRICE", pa.array([float(each) for each in range(made.items.num_rows)]))
    schemas = made.schemas | {"ITEMS": schema("Items", GENRE={"categorical": True}, PRICE={"type": "double"})}
    dataset = Dataset.from_tables(made.interactions, items, schemas=schemas, limits=FEW)
    config = TestUserPersonalization.solution_config | {
        "optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}
    }
    outcome = train_version(RECIPES["aws-user-personalization"], dataset, config, tmp_path / "v", options=OPTIONS)
    assert 0 < outcome.metrics["average_rewards_at_k"] <= 1
