"""The fourteen recipes of custom resources."""

from collections.abc import Mapping

from personalize_web.engine.recipes.recipe import FILTER_ONLY, NOT_USED, OPTIONAL, REQUIRED, Recipe

_COMMON = frozenset({"filters", "event_selection", "excluded_columns"})
_ANSWERS = _COMMON | {"promotions", "metadata", "batch"}
_LEARNS = frozenset({"item_metadata", "text", "user_metadata", "context"})
_PERSONAL = _ANSWERS | {"real_time", "scores"}
_V2 = frozenset({"real_time", "scores", "metadata", "metadata_always", "batch", "reasons"}) | _COMMON | _LEARNS

_FIVE_GB = 5 * 1024**3
_LEARNED: Mapping[str, str] = {"INTERACTIONS": REQUIRED, "ITEMS": OPTIONAL, "USERS": OPTIONAL}
_COUNTED: Mapping[str, str] = {"INTERACTIONS": REQUIRED, "ITEMS": FILTER_ONLY, "USERS": FILTER_ONLY}

CUSTOM: tuple[Recipe, ...] = (
    Recipe(
        name="aws-user-personalization-v2", title="User-Personalization-v2", type="USER_PERSONALIZATION",
        served_as="USER_PERSONALIZATION", method="sequence_transformer", algorithm="aws-user-personalization-v2",
        feature_transformation=None, datasets=_LEARNED, user_id=REQUIRED,
        features=_V2 | {"promotions", "exploration", "automatic_updates"},
        max_items=5_000_000, max_interactions=3_000_000_000, available=True,
        description="Items each user is most likely to interact with next, learned by a transformer from histories, "
        "item and user metadata and context.",
    ),
    Recipe(
        name="aws-user-personalization", title="User-Personalization", type="USER_PERSONALIZATION",
        served_as="USER_PERSONALIZATION", method="hierarchical_rnn", algorithm="aws-user-personalization",
        feature_transformation=None, datasets=_LEARNED, user_id=REQUIRED,
        features=_PERSONAL | _LEARNS | {"exploration", "configurable_exploration", "automatic_updates", "update_mode",
                                        "impressions", "objective", "hpo"},
        settings={"reads": "all", "scored": "all", "exploration_weight": "0.3"}, available=True,
        description="Items a user will interact with, with an adjustable share of exploration of new items.",
    ),
    Recipe(
        name="aws-hrnn", title="HRNN (legacy)", type="USER_PERSONALIZATION", served_as="USER_PERSONALIZATION",
        method="hierarchical_rnn", algorithm="aws-hrnn", feature_transformation="JSON-percentile-filtering",
        datasets=_COUNTED, user_id=REQUIRED, features=_PERSONAL | {"hpo"}, legacy=True,
        settings={"reads": "ids", "scored": "all", "exploration_weight": "0.0"}, available=True,
        description="Items a user will interact with, from the order and sessions of events alone.",
    ),
    Recipe(
        name="aws-hrnn-metadata", title="HRNN-Metadata (legacy)", type="USER_PERSONALIZATION",
        served_as="USER_PERSONALIZATION", method="hierarchical_rnn", algorithm="aws-hrnn-metadata",
        feature_transformation="featurize_metadata", datasets=_LEARNED, user_id=REQUIRED,
        features=_PERSONAL | {"item_metadata", "user_metadata", "context", "hpo"}, legacy=True,
        settings={"reads": "no text", "scored": "all", "exploration_weight": "0.0"}, available=True,
        max_metadata_bytes=_FIVE_GB, description="As HRNN, with context and the metadata of users and items.",
    ),
    Recipe(
        name="aws-hrnn-coldstart", title="HRNN-Coldstart (legacy)", type="USER_PERSONALIZATION",
        served_as="USER_PERSONALIZATION", method="hierarchical_rnn", algorithm="aws-hrnn-coldstart",
        feature_transformation="featurize_coldstart", datasets=_LEARNED, user_id=REQUIRED,
        features=_PERSONAL | {"item_metadata", "user_metadata", "context", "hpo", "update_mode"}, legacy=True,
        settings={"reads": "no text", "scored": "all", "answers": "cold", "exploration_weight": "0.0"}, available=True,
        max_metadata_bytes=_FIVE_GB, description="As HRNN-Metadata, recommending items that are new to the catalogue.",
    ),
    Recipe(
        name="aws-popularity-count", title="Popularity-Count", type="USER_PERSONALIZATION",
        served_as="POPULAR_ITEMS", method="popularity", algorithm="aws-popularity-count",
        feature_transformation="sims", datasets=_COUNTED, user_id=FILTER_ONLY, features=_ANSWERS,
        settings={"count": "users"}, available=True,
        description="The items that most users interacted with, the same for everybody: the baseline to compare with.",
    ),
    Recipe(
        name="aws-trending-now", title="Trending-Now", type="POPULAR_ITEMS", served_as="POPULAR_ITEMS",
        method="trending", algorithm="aws-trending-now-custom", feature_transformation="trending-now",
        datasets=_COUNTED, user_id=FILTER_ONLY, features=_ANSWERS - {"batch"}, available=True,
        description="Items whose popularity rises fastest, evaluated at a fixed interval.",
    ),
    Recipe(
        name="aws-personalized-ranking-v2", title="Personalized-Ranking-v2", type="PERSONALIZED_RANKING",
        served_as="PERSONALIZED_RANKING", method="sequence_transformer", algorithm="aws-personalized-ranking-v2",
        feature_transformation=None, datasets=_LEARNED, user_id=REQUIRED, input_list=REQUIRED,
        features=_V2 - {"reasons"}, max_items=5_000_000, max_interactions=3_000_000_000, available=True,
        description="A given list of items in the order of their relevance to a user, by the same transformer.",
    ),
    Recipe(
        name="aws-personalized-ranking", title="Personalized-Ranking", type="PERSONALIZED_RANKING",
        served_as="PERSONALIZED_RANKING", method="hierarchical_rnn", algorithm="aws-personalized-ranking",
        feature_transformation="JSON-percentile-filtering", datasets=_LEARNED, user_id=REQUIRED, input_list=REQUIRED,
        features=(_PERSONAL | _LEARNS | {"objective", "hpo"}) - {"promotions"},
        settings={"reads": "all"}, available=True,
        description="A given list of items in the order of their relevance to a user.",
    ),
    Recipe(
        name="aws-similar-items", title="Similar-Items", type="RELATED_ITEMS", served_as="RELATED_ITEMS",
        method="similar_items", algorithm="aws-similar-items", feature_transformation=None,
        datasets={"INTERACTIONS": REQUIRED, "ITEMS": OPTIONAL, "USERS": FILTER_ONLY}, user_id=FILTER_ONLY,
        item_id=REQUIRED, features=_ANSWERS | {"item_metadata", "text", "themes", "hpo"}, available=True,
        description="Items similar to a given one, by what users do with both and by their metadata.",
    ),
    Recipe(
        name="aws-sims", title="SIMS", type="RELATED_ITEMS", served_as="RELATED_ITEMS", method="co_occurrence",
        algorithm="aws-sims", feature_transformation="sims", datasets=_COUNTED, user_id=FILTER_ONLY,
        item_id=REQUIRED, features=_ANSWERS | {"hpo"}, available=True,
        description="Items that the same users interacted with, by co-occurrence alone.",
    ),
    Recipe(
        name="aws-next-best-action", title="Next-Best-Action", type="PERSONALIZED_ACTIONS",
        served_as="PERSONALIZED_ACTIONS", method="next_best_action", algorithm="aws-next-best-action",
        feature_transformation="next-best-action", user_id=REQUIRED, item_id=NOT_USED,
        datasets={**_LEARNED, "ACTIONS": REQUIRED, "ACTION_INTERACTIONS": OPTIONAL},
        features=frozenset({"real_time", "exploration", "configurable_exploration", "automatic_updates", "filters",
                            "scores", "item_metadata", "text", "user_metadata", "event_selection"}),
        available=True,
        description="Actions a user will most likely take, with the probability of each.",
    ),
    Recipe(
        name="aws-item-affinity", title="Item-Affinity", type="USER_SEGMENTATION", served_as="USER_SEGMENTATION",
        method="affinity", algorithm="aws-item-affinity", feature_transformation="item-affinity", datasets=_LEARNED,
        features=_COMMON | {"item_metadata", "text", "user_metadata", "segments"}, settings={"reads": "all"},
        available=True,
        description="The users most likely to interact with each given item.",
    ),
    Recipe(
        name="aws-item-attribute-affinity", title="Item-Attribute-Affinity", type="USER_SEGMENTATION",
        served_as="USER_SEGMENTATION", method="affinity", algorithm="aws-item-attribute-affinity",
        feature_transformation="item-attribute-affinity",
        datasets={"INTERACTIONS": REQUIRED, "ITEMS": REQUIRED, "USERS": FILTER_ONLY},
        features=_COMMON | {"item_metadata", "text", "segments"}, settings={"reads": "items"}, available=True,
        description="The users most likely to interact with items that have given attributes.",
    ),
)
"""Every recipe that a solution may name."""
