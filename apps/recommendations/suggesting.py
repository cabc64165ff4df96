"""Ids to try, for whoever knows none: users, items while one types, lists of items to rank."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from apps.ui.pages import flash
from personalize_web import operations

if TYPE_CHECKING:
    from apps.recommendations.views import TryPage

USERS = (("random", "Random user"), ("heavy", "Heavy user"), ("new", "New user"))
LISTS = (("popular-items", "Top 50 popular"), ("random-items", "Random 50"))
LISTED = 50
FILL = "fill"
"""In the address while the form is filled in and nothing is asked yet."""
NEEDED = (("user_id", "userId"), ("item_id", "itemId"), ("input_list", "inputList"))


def links(page: "TryPage", query: QueryDict) -> dict[str, list[dict[str, str]]]:
    """Under which field which links stand: {text, href}."""
    return {
        name: [
            {"text": text, "href": f"{page.address('suggest')}?{urlencode([('kind', kind), *_others(query, name)])}"}
            for kind, text in kinds
        ]
        for name, kinds in (("user_id", USERS), ("input_list", LISTS))
        if name in page.form.fields
    }


def answer(page: "TryPage") -> HttpResponse:
    """Options for an item that is typed; else the page again, with ids in the place of those it had."""
    request = page.request
    kind = request.GET.get("kind", "")
    if kind == "item":
        text = request.GET.get("item_id", "").strip()
        found = operations.search_items(page.caller, dataset_group_arn=page.group_arn, text=text) if text else {}
        return render(request, "recommendations/_items.html", {"items": found.get("items", [])[:10]})
    query = request.GET.copy()
    for name in ("kind", FILL):
        query.pop(name, None)
    if kind in dict(LISTS):
        items = operations.suggest_items(
            page.caller, dataset_group_arn=page.group_arn, kind=kind.removesuffix("-items"), number=LISTED
        )["items"]
        query["input_list"] = "\n".join(each["itemId"] for each in items)
        missing = "" if items else "There are no items to suggest."
    else:
        users = operations.suggest_users(page.caller, dataset_group_arn=page.group_arn, kind=kind or "random")["users"]
        missing = "" if users else "There is no such user to suggest."
        if users:
            query["user_id"] = users[0]["userId"]
    if missing:
        flash(request, "info", missing)
    if not _complete(page, query):
        query[FILL] = "1"
    return page.redirect(f"{page.address()}?{query.urlencode()}")


def _complete(page: "TryPage", query: QueryDict) -> bool:
    """Whether the request has all that the recipe needs."""
    inputs = page.resource["recipe"]["requestInputs"]
    needed = [name for name, key in NEEDED if inputs[key] == "required"]
    return all(query.get(name, "").strip() for name in needed)


def _others(query: QueryDict, name: str) -> list[tuple[str, str]]:
    """What else the form holds."""
    return [(key, value) for key, values in query.lists() if key != name for value in values]
