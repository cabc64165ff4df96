"""``make bench``: every benchmark of this folder, each in a process of its own, each with its section of RESULTS.md."""

import subprocess
import sys
from pathlib import Path


def names() -> list[str]:
    """The modules that measure something: those that can be called."""
    files = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    return [file.stem for file in files if '__name__ == "__main__"' in file.read_text(encoding="utf-8")]


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks, or all; answers how many failed."""
    failed = []
    for name in chosen or names():
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
