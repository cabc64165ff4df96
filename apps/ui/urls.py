"""What belongs to no page in particular: fragments of the frame, help, the gallery."""

from django.urls import path

from apps.ui import frame, gallery, search

app_name = "ui"
urlpatterns = [
    path("", frame.HomePage.as_view(), name="home"),
    path("go/", frame.go, name="go"),
    path("search/", search.SearchPage.as_view(), name="search"),
    path("-running/", frame.running, name="running"),
    path("-groups/", frame.groups, name="groups"),
    path("help/<slug:topic>/", frame.help_topic, name="help"),
    path("admin/components/", gallery.GalleryPage.as_view(), name="gallery"),
    path("admin/components/-delete/", gallery.sample_delete, name="gallery_delete"),
]
