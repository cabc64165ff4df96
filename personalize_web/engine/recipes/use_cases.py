"""The ten use cases of the two domains, each trained by a system-chosen configuration."""

from personalize_web.engine.recipes.recipe import FILTER_ONLY, NOT_USED, OPTIONAL, REQUIRED, Recipe

_ANSWERS = frozenset({"filters", "promotions", "metadata", "excluded_columns"})
_PERSONAL = _ANSWERS | {"real_time", "exploration", "configurable_exploration", "automatic_updates", "context",
                        "impressions", "item_metadata", "text", "user_metadata"}
_PERSONAL_SETTINGS = {"apply_recency_bias": "true", "exploration_weight": "0.3"}
_RELATED_SETTINGS = {
    "popularity_discount_factor": "0.5", "min_cointeraction_count": "2",
    "min_user_history_length_percentile": "0.0", "max_user_history_length_percentile": "0.995",
    "min_item_interaction_count_percentile": "0.0", "max_item_interaction_count_percentile": "1.0",
}


def _use_case(
    name: str, title: str, type: str, method: str, description: str, *, domain: str,
    features: frozenset[str] = _ANSWERS, items: str = FILTER_ONLY, users: str = FILTER_ONLY,
    user_id: str = REQUIRED, item_id: str = NOT_USED, event_type: str | None = None,
    recommended: tuple[str, ...] = (), exclusion: str | None = None,
    settings: dict[str, str] | None = None, available: bool = False,
) -> Recipe:
    return Recipe(
        name=name, title=title, type=type, served_as=type, method=method, description=description, algorithm=name,
        feature_transformation=None, domain=domain, user_id=user_id, item_id=item_id, event_type=event_type,
        datasets={"INTERACTIONS": REQUIRED, "ITEMS": items, "USERS": users}, recommended_event_types=recommended,
        automatic_exclusion=exclusion, features=features, settings=settings or {}, available=available,
    )


VIDEO_ON_DEMAND: tuple[Recipe, ...] = (
    _use_case(
        "aws-vod-because-you-watched-x", "Because you watched X", "RELATED_ITEMS", "co_occurrence",
        "Videos that viewers of a given video also watched.", domain="VIDEO_ON_DEMAND", item_id=REQUIRED,
        event_type="Watch", exclusion="Watch", settings=_RELATED_SETTINGS, available=True,
    ),
    _use_case(
        "aws-vod-more-like-x", "More like X", "RELATED_ITEMS", "similar_items",
        "Videos similar to a given video, by behaviour and by their metadata.", domain="VIDEO_ON_DEMAND",
        items=REQUIRED, item_id=REQUIRED, recommended=("Watch", "Click"), exclusion="Watch",
        features=_ANSWERS | {"item_metadata", "text"}, settings={"popularity_discount_factor": "0.3"}, available=True,
    ),
    _use_case(
        "aws-vod-most-popular", "Most popular", "POPULAR_ITEMS", "popularity",
        "Videos that most users have watched.", domain="VIDEO_ON_DEMAND", event_type="Watch",
        settings={"count": "users"}, available=True,
    ),
    _use_case(
        "aws-vod-trending-now", "Trending now", "POPULAR_ITEMS", "trending",
        "Videos that are rapidly becoming more popular, evaluated every two hours.", domain="VIDEO_ON_DEMAND",
        user_id=FILTER_ONLY, settings={"trend_discovery_frequency": "2 hours"}, available=True,
    ),
    _use_case(
        "aws-vod-top-picks", "Top picks for you", "USER_PERSONALIZATION", "sequence_transformer",
        "Videos chosen for each user from history, metadata and context.", domain="VIDEO_ON_DEMAND",
        items=OPTIONAL, users=OPTIONAL, recommended=("Click", "Watch"), exclusion="Watch", features=_PERSONAL,
        settings=_PERSONAL_SETTINGS, available=True,
    ),
)
"""Use cases of video on demand."""

ECOMMERCE: tuple[Recipe, ...] = (
    _use_case(
        "aws-ecomm-popular-items-by-views", "Most viewed", "POPULAR_ITEMS", "popularity",
        "Items by how many times they were viewed.", domain="ECOMMERCE", event_type="View",
        settings={"count": "events"}, available=True,
    ),
    _use_case(
        "aws-ecomm-popular-items-by-purchases", "Best sellers", "POPULAR_ITEMS", "popularity",
        "Items by how many times they were purchased.", domain="ECOMMERCE", event_type="Purchase",
        settings={"count": "events"}, available=True,
    ),
    _use_case(
        "aws-ecomm-frequently-bought-together", "Frequently bought together", "RELATED_ITEMS", "baskets",
        "Items that are bought together with a given item.", domain="ECOMMERCE", user_id=FILTER_ONLY,
        item_id=REQUIRED, event_type="Purchase", available=True,
        settings={"popularity_discount_factor": "0.5", "min_cointeraction_count": "2"},
    ),
    _use_case(
        "aws-ecomm-customers-who-viewed-x-also-viewed", "Customers who viewed X also viewed", "RELATED_ITEMS",
        "co_occurrence", "Items that viewers of a given item also viewed.", domain="ECOMMERCE", item_id=REQUIRED,
        event_type="View", recommended=("Purchase",), exclusion="Purchase", settings=_RELATED_SETTINGS,
        available=True,
    ),
    _use_case(
        "aws-ecomm-recommended-for-you", "Recommended for you", "USER_PERSONALIZATION", "sequence_transformer",
        "Items chosen for each user from history, metadata and context.", domain="ECOMMERCE", items=OPTIONAL,
        users=OPTIONAL, recommended=("View", "Purchase"), exclusion="Purchase", features=_PERSONAL,
        settings=_PERSONAL_SETTINGS, available=True,
    ),
)
"""Use cases of e-commerce."""
