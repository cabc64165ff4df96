"""Addresses where tags are managed."""

from django.urls import path

from apps.tags import views
from apps.ui.pages import in_group

app_name = "tags"
urlpatterns = [
    path("tags/", views.ResourceTags.as_view(), name="edit"),
    path(in_group("tags/"), views.GroupTags.as_view(), name="group"),
]
