"""maxResults and nextToken: a signed key into the list, so that inserts neither skip nor repeat."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from personalize_web.operations.errors import InvalidNextTokenException

DAY = 24 * 3600
SALT = "personalize_web.paging"


def page(
    rows: QuerySet,
    present: Callable[[Any], dict[str, Any]],
    *,
    key: str,
    operation: str,
    filters: dict[str, Any],
    max_results: int | None,
    next_token: str | None,
) -> dict[str, Any]:
    """``{key: [present(row), ...], "nextToken": ...}``, newest first; the token is left out on the last page."""
    size = max_results or 100
    query = [operation, sorted((name, value) for name, value in filters.items() if value is not None)]
    if next_token:
        created, last = _open(next_token, query)
        rows = rows.filter(Q(created_at__lt=created) | Q(created_at=created, pk__lt=last))
    found = list(rows.order_by("-created_at", "-pk")[: size + 1])
    answer: dict[str, Any] = {key: [present(row) for row in found[:size]]}
    if len(found) > size:
        edge = found[size - 1]
        answer["nextToken"] = _seal([edge.created_at.isoformat(), edge.pk], query)
    return answer


def page_of(
    values: Iterable[dict[str, Any]],
    *,
    key: str,
    operation: str,
    filters: dict[str, Any],
    max_results: int | None,
    next_token: str | None,
) -> dict[str, Any]:
    """The same for a fixed list that is ordered by its own rule, such as the recipes."""
    size = max_results or 100
    query = [operation, sorted((name, value) for name, value in filters.items() if value is not None)]
    every = list(values)
    start = 0
    if next_token:
        _, start = _open(next_token, query, timed=False)
    answer: dict[str, Any] = {key: every[start : start + size]}
    if len(every) > start + size:
        answer["nextToken"] = _seal(["", start + size], query)
    return answer


def _seal(position: list[Any], query: list[Any]) -> str:
    return signing.dumps({"at": position, "of": query}, salt=SALT, compress=True)


def _open(token: str, query: list[Any], *, timed: bool = True) -> tuple[Any, int]:
    try:
        content = signing.loads(token, salt=SALT, max_age=DAY)
        created, last = content["at"]
        if content["of"] != [query[0], [list(pair) for pair in query[1]]]:
            raise signing.BadSignature("of another query")
        return (datetime.fromisoformat(created) if timed else created), int(last)
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise InvalidNextTokenException(
            "nextToken is not valid for this request. Start again without it.", field="next_token"
        ) from error
