"""Errors whose text is meant for the owner of the data."""


class DataError(Exception):
    """Something the data or the configuration lacks, in words their owner can act on.

    An operation answers it as ``InvalidInputException``; a job keeps it as its failure reason. Both word for word.
    """


class Stopped(Exception):
    """Raised inside long work when its owner asked for a stop."""
