"""The recipe of a preparation: which column becomes which field, what its cells go through, which rows are mended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from personalize_web.engine import schemas
from personalize_web.engine.errors import DataError
from personalize_web.engine.preparing.converters import CONVERTERS
from personalize_web.engine.schemas import Schema

FILLS = ("mean", "frequent", "constant")
MISSING = ("keep", "drop", *FILLS)
_NUMERIC = ("int", "long", "float", "double")


@dataclass(frozen=True)
class Column:
    """One field of the result."""

    field: str
    column: str | None
    """The source's column; None where every row gets ``value``."""
    value: str | None = None
    """None without column: the field stays empty, which it must allow."""
    convert: tuple[str, ...] = ()
    """Names of converters, done in this order."""


@dataclass(frozen=True)
class Missing:
    """What happens to rows without a value: keep, drop, or fill with the mean, the most frequent value, a constant."""

    how: str = "keep"
    value: str | None = None


@dataclass(frozen=True)
class Recipe:
    """Everything that is done to a table, in this order: map and convert, fill or drop gaps, outliers, duplicates."""

    columns: tuple[Column, ...]
    missing: Mapping[str, Missing] = field(default_factory=dict)
    """By field; a required field is dropped where nothing else is said."""
    outliers: tuple[str, ...] = ()
    """Numeric fields whose outliers are dropped with their rows."""
    drop_duplicates: bool = False

    def as_json(self) -> dict[str, Any]:
        """The recipe as :func:`read` takes it."""
        return {
            "columns": [
                {"field": one.field, "column": one.column, "value": one.value, "convert": list(one.convert)}
                for one in self.columns
            ],
            "missing": {name: {"how": one.how, "value": one.value} for name, one in self.missing.items()},
            "outliers": list(self.outliers),
            "dropDuplicates": self.drop_duplicates,
        }

    def without_fixes(self) -> "Recipe":
        """The same mapping, and every row kept."""
        return Recipe(self.columns)

    def how(self, name: str, schema: Schema) -> Missing:
        """What happens to rows without ``name``."""
        given = self.missing.get(name)
        if given is not None and given.how != "keep":
            return given
        return Missing("keep") if schema.by_name[name].nullable else Missing("drop")


def read(document: Any, schema: Schema, columns: Sequence[str] | None = None) -> Recipe:
    """The recipe in ``document``, checked against the schema and, where given, the columns of the source.

    Raises :class:`DataError` naming the field and what is wrong with it.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("columns"), list):
        raise DataError("A recipe is an object with a list of columns.")
    mapped = tuple(_column(one, schema, columns) for one in document["columns"])
    _complete(mapped, schema)
    missing = {name: _missing(name, how, schema) for name, how in dict(document.get("missing") or {}).items()}
    outliers = tuple(document.get("outliers") or ())
    for name in outliers:
        if name not in schema.by_name or schema.by_name[name].kind != "numeric":
            raise DataError(f"Outliers can be dropped of numeric fields; {name} is none.")
    return Recipe(mapped, missing, outliers, bool(document.get("dropDuplicates")))


def schema_text(dataset_type: str, fields: Sequence[Mapping[str, Any]]) -> str:
    """The schema of the given fields: name, type, nullable, categorical, textual."""
    entries = []
    for one in fields:
        entry: dict[str, Any] = {
            "name": one["name"],
            "type": ["null", one["type"]] if one.get("nullable") else one["type"],
        }
        for attribute in ("categorical", "textual"):
            if one.get(attribute):
                entry[attribute] = True
        entries.append(entry)
    return schemas.written(dataset_type, entries)


def _column(given: Any, schema: Schema, columns: Sequence[str] | None) -> Column:
    if not isinstance(given, Mapping) or not isinstance(given.get("field"), str):
        raise DataError("Each column of a recipe names its field.")
    name, source, value = given["field"], given.get("column"), given.get("value")
    if name not in schema.by_name:
        raise DataError(f"The schema has no field {name}.")
    if source is None and value in (None, "") and not schema.by_name[name].nullable:
        raise DataError(f"Choose a column for {name}, or a value for every row.")
    if source is not None and columns is not None and source not in columns:
        raise DataError(f"The file has no column {source}, which {name} is made from. It has: {', '.join(columns)}.")
    steps = tuple(given.get("convert") or ())
    for step in steps:
        if step not in CONVERTERS:
            raise DataError(f"{name}: there is no converter {step}.")
    for before, step in pairwise(steps):
        if CONVERTERS[before].gives != "text":
            raise DataError(f"{name}: after {before} there is no text left for {step}.")
    gives = CONVERTERS[steps[-1]].gives if steps else "text"
    if gives == "number" and schema.by_name[name].type not in _NUMERIC:
        raise DataError(f"{name} is of type {schema.by_name[name].type}; a converter into numbers does not fit it.")
    if gives == "seconds" and schema.by_name[name].type not in ("long", "double", "float"):
        raise DataError(f"{name} is of type {schema.by_name[name].type}; Unix seconds need the type long.")
    return Column(name, source, None if source is not None or value in (None, "") else str(value), steps)


def _complete(mapped: Sequence[Column], schema: Schema) -> None:
    names = [one.field for one in mapped]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"Each field is made from one column; these have two: {', '.join(twice)}.")
    lacking = [name for name in schema.names if name not in names]
    if lacking:
        raise DataError(f"Choose a column for {', '.join(lacking)}, or a value for every row.")


def _missing(name: str, given: Any, schema: Schema) -> Missing:
    if name not in schema.by_name:
        raise DataError(f"The schema has no field {name}.")
    how = given.get("how", "keep") if isinstance(given, Mapping) else given
    value = given.get("value") if isinstance(given, Mapping) else None
    kind = schema.by_name[name]
    if how not in MISSING:
        raise DataError(f"{name}: rows without a value can be kept, dropped or filled; {how} is none of these.")
    if how == "mean" and kind.kind != "numeric":
        raise DataError(f"{name} is no number, so it has no mean. Fill it with the most frequent value.")
    if how in FILLS and kind.kind == "identifier":
        raise DataError(f"{name} can't be filled: rows without an id are dropped.")
    if how == "constant" and value in (None, ""):
        raise DataError(f"Enter the value that fills the gaps of {name}.")
    if how == "constant" and kind.type in _NUMERIC:
        try:
            float(str(value))
        except ValueError:
            raise DataError(f"The gaps of {name} are filled with a number; {value} is none.") from None
    return Missing(how, None if value in (None, "") else str(value))
