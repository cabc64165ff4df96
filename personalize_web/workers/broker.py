"""The embedded broker: kombu's filesystem transport, with files that appear whole.

As it comes, a reader may catch a message or an exchange's table between its creation and its first byte, and that ends
the worker. Here every file is written aside and renamed, and a message is claimed by a rename before it is read.
"""

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any

from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

SUFFIX = ".msg"


class Channel(filesystem.Channel):
    """Messages and tables as files in the folders of the transport's options."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override] # its bases disagree
        folder = Path(self.data_folder_out)
        _write(folder / f"{time_ns():020d}_{uuid.uuid4().hex}.{queue}{SUFFIX}", message)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}{SUFFIX}":
                continue
            claimed = folder / f".{uuid.uuid4().hex}.claimed"
            try:
                os.rename(folder / name, claimed)
            except FileNotFoundError:
                continue  # another worker was faster
            content = claimed.read_bytes()
            claimed.unlink()
            return loads(bytes_to_str(content))
        raise Empty

    def get_table(self, exchange: str) -> list[exchange_queue_t]:
        try:
            content = self._exchange_file(exchange).read_bytes()
        except FileNotFoundError:
            return []
        return [exchange_queue_t(*entry) for entry in loads(bytes_to_str(content))]

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        entry = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: table if entry in table else [entry, *table])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)
        entry = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: [each for each in table if each != entry])

    def _change_table(self, exchange: str, change: Callable[[list[exchange_queue_t]], list[exchange_queue_t]]) -> None:
        with self._locked():
            before = self.get_table(exchange)
            after = change(before)
            if after != before:
                _write(self._exchange_file(exchange), after)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with (self.control_folder / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """What the broker URL ``folder://`` stands for."""

    Channel = Channel
    driver_type = driver_name = "folder"


def _write(path: Path, content: Any) -> None:
    aside = path.with_name(f".{uuid.uuid4().hex}.aside")
    aside.write_bytes(str_to_bytes(dumps(content)))
    os.replace(aside, path)
