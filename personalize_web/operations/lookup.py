"""By ARN, or ResourceNotFound; create, or ResourceAlreadyExists; change state, or ResourceInUse."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from personalize_web.operations import tags as tagging
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
    ServiceError,
)
from personalize_web.resources import arns, statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Resource, StatefulResource

EVENT_INTERACTIONS = "EVENT_INTERACTIONS"
"""The type of the dataset that older clients believe to hold recorded events."""

M = TypeVar("M", bound=Resource)
S = TypeVar("S", bound=StatefulResource)


def of(model: type[M], caller: Caller) -> QuerySet[M]:
    """Every resource of this kind in the caller's account and region."""
    return model._default_manager.filter(account=caller.account, region=caller.region)


def get(model: type[M], caller: Caller, arn: str, *, field: str | None = None) -> M:
    """The resource of ``arn``. An ARN of another kind is invalid; an absent one, or another account's, is not found.

    Inside a transaction the row is held, so that what is decided about it stays true until the commit.
    """
    parts = arns.read(arn)
    if parts is None or parts.kind != model.KIND or ("/" in parts.name) != model.NESTED:
        raise InvalidInputException(f"{arn} is not the ARN of a {model.NOUN}.", field=field)
    rows = of(model, caller).filter(arn=arn)
    if connection.in_atomic_block:
        rows = rows.select_for_update(no_key=True)
    found = rows.first()
    if found is None:
        if virtual_events(caller, arn):
            raise InvalidInputException(
                f"{arn} shows recorded events only. They are in the group's dataset of type INTERACTIONS: use that.",
                field=field,
            )
        raise not_found(arn, field=field)
    return found


def virtual_events(caller: Caller, arn: str) -> DatasetGroup | None:
    """The group whose recorded events older clients know as the dataset of this ARN; None where it is no such ARN."""
    parts = arns.read(arn)
    if parts is None or parts.kind != Dataset.KIND or not parts.name.endswith(f"/{EVENT_INTERACTIONS}"):
        return None
    name = parts.name.removesuffix(f"/{EVENT_INTERACTIONS}")
    found = of(DatasetGroup, caller).filter(name=name, event_tracker_since__isnull=False).first()
    return found if found and arn == virtual_arn(found) else None


def virtual_arn(group: DatasetGroup) -> str:
    """The ARN under which older clients know the recorded events of the group."""
    return Dataset.write_arn(f"{group.name}/{EVENT_INTERACTIONS}", account=group.account, region=group.region)


def not_found(arn: str, *, field: str | None = None) -> ResourceNotFoundException:
    """What is said of an ARN that names nothing."""
    return ResourceNotFoundException(f"Resource Arn {arn} does not exist.", field=field)


def active(
    model: type[S],
    caller: Caller,
    arn: str,
    *,
    field: str | None = None,
    otherwise: type[ServiceError] = ResourceInUseException,
) -> S:
    """The resource of ``arn``, which must be ACTIVE; ``otherwise`` is raised when it is not."""
    found = get(model, caller, arn, field=field)
    require_state(found, statuses.ACTIVE, doing="used", otherwise=otherwise, field=field)
    return found


def require_state(
    resource: StatefulResource,
    *states: str,
    doing: str,
    otherwise: type[ServiceError] = ResourceInUseException,
    field: str | None = None,
) -> None:
    """Refuse unless ``resource`` is in one of ``states``; ``doing`` is the participle of what is asked."""
    if resource.status not in states:
        raise otherwise(
            f"Resource {resource.arn} is in {resource.status} state and cannot be {doing}. "
            f"It must be {' or '.join(states)}.",
            field=field,
        )


def move(resource: StatefulResource, to: str, *, come_from: tuple[str, ...], doing: str) -> None:
    """Put ``resource`` into the state ``to``, or refuse when it is in none of ``come_from``."""
    require_state(resource, *come_from, doing=doing)
    if not resource.move(to, come_from=come_from):
        resource.refresh_from_db()
        require_state(resource, *come_from, doing=doing)


def refuse_dependants(resource: Resource, *dependants: Iterable[Resource]) -> None:
    """Refuse to delete ``resource`` while ``dependants`` exist, naming up to five of them."""
    found = [dependant.arn for some in dependants for dependant in some]
    if found:
        raise used(resource.arn, found)


def used(arn: str, dependants: list[str]) -> ResourceInUseException:
    """What is said of a resource that cannot be deleted for others that use it."""
    return ResourceInUseException(
        f"Resource {arn} cannot be deleted because it is used by {len(dependants)} resource(s): "
        f"{', '.join(dependants[:5])}."
    )


def refuse_running(resource: Resource, doing: str, *running: Iterable[StatefulResource]) -> None:
    """Refuse while work goes on that ``doing`` would cross, naming up to five of what runs with their states."""
    found = [f"{each.arn} ({each.status})" for some in running for each in some]
    if found:
        raise ResourceInUseException(
            f"Resource {resource.arn} cannot be {doing} while {len(found)} job(s) run: {', '.join(found[:5])}. "
            "Wait until they have ended."
        )


def refuse_taken(model: type[Resource], caller: Caller, name: str, *, field: str = "name") -> None:
    """Refuse when there already is a resource under the ARN that ``name`` gives."""
    arn = model.write_arn(name, account=caller.account, region=caller.region)
    if model._default_manager.filter(arn=arn).exists():
        raise _taken(arn, field)


def create(
    model: type[M],
    caller: Caller,
    *,
    name: str,
    tags: Iterable[dict[str, str]] = (),
    arn_name: str | None = None,
    field: str = "name",
    **values: Any,
) -> M:
    """A new row under the ARN that ``arn_name`` (default: ``name``) gives, with its tags."""
    arn = model.write_arn(arn_name or name, account=caller.account, region=caller.region)
    checked = tagging.check(tags)
    try:
        with transaction.atomic():
            made = model._default_manager.create(
                arn=arn, account=caller.account, region=caller.region, name=name, **values
            )
    except IntegrityError as error:
        if not model._default_manager.filter(arn=arn).exists():
            raise
        raise _taken(arn, field) from error
    tagging.store(arn, checked)
    return made


def _taken(arn: str, field: str) -> ResourceAlreadyExistsException:
    return ResourceAlreadyExistsException(f"Another resource with Arn {arn} already exists.", field=field)
