"""Addresses of stored files."""

from django.urls import path

from apps.storage import uploads, views

app_name = "storage"
urlpatterns = [
    path("storage/", views.Storage.as_view(), name="browse"),
    path("storage/-browse/", views.Choose.as_view(), name="choose"),
    path("storage/-upload/", uploads.Upload.as_view(), name="upload"),
    path("storage/-preview/", views.Preview.as_view(), name="preview"),
    path("storage/-delete/", views.DeleteStored.as_view(), name="delete"),
]
