"""A bucket without a network."""

import hashlib
from datetime import UTC, datetime


class Shelf:
    """Objects in memory, which can be copied at once."""

    def __init__(self, content=None):
        self.content = dict(content or {})

    def read(self, name):
        found = self.content.get(name)
        return found and (found[0], hashlib.md5(found[0]).hexdigest())

    def write_if(self, name, content, mark):
        present = self.read(name)
        if (present and present[1]) != mark:
            return False
        self.content[name] = (content, datetime.now(UTC))
        return True

    def upload(self, path, name):
        self.content[name] = (path.read_bytes(), datetime.now(UTC))

    def download(self, name, path):
        if name not in self.content:
            raise FileNotFoundError(name)
        path.write_bytes(self.content[name][0])

    def remove(self, names):
        for name in names:
            self.content.pop(name, None)

    def listing(self):
        return {name: when for name, (_, when) in self.content.items()}
