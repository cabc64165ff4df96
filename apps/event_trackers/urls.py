"""Addresses of event trackers."""

from django.urls import path

from apps.event_trackers import rejected, views
from apps.ui.pages import in_group, paths

app_name = "event_trackers"
urlpatterns = [
    *paths(in_group("event-trackers/"), views.EventTrackers, "list"),
    path(in_group("event-trackers/-new/configure/"), views.CreateEventTracker.as_view(), name="create"),
    path(in_group("event-trackers/-rejected/"), rejected.RejectedRecords.as_view(), name="rejected"),
    *paths(in_group("event-trackers/<str:tracker>/"), views.EventTrackerDetails, "detail"),
    path(in_group("event-trackers/<str:tracker>/-delete/"), views.DeleteEventTracker.as_view(), name="delete"),
    path(in_group("event-trackers/<str:tracker>/-live/"), views.LiveEvents.as_view(), name="live"),
    path(in_group("event-trackers/<str:tracker>/-test/"), views.SendTestEvent.as_view(), name="test"),
]
