"""The same request as boto3, as the command line and as JSON."""

import json
import shlex
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from personalize_web.operations import service_model

LINE = 76
"""Longest value that stays on one line."""


def tabs(calls: Iterable[tuple[str, Mapping[str, Any]]], *, region: str, endpoint: str) -> list[dict[str, Any]]:
    """The tabs of components/code_panel.html for calls of (operation in snake case, arguments in snake case)."""
    named = [(name, _members(name, arguments)) for name, arguments in calls]
    python = [
        "import boto3",
        "",
        f'personalize = boto3.client("personalize", region_name="{region}", endpoint_url="{endpoint}")',
    ]
    shell: list[str] = []
    for name, members in named:
        python += ["", *_python(name, members)]
        shell += [*_shell(name, members, endpoint), ""]
    shown = [members for _, members in named]
    text = json.dumps(shown[0] if len(shown) == 1 else shown, indent=2, ensure_ascii=False, default=str)
    return [
        {"id": "boto3", "label": "Python (boto3)", "language": "python", "lines": python},
        {"id": "cli", "label": "CLI", "language": "shell", "lines": shell[:-1]},
        {"id": "json", "label": "JSON", "language": "json", "lines": text.split("\n")},
    ]


def _members(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    members = service_model.arguments(name)
    return {members.get(argument, argument): value for argument, value in arguments.items()}


def _python(name: str, members: Mapping[str, Any]) -> list[str]:
    if not members:
        return [f"personalize.{name}()"]
    lines = [f"personalize.{name}("]
    for member, value in members.items():
        shown = _literal(value)
        first, *rest = f"{member}={shown},".split("\n")
        lines += [f"    {first}", *(f"    {line}" for line in rest)]
    return [*lines, ")"]


def _literal(value: Any) -> str:
    """A value as Python writes it, a long one with each of its parts on a line of its own."""
    if isinstance(value, Mapping):
        parts, ends = [f"{_literal(key)}: {_literal(each)}" for key, each in value.items()], "{}"
    elif isinstance(value, list | tuple):
        parts, ends = [_literal(each) for each in value], "[]"
    else:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    flat = f"{ends[0]}{', '.join(parts)}{ends[1]}"
    if len(flat) <= LINE and "\n" not in flat:
        return flat
    inside = "".join(f"{textwrap.indent(each, '    ')},\n" for each in parts)
    return f"{ends[0]}\n{inside}{ends[1]}"


def _shell(name: str, members: Mapping[str, Any], endpoint: str) -> list[str]:
    lines = [f"aws personalize {name.replace('_', '-')} --endpoint-url {endpoint}"]
    for member, value in members.items():
        option = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in member)
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        lines.append(f"--{option} {shlex.quote(str(text))}")
    return [f"  {line}" if at else line for at, line in enumerate(_continued(lines))]


def _continued(lines: list[str]) -> list[str]:
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]
