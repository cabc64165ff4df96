"""The side navigation, as data: the whole map, and which of its places exist already."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Place:
    """One entry. ``route`` is a URL name; a place without a reachable route is shown but not linked."""

    key: str
    text: str
    icon: str
    route: str = ""
    count: int | None = None
    href: str = ""
    current: bool = False


@dataclass(frozen=True)
class Section:
    """Entries under a title; ``folds`` says that the title opens and closes them."""

    key: str
    places: tuple[Place, ...]
    title: str = ""
    folds: bool = False
    line: bool = False
    domain_only: bool = False
    administrators_only: bool = False
    open: bool = True


@dataclass(frozen=True)
class Navigation:
    """What the template draws: the sections, and in a group its header."""

    sections: tuple[Section, ...]
    group: Mapping[str, Any] | None = field(default=None)


GLOBAL = (
    Section(
        "console",
        (
            Place("dataset-groups", "Dataset groups", "data", "dataset_groups:list"),
            Place("schemas", "Schemas", "code", "schemas:list"),
            Place("recipes", "Recipes", "flask", "recipes:list"),
            Place("storage", "Storage", "file", "storage:browse"),
            Place("activity", "Activity", "list", "activity:list"),
            Place("audit-log", "Audit log", "eye", "audit_log:list"),
        ),
        title="Console",
    ),
    Section(
        "administration",
        (
            Place("users", "Users", "users", "users:list"),
            Place("access-keys", "Access keys", "key", "accounts:all_access_keys"),
            Place("quotas", "Quotas", "gauge", "quotas:list"),
            Place("settings", "Settings", "sliders", "settings:edit"),
            Place("components", "Components", "row", "ui:gallery"),
        ),
        title="Administration",
        administrators_only=True,
    ),
)

GROUP = (
    Section("overview", (Place("overview", "Overview", "grid", "dataset_groups:overview"),)),
    Section(
        "datasets",
        (
            Place("datasets", "Datasets", "data", "datasets:list"),
            Place("data-analysis", "Data analysis", "chart", "insights:report"),
        ),
        title="Datasets",
        folds=True,
    ),
    Section(
        "recommenders",
        (Place("recommenders", "Recommenders", "rec", "recommenders:list"),),
        line=True,
        domain_only=True,
    ),
    Section(
        "custom",
        (
            Place("solutions", "Solutions and recipes", "layers", "solutions:list"),
            Place("campaigns", "Campaigns", "cast", "campaigns:list"),
            Place("batch-inference-jobs", "Batch inference jobs", "batch", "batch_jobs:inference_list"),
            Place("batch-segment-jobs", "Batch segment jobs", "users", "batch_jobs:segment_list"),
            Place("metric-attribution", "Metric attribution", "trend", "metric_attributions:detail"),
        ),
        title="Custom resources",
        folds=True,
    ),
    Section(
        "events",
        (
            Place("filters", "Filters", "filter", "filters:list"),
            Place("event-trackers", "Event trackers", "pulse", "event_trackers:list"),
        ),
        line=True,
    ),
    Section(
        "explore",
        (
            Place("explore", "Users and items", "user", "explore:detail"),
            Place("compare", "Compare", "compare", "compare:versions"),
            Place("experiments", "Experiments", "flask", "experiments:list"),
        ),
        title="Explore",
    ),
    Section(
        "operate",
        (
            Place("monitoring", "Monitoring", "gauge", "monitoring:report"),
            Place("group-activity", "Activity", "list", "activity:group"),
        ),
        title="Operate",
    ),
)


def outside(current: str, *, administrator: bool, closed: frozenset[str] = frozenset()) -> Navigation:
    """The navigation outside a dataset group; ``current`` is the key of the place one is in."""
    sections = [_resolve(section, current, closed, {}, {}) for section in GLOBAL]
    return Navigation(tuple(section for section in sections if administrator or not section.administrators_only))


def inside(
    group: Mapping[str, Any],
    current: str,
    *,
    counts: Mapping[str, int] | None = None,
    closed: frozenset[str] = frozenset(),
) -> Navigation:
    """The navigation inside ``group`` (name and domain as describe_dataset_group answers)."""
    domain = group.get("domain")
    sections = [
        _resolve(section, current, closed, {"dsg": group["name"]}, counts or {})
        for section in GROUP
        if domain or not section.domain_only
    ]
    return Navigation(tuple(sections), {"name": group["name"], "domain": domain})


def _resolve(
    section: Section, current: str, closed: frozenset[str], kwargs: Mapping[str, str], counts: Mapping[str, int]
) -> Section:
    places = tuple(
        replace(place, href=_href(place.route, kwargs), current=place.key == current, count=counts.get(place.key))
        for place in section.places
    )
    is_open = not section.folds or section.key not in closed or any(place.current for place in places)
    return replace(section, places=places, open=is_open)


def _href(route: str, kwargs: Mapping[str, str]) -> str:
    try:
        return reverse(route, kwargs=dict(kwargs) or None)
    except NoReverseMatch:
        return ""
