"""By ARN, or ResourceNotFound; create, or ResourceAlreadyExists."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model

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
from personalize_web.resources.models import Resource, SolutionVersion, StatefulResource

M = TypeVar("M", bound=Resource)
S = TypeVar("S", bound=StatefulResource)


def get(model: type[M], caller: Caller, arn: str, *, field: str | None = None) -> M:
    """The resource of ``arn``. An ARN of another kind is invalid; an absent one, or another account's, is not found."""
    parts = arns.read(arn)
    if parts is None or parts.kind != model.KIND or ("/" in parts.name) != _nested(model):
        raise InvalidInputException(f"{arn} is not the ARN of a {model.NOUN}.", field=field)
    found = model._default_manager.filter(arn=arn, account=caller.account, region=caller.region).first()
    if found is None:
        raise ResourceNotFoundException(f"Resource Arn {arn} does not exist.", field=field)
    return found


def _nested(model: type[Model]) -> bool:
    """Whether ARNs of this kind have a slash in the name: datasets and solution versions."""
    return model is SolutionVersion or getattr(model, "KIND", "") == "dataset"


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


def refuse_dependants(resource: Resource, dependants: Iterable[Resource]) -> None:
    """Refuse to delete ``resource`` while ``dependants`` exist, naming up to five of them."""
    found = [dependant.arn for dependant in dependants]
    if found:
        raise ResourceInUseException(
            f"Resource {resource.arn} cannot be deleted because it is used by {len(found)} resource(s): "
            f"{', '.join(found[:5])}."
        )


def create(
    model: type[M], caller: Caller, *, name: str, tags: Iterable[dict[str, str]] = (), arn_name: str | None = None,
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
        raise ResourceAlreadyExistsException(f"Another resource with Arn {arn} already exists.", field="name") from error
    tagging.store(arn, checked)
    return made
