"""Avro schemas: what a dataset's columns are, which names are given, and how to say what is wrong."""

from collections.abc import Mapping

from personalize_web.engine.schemas.fields import DATASET_TYPES, DOMAINS, RECORD_NAMES, Field, Schema, dataset_type_of
from personalize_web.engine.schemas.keywords import MAXIMUM_METADATA, Keyword, keywords
from personalize_web.engine.schemas.problems import Problem
from personalize_web.engine.schemas.rules import check, parse
from personalize_web.engine.schemas.templates import template, written

__all__ = [
    "DATASET_TYPES",
    "DOMAINS",
    "MAXIMUM_METADATA",
    "RECORD_NAMES",
    "Field",
    "Keyword",
    "Problem",
    "Schema",
    "check",
    "dataset_type_of",
    "parse",
    "reserved",
    "template",
    "written",
]


def reserved(dataset_type: str, domain: str | None) -> Mapping[str, Keyword]:
    """Required and reserved column names of a dataset type in a domain, each with what it asks of its field."""
    return keywords(dataset_type.upper(), domain)
