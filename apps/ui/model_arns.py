"""What ARNs of models tell: the solution and the version in them."""


def solution_name(arn: str | None) -> str:
    """ "films" of arn:…:solution/films/4598c7e1 or of the solution's own ARN."""
    parts = _parts(arn)
    return parts[0] if parts else ""


def version_id(arn: str | None) -> str:
    """ "4598c7e1" of arn:…:solution/films/4598c7e1."""
    parts = _parts(arn)
    return parts[1] if len(parts) > 1 else ""


def solution_arn(arn: str) -> str:
    """The solution's ARN of a version's."""
    return "/".join(arn.split("/")[:2])


def _parts(arn: str | None) -> list[str]:
    return (arn or "").partition(":solution/")[2].split("/") if arn else []
