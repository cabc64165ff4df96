"""Dataset group: the data and models of one application."""

from django.db import models

from personalize_web.resources.models.base import StatefulResource


class DatasetGroup(StatefulResource):
    KIND = "dataset-group"
    NOUN = "dataset group"

    domain = models.CharField(max_length=32, null=True)
    role_arn = models.CharField(max_length=256, null=True)
    kms_key_arn = models.CharField(max_length=2048, null=True)
    event_tracker_since = models.DateTimeField(null=True)
    """When the group got its first event tracker; the legacy events dataset can be described from then on."""
