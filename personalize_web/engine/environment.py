"""What a process should find in its environment before it trains or serves; nothing here sets it."""

from collections.abc import Mapping

TRAINING: Mapping[str, str] = {
    # glibc gives memory back between steps and asks for it again; keeping it makes a step up to 1.7 times quicker
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "268435456",
    # threads that wait for one another leave the processor to others
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""For workers that train."""

SERVING: Mapping[str, str] = {
    # a request is answered on one thread: more of them only wait for one another
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""For web processes."""
