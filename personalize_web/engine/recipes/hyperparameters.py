"""Names, defaults and bounds of every published parameter, and how a solution's settings are resolved against them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from personalize_web.engine import objective
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import Recipe

ALGORITHM_MAP, FEATURE_MAP = "algorithmHyperParameters", "featureTransformationParameters"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a recipe."""

    name: str
    """As users write it."""
    group: str
    """``algorithm`` or ``feature``: the map of the solution's configuration it belongs to."""
    kind: str
    """``integer``, ``float``, ``boolean`` or ``choice``."""
    default: str
    """The default as text; empty where only a search over a range may set it."""
    low: float = -math.inf
    """Least value, inclusive."""
    high: float = math.inf
    """Greatest value, inclusive."""
    choices: tuple[str, ...] = ()
    """Allowed texts of a choice, in their canonical spelling."""
    tunable: bool = False
    """A search over hyperparameters may vary it."""
    scale: str = "linear"
    """``linear`` or ``log``: how a search spaces its values."""
    search_only: bool = False
    """Only a search may set it; a fixed value is refused."""
    help: str = ""
    """What it does, in words for people."""

    def read(self, text: Any) -> str:
        """The canonical text of a given value; raises DataError when it isn't one or lies outside the range."""
        given = str(text).strip()
        if self.kind == "boolean":
            if given.lower() not in ("true", "false"):
                raise DataError(f"Invalid value for {self.name}: {given}. It must be true or false.")
            return given.lower()
        if self.kind == "choice":
            canonical = {each.lower(): each for each in self.choices}.get(_plural(given))
            if canonical is None:
                raise DataError(f"Invalid value for {self.name}: {given}. It must be one of {', '.join(self.choices)}.")
            return canonical
        number = self._number(given)
        if not self.low <= number <= self.high:
            raise DataError(f"Invalid value for {self.name}: {given}. It must be {self._range()}.")
        return given

    def _number(self, given: str) -> float:
        try:
            number = float(given)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (self.kind == "integer" and number != int(number)):
            raise DataError(f"Invalid value for {self.name}: {given}. It must be {_ARTICLES[self.kind]}.")
        return number

    def _range(self) -> str:
        shown = int if self.kind == "integer" else float
        if math.isinf(self.high):
            return f"at least {shown(self.low)}" if self.low >= 1 else "greater than 0"
        return f"between {shown(self.low)} and {shown(self.high)}"

    def value(self, text: str) -> int | float | bool | str:
        """The typed value of a canonical text."""
        if self.kind == "boolean":
            return text == "true"
        if self.kind == "integer":
            return int(float(text))
        return float(text) if self.kind == "float" else text


_ARTICLES = {"integer": "a whole number", "float": "a number"}
_SMALLEST = 5e-324


def _plural(given: str) -> str:
    text = " ".join(given.lower().split())
    return {"3 hour": "3 hours", "2 hour": "2 hours", "1 hours": "1 hour", "1 days": "1 day"}.get(text, text)


def _percentile(name: str, default: str, what: str) -> Parameter:
    return Parameter(name, "feature", "float", default, 0.0, 1.0, help=what)


def _width(default: str, *, tunable: bool) -> Parameter:
    return Parameter("hidden_dimension", "algorithm", "integer", default, 32, 256, tunable=tunable, scale="log",
                     help="Width of the learned representation: larger finds richer patterns and needs more data.")


def _recurrent(width: str) -> tuple[Parameter, ...]:
    return (
        _width(width, tunable=True),
        Parameter("bptt", "algorithm", "integer", "32", 2, 32, tunable=True,
                  help="Through how many events back a training step looks."),
        Parameter("recency_mask", "algorithm", "boolean", "true", tunable=True,
                  help="Whether the latest popularity trends weigh more."),
        _percentile("min_user_history_length_percentile", "0.0", "Users with shorter histories are not trained on."),
        _percentile("max_user_history_length_percentile", "0.99", "Users with longer histories are not trained on."),
    )


