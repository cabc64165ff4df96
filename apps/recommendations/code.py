"""A request to the runtime as code: Python, the command line, and the JSON on the wire."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENDPOINTS = {
    "get_recommendations": "/recommendations",
    "get_personalized_ranking": "/personalize-ranking",
    "get_action_recommendations": "/action-recommendations",
}
ANSWERS = {
    "get_recommendations": ("itemList", "item"),
    "get_personalized_ranking": ("personalizedRanking", "item"),
    "get_action_recommendations": ("actionList", "action"),
}
"""Operation -> the list of its answer, and what each entry is."""


@dataclass(frozen=True)
class Snippets:
    """The same request three times; credentials are never part of it."""

    boto3: str
    cli: str
    json: str


def snippets(operation: str, arguments: Mapping[str, Any], *, endpoint: str) -> Snippets:
    """``arguments`` are spelled as boto3 users spell them; ``endpoint`` is this instance's address."""
    return Snippets(
        boto3=_python(operation, arguments, endpoint),
        cli=_command_line(operation, arguments, endpoint),
        json=f"POST {ENDPOINTS[operation]}\n{json.dumps(dict(arguments), indent=2, ensure_ascii=False)}",
    )


def _python(operation: str, arguments: Mapping[str, Any], endpoint: str) -> str:
    listed, kind = ANSWERS[operation]
    lines = [
        "import boto3",
        "",
        f'runtime = boto3.client("personalize-runtime", endpoint_url={_literal(endpoint)})',
        f"answer = runtime.{operation}(",
        *(f"    {name}={_literal(value)}," for name, value in arguments.items()),
        ")",
        f'for {kind} in answer["{listed}"]:',
        f'    print({kind}["{kind}Id"], {kind}.get("score"))',
    ]
    return "\n".join(lines)


def _literal(value: Any) -> str:
    """``value`` as Python, with double quotes as JSON writes them."""
    return json.dumps(value, ensure_ascii=False)


def _command_line(operation: str, arguments: Mapping[str, Any], endpoint: str) -> str:
    parts = [f"aws personalize-runtime {operation.replace('_', '-')}", f"--endpoint-url {shlex.quote(endpoint)}"]
    for name, value in arguments.items():
        option = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        parts.append(f"--{option} {shlex.quote(text)}")
    return " \\\n    ".join(parts)
