"""Several processes that learn together: one leads, the others follow, and each takes its share of every batch.

Only the leader (rank 0) has the data, evaluates, reports and writes. It shares what a fit needs with its followers,
which need nothing but this code: neither the data nor the file system of the leader.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

_PATIENCE = timedelta(days=7)
"""How long a follower waits for the leader, which also counts and evaluates in between."""


@dataclass(frozen=True)
class Team:
    """This process among those that learn together."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process decides."""
        return self.rank == 0

    def share(self, value: Any) -> Any:
        """The leader's value in every process; it must be pickled."""
        if self.size == 1:
            return value
        import torch
        from torch import distributed

        held = [value]
        distributed.broadcast_object_list(held, src=0, device=torch.device("cpu"))
        return held[0]

    def agree(self, number: float) -> float:
        """The leader's number in every process."""
        if self.size == 1:
            return number
        import torch
        from torch import distributed

        held = torch.tensor([number], dtype=torch.float64)
        distributed.broadcast(held, src=0)
        return float(held[0])

    def add_up(self, parameters: Iterable[Any], number: float) -> float:
        """Make each parameter's gradient the sum of what the processes have; the answer is the sum of their numbers."""
        if self.size == 1:
            return number
        import torch
        from torch import distributed

        kept = list(parameters)
        parts = [torch.zeros_like(each) if each.grad is None else each.grad for each in kept]
        held = torch.cat([*(each.flatten() for each in parts), parts[0].new_tensor([number])])
        distributed.all_reduce(held)
        for each, part in zip(kept, held[:-1].split([each.numel() for each in kept]), strict=True):
            each.grad = part.view_as(each)
        return float(held[-1])


def follow(together: Team) -> None:
    """Do with the leader what it shares, ``(work, arguments)``, until it dismisses its followers."""
    while (given := together.share(None)) is not None:
        work, arguments = given
        work(*arguments, together)


def present() -> Team:
    """The team that this process has joined, or itself alone."""
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return Team(torch.distributed.get_rank(), torch.distributed.get_world_size())
    return Team()


@contextmanager
def joined() -> Iterator[Team]:
    """Join the processes that ``torchrun`` started together with this one, as it wrote into the environment."""
    import torch

    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield present()
    finally:
        torch.distributed.destroy_process_group()
