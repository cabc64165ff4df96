"""Keys and values on resources."""

from collections.abc import Iterable

from django.conf import settings

from personalize_web.operations.errors import InvalidInputException, TooManyTagsException
from personalize_web.resources.models import Tag


def check(tags: Iterable[dict[str, str]]) -> dict[str, str]:
    """Tags as key -> value. Reserved and repeated keys are invalid, as is more than a resource may have."""
    checked: dict[str, str] = {}
    for tag in tags:
        key, value = tag["tagKey"], tag["tagValue"]
        if key.lower().startswith("aws:") or value.lower().startswith("aws:"):
            raise InvalidInputException("Tag keys and values cannot start with aws:.", field="tags")
        if key in checked:
            raise InvalidInputException("Tag keys must be unique.", field="tags")
        checked[key] = value
    _limit(len(checked))
    return checked


def store(arn: str, tags: dict[str, str]) -> None:
    """Add ``tags`` to the resource; an existing key gets the new value."""
    if not tags:
        return
    kept = set(Tag.objects.filter(arn=arn).values_list("key", flat=True))
    _limit(len(kept | set(tags)))
    Tag.objects.bulk_create(
        [Tag(arn=arn, key=key, value=value) for key, value in tags.items()],
        update_conflicts=True,
        unique_fields=["arn", "key"],
        update_fields=["value"],
    )


def of(arn: str) -> list[dict[str, str]]:
    """The tags of a resource, by key, as the service model writes them."""
    return [{"tagKey": tag.key, "tagValue": tag.value} for tag in Tag.objects.filter(arn=arn).order_by("key")]


def _limit(count: int) -> None:
    limit = settings.QUOTAS["tags"]
    if count > limit:
        raise TooManyTagsException(f"A resource can have at most {limit} tags; this would make {count}.", field="tags")
