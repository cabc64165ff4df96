"""The sequence recommender, on a world where users love one genre and watch its titles in order."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from personalize_web.engine import artifacts, serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.sequence_transformer import SequenceTransformer
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.evaluation import LIST_LENGTH, judge, requests_of
from personalize_web.engine.evaluation.judging import unpacked
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.reporting import Silent
from personalize_web.engine.selection import EventChoice, Selection
from personalize_web.engine.serving import PastEvents, Request
from personalize_web.engine.splitting import split
from personalize_web.engine.training import train_version
from tests.engine.algorithms.contract import METRICS, OPTIONS, Contract
from tests.engine.worlds import DAY, FEW, NOW, World, dataset_of, events, schema


def watched(*items, begin=NOW):
    return PastEvents(
        list(items), ["Watch"] * len(items), [begin + 60 * place for place in range(len(items))], [None] * len(items)
    )


def answer(model, many=10, **given):
    return [each.item_id for each in model.recommend(Request(num_results=many, exploration_weight=0.0, **given))]


def explored_before(model, cut_off):
    """How many old titles a full exploration of items up to an age finds that relevance does not."""
    asked = {"history": watched("g1t3"), "num_results": 10}
    plain = {each.item_id for each in model.recommend(Request(exploration_weight=0.0, **asked))}
    found = {
        each.item_id
        for seed in range(10)
        for each in model.recommend(
            Request(exploration_weight=1.0, exploration_age_cut_off=cut_off, seed=seed, **asked)
        )
    }
    return sum("new" not in each for each in found - plain)


class TestUserPersonalizationV2(Contract):
    recipe = "aws-user-personalization-v2"

    def test_the_next_title_of_the_genre_comes_first(self, model):
        assert answer(model, 3, history=watched("g1t3", "g1t4", "g1t5", "g1t6"))[0] == "g1t7"

    def test_three_live_events_of_a_genre_move_the_list_towards_it(self, model):
        before = answer(model, history=watched("g0t3", "g0t4"))
        after = answer(model, history=watched("g0t3", "g0t4", "g3t1", "g3t2", "g3t3"))
        share = [sum(each.startswith("g3") for each in items) for items in (before, after)]
        assert share[1] >= share[0] + 4

    def test_events_on_items_unknown_to_the_model_change_nothing(self, model):
        known, mixed = (
            watched("g0t3", "g0t4"),
            PastEvents(["g0t3", "g0t4", "brand new"], ["Watch"] * 3, [NOW, NOW + 60, NOW + 90], [None] * 3),
        )
        assert answer(model, history=known) == answer(model, history=mixed)

    def test_scores_sum_to_one_over_the_scored_items(self, model):
        found = model.recommend(Request(history=watched("g1t3"), num_results=len(model.items), exploration_weight=0.0))
        scores = [each.score for each in found]
        assert sum(scores) == pytest.approx(1, abs=1e-6)
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= each <= 1 for each in scores)

    def test_a_ranking_recipe_is_judged_on_its_order_of_the_whole_vocabulary(self, model, world):
        recipe, dataset = RECIPES["aws-personalized-ranking-v2"], world.dataset()
        tests = split(dataset, "0").tests
        hits = unpacked(judge(model, dataset, tests, recipe).hits)
        for own, (request, truth) in zip(hits, requests_of(dataset, tests, recipe), strict=True):
            wanted = set(dataset.item_ids.take(truth).to_pylist())
            ranked = model.rank(request, model.items.all())[:LIST_LENGTH]
            assert own.tolist() == [each.item_id in wanted for each in ranked]

    def test_scores_stay_sorted_with_exploration(self, model):
        found = model.recommend(Request(history=watched("g1t3"), num_results=20, seed=4, exploration_weight=0.5))
        scores = [each.score for each in found]
        assert {each.reasons for each in found} == {(), ("Exploration",)}
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) <= 1

    def test_an_item_has_the_same_score_with_and_without_a_filter(self, model):
        plain = model.recommend(Request(history=watched("g1t3"), exploration_weight=0.0))
        filtered = model.recommend(Request(history=watched("g1t3"), exploration_weight=0.0, exclude={plain[0].item_id}))
        assert filtered[0] == plain[1]

    def test_variants_of_a_request_are_answered_as_each_by_itself(self, model):
        mask = np.arange(len(model.items)) % 2 == 0
        asked = Request(history=watched("g1t3"), num_results=8, seed=5)
        variants = [asked, Request(history=watched("g1t3"), num_results=4, seed=5, allowed=mask)]
        assert model.recommend_variants(variants) == [model.recommend(each) for each in variants]

    def test_popular_items_without_score_fill_what_a_filter_left_empty(self, kept, tmp_path):
        few = serving.load(kept).item_rows(["g1t3", "g1t4", "g1t5"])
        source = artifacts.read(kept)
        mask = np.isin(np.arange(len(source.array("candidates"))), few)
        artifacts.derive(source, tmp_path / "few", {}, {"candidates": mask})
        model = serving.load(tmp_path / "few")
        found = model.recommend(
            Request(history=watched("g1t3"), num_results=6, exclude={"g1t4"}, exploration_weight=0.0)
        )
        assert [each.reasons for each in found] == [()] * 2 + [("Popular item",)] * 4
        assert [each.score is None for each in found] == [False] * 2 + [True] * 4
        assert "g1t4" not in {each.item_id for each in found}

    def test_an_explanation_says_what_each_event_is_worth(self, model):
        request = Request(history=watched("g0t3", "g1t3", "g1t4"), exploration_weight=0.0)
        item = model.recommend(request)[0].item_id
        causes = model.explain(request, item).causes
        row = model.items.row(item)
        without = Request(history=watched("g0t3", "g1t3"), exploration_weight=0.0)
        effect = float(model.logits(request)[row]) - float(model.logits(without)[row])
        assert next(each.effect for each in causes if each.name == "g1t4") == pytest.approx(effect, abs=1e-4)
        assert [abs(each.effect) for each in causes] == sorted((abs(each.effect) for each in causes), reverse=True)
        assert causes[0].name.startswith("g1")

    def test_an_explanation_of_a_new_user_names_metadata(self, model):
        asked = Request(user_attributes={"LOVES": "genre 2"})
        causes = model.explain(asked, model.recommend(asked)[0].item_id).causes
        assert [(each.kind, each.name, each.value) for each in causes] == [("user", "LOVES", "genre 2")]
        assert causes[0].times > 1

    def test_an_unknown_item_is_not_explained(self, model):
        assert not model.explain(Request(), "nowhere").known

    def test_a_new_user_is_moved_by_metadata(self, model):
        for genre in range(4):
            found = answer(model, 5, user_attributes={"LOVES": f"genre {genre}"})
            assert sum(each.startswith(f"g{genre}") for each in found) >= 3

    def test_without_exploration_nothing_carries_a_reason(self, model, world):
        assert {each.reasons for each in model.recommend(self.request(world, exploration_weight=0.0))} == {()}

    def test_explored_items_are_young_and_say_so(self, model, world):
        explored = [
            each for seed in range(40) for each in model.recommend(self.request(world, seed=seed)) if each.reasons
        ]
        assert explored
        assert {each.reasons for each in explored} == {("Exploration",)}
        assert {each.item_id[2:5] for each in explored} == {"new"}

    @pytest.mark.shows("exploration_weight", "aws-vod-top-picks", "aws-ecomm-recommended-for-you")
    def test_young_items_appear_more_with_more_exploration(self, model, world):
        def young(weight):
            return sum(
                "new" in each.item_id
                for seed in range(30)
                for each in model.recommend(self.request(world, seed=seed, num_results=10, exploration_weight=weight))
            )

        counts = [young(weight) for weight in (0.0, 0.2, 0.5, 0.9)]
        assert counts == sorted(set(counts))

    @pytest.mark.shows("exploration_item_age_cut_off", "aws-vod-top-picks", "aws-ecomm-recommended-for-you")
    def test_items_up_to_the_cut_off_are_explored(self, model):
        assert explored_before(model, 1000.0) > explored_before(model, 30.0) == 0

    def test_what_was_chosen_and_why_is_told(self, model):
        blend = model.info["details"]["blend"]
        assert set(blend["validation ndcg_at_10"]) == {
            "learned",
            "popularity",
            "following",
            "next",
            "preceding",
            "together",
            "linear",
            "blend",
        }
        assert model.info["details"]["learning"]["epochs"] >= 1


def test_a_recommender_answers_without_scores_and_reasons(tmp_path):
    world = World(users=80)
    outcome = train_version(RECIPES["aws-vod-top-picks"], world.dataset(), None, tmp_path / "version", options=OPTIONS)
    model = serving.load(tmp_path / "version")
    assert {(each.score, each.reasons) for each in model.recommend(Request(history=watched("g1t3")))} == {(None, ())}
    assert set(outcome.metrics) == METRICS


def switching() -> Dataset:
    """A year in which everybody begins with old titles, and a last week in which everybody begins with new ones."""
    rows = []
    for user in range(200):
        late = user >= 150
        begin = NOW - (user % 7) * DAY // 2 if late else NOW - (30 + user) * DAY
        kind = "late" if late else "early"
        rows += [(f"u{user}", f"{kind}{(user + place) % 8}", begin + place * 60, "Watch") for place in range(6)]
    return Dataset.from_tables(events(*rows), schemas={"INTERACTIONS": schema("Interactions", EVENT_TYPE={})})


def late_share(model):
    """Late titles among the first eight that a new user gets, and that a user of one old title has ranked first."""
    ranked = model.rank(Request(history=watched("early0")), model.items.all())
    lists = answer(model, 8), [each.item_id for each in ranked[:8]]
    return [sum(each.startswith("late") for each in items) for items in lists]


@pytest.mark.shows("apply_recency_bias", "aws-user-personalization-v2", "aws-personalized-ranking-v2")
def test_recency_bias_changes_what_a_new_user_gets_and_how_items_are_ranked(tmp_path):
    shares = {}
    for biased in (True, False):
        SequenceTransformer().train(switching(), {"apply_recency_bias": biased}, OPTIONS, Silent()).write(
            tmp_path / str(biased)
        )
        shares[biased] = late_share(serving.load(tmp_path / str(biased)))
    assert shares[True][0] > shares[False][0]
    assert shares[True][1] > shares[False][1]


def test_events_count_in_the_loss_as_they_weigh():
    weights = Selection(events=(EventChoice("Buy"), EventChoice("View", None, 0.25)))
    dataset = dataset_of(("u", "a", NOW, "View"), ("u", "b", NOW + 1, "Buy"), selection=weights)
    nothing = FeatureEncoder.fit(()), FeatureEncoder.fit(())
    found = SequenceTransformer().inputs(dataset, nothing, False, {}).weights
    assert found.tolist() == pytest.approx([0.4, 1.6])


def test_where_no_item_is_met_twice_a_model_still_answers(tmp_path):
    rows = [(f"u{user}", f"i{user}-{place}", NOW + place, "Watch") for user in range(30) for place in range(3)]
    items = pa.table({"ITEM_ID": [row[1] for row in rows], "GENRE": [f"g{place % 3}" for place in range(90)]})
    dataset = Dataset.from_tables(
        events(*rows),
        items,
        limits=FEW,
        schemas={
            "INTERACTIONS": schema("Interactions", EVENT_TYPE={}),
            "ITEMS": schema("Items", GENRE={"categorical": True}),
        },
    )
    train_version(
        RECIPES["aws-user-personalization-v2"],
        dataset,
        {},
        tmp_path / "model",
        options=Options(effort=0.05, device="cpu", threads=1),
    )
    assert len(answer(serving.load(tmp_path / "model"), 5, history=watched("i0-0"))) == 5


def phones_and_televisions() -> Dataset:
    """Users who watch either ten titles on a phone or ten others on a television."""
    rows = [
        (f"u{user}", f"{'phone' if user % 2 else 'tv'}{(user // 2 + place) % 10}", NOW + 60 * place + user, "Watch")
        for user in range(200)
        for place in range(6)
    ]
    table = events(*rows).append_column(
        "DEVICE", [[("phone" if user % 2 else "tv") for user in range(200) for _ in range(6)]]
    )
    return Dataset.from_tables(
        table, schemas={"INTERACTIONS": schema("Interactions", EVENT_TYPE={}, DEVICE={"categorical": True})}
    )


def follows_context(model):
    """The answer and the ranking of a new user go with the context; what is unknown in it changes nothing."""
    for device in ("phone", "tv"):
        assert sum(each.startswith(device) for each in answer(model, 6, context={"DEVICE": device})) >= 5
        ranked = model.rank(Request(context={"DEVICE": device}), sorted(model.items.all()))
        assert sum(each.item_id.startswith(device) for each in ranked[:6]) >= 5
    plain = model.logits(Request())
    np.testing.assert_array_equal(model.logits(Request(context={"DEVICE": "fridge"})), plain)
    np.testing.assert_array_equal(model.logits(Request(context={"MOOD": "good"})), plain)
    by_popularity = model.rank(Request(), sorted(model.items.all()))
    for context in ({"DEVICE": "fridge"}, {"MOOD": "good"}):
        assert model.rank(Request(context=context), sorted(model.items.all())) == by_popularity
    phone = model.logits(Request(context={"DEVICE": "phone"}))
    np.testing.assert_array_equal(model.logits(Request(context={"DEVICE": "phone", "MOOD": "good"})), phone)


def test_request_context_changes_the_answer_of_a_new_user(tmp_path):
    SequenceTransformer().train(phones_and_televisions(), {}, OPTIONS, Silent()).write(tmp_path / "model")
    follows_context(serving.load(tmp_path / "model"))


def test_goods_that_are_bought_again_are_offered_again_and_films_are_not(tmp_path):
    def shown(rows):
        dataset = Dataset.from_tables(events(*rows), schemas={"INTERACTIONS": schema("Interactions", EVENT_TYPE={})})
        SequenceTransformer().train(dataset, {}, OPTIONS, Silent()).write(tmp_path / "model")
        last = [row for row in rows if row[0] == "u5"]
        had = {row[1] for row in last}
        found = answer(serving.load(tmp_path / "model"), 5, history=watched(*[row[1] for row in last]))
        return sum(each in had for each in found)

    rng = np.random.default_rng(1)
    again = [
        (f"u{user}", f"i{(user * 3 + int(rng.integers(3))) % 60}", NOW + 60 * place, "Buy")
        for user in range(150)
        for place in range(10)
    ]
    once = [
        (f"u{user}", f"i{item}", NOW + 60 * place, "Buy")
        for user in range(150)
        for place, item in enumerate(rng.permutation(60)[:10])
    ]
    assert shown(again) >= 2
    assert shown(once) == 0


def test_models_answer_without_torch(tmp_path):
    SequenceTransformer().train(World(users=80).dataset(), {}, OPTIONS, Silent()).write(tmp_path / "model")
    script = (
        "import sys; from pathlib import Path; from personalize_web.engine import artifacts, serving; "
        f"model = serving.load(Path({str(tmp_path / 'model')!r})); "
        "assert len(model.recommend(serving.Request(num_results=5))) == 5; "
        "assert not [name for name in sys.modules if name.split('.')[0] in ('torch', 'scipy', 'django')]"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
