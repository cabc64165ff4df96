"""Which column names are required or reserved, by dataset type and domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

Role = Literal["plain", "categorical", "textual"]


@dataclass(frozen=True)
class Keyword:
    """A column name the service gives a meaning to."""

    name: str
    type: str
    role: Role = "plain"
    """For strings: whether the field must be categorical, must be textual, or may be neither."""
    nullable: bool = False
    """Whether a union with null is permitted."""
    required: bool = False

    @property
    def declaration(self) -> dict[str, object]:
        """The field as it stands in a schema, with null where permitted."""
        new: dict[str, object] = {"name": self.name, "type": ["null", self.type] if self.nullable else self.type}
        if self.role != "plain":
            new[self.role] = True
        return new


def _required(name: str, type_: str = "string", role: Role = "plain") -> Keyword:
    return Keyword(name, type_, role, required=True)


def _reserved(name: str, type_: str = "string", role: Role = "plain") -> Keyword:
    return Keyword(name, type_, role, nullable=True)


_EVENT_EXTRAS = (
    _reserved("EVENT_VALUE", "float"),
    _reserved("IMPRESSION"),
    _reserved("RECOMMENDATION_ID"),
    _reserved("EVENT_ATTRIBUTION_SOURCE"),
)
_EVENT = (_required("USER_ID"), _required("ITEM_ID"), _required("TIMESTAMP", "long"))
_DOMAIN_EVENT = (*_EVENT, _required("EVENT_TYPE"), *_EVENT_EXTRAS)
_DESCRIPTION = _reserved("PRODUCT_DESCRIPTION", role="textual")
_CREATION = Keyword("CREATION_TIMESTAMP", "long")

_TABLE: Mapping[tuple[str, str | None], tuple[Keyword, ...]] = {
    ("INTERACTIONS", None): (*_EVENT, Keyword("EVENT_TYPE", "string"), *_EVENT_EXTRAS),
    ("INTERACTIONS", "VIDEO_ON_DEMAND"): _DOMAIN_EVENT,
    ("INTERACTIONS", "ECOMMERCE"): _DOMAIN_EVENT,
    ("USERS", None): (_required("USER_ID"),),
    ("USERS", "VIDEO_ON_DEMAND"): (_required("USER_ID"), _reserved("SUBSCRIPTION_MODEL", role="categorical")),
    ("USERS", "ECOMMERCE"): (_required("USER_ID"),),
    ("ITEMS", None): (_required("ITEM_ID"), _CREATION),
    ("ITEMS", "VIDEO_ON_DEMAND"): (
        _required("ITEM_ID"),
        _required("CREATION_TIMESTAMP", "long"),
        _required("GENRES", role="categorical"),
        _reserved("PRICE", "float"),
        _reserved("DURATION", "float"),
        _reserved("GENRE_L2", role="categorical"),
        _reserved("GENRE_L3", role="categorical"),
        _reserved("AVERAGE_RATING", "float"),
        _DESCRIPTION,
        _reserved("CONTENT_OWNER", role="categorical"),
        _reserved("CONTENT_CLASSIFICATION", role="categorical"),
    ),
    ("ITEMS", "ECOMMERCE"): (
        _required("ITEM_ID"),
        _required("PRICE", "float"),
        _required("CATEGORY_L1", role="categorical"),
        _reserved("CATEGORY_L2", role="categorical"),
        _reserved("CATEGORY_L3", role="categorical"),
        _DESCRIPTION,
        _CREATION,
        _reserved("AGE_GROUP", role="categorical"),
        _reserved("ADULT", role="categorical"),
        _reserved("GENDER", role="categorical"),
    ),
    ("ACTIONS", None): (
        _required("ACTION_ID"),
        _CREATION,
        _reserved("VALUE", "long"),
        _reserved("TYPE"),
        _reserved("EXPIRATION_TIMESTAMP", "long"),
        _reserved("ACTION_EXPIRATION_TIMESTAMP", "long"),
        _reserved("REPEAT_FREQUENCY", "long"),
    ),
    ("ACTION_INTERACTIONS", None): (
        _required("USER_ID"),
        _required("ACTION_ID"),
        _required("EVENT_TYPE"),
        _required("TIMESTAMP", "long"),
        _reserved("IMPRESSION"),
        _reserved("RECOMMENDATION_ID"),
    ),
}

MAXIMUM_METADATA = {"INTERACTIONS": 5, "USERS": 25, "ITEMS": 100, "ACTIONS": 10, "ACTION_INTERACTIONS": 5}
"""The most fields that are neither required nor reserved, by dataset type."""


def supported(dataset_type: str, domain: str | None) -> bool:
    """Whether a group of this domain may hold this dataset type."""
    return (dataset_type, domain) in _TABLE


@cache
def keywords(dataset_type: str, domain: str | None) -> Mapping[str, Keyword]:
    """Required and reserved names with what they ask of a field; empty for a pair that does not exist."""
    return {keyword.name: keyword for keyword in _TABLE.get((dataset_type, domain), ())}
