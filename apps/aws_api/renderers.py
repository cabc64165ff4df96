"""Answer of an operation to JSON body, by its output shape."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from rest_framework.renderers import BaseRenderer

from personalize_web.operations import service_model

Writer = Callable[[Any], Any]


class JsonRenderer(BaseRenderer):
    """REST framework's socket for :func:`render`."""

    media_type = "application/x-amz-json-1.1"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return render(renderer_context["view"].route.operation, data)


def render(operation: str, answer: dict[str, Any] | None) -> bytes:
    """The body of a successful answer; empty where the service model has no output members."""
    write = writer(operation)
    if write is None:
        return b""
    return json.dumps(write(answer or {}), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


@cache
def writer(operation: str) -> Writer | None:
    """What turns an answer of ``operation`` into JSON values; None where the body is empty."""
    shape = service_model.operations()[operation].output_shape
    return _writer(shape) if shape is not None and shape.members else None


def _writer(shape: Any) -> Writer:
    makers = {"structure": _structure, "list": _list, "map": _map}
    if shape.type_name in makers:
        return makers[shape.type_name](shape)
    return _SCALARS[shape.type_name]


def _structure(shape: Any) -> Writer:
    members = {name: _writer(member) for name, member in shape.members.items()}

    def write(value: dict[str, Any]) -> dict[str, Any]:
        written = {}
        for name, content in value.items():
            if content is not None and (member := members.get(name)) and (one := member(content)) is not None:
                written[name] = one
        return written

    return write


def _list(shape: Any) -> Writer:
    member = _writer(shape.member)
    return lambda value: [member(one) for one in value]


def _map(shape: Any) -> Writer:
    member = _writer(shape.value)
    return lambda value: {str(key): member(one) for key, one in value.items() if one is not None}


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _time(value: Any) -> float:
    return round(value.timestamp() if isinstance(value, datetime) else float(value), 3)


_SCALARS: dict[str, Writer] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": _number,
    "double": _number,
    "boolean": bool,
    "timestamp": _time,
}
