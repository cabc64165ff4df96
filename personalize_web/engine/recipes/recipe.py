"""The shape of a recipe: what it trains on, what a request must say, and what an answer carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field

REQUIRED, OPTIONAL, FILTER_ONLY = "required", "optional", "filter"
"""Standing of a dataset or of a request input: needed, used where present, or read by filters only."""

NOT_USED = "not used"
"""Standing of a request input that a recipe does not read."""


@dataclass(frozen=True)
class Recipe:
    """One recipe of custom resources (``domain`` is None) or one use case of a domain."""

    name: str
    """ARN suffix, such as ``aws-sims``."""
    title: str
    """What the console calls it."""
    type: str
    """``recipeType`` as DescribeRecipe answers it."""
    served_as: str
    """The recipe type whose request rules hold; differs from ``type`` for aws-popularity-count only."""
    method: str
    """Key of the algorithm that trains it (:mod:`personalize_web.engine.algorithms`)."""
    description: str
    """One sentence on what it predicts."""
    algorithm: str
    """ARN suffix of its algorithm."""
    feature_transformation: str | None
    """ARN suffix of its feature transformation; None where there is none."""
    domain: str | None = None
    """``VIDEO_ON_DEMAND`` or ``ECOMMERCE`` for a use case, else None."""
    datasets: Mapping[str, str] = field(default_factory=dict)
    """Dataset type -> ``required``, ``optional`` (trained on where present) or ``filter`` (filters only)."""
    user_id: str = NOT_USED
    """``required``, ``filter`` (only where a filter needs it) or ``not used``."""
    item_id: str = NOT_USED
    """``required`` or ``not used``."""
    input_list: str = NOT_USED
    """``required`` or ``not used``."""
    event_type: str | None = None
    """The one event type a use case trains on; None: every event."""
    recommended_event_types: tuple[str, ...] = ()
    """Event types the domain suggests to record."""
    automatic_exclusion: str | None = None
    """Items for which the user has events of this type leave the answer before any filter."""
    features: frozenset[str] = frozenset()
    """What it can do, out of :data:`FEATURES`."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Fixed training settings of a use case, beside the published hyperparameters."""
    minimum_interactions: int = 1000
    """Fewest item interactions after the choice of events."""
    max_items: int = 750_000
    """Most items a training considers."""
    max_interactions: int = 500_000_000
    """Most item interactions a training considers."""
    max_metadata_bytes: int | None = None
    """Most bytes of Items and Users together; None: any number."""
    legacy: bool = False
    """Kept for old solutions and automatic choice."""
    available: bool = False
    """This build can train it."""

    @property
    def arn(self) -> str:
        """``recipeArn``; recipes belong to no account and no region."""
        return f"arn:aws:personalize:::recipe/{self.name}"

    @property
    def algorithm_arn(self) -> str:
        """``algorithmArn``."""
        return f"arn:aws:personalize:::algorithm/{self.algorithm}"

    @property
    def feature_transformation_arn(self) -> str | None:
        """``featureTransformationArn``, or None."""
        suffix = self.feature_transformation
        return f"arn:aws:personalize:::feature-transformation/{suffix}" if suffix else None

    @property
    def influenced(self) -> bool:
        """Whether a ranking influence can shift its answers."""
        return self.served_as in ("USER_PERSONALIZATION", "PERSONALIZED_RANKING", "RELATED_ITEMS")

    def can(self, feature: str) -> bool:
        """Whether the recipe has ``feature``; an unknown name is a mistake of the caller (KeyError)."""
        if feature not in FEATURES:
            raise KeyError(feature)
        return feature in self.features


FEATURES: Mapping[str, str] = {
    "real_time": "Recorded events change the next answer",
    "exploration": "Young items get places in the answer",
    "configurable_exploration": "Exploration's weight and age cut-off can be set",
    "automatic_updates": "New items become candidates every two hours",
    "update_mode": "trainingMode UPDATE",
    "context": "Request context and contextual metadata",
    "impressions": "Impressions guide exploration",
    "item_metadata": "Item metadata are trained on",
    "text": "One textual item column is trained on",
    "user_metadata": "User metadata are trained on",
    "filters": "Answers can be filtered",
    "promotions": "Promotions have places in the answer",
    "metadata": "Item metadata can be returned",
    "metadata_always": "Item metadata can be returned without asking at creation",
    "batch": "Batch inference jobs",
    "segments": "Batch segment jobs",
    "themes": "Themes in batch inference",
    "objective": "A second objective beside relevance",
    "hpo": "Hyperparameter optimisation on request",
    "scores": "Answers carry scores",
    "reasons": "Answers carry reasons",
    "event_selection": "Events are chosen by type and value",
    "excluded_columns": "Columns can be left out of training",
}
"""Every feature a recipe may have, in words for people."""
