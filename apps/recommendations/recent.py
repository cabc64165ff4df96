"""The last requests that one asked of a campaign or recommender, kept with one's session."""

from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

KEPT = 10
RESOURCES = 20
"""Campaigns and recommenders whose requests are kept at once."""
LONGEST = 4000
"""Characters of a request that is kept; a list of hundreds of items is not."""
_KEY = "recent-requests"
_LEFT_OUT = ("view", "why")


def keep(request: HttpRequest, arn: str) -> None:
    """Keep the request of this address, the newest first, each once."""
    query = request.GET.copy()
    for name in _LEFT_OUT:
        query.pop(name, None)
    text = urlencode([(name, each) for name, values in query.lists() for each in values if each])
    kept: dict[str, list[str]] = request.session.get(_KEY, {})
    own = kept.pop(arn, [])
    if len(text) <= LONGEST:
        own = [text, *(each for each in own if each != text)][:KEPT]
    request.session[_KEY] = dict([*kept.items(), (arn, own)][-RESOURCES:])


def menu(request: HttpRequest, arn: str, address: str) -> list[dict[str, str]]:
    """Items of the menu: {text, note, href}."""
    return [
        {"text": text, "note": note, "href": f"{address}?{query}"}
        for query in request.session.get(_KEY, {}).get(arn, [])
        for text, note in [_told(QueryDict(query))]
    ]


def _told(query: QueryDict) -> tuple[str, str]:
    """Whom it was for, and what was special about it."""
    who = [f"{noun} {query[name]}" for name, noun in (("user_id", "User"), ("item_id", "Item")) if query.get(name)]
    more = [
        query["filter"] if query.get("filter") else "",
        "promotion" if query.get("promotion") else "",
        "metadata" if query.get("columns") else "",
        f"{query['num_results']} results" if query.get("num_results") else "",
    ]
    return ", ".join(who) or "Anybody", " · ".join(filter(None, more))
