"""Recipes and use cases as pages show them: words for their types, and the columns of a table of recipes."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.ui.pages import Column

TYPES = {
    "USER_PERSONALIZATION": "User personalization",
    "POPULAR_ITEMS": "Popular items",
    "RELATED_ITEMS": "Related items",
    "PERSONALIZED_RANKING": "Personalized ranking",
    "PERSONALIZED_ACTIONS": "Personalized actions",
    "USER_SEGMENTATION": "User segmentation",
}
FEATURES = (
    ("real_time", "Real-time", "Recorded events change the next answer"),
    ("exploration", "Exploration", "Young items get places in the answer"),
    ("automatic_updates", "Automatic updates", "New items become candidates every two hours"),
    ("context", "Context", "The request may say device, place and the like"),
    ("promotions", "Promotions", "Chosen items get places in the answer"),
    ("item_metadata", "Metadata", "Columns of the items are trained on"),
    ("batch", "Batch", "Answers for many users or items at once"),
    ("hpo", "Tuning", "Hyperparameters can be searched for"),
)
"""Feature of a recipe, its heading, and what it means."""

DOMAINS = {"VIDEO_ON_DEMAND": "Video on demand", "ECOMMERCE": "E-commerce", None: "Custom", "": "Custom"}


def can(recipe: Mapping[str, Any], feature: str) -> bool:
    """Whether a recipe, as describe_recipe_details answers it, has a feature."""
    return any(each["name"] == feature for each in recipe["features"])


def name_of(recipe_arn: str | None) -> str:
    """ "aws-sims" of its ARN."""
    return (recipe_arn or "").rpartition("/")[2]


def type_text(recipe: Mapping[str, Any]) -> str:
    """The recipe's type in words; what it is served as decides, as requests do."""
    kind = recipe.get("servedAs") or recipe["recipeType"]
    return TYPES.get(kind, kind.replace("_", " ").capitalize())


def tick(feature: str, title: str) -> Callable[[Mapping[str, Any]], SafeString]:
    """The cell of a feature: a check mark, or a dash."""

    def draw(recipe: Mapping[str, Any]) -> SafeString:
        if not can(recipe, feature):
            return mark_safe('<span class="muted" aria-label="No">–</span>')
        return format_html(
            '<svg class="i feature-yes" role="img" aria-label="{}"><use href="#i-check"/></svg>', f"{title}: yes"
        )

    return draw


def _name(address: Callable[[Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any]], SafeString]:
    def draw(recipe: Mapping[str, Any]) -> SafeString:
        soon = "" if recipe["available"] else mark_safe('<span class="badge outline">Not available yet</span>')
        return format_html(
            '<a class="name nowrap" href="{}">{}</a><span class="second-line">{}</span>{}',
            address(recipe),
            recipe["name"],
            recipe["title"],
            soon,
        )

    return draw


def columns(address: Callable[[Mapping[str, Any]], str], *, domains: bool) -> tuple[Column, ...]:
    """The columns of a table of recipes; ``address`` leads to a recipe's page, ``domains`` adds what it is for."""
    domain = Column(
        "domain", "For", value=lambda row: DOMAINS[row.get("domain")], sortable=True, css="secondary nowrap"
    )
    return (
        Column("name", "Name", _name(address), value=lambda row: f"{row['name']} {row['title']}", sortable=True),
        *((domain,) if domains else ()),
        Column("recipeType", "Type", value=type_text, sortable=True, css="secondary nowrap"),
        Column("description", "Description", css="secondary recipe-description"),
        *(Column(key, title, tick(key, title), align="center") for key, title, _ in FEATURES),
    )
