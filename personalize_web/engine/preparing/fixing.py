"""What happens to incomplete, odd and repeated rows, as SQL over the mapped rows, and how many rows it leaves."""

from dataclasses import dataclass
from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.preparing.recipe import Recipe
from personalize_web.engine.preparing.staging import Staged
from personalize_web.engine.schemas import Field

_EXACT = 5_000_000
"""Rows up to which quartiles are exact; beyond they are estimated in bounded memory."""


@dataclass(frozen=True)
class Fixed:
    """The rows after every fix."""

    sql: str
    """A query; its columns are the schema's fields, its rows in the order of the files."""
    rows: int
    steps: tuple[dict[str, Any], ...]
    """What each step did: step, field, rows (that it took away or filled), and the value it filled in."""


def fixed(staged: Staged, recipe: Recipe) -> Fixed:
    """Decide from the mapped rows what each fix fills in or takes away; raises DataError where nothing could fill."""
    steps: list[dict[str, Any]] = []
    selected, kept = [], []
    for field in staged.schema.fields:
        name, how = duck.name(field.name), recipe.how(field.name, staged.schema)
        gaps = _count(staged, f"{name} IS NULL")
        if how.how == "drop":
            kept.append(f"{name} IS NOT NULL")
            if gaps:
                steps.append({"step": "drop", "field": field.name, "rows": gaps})
        elif how.how != "keep" and gaps:
            filling = _filling(staged, field, how.how, how.value)
            selected.append(f"coalesce({name}, {filling[0]}) AS {name}")
            steps.append({"step": how.how, "field": field.name, "rows": gaps, "value": filling[1]})
            continue
        selected.append(name)
    for name in recipe.outliers:
        bounds = _bounds(staged, name)
        outside = f"NOT coalesce({duck.name(name)} BETWEEN {bounds[0]!r} AND {bounds[1]!r}, true)"
        kept.append(f"NOT ({outside})")
        steps.append(
            {"step": "outliers", "field": name, "rows": _count(staged, outside), "low": bounds[0], "high": bounds[1]}
        )
    rows = f"SELECT {', '.join(selected)}, file_row_number FROM {staged.table} WHERE {' AND '.join(kept) or 'true'}"
    fields = duck.names(staged.schema.names)
    left = int(str(staged.row(f"SELECT count(*) FROM ({rows})")[0]))
    if not recipe.drop_duplicates:
        return Fixed(f"SELECT {fields} FROM ({rows}) ORDER BY file_row_number", left, tuple(steps))
    once = f"SELECT {fields}, min(file_row_number) AS file_row_number FROM ({rows}) GROUP BY {fields}"
    after = int(str(staged.row(f"SELECT count(*) FROM ({once})")[0]))
    steps.append({"step": "duplicates", "field": "", "rows": left - after})
    return Fixed(f"SELECT {fields} FROM ({once}) ORDER BY file_row_number", after, tuple(steps))


def _count(staged: Staged, condition: str) -> int:
    return int(str(staged.row(f"SELECT count(*) FILTER (WHERE {condition}) FROM {staged.table}")[0]))


def _filling(staged: Staged, field: Field, how: str, constant: str | None) -> tuple[str, Any]:
    """SQL of what fills a gap, and the same as a value."""
    column, kind = duck.name(field.name), duck.SQL_TYPES[field.type]
    if how == "constant":
        found: Any = constant
    elif how == "mean":
        found = staged.row(f"SELECT CAST(avg({column}) AS {kind}) FROM {staged.table}")[0]
    else:
        found = staged.connection.execute(
            f"SELECT {column} FROM {staged.table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 "
            "LIMIT 1"
        ).fetchone()
        found = found[0] if found else None
    if found is None:
        raise DataError(f"No row has a value of {field.name}, so that its gaps can't be filled from the others.")
    text = duck.text(str(found))
    fits = staged.row(f"SELECT TRY_CAST({text} AS {kind})")[0]
    if fits is None:
        raise DataError(f"The gaps of {field.name} ({field.type}) can't be filled with {found}.")
    return f"CAST({text} AS {kind})", found


def _bounds(staged: Staged, name: str) -> tuple[float, float]:
    """Three times the distance of the quartiles beyond them; where they are equal, five standard deviations."""
    column = duck.name(name)
    quantile = "quantile_cont" if staged.rows <= _EXACT else "approx_quantile"
    first, third, mean, deviation = (
        float(str(one or 0))
        for one in staged.row(
            f"SELECT {quantile}({column}, 0.25), {quantile}({column}, 0.75), avg({column}), "
            f"coalesce(stddev_samp({column}), 0) FROM {staged.table}"
        )
    )
    spread = third - first
    if spread:
        return first - 3 * spread, third + 3 * spread
    return mean - 5 * deviation, mean + 5 * deviation
