"""Items that are bought at one go."""

import numpy as np
import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.baskets import Baskets, basket_of_events
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from tests.engine.algorithms.contract import Contract
from tests.engine.worlds import DAY, World, dataset_of


class TestFrequentlyBoughtTogether(Contract):
    recipe = "aws-ecomm-frequently-bought-together"

    @pytest.fixture(scope="class")
    def world(self) -> World:
        return World(event_type="Purchase")

    def test_what_is_bought_next_within_a_day_comes_first(self, model, world):
        answer = [each.item_id for each in model.recommend(self.request(world, item_id="g2t5", num_results=4))]
        assert all(each.startswith("g2") for each in answer)


@pytest.fixture
def ask(tmp_path):
    def asked(item, *rows, **config):
        defaults = typed(RECIPES["aws-ecomm-frequently-bought-together"], None)
        model = Baskets().train(dataset_of(*rows), {**defaults, **config}, Options(), Silent())
        model.write(tmp_path / "model")
        answerer = serving.load(tmp_path / "model")
        starts, row = answerer.arrays["neighbour_starts"], answerer.items.row(item)
        return answerer.items.ids(answerer.arrays["neighbours"][starts[row]:starts[row + 1]])

    return asked


def bought(user, *days):
    """One user's items, each text a basket, two days apart."""
    return [(user, item, 2 * day * DAY + place) for day, basket in enumerate(days) for place, item in enumerate(basket)]


def test_a_basket_ends_a_day_after_its_first_event():
    data = dataset_of(("u", "a", 0), ("u", "b", DAY), ("u", "c", DAY + 1), ("u", "d", 2 * DAY + 1), ("v", "e", 5))
    assert basket_of_events(data).tolist() == [0, 0, 1, 1, 2]


def test_baskets_are_found_by_hand_as_by_arrays():
    rng = np.random.default_rng(5)
    rows = [(f"u{user}", "x", int(at)) for user in range(30) for at in rng.integers(0, 20 * DAY, 40)]
    data = dataset_of(*rows)
    expected, number, begin, last = [], -1, 0, None
    for user, at in zip(data.user.tolist(), data.timestamp.tolist(), strict=True):
        if user != last or at > begin + DAY:
            number, begin, last = number + 1, at, user
        expected.append(number)
    assert basket_of_events(data).tolist() == expected


def test_two_items_of_two_baskets_are_together_and_of_one_basket_are_not(ask):
    rows = [*bought("u", "ab"), *bought("v", "ab"), *bought("w", "ac")]
    assert ask("a", *rows) == ["b"]


def test_the_same_user_buying_twice_makes_two_baskets(ask):
    assert ask("a", *bought("u", "ab", "x", "ab")) == ["b"]


def test_items_bought_on_different_days_count_a_fifth(ask):
    ten = [row for user in range(10) for row in bought(f"u{user}", "a", "b")]
    assert ask("a", *ten) == ["b"]
    assert ask("a", *ten[:-2]) == []
    # c stood in three baskets with a, b in none, but for ten users: 3 / 3 ** 0.5 against 2 / 10 ** 0.5
    assert ask("a", *ten, *(row for user in range(3) for row in bought(f"v{user}", "ac"))) == ["c", "b"]


def test_an_item_that_is_in_every_basket_gives_way_to_one_that_belongs_here(ask):
    rows = [row for user in range(12) for row in bought(f"u{user}", "px")]
    rows += [row for user in range(3) for row in bought(f"v{user}", "apn")]
    assert ask("a", *rows, popularity_discount_factor=1.0)[0] == "n"
