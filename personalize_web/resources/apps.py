"""Names the tables' Django app."""

from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "personalize_web.resources"
    label = "resources"
