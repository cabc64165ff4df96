"""A schema guessed from a table: which column is what, how sure that is, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.preparing.facts import Facts, gather
from personalize_web.engine.preparing.source import Source
from personalize_web.engine.schemas import kinds_of_columns as kinds
from personalize_web.engine.schemas.keywords import MAXIMUM_METADATA, Keyword, keywords
from personalize_web.engine.schemas.likeness import field_name, likeness
from personalize_web.engine.schemas.rules import check
from personalize_web.engine.schemas.templates import written

_SURE_ROWS = 200
"""Rows from which on the content of a column is believed."""
_LEAST = 0.3
"""A score below which a column is not taken for a keyword."""


@dataclass(frozen=True)
class Guess:
    """What one column of a table is taken for."""

    column: str
    name: str | None
    """The field; None where the column is left out."""
    type: str = "string"
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    role: str = "Not for training"
    confidence: float = 0.0
    """From 0 to 1."""
    why: str = ""
    samples: tuple[str, ...] = ()
    conversion: str | None = None
    """The converter that the cells need, by its name in recipes."""
    fits: tuple[str, ...] = ()
    """Names with a meaning that the cells would suit."""

    def as_json(self) -> dict[str, Any]:
        """For the page that shows it."""
        return {
            "column": self.column,
            "name": self.name,
            "type": self.type,
            "nullable": self.nullable,
            "categorical": self.categorical,
            "textual": self.textual,
            "role": self.role,
            "confidence": round(self.confidence, 2),
            "why": self.why,
            "samples": list(self.samples),
            "conversion": self.conversion,
            "fits": list(self.fits),
        }


@dataclass(frozen=True)
class Inference:
    """The guesses about every column, and the schema they make."""

    fields: tuple[Guess, ...]
    schema: str
    problems: tuple[str, ...] = ()
    """What is missing for a schema that holds, or odd about the file."""
    sampled: int = 0
    """Rows that were looked at."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Column -> field, where the names differ."""
    conversions: Mapping[str, str] = field(default_factory=dict)
    """Column -> converter, where the cells do not fit as they are."""

    def as_json(self) -> dict[str, Any]:
        """The answer of the operation."""
        return {
            "fields": [one.as_json() for one in self.fields],
            "schema": self.schema,
            "renames": dict(self.renames),
            "conversions": dict(self.conversions),
            "problems": list(self.problems),
            "sampledRows": self.sampled,
        }


def infer(source: Source, dataset_type: str, domain: str | None) -> Inference:
    """Guess the schema of a dataset of ``dataset_type`` from the header and the first 10,000 rows of ``source``.

    The schema holds for the type and the domain, or ``problems`` say what it lacks.
    """
    with duck.connect() as connection:
        facts = gather(source, connection)
        unreadable = source.rows_left_out(connection)
    words = keywords(dataset_type, domain)
    assigned = _assigned(facts, dataset_type, words)
    guesses = [
        _keyword(one, assigned[at], dataset_type) if at in assigned else _metadata(one, dataset_type, words)
        for at, one in enumerate(facts)
    ]
    guesses = _limited(_apart(guesses, words), facts, dataset_type)
    guesses = [
        replace(guess, fits=_fitting(one, words, dataset_type)) for guess, one in zip(guesses, facts, strict=True)
    ]
    lacking = [word for word in words.values() if word.required and word not in [one for one, _ in assigned.values()]]
    schema = written(dataset_type, _declarations(guesses, lacking, words))
    problems = _problems(source, facts, unreadable, lacking)
    problems += [_gaps(facts[at], word) for at, (word, _) in assigned.items() if word.required and facts[at].missing]
    problems += [one.message for one in check(schema, dataset_type=dataset_type, domain=domain) if _refuses(one)]
    chosen = [guess for guess in guesses if guess.name]
    return Inference(
        tuple(guesses),
        schema,
        tuple(problems),
        facts[0].rows if facts else 0,
        {guess.column: str(guess.name) for guess in chosen if guess.name != guess.column},
        {guess.column: guess.conversion for guess in chosen if guess.conversion},
    )


def _refuses(problem: Any) -> bool:
    return bool(problem.severity == "error")


def _assigned(
    facts: Sequence[Facts], dataset_type: str, words: Mapping[str, Keyword]
) -> dict[int, tuple[Keyword, float]]:
    """Column -> keyword and its score: the best pairs first, each column and each keyword once."""
    pairs = []
    for order, word in enumerate(words.values()):
        for at, one in enumerate(facts):
            named, fits = likeness(one.column, word.name), kinds.fit(one, word, dataset_type)
            if not one.filled or (named < 0.85 and not fits):
                continue
            if not named and not (word.required and kinds.speaks_for_itself(one, word)):
                continue
            score = 0.75 * named + 0.25 * fits if named else 0.45 * fits
            if score >= _LEAST:
                pairs.append((-round(score, 3), not word.required, order, at, word))
    found: dict[int, tuple[Keyword, float]] = {}
    used: set[str] = set()
    for score, _, _, at, word in sorted(pairs, key=lambda pair: pair[:4]):
        if at not in found and word.name not in used:
            found[at] = (word, -score)
            used.add(word.name)
    return found


