"""Resource: what every named thing of the service has in common."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from personalize_web.resources import arns, statuses


class Resource(models.Model):
    """A named thing of one account in one region, addressed by its ARN."""

    KIND: ClassVar[str]
    """The ARN's type, such as ``dataset-group``."""
    NOUN: ClassVar[str]
    """What a person calls it, such as ``dataset group``."""
    NESTED: ClassVar[bool] = False
    """Whether the ARN's name has a parent's name and a slash in it: datasets and solution versions."""

    arn = models.CharField(max_length=256, unique=True)
    account = models.CharField(max_length=12)
    region = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.arn

    @classmethod
    def write_arn(cls, name: str, *, account: str, region: str) -> str:
        return arns.write(cls.KIND, name, account=account, region=region)


class StatefulResource(Resource):
    """A resource that is made, and unmade, in the background."""

    status = models.CharField(max_length=32, default=statuses.CREATE_PENDING)
    failure_reason = models.TextField(null=True, blank=True)

    class Meta:
        abstract = True

    def move(self, to: str, *, come_from: tuple[str, ...] | None = None, **values: Any) -> bool:
        """Change the status in one guarded update; False when the row was in none of the states ``come_from``."""
        values |= {"status": to, "updated_at": timezone.now()}
        rows = type(self)._default_manager.filter(pk=self.pk)
        if come_from is not None:
            rows = rows.filter(status__in=come_from)
        if not rows.update(**values):
            return False
        for field, value in values.items():
            setattr(self, field, value)
        return True

    def change(self, **values: Any) -> Self:
        """Write ``values`` and the time of the change."""
        values["updated_at"] = timezone.now()
        type(self)._default_manager.filter(pk=self.pk).update(**values)
        for field, value in values.items():
            setattr(self, field, value)
        return self


@receiver(post_delete)
def forget_tags(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    """Tags go with their resource, whichever way it goes."""
    if isinstance(instance, Resource):
        Tag.objects.filter(arn=instance.arn).delete()


class Tag(models.Model):
    """A key and a value on a resource."""

    arn = models.CharField(max_length=256, db_index=True)
    key = models.CharField(max_length=128)
    value = models.CharField(max_length=256)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["arn", "key"], name="one_value_per_tag")]

    def __str__(self) -> str:
        return f"a tag of {self.arn}"
