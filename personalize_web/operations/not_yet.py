"""The operations of the service models that a later version brings, in one table.

Each is a real gated function: role and input are checked as for any other. What makes or changes something is then
refused as not available; nothing of its kind can exist, so a list is empty and any one resource is not found.
"""

from collections.abc import Callable
from typing import Any

from personalize_web.operations import lookup, service_model
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, InvalidNextTokenException
from personalize_web.operations.gate import operation
from personalize_web.resources import arns

Function = Callable[..., Any]


def refused(name: str) -> Function:
    """An operation that says that it is not available."""
    event_name = service_model.operations()[name].name

    def function(caller: Caller, **_: Any) -> None:
        raise InvalidInputException(f"{event_name} is not available yet in this version.")

    return _gated(name, function, f"Answer that {event_name} is not available yet.")


def empty(name: str, key: str) -> Function:
    """A list of what cannot exist yet."""

    def function(caller: Caller, *, next_token: str | None = None, **_: Any) -> dict[str, Any]:
        if next_token:
            raise InvalidNextTokenException(
                "nextToken is not valid for this request. Start again without it.", field="next_token"
            )
        return {key: []}

    return _gated(name, function, f"Answer an empty list of {key}: none can exist yet.")


def absent(name: str, member: str, kind: str) -> Function:
    """An operation on one resource of a kind of which none can exist yet."""

    def function(caller: Caller, **arguments: Any) -> None:
        arn = arguments[member]
        parts = arns.read(arn)
        if parts is None or parts.kind != kind:
            raise InvalidInputException(f"{arn} is not the ARN of a {kind.replace('-', ' ')}.", field=member)
        raise lookup.not_found(arn, field=member)

    return _gated(name, function, f"Answer that there is no such {kind.replace('-', ' ')}: none can exist yet.")


def _gated(name: str, function: Function, sentence: str) -> Function:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = sentence
    gated = operation(function)
    gated.not_yet = True  # type: ignore[attr-defined]
    return gated


create_batch_inference_job = refused("create_batch_inference_job")
describe_batch_inference_job = absent("describe_batch_inference_job", "batch_inference_job_arn", "batch-inference-job")
list_batch_inference_jobs = empty("list_batch_inference_jobs", "batchInferenceJobs")

create_batch_segment_job = refused("create_batch_segment_job")
describe_batch_segment_job = absent("describe_batch_segment_job", "batch_segment_job_arn", "batch-segment-job")
list_batch_segment_jobs = empty("list_batch_segment_jobs", "batchSegmentJobs")


get_action_recommendations = refused("get_action_recommendations")
