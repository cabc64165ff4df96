"""The five kinds of dataset as pages name them: words, address, drawing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetType:
    """How one kind of dataset is called.

    ``key`` is the name in answers, ``wire`` the name in requests, ``slug`` the part of an address.
    """

    key: str
    wire: str
    slug: str
    title: str
    data_active: str
    icon: str
    required: bool = False
    custom_only: bool = False
    why: str = ""
    rows: str = "rows"

    @property
    def noun(self) -> str:
        """The title within a sentence."""
        return self.title[0].lower() + self.title[1:]


DATASET_TYPES = (
    DatasetType(
        "INTERACTIONS",
        "Interactions",
        "item-interactions",
        "Item interactions",
        "Interaction data active",
        "click",
        required=True,
        why="Who did what with which item, and when. Every model learns from it.",
        rows="events",
    ),
    DatasetType(
        "ITEMS",
        "Items",
        "items",
        "Items",
        "Item data active",
        "film",
        why="Add titles, genres or prices to use them in training, filters and answers.",
        rows="items",
    ),
    DatasetType(
        "USERS",
        "Users",
        "users",
        "Users",
        "User data active",
        "users",
        why="Add membership or subscription columns to use them in training and filters.",
        rows="users",
    ),
    DatasetType(
        "ACTIONS",
        "Actions",
        "actions",
        "Actions",
        "Action data active",
        "flag",
        custom_only=True,
        why="Add actions such as signing up to recommend the next best one.",
        rows="actions",
    ),
    DatasetType(
        "ACTION_INTERACTIONS",
        "Action_Interactions",
        "action-interactions",
        "Action interactions",
        "Action interaction data active",
        "shuffle",
        custom_only=True,
        why="Who took or declined which action, and when.",
        rows="events",
    ),
)
BY_SLUG = {kind.slug: kind for kind in DATASET_TYPES}
BY_KEY = {kind.key: kind for kind in DATASET_TYPES}


def of_domain(domain: str | None) -> tuple[DatasetType, ...]:
    """The kinds that a group of ``domain`` (None: a custom group) may hold."""
    return tuple(kind for kind in DATASET_TYPES if domain is None or not kind.custom_only)


def of(dataset_type: str) -> DatasetType:
    """The kind behind a dataset type in any spelling of the service."""
    return BY_KEY[dataset_type.upper()]
