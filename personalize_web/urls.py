"""Every address, one include per app."""

from django.urls import include, path

urlpatterns = [
    path("console/", include("apps.ui.urls")),
    path("console/", include("apps.accounts.urls")),
    path("console/", include("apps.dataset_groups.urls")),
    path("console/", include("apps.import_jobs.urls")),
    path("console/", include("apps.datasets.urls")),
    path("console/", include("apps.insights.urls")),
    path("console/", include("apps.metric_attributions.urls")),
    path("console/", include("apps.event_trackers.urls")),
    path("console/", include("apps.filters.urls")),
    path("console/", include("apps.experiments.urls")),
    path("console/", include("apps.schemas.urls")),
    path("console/", include("apps.storage.urls")),
    path("console/", include("apps.activity.urls")),
    path("console/", include("apps.tags.urls")),
    path("console/", include("apps.recommendations.urls")),
    path("console/", include("apps.recipes.urls")),
    path("console/", include("apps.solutions.urls")),
    path("console/", include("apps.compare.urls")),
    path("console/", include("apps.campaigns.urls")),
    path("console/", include("apps.batch_jobs.urls")),
    path("console/", include("apps.recommenders.urls")),
    path("", include("apps.aws_api.urls")),
]

handler400 = "apps.aws_api.fallbacks.bad_request"
handler403 = "apps.ui.errors.forbidden"
handler404 = "apps.ui.errors.not_found"
handler500 = "apps.aws_api.fallbacks.server_error"
