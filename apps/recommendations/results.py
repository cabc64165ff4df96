"""An answer of the runtime as rows: rank, title, score, reasons, what the user has seen already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BADGES = {
    "Promoted item": ("violet", "pin"),
    "Exploration": ("amber", "compass"),
    "Popular item": ("", "flame"),
}
YEARS = ("YEAR", "RELEASE_YEAR")


@dataclass(frozen=True)
class Result:
    """One recommended item."""

    rank: int
    item_id: str
    title: str
    year: str
    score: str
    """Seven decimals; empty without a score."""
    share: float
    """Of the best score, in percent."""
    badges: tuple[tuple[str, str, str], ...]
    """(text, colour, icon) of each reason."""
    promoted: bool
    seen: bool
    metadata: tuple[tuple[str, tuple[str, ...], bool], ...]
    """(column, values, whether it is one number); several values of one cell stand apart."""


def rows(
    answer: Mapping[str, Any], *, items: Mapping[str, Mapping[str, Any]], seen: set[str], columns: Sequence[str]
) -> list[Result]:
    """``items``: id -> its columns and title, as describe_items answers; ``seen``: ids the user has events with."""
    found = listed(answer)
    best = max((each["score"] for each in found if each.get("score") is not None), default=0) or 1
    return [
        _row(at, each, items.get(each["itemId"]) or {}, best, seen, columns) for at, each in enumerate(found, start=1)
    ]


def listed(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The entries of an answer, whichever operation gave it; an action is listed by its id as items are."""
    if "actionList" in answer:
        return [{**each, "itemId": each["actionId"]} for each in answer["actionList"]]
    return answer.get("itemList") or answer.get("personalizedRanking") or []


def _row(
    rank: int, item: Mapping[str, Any], about: Mapping[str, Any], best: float, seen: set[str], columns: Sequence[str]
) -> Result:
    score = item.get("score")
    given = item.get("metadata") or {}
    year = next((about[name] for name in YEARS if name not in columns and about.get(name) not in (None, "")), "")
    return Result(
        rank=rank,
        item_id=item["itemId"],
        title=str(about.get("title") or ""),
        year=str(int(year)) if isinstance(year, float) else str(year),
        score="" if score is None else f"{score:.7f}",
        share=0 if score is None else round(100 * score / best, 1),
        badges=tuple((reason, *BADGES.get(reason, ("outline", ""))) for reason in item.get("reason") or ()),
        promoted=bool(item.get("promotionName")),
        seen=item["itemId"] in seen,
        metadata=tuple((name, *_parts(str(given.get(name, "")))) for name in columns),
    )


def _parts(text: str) -> tuple[tuple[str, ...], bool]:
    parts = tuple(part for part in text.split("|") if part)
    return parts, len(parts) == 1 and parts[0].replace(".", "", 1).isdecimal()


def summary(found: Sequence[Result], *, of_user: bool) -> list[tuple[str, str]]:
    """Words above the table: how many are promoted, explored, popular, and of a user already seen. (icon, text)."""
    words = (
        ("compass", "exploration", "Exploration"),
        ("flame", "popular", "Popular item"),
    )
    counts = [
        (icon, f"{count} {word}")
        for icon, word, reason in words
        if (count := sum(any(badge[0] == reason for badge in row.badges) for row in found))
    ]
    promoted = sum(row.promoted for row in found)
    counts = [*([("pin", f"{promoted} promoted")] if promoted else []), *counts]
    seen = [("eye", f"{sum(row.seen for row in found)} already seen")] if of_user else []
    return [*counts, *seen]
