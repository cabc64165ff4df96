"""Every recipe and use case by name, with the algorithms and feature transformations they publish."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from personalize_web.engine.recipes.custom import CUSTOM
from personalize_web.engine.recipes.hyperparameters import Parameter, parameters
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.recipes.use_cases import ECOMMERCE, VIDEO_ON_DEMAND

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in (*CUSTOM, *VIDEO_ON_DEMAND, *ECOMMERCE)}
)
"""Recipe name -> recipe: fourteen custom ones, then the ten use cases."""


@dataclass(frozen=True)
class AlgorithmDescription:
    """What DescribeAlgorithm says, beyond dates and the image."""

    name: str
    """ARN suffix."""
    parameters: tuple[Parameter, ...]
    """Its hyperparameters with defaults and ranges."""
    resource_config: Mapping[str, str] = field(
        default_factory=lambda: {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "2"}
    )
    """``defaultResourceConfig``: how many trainings a search over hyperparameters may run."""

    @property
    def arn(self) -> str:
        """``algorithmArn``."""
        return f"arn:aws:personalize:::algorithm/{self.name}"

    @property
    def default_hyperparameters(self) -> dict[str, str]:
        """``defaultHyperParameters``: name -> default as text."""
        return {each.name: each.default for each in self.parameters}


@dataclass(frozen=True)
class FeatureTransformation:
    """What DescribeFeatureTransformation says, beyond dates."""

    name: str
    """ARN suffix."""
    default_parameters: Mapping[str, str]
    """``defaultParameters``: name -> default as text."""

    @property
    def arn(self) -> str:
        """``featureTransformationArn``."""
        return f"arn:aws:personalize:::feature-transformation/{self.name}"


ALGORITHMS: Mapping[str, AlgorithmDescription] = MappingProxyType(
    {
        recipe.algorithm: AlgorithmDescription(
            recipe.algorithm, tuple(each for each in parameters(recipe.name) if each.group == "algorithm")
        )
        for recipe in RECIPES.values()
    }
)
"""Algorithm name -> its description."""

FEATURE_TRANSFORMATIONS: Mapping[str, FeatureTransformation] = MappingProxyType(
    {
        recipe.feature_transformation: FeatureTransformation(
            recipe.feature_transformation,
            {each.name: each.default for each in parameters(recipe.name) if each.group == "feature"},
        )
        for recipe in sorted(RECIPES.values(), key=lambda each: each.name != "aws-sims", reverse=True)
        if recipe.feature_transformation
    }
)
"""Feature transformation name -> its description; where recipes share one, the recipe with parameters speaks."""


def recipe(name_or_arn: str) -> Recipe:
    """The recipe of a name or ARN; KeyError where there is none."""
    prefix = "arn:aws:personalize:::recipe/"
    return RECIPES[name_or_arn.removeprefix(prefix)]
