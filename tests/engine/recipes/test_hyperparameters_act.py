"""Every parameter does what its text says: each has a test that shows its effect, marked with ``shows``.

``@pytest.mark.shows(parameter, *recipes)`` stands over a test of the effect of a parameter of these recipes.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import parameters

TESTS = Path(__file__).parents[1]
EXPLORATION = ("exploration_weight", "exploration_item_age_cut_off")
PUBLISHED = [
    (recipe.name, name)
    for recipe in RECIPES.values()
    if recipe.available
    for name in [*(each.name for each in parameters(recipe.name)),
                 *(EXPLORATION if recipe.can("configurable_exploration") else ())]
]  # fmt: skip


@cache
def shown() -> dict[tuple[str, str], str]:
    """(recipe, parameter) -> the test that shows its effect."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text())
        constants = {
            target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
            for target in node.targets
            if isinstance(target, ast.Name) and all(isinstance(each, ast.Constant) for each in node.value.elts)
        }
        for test in ast.walk(tree):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                for mark in test.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.shows":
                        name, *recipes = _arguments(mark, constants)
                        found |= {(recipe, name): f"{path.name}::{test.name}" for recipe in recipes}
    return found


def _arguments(mark: ast.Call, constants: dict[str, tuple[str, ...]]) -> list[str]:
    given: list[str] = []
    for each in mark.args:
        if isinstance(each, ast.Starred):
            given += constants[ast.unparse(each.value)]
        else:
            given.append(ast.literal_eval(each))
    return given


@pytest.mark.parametrize(("recipe", "parameter"), PUBLISHED, ids=lambda each: each)
def test_a_test_shows_what_the_parameter_does(recipe, parameter):
    assert (recipe, parameter) in shown(), f"Mark the test of its effect: @pytest.mark.shows({parameter!r}, {recipe!r})"


def test_no_mark_names_what_does_not_exist():
    known = {(recipe.name, each.name) for recipe in RECIPES.values() for each in parameters(recipe.name)}
    known |= {(recipe.name, name) for recipe in RECIPES.values() for name in EXPLORATION
              if recipe.can("exploration")}  # fmt: skip
    assert set(shown()) <= known
