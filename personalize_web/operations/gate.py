"""The gate every request passes: role, input by the service model, transaction, audit record."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import transaction

from personalize_web.engine.errors import DataError
from personalize_web.operations import audit, service_model, shapes
from personalize_web.operations.caller import ADMINISTRATOR, ANALYST, VIEWER, Caller
from personalize_web.operations.errors import AccessDeniedException, InvalidInputException, ServiceError

P = ParamSpec("P")
R = TypeVar("R")

RUNTIME = frozenset({"get_recommendations", "get_personalized_ranking", "get_action_recommendations"})
EVENTS = frozenset({"put_events", "put_items", "put_users", "put_actions", "put_action_interactions"})
DATA_PLANE = RUNTIME | EVENTS
ADMINISTRATORS_ONLY = frozenset({"create_data_deletion_job", "delete_dataset", "delete_dataset_group", "delete_schema"})


def needed_role(operation: str) -> str:
    """The least role that may call an operation of the service model."""
    if operation in RUNTIME:
        return VIEWER if settings.VIEWERS_CAN_TEST else ANALYST
    if operation in ADMINISTRATORS_ONLY:
        return ADMINISTRATOR
    return VIEWER if service_model.is_read(operation) else ANALYST


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """Make ``function(caller, *, ...)`` the operation of the service model that bears its name."""
    name = function.__name__
    model = service_model.operations()[name]
    members = service_model.arguments(name)
    spelled = {member: argument for argument, member in members.items()}
    required = frozenset(model.input_shape.required_members) if model.input_shape else frozenset()
    read = service_model.is_read(name)

    def clean(arguments: dict[str, Any]) -> dict[str, Any]:
        unknown = set(arguments) - set(members)
        if unknown:
            raise TypeError(f"{name}() has no argument {', '.join(sorted(unknown))}")
        given = {members[argument]: value for argument, value in arguments.items() if value is not None}
        cleaned, violations = shapes.clean(model.input_shape, given) if model.input_shape else ({}, [])
        if violations:
            field = violations[0].path.split(".")[0]
            raise InvalidInputException(shapes.summary(violations), field=spelled.get(field))
        return {spelled[member]: value for member, value in cleaned.items()}

    @wraps(function)
    def perform(caller: Caller, **arguments: Any) -> Any:
        return _perform(
            caller,
            event_name=model.name,
            role=needed_role(name),
            scope=_scope(name),
            quiet=read or name in DATA_PLANE,
            atomic=not read and name not in DATA_PLANE,
            clean=clean,
            function=function,
            arguments=arguments,
            parameters=lambda: shapes.without_sensitive(
                model.input_shape, {members[k]: v for k, v in arguments.items() if k in members and v is not None}
            ),
        )

    perform.required = frozenset(spelled[member] for member in required)  # type: ignore[attr-defined]
    perform.is_operation = True  # type: ignore[attr-defined]
    return perform  # type: ignore[return-value]


def own_operation(
    *,
    role: str = VIEWER,
    like: str | None = None,
    writes: bool = False,
    atomic: bool | None = None,
    recorded: bool | None = None,
    sensitive: frozenset[str] | set[str] = frozenset(),
) -> Callable[[Any], Any]:
    """Make ``function(caller, *, ...)`` an operation of our own beside the 79, open from ``role`` upwards, or to
    whoever may call ``like``, one of the 79.

    ``writes``: it changes something: a read-only key may not call it, and it runs in a transaction (``atomic``) and
    leaves an audit record (``recorded``) unless said otherwise. ``sensitive`` arguments never reach that record.
    """
    is_recorded = writes if recorded is None else recorded

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        event_name = "Console" + "".join(part.capitalize() for part in function.__name__.split("_"))
        takes = set(inspect.signature(function).parameters) - {"caller"}

        @wraps(function)
        def perform(caller: Caller, **arguments: Any) -> Any:
            unknown = set(arguments) - takes
            if unknown:
                raise TypeError(f"{function.__name__}() has no argument {', '.join(sorted(unknown))}")
            return _perform(
                caller,
                event_name=event_name,
                role=needed_role(like) if like else role,
                scope=_scope(like) if like else "role" if writes else "read",
                quiet=not is_recorded,
                atomic=writes if atomic is None else atomic,
                clean=lambda given: given,
                function=function,
                arguments=arguments,
                parameters=lambda: {
                    name: value
                    for name, value in arguments.items()
                    if name not in sensitive and isinstance(value, str | int | float | bool)
                },
            )

        perform.is_operation = True  # type: ignore[attr-defined]
        return perform

    return decorate


def _scope(name: str) -> str:
    if name in RUNTIME:
        return "runtime"
    if name in EVENTS:
        return "events"
    return "read" if service_model.is_read(name) else "role"


def _perform(
    caller: Caller,
    *,
    event_name: str,
    role: str,
    scope: str,
    quiet: bool,
    atomic: bool,
    clean: Callable[[dict[str, Any]], dict[str, Any]],
    function: Callable[..., Any],
    arguments: dict[str, Any],
    parameters: Callable[[], Any],
) -> Any:
    try:
        if not caller.may_as(role) or caller.scope not in ("role", scope):
            resource = next((v for v in arguments.values() if isinstance(v, str) and ":personalize:" in v), "*")
            raise AccessDeniedException(
                f"User: {caller.arn} is not authorized to perform: personalize:{event_name} on resource: {resource}"
            )
        cleaned = clean(arguments)
        if not atomic:
            answer = function(caller, **cleaned)
            if not quiet or settings.AUDIT_READS:
                audit.record(caller, event_name, parameters=parameters(), answer=answer)
            return answer
        with transaction.atomic():
            answer = function(caller, **cleaned)
            if not quiet:
                audit.record(caller, event_name, parameters=parameters(), answer=answer)
        return answer
    except DataError as error:
        refusal = InvalidInputException(str(error), field=getattr(error, "field", None))
        _record_refusal(caller, event_name, refusal, quiet, parameters)
        raise refusal from error
    except ServiceError as error:
        _record_refusal(caller, event_name, error, quiet, parameters)
        raise


def _record_refusal(
    caller: Caller, event_name: str, error: ServiceError, quiet: bool, parameters: Callable[[], Any]
) -> None:
    """Failures of changing calls and every denied call are kept; a failed read is nobody's trail."""
    if not quiet or isinstance(error, AccessDeniedException):
        audit.record(caller, event_name, parameters=parameters(), error=error)
