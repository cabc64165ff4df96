"""The embedded broker under several processes at once."""

import subprocess
import sys
from pathlib import Path

from kombu import Connection

import personalize_web.celery  # noqa: F401 - knows the transport

ROOT = Path(__file__).parents[2]
MESSAGES, WRITERS, READERS = 150, 3, 3
BEGIN = """
import sys
from kombu import Connection
from personalize_web import celery
folder = sys.argv[1]
options = {{"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder + "/control",
            "polling_interval": 0.01}}
with Connection("folder://localhost", transport_options=options) as connection:
    queue = connection.SimpleQueue("work")
    {work}
"""
END = f"for number in range({READERS}): queue.put('end')"
WRITE = f"for number in range({MESSAGES}): queue.put([sys.argv[2], number])"
READ = """
    while True:
        message = queue.get(timeout=120)
        message.ack()
        if message.payload == "end":
            break
        print(*message.payload)
"""


def start(folder: Path, work: str, name: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN.format(work=work.strip()), str(folder), name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_each_message_of_many_writers_reaches_one_of_many_readers(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    readers = [start(folder, READ, f"r{number}") for number in range(READERS)]
    writers = [start(folder, WRITE, f"w{number}") for number in range(WRITERS)]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
    assert start(folder, END, "").wait(120) == 0
    read: list[str] = []
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        read += out.splitlines()
    assert sorted(read) == sorted(f"w{writer} {number}" for writer in range(WRITERS) for number in range(MESSAGES))
    assert [path.name for path in folder.iterdir()] == ["control"]


def test_the_table_of_an_exchange_knows_every_queue_once(tmp_path):
    options = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    with Connection("folder://localhost", transport_options=options) as connection:
        channel = connection.channel()
        for queue in ("one", "two", "one"):
            channel._queue_bind("work", queue, None, queue)
        assert [entry.queue for entry in channel.get_table("work")] == ["two", "one"]
        channel._delete("one", "work", "one", None)
        assert [entry.queue for entry in channel.get_table("work")] == ["two"]