_TRANSFORMER = (
    Parameter("apply_recency_bias", "algorithm", "boolean", "true",
              help="Whether recent interactions weigh more than older ones."),
)
_COLD_START = (
    Parameter("cold_start_max_interactions", "feature", "integer", "15", 1,
              help="Most interactions an item may have and still count as cold."),
    Parameter("cold_start_max_duration", "feature", "float", "5.0", _SMALLEST,
              help="Most days since the starting point for an item to count as cold."),
    Parameter("cold_start_relative_from", "feature", "choice", "latestItem", choices=("currentTime", "latestItem"),
              help="The starting point: now, or the latest interaction."),
)
_SIMS = (
    Parameter("popularity_discount_factor", "algorithm", "float", "0.5", 0.0, 1.0, tunable=True,
              help="Near 0 popular items come first; near 1 popularity matters less."),
    Parameter("min_cointeraction_count", "algorithm", "integer", "3", 0, 10, tunable=True,
              help="Users who must have interacted with both items before they count as similar."),
    _percentile("min_user_history_length_percentile", "0.005", "Users with shorter histories are left out."),
    _percentile("max_user_history_length_percentile", "0.995", "Users with longer histories are left out."),
    _percentile("min_item_interaction_count_percentile", "0.01", "Items with fewer interactions are left out."),
    _percentile("max_item_interaction_count_percentile", "0.9", "Items with more interactions are left out."),
)
_SIMILAR_ITEMS = (
    Parameter("popularity_discount_factor", "algorithm", "float", "0.0", 0.0, 1.0,
              help="Near 0 popular items come first; near 1 popularity matters less."),
    Parameter("item_id_hidden_dim", "algorithm", "integer", "100", 30, 200, tunable=True, scale="log",
              search_only=True, help="Width of what is learned from behaviour."),
    Parameter("item_metadata_hidden_dim", "algorithm", "integer", "100", 30, 200, tunable=True, scale="log",
              search_only=True, help="Width of what is learned from metadata."),
)

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "aws-user-personalization-v2": _TRANSFORMER,
    "aws-personalized-ranking-v2": _TRANSFORMER,
    "aws-user-personalization": _recurrent("149"),
    "aws-personalized-ranking": _recurrent("149"),
    "aws-hrnn": _recurrent("43"),
    "aws-hrnn-metadata": _recurrent("43"),
    "aws-hrnn-coldstart": (*_recurrent("149"), *_COLD_START),
    "aws-sims": _SIMS,
    "aws-similar-items": _SIMILAR_ITEMS,
    "aws-trending-now": (
        Parameter("trend_discovery_frequency", "feature", "choice", "2 hours",
                  choices=("30 minutes", "1 hour", "2 hours", "3 hours", "1 day"),
                  help="How often trends are evaluated, and the length of the intervals compared."),
    ),
    "aws-next-best-action": (
        Parameter("action_optimization_period", "feature", "integer", "14", 7, 28,
                  help="Days within which an action should be taken."),
    ),
    "aws-item-affinity": (_width("149", tunable=False),),
    "aws-item-attribute-affinity": (_width("149", tunable=False),),
}
"""Recipe name -> its parameters; a recipe that is not here has none."""

_TRANSFORMER_INSIDE = (
    Parameter("width", "internal", "integer", "", choices=("32", "64", "96", "128"), help="Width of the network."),
    Parameter("layers", "internal", "integer", "", 1, 2, help="Layers of the network."),
    Parameter("length", "internal", "integer", "", choices=("30", "50", "100"), help="Newest events that are read."),
    Parameter("dropout", "internal", "float", "", 0.05, 0.5, help="Share of the network left out at each step."),
    Parameter("learning_rate", "internal", "float", "", 3e-4, 3e-3, scale="log", help="Size of the first steps."),
    Parameter("half_life_share", "internal", "float", "", 0.05, 0.5, scale="log",
              help="Half-life of the weight of events, as a share of the time that the data span."),
)
INTERNAL: Mapping[str, tuple[Parameter, ...]] = {
    "aws-user-personalization-v2": _TRANSFORMER_INSIDE, "aws-personalized-ranking-v2": _TRANSFORMER_INSIDE,
}
"""Recipe name -> settings that nobody can set, which the service searches for by itself."""

_ALIASES = {
    "training.bptt": "bptt", "training.hidden_dimension": "hidden_dimension", "data.recency_mask": "recency_mask",
    "min_hist_length_percentile": "min_user_history_length_percentile",
    "max_hist_length_percentile": "max_user_history_length_percentile",
}
_ORDERED = tuple((f"min_{what}_percentile", f"max_{what}_percentile")
                 for what in ("user_history_length", "item_interaction_count"))


def parameters(recipe_name: str) -> tuple[Parameter, ...]:
    """The published parameters of a recipe; none for use cases."""
    return PARAMETERS.get(recipe_name, ())


def resolve(recipe: Recipe, solution_config: Mapping[str, Any] | None) -> dict[str, Any]:
    """A solution's configuration with every default filled in, both maps as texts.

    A known parameter in the wrong map moves to the right one; unknown names and values outside their range raise
    DataError. Other members of the configuration are handed through untouched.
    """
    config = dict(solution_config or {})
    known = {each.name: each for each in parameters(recipe.name)}
    given: dict[str, str] = {}
    for group in (ALGORITHM_MAP, FEATURE_MAP):
        for name, text in (config.get(group) or {}).items():
            parameter = known.get(_ALIASES.get(name, name))
            if parameter is None:
                raise DataError(f"Unknown parameter for recipe {recipe.name}: {name}")
            if parameter.search_only:
                raise DataError(f"Parameter {name} can only be set by a range of hyperparameter optimization.")
            given[parameter.name] = parameter.read(text)
    chosen = {name: given.get(name, each.default) for name, each in known.items() if not each.search_only}
    for low, high in _ORDERED:
        if low in chosen and high in chosen and float(chosen[low]) >= float(chosen[high]):
            raise DataError(f"{low} must be less than {high}.")
    for group, key in (("algorithm", ALGORITHM_MAP), ("feature", FEATURE_MAP)):
        config[key] = {name: text for name, text in chosen.items() if known[name].group == group}
    return config


def typed(recipe: Recipe, solution_config: Mapping[str, Any] | None) -> dict[str, int | float | bool | str]:
    """Every parameter and fixed setting of a recipe as numbers and booleans, ready for its algorithm."""
    resolved = resolve(recipe, solution_config)
    texts = {**recipe.settings, **resolved[ALGORITHM_MAP], **resolved[FEATURE_MAP]}
    known = {each.name: each for each in (*_SIMS, *_TRANSFORMER, *parameters(recipe.name))}
    found = {name: known[name].value(text) if name in known else text for name, text in texts.items()}
    chosen = objective.of(resolved) if recipe.can("objective") else None
    if chosen is not None:
        found["objective_attribute"], found["objective_share"] = chosen
    return found
