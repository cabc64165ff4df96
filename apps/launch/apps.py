"""Names the launcher's Django app."""

from django.apps import AppConfig


class LaunchConfig(AppConfig):
    name = "apps.launch"
    label = "launch"
