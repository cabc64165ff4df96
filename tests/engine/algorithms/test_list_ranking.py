"""Given lists put in order by a small network beside the blend, and when it is left out."""

from dataclasses import replace

import numpy as np
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms import algorithm, list_ranking
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.list_ranking import KINDS, Lists, taught
from personalize_web.engine.lists import NAMES, ListRanker
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.serving import PastEvents, Request, sequence
from tests.engine.worlds import NOW, World

QUICK = Options(seed=3, effort=0.01, threads=1)
TAUGHT = replace(QUICK, effort=0.02)


def lists_in_which(told: float) -> Lists:
    """Made-up lists whose relevance says little, and whose popularity tells the answer as far as ``told``."""
    rng = np.random.default_rng(1)
    features = rng.standard_normal((360, 12, len(NAMES))).astype(np.float32)
    features[:, 0, 0] += 0.5
    features[:, 0, NAMES.index("popularity")] += told
    event = np.repeat(np.arange(120), len(KINDS))
    return Lists(features, np.tile(np.arange(len(KINDS)), 120), event % list_ranking.NETWORKS, event)


def trained(recipe: str):
    config = {**typed(RECIPES[recipe], None), **({"hidden_dimension": 32} if "v2" not in recipe else {})}
    return algorithm(RECIPES[recipe].method).train(World().dataset(), config, QUICK, Silent())


@pytest.fixture(scope="module")
def learned():
    """A model whose ranker is taken, however it did."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_ranking, "SURE", -np.inf)
        return trained("aws-personalized-ranking-v2")


@pytest.fixture(scope="module")
def model(learned, tmp_path_factory):
    directory = tmp_path_factory.mktemp("lists") / "model"
    learned.write(directory)
    return serving.load(directory)


def watched(*items):
    return PastEvents(
        list(items), ["Watch"] * len(items), [NOW + 60 * place for place in range(len(items))], [None] * len(items)
    )


ASKED = Request(history=watched("g1t3", "g1t4", "g0t1", "g1t5"))


def ids(found):
    return [each.item_id for each in found]


def test_what_a_feature_tells_beside_relevance_is_learned():
    ranker, told = taught(lists_in_which(told=2.0), TAUGHT)
    assert ranker is not None
    assert all(after > before for before, after in told["ndcg of lists by the blend and by the ranker"].values())


def test_where_there_is_nothing_to_learn_the_blend_stays():
    ranker, told = taught(lists_in_which(told=0.0), TAUGHT)
    assert ranker is None
    assert not told["ranker taken"]


def test_the_same_lists_and_seed_teach_the_same_ranker():
    one, other = (taught(lists_in_which(told=2.0), TAUGHT)[0].arrays() for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one | other)


def test_a_ranker_knows_how_a_list_came_about():
    features = lists_in_which(told=2.0).features[0]
    ranker = taught(lists_in_which(told=2.0), TAUGHT)[0]
    order = np.argsort(-ranker.scores(features))
    mirrored = np.argsort(-ranker.scores(features[::-1]))
    assert order.tolist() == (len(features) - 1 - mirrored).tolist()
    alone = np.concatenate([ranker.scores(each[None]) for each in features])
    assert np.abs(alone - ranker.scores(features)).max() > 1e-3


def test_a_ranker_is_the_same_after_it_was_kept():
    ranker, features = taught(lists_in_which(told=2.0), TAUGHT)[0], lists_in_which(told=2.0).features[0]
    assert ListRanker.of(ranker.arrays()).scores(features).tolist() == ranker.scores(features).tolist()


def test_scores_fall_with_the_order_and_sum_to_one(model):
    found = model.rank(ASKED, ["g2t2", "g1t6", "g0t2", "g1t9", "g3t0"])
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1)


def test_the_order_does_not_depend_on_the_order_given(model):
    given = ["g2t2", "g1t6", "g0t2", "g1t9", "g3t0"]
    assert ids(model.rank(ASKED, given)) == ids(model.rank(ASKED, given[::-1]))


def test_unknown_and_cold_items_come_last_without_a_score(model):
    found = model.rank(ASKED, ["nothing", "g1new0", "g1t6", "g2t2"])
    assert {each.item_id for each in found[:2]} == {"g1t6", "g2t2"}
    assert [(each.item_id, each.score) for each in found[2:]] == [("nothing", None), ("g1new0", None)]


def test_a_user_without_a_history_gets_the_popular_ones_first(model):
    counts = dict(zip(model.items.all(), np.asarray(model.arrays["interactions"]).tolist(), strict=True))
    given = ["g0t1", "g1t6", "g2t2", "g3t9"]
    assert ids(model.rank(Request(), given)) == sorted(given, key=lambda item: -counts[item])


def test_many_lists_at_once_are_put_in_order_as_each_by_itself(model):
    requests = [ASKED, Request(), Request(history=watched("g2t1")), Request(history=watched("g3t1", "g3t2"))]
    lists = [["g2t2", "g1t6", "g0t2"], ["g1t1", "g0t0"], ["g2t2", "g2t9", "nothing"], ["g3t3", "g0t3", "g3new1"]]
    for request, given, together in zip(requests, lists, model.rank_many(requests, lists), strict=True):
        assert ids(together) == ids(model.rank(request, given))


def test_it_is_judged_by_the_order_in_which_it_puts_the_whole_vocabulary(model):
    for request in (ASKED, Request(), replace(ASKED, exclude={"g1t6"})):
        ((found, shown),) = model.answers([replace(request, num_results=25)], explored=True)
        assert found == shown == ids(model.rank(request, model.items.all()))[:25]


def test_relevance_of_asked_items_is_that_among_all(model):
    whole = model.logits(ASKED)
    history = model._events(ASKED.history)[0]
    query = model._queries([model._events(ASKED.history)], [ASKED])[0]
    items = model.item_rows(["g2t2", "g1t6", "g0t2", "g1t3"])
    assert model._of_some(history, query, items) == pytest.approx(whole[items], abs=1e-4)


def test_of_a_very_long_list_the_most_relevant_are_put_in_order_and_the_rest_follows_by_relevance(model, monkeypatch):
    monkeypatch.setattr(sequence, "LONGEST", 10)
    known = [each for each in model.items.all() if "new" not in each]
    relevance = dict(zip(model.items.all(), model.logits(ASKED).tolist(), strict=True))
    by_relevance = sorted(known, key=lambda item: -relevance[item])
    found = ids(model.rank(ASKED, known))
    assert set(found[:10]) == set(by_relevance[:10])
    assert found[10:] == by_relevance[10:]


def test_a_warm_start_keeps_the_ranker_and_counts_anew(learned):
    recipe = RECIPES["aws-personalized-ranking-v2"]
    again = algorithm(recipe.method).train(
        World(users=130).dataset(), typed(recipe, None), QUICK, Silent(), warm=learned
    )
    assert all(np.array_equal(again.arrays[name], learned.arrays[name]) for name in ("list_mean", "list_weights0"))
    assert again.arrays["interactions"].sum() > learned.arrays["interactions"].sum()


@pytest.mark.parametrize(
    ("recipe", "learns"), [("aws-personalized-ranking", True), ("aws-user-personalization-v2", False)]
)
def test_ranking_recipes_alone_learn_from_lists(recipe, learns):
    assert ("lists" in trained(recipe).details) == learns