def _fitting(one: Facts, words: Mapping[str, Keyword], dataset_type: str) -> tuple[str, ...]:
    return tuple(word.name for word in words.values() if one.filled and kinds.fit(one, word, dataset_type))


def _keyword(one: Facts, match: tuple[Keyword, float], dataset_type: str) -> Guess:
    word, score = match
    conversion = kinds.conversion(one, word)
    named = likeness(one.column, word.name)
    how = {True: "Named", False: "Not named, but looks"}[named > 0]
    why = f"{how} like {word.name}: {kinds.seen(one, word, dataset_type)}."
    return Guess(
        one.column,
        word.name,
        word.type,
        word.nullable and one.missing > 0,
        word.role == "categorical",
        word.role == "textual",
        kinds.role(word),
        score * min(1.0, 0.6 + 0.4 * one.filled / _SURE_ROWS),
        why,
        one.samples,
        conversion,
    )


def _metadata(one: Facts, dataset_type: str, words: Mapping[str, Keyword]) -> Guess:
    """A column without a given meaning: number, categories, long text, or plain text."""
    if not one.filled:
        return Guess(one.column, None, role="Left out", confidence=0.9, why="The column is empty.")
    shape = kinds.shape(one, dataset_type)
    return Guess(
        one.column,
        field_name(one.column),
        shape.type,
        one.missing > 0,
        shape.categorical,
        shape.textual,
        shape.role,
        shape.confidence * min(1.0, 0.6 + 0.4 * one.filled / _SURE_ROWS),
        shape.why + (f" {one.missing:,} of {one.rows:,} rows have no value." if one.missing else ""),
        one.samples,
        shape.conversion,
    )


def _apart(guesses: Sequence[Guess], words: Mapping[str, Keyword]) -> list[Guess]:
    """Names that differ from each other and from every name with a meaning; underscores and case do not count."""
    taken = {_plain(guess.name) for guess in guesses if guess.name in words} | {_plain(name) for name in words}
    found = []
    for guess in guesses:
        if guess.name and guess.name not in words:
            name, number = guess.name, 2
            while _plain(name) in taken:
                name, number = f"{guess.name}_{number}", number + 1
            taken.add(_plain(name))
            guess = replace(guess, name=name)
        found.append(guess)
    return found


def _plain(name: str | None) -> str:
    return (name or "").replace("_", "").lower()


def _limited(guesses: Sequence[Guess], facts: Sequence[Facts], dataset_type: str) -> list[Guess]:
    """At most as many metadata fields as the type may have, and one long text: what training can use stays."""
    texts = [at for at, guess in enumerate(guesses) if guess.textual]
    longest = max(texts, key=lambda at: facts[at].mean_length, default=None)
    kept = [
        replace(guess, textual=False, role="Not for training") if at in texts and at != longest else guess
        for at, guess in enumerate(guesses)
    ]
    order = {"Categorical": 0, "Numeric": 1, "Textual": 1}
    metadata = [at for at, guess in enumerate(kept) if guess.name and guess.role not in kinds.KEYWORD_ROLES]
    wanted = sorted(metadata, key=lambda at: (order.get(kept[at].role, 2), at))
    for at in wanted[MAXIMUM_METADATA[dataset_type] :]:
        reason = f"A schema of this type has at most {MAXIMUM_METADATA[dataset_type]} metadata fields."
        kept[at] = replace(kept[at], name=None, role="Left out", why=reason)
    if dataset_type in ("INTERACTIONS", "ACTION_INTERACTIONS"):
        for at in metadata:
            if kept[at].role == "Not for training":
                reason = "Nothing is learned from such text in interactions. " + kept[at].why
                kept[at] = replace(kept[at], name=None, role="Left out", why=reason)
    return kept


def _declarations(
    guesses: Sequence[Guess], lacking: Sequence[Keyword], words: Mapping[str, Keyword]
) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for guess in guesses:
        if not guess.name:
            continue
        entry: dict[str, Any] = {"name": guess.name, "type": ["null", guess.type] if guess.nullable else guess.type}
        if guess.categorical:
            entry["categorical"] = True
        if guess.textual:
            entry["textual"] = True
        entries.append(entry)
    return entries + [word.declaration for word in lacking]


def _problems(source: Source, facts: Sequence[Facts], unreadable: int, lacking: Sequence[Keyword]) -> list[str]:
    found = [
        f"No column looks like {word.name}. Choose one, or give every row the same value under Prepare data."
        for word in lacking
    ]
    if not facts or not facts[0].rows:
        found.append("The file holds no rows below its header, so that types are guesses from names.")
    if facts and all(_like_a_value(name) for name in source.columns):
        found.append("The first line looks like values; it must name the columns.")
    if unreadable:
        found.append(f"{unreadable:,} of the first rows have another number of cells than the header, or are no text.")
    return found


def _gaps(one: Facts, word: Keyword) -> str:
    rest = "drop these rows" if word.name.endswith("_ID") else "drop these rows or fill the gaps"
    return (
        f"{word.name} has no value in {one.missing:,} of {one.rows:,} rows, which an import refuses: "
        f"{rest} under Prepare data."
    )


def _like_a_value(name: str) -> bool:
    return name.replace(".", "", 1).replace("-", "", 1).isdigit()
