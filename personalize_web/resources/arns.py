"""How an ARN is written and read."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Arn:
    """The parts of ``arn:{partition}:personalize:{region}:{account}:{kind}/{name}``."""

    region: str
    account: str
    kind: str
    name: str
    partition: str = "aws"

    def __str__(self) -> str:
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{self.kind}/{self.name}"


def write(kind: str, name: str, *, account: str, region: str) -> str:
    """The ARN of a resource of ``kind`` (``dataset-group``, ``solution``, ...) named ``name``."""
    return str(Arn(region=region, account=account, kind=kind, name=name, partition=settings.PARTITION))


def read(text: str) -> Arn | None:
    """The parts of ``text``, or None when it is no ARN of this service."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "personalize" or "/" not in parts[5]:
        return None
    kind, name = parts[5].split("/", 1)
    return Arn(region=parts[3], account=parts[4], kind=kind, name=name, partition=parts[1])


def read_only(kind: str, name: str) -> str:
    """The ARN of something the service itself provides: a recipe, an algorithm, a feature transformation."""
    return f"arn:{settings.PARTITION}:personalize:::{kind}/{name}"
