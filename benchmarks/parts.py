"""Where the time of one answer goes, inside the web process; ``get_recommendations`` runs it on what it has prepared.

Each part is a function of ours that is timed where it stands; what lies inside another part is taken away from it.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

WARM_UP = 100
HEADERS = ("part of one answer", "µs")


class Clock:
    """Seconds that each part took by itself, request by request."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)
        self._own: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    def of(self, owner: Any, name: str, part: str) -> None:
        """Count what the function ``name`` of a module or class takes as time of ``part``."""
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.perf_counter() - began
                self._own[part] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        setattr(owner, name, timed)

    def end_of_request(self) -> None:
        for part, seconds in self._own.items():
            self.taken[part].append(seconds)
        self._own.clear()


def watch(clock: Clock) -> None:
    """Time the parts, in the order of an answer."""
    from personalize_web.engine import coarse
    from personalize_web.engine.serving import relevance, sequence
    from personalize_web.operations import recommendations, runtime_histories, runtime_requests

    clock.of(recommendations, "_answering", "campaign, model and experiments, kept for half a second")
    clock.of(runtime_requests, "build", "settings of the request, impressions")
    clock.of(runtime_histories, "look_up", "recorded events of the user, from the database")
    clock.of(runtime_histories.UserEvents, "trained", "history of the user, from the index")
    model = sequence.SequenceModel
    clock.of(model, "_events", "events that the model reads")
    clock.of(model, "_inputs", "their tokens")
    clock.of(model, "_queries", "the network, on ONNX Runtime")
    clock.of(relevance.Relevance, "__init__", "what was counted, added up")
    clock.of(coarse.Coarse, "products", "first look: all products in bytes")
    clock.of(relevance.Relevance, "_possible", "bounds, and who may be among the first")
    clock.of(relevance.Relevance, "_found", "the first of them")
    clock.of(relevance.Relevance, "of", "exact relevance of those that may be")
    clock.of(model, "_explored", "exploration")
    clock.of(model, "_answered", "order and scores of the answer")
    clock.of(recommendations, "_answer", "the answer as values, and its list remembered")


def measure(made: dict[str, Any], requests: int, users: int) -> list[list[Any]]:
    """Medians in microseconds of each part, the rest, and the whole operation."""
    import django

    django.setup()
    from apps.accounts.models import Person
    from personalize_web import operations

    person = Person.objects.get(username="bench")
    caller = operations.Caller(person.account, "us-east-1", "administrator", "bench", person.arn, "api")
    arn = made["campaigns"]["aws-user-personalization-v2"]
    clock, whole = Clock(), []
    watch(clock)
    for number in range(requests + WARM_UP):
        began = time.perf_counter()
        operations.get_recommendations(caller, campaign_arn=arn, user_id=f"u{number * 37 % users}")
        whole.append(time.perf_counter() - began)
        clock.end_of_request()
    medians = {part: 1e6 * sorted(each[WARM_UP:])[requests // 2] for part, each in clock.taken.items()}
    total = 1e6 * sorted(whole[WARM_UP:])[requests // 2]
    medians["the gate: role, shape, rate, and what is left"] = max(0.0, total - sum(medians.values()))
    return [*([part, each] for part, each in medians.items()), ["the operation", total]]


if __name__ == "__main__":
    print(json.dumps(measure(*json.loads(sys.stdin.read()))))
