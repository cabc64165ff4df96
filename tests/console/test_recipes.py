"""The pages of recipes."""

import pytest

from personalize_web.engine.recipes.catalogue import RECIPES
from tests import factories


def test_every_recipe_and_use_case_is_listed(console):
    page = console.get("/console/recipes/?size=50").content.decode()
    for name in RECIPES:
        assert f">{name}</a>" in page


@pytest.mark.parametrize("name", list(RECIPES))
def test_each_recipe_has_a_page_that_says_whether_it_can_be_trained(console, name):
    page = console.get(f"/console/recipes/{name}/").content.decode()
    assert RECIPES[name].arn in page
    assert ("Not available yet" in page) is not RECIPES[name].available


def test_an_unknown_recipe_is_not_found(console):
    assert console.get("/console/recipes/aws-crystal-ball/").status_code == 404


def test_hyperparameters_stand_with_default_and_range(console):
    page = console.get("/console/recipes/aws-sims/").content.decode()
    row = page[page.index("min_cointeraction_count") :][:600]
    assert ">3<" in row
    assert "0 to 10" in row


def test_inside_a_group_a_solution_begins_with_the_recipe(console, ana):
    factories.active_group(ana)
    page = console.get("/console/dataset-groups/movies/recipes/aws-sims/").content.decode()
    assert "/solutions/-new/details/?recipe_arn=arn:aws:personalize:::recipe/aws-sims" in page


def test_no_solution_begins_with_a_recipe_that_cannot_be_trained(console, ana, monkeypatch):
    factories.untrainable(monkeypatch, "aws-sims")
    factories.active_group(ana)
    page = console.get("/console/dataset-groups/movies/recipes/aws-sims/").content.decode()
    assert "/solutions/-new/" not in page
    assert "Not available yet in this version" in page


def test_the_recipes_tab_of_a_group_shows_no_use_cases(console, ana):
    factories.active_group(ana)
    page = console.get("/console/dataset-groups/movies/solutions/?tab=recipes").content.decode()
    assert ">aws-sims</a>" in page
    assert ">aws-vod-top-picks</a>" not in page
