"""What the engine's tests share."""

from hypothesis import settings

# how long an example takes says more about the machine's other work than about the code
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")
