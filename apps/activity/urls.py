"""Addresses of the activity pages."""


from apps.activity import views
from apps.ui.pages import in_group, paths

app_name = "activity"
urlpatterns = [
    *paths("activity/", views.Activity, "list"),
    *paths("activity/-job/", views.JobPage, "job"),
    *paths(in_group("activity/"), views.GroupActivity, "group"),
]
