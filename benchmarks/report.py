"""Keeps what benchmarks found in RESULTS.md: one section a benchmark, replaced by its next run."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "RESULTS.md"

_TITLE = "# Results\n\nEach section is written by one file of this folder; run `make bench` to write them again.\n"


def table(
    section: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    notes: str = "",
    packages: Sequence[str] = (),
) -> str:
    """Print a section, with date, machine and versions, and return it."""
    body = "\n".join([_line(headers), _line(["---"] * len(headers)), *[_line(row) for row in rows]])
    block = f"## {section}\n\n{_circumstances(packages)}\n\n{body}\n"
    if notes:
        block += f"\n{notes.strip()}\n"
    print(block, flush=True)
    return block


def keep(section: str, headers: Sequence[str], rows: Sequence[Sequence[Any]], **given: Any) -> None:
    """Print a table and put it in the place of ``section`` in RESULTS.md."""
    block = table(section, headers, rows, **given)
    present = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else _TITLE
    others = [part for part in re.split(r"(?m)^(?=## )", present) if part and not part.startswith(f"## {section}\n")]
    head, sections = others[0].rstrip("\n"), [part.rstrip("\n") for part in others[1:]]
    ordered = sorted([*sections, block.rstrip("\n")])
    RESULTS.write_text("\n\n".join([head, *ordered]) + "\n", encoding="utf-8")


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:,.2f}"
    return str(value)


def _circumstances(packages: Sequence[str]) -> str:
    parts = [
        datetime.now(UTC).strftime("%Y-%m-%d"),
        f"{os.cpu_count()} cores",
        _processor(),
        f"Python {platform.python_version()}",
    ]
    for package in packages:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} not installed")
    return "Run on " + ", ".join(part for part in parts if part) + "."


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        return platform.processor()
    return found[1].strip() if found else platform.processor()
