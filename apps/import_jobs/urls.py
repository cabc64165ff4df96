"""Addresses of the import wizard and of import jobs."""

from django.urls import path

from apps.import_jobs import checks, data_checks, infer, preparations, prepare, views, wizard
from apps.ui.pages import in_group, paths

app_name = "import_jobs"
WIZARD = in_group("datasets/-import/<slug:kind>/")
JOBS = in_group("datasets/<slug:kind>/import-jobs/")
urlpatterns = [
    path(f"{WIZARD}schema/-check/", checks.SchemaCheck.as_view(), name="check_schema"),
    path(f"{WIZARD}job/-preflight/", checks.WizardPreflight.as_view(), name="wizard_preflight"),
    path(f"{WIZARD}schema/-infer/", infer.InferSchema.as_view(), name="infer_schema"),
    path(f"{WIZARD}prepare/", prepare.PrepareWizard.as_view(), name="prepare_start"),
    path(f"{WIZARD}prepare/<slug:step>/", prepare.PrepareWizard.as_view(), name="prepare"),
    path(f"{WIZARD}<slug:step>/", wizard.ImportWizard.as_view(), name="wizard"),
    path(f"{JOBS}-new/", views.CreateImportJob.as_view(), name="create"),
    path(f"{JOBS}-new/-preflight/", checks.Preflight.as_view(), name="preflight"),
    *paths(f"{JOBS}<str:job>/", views.ImportJob, "detail"),
    *paths(in_group("data-checks/<str:check>/"), data_checks.DataCheckPage, "data_check"),
    *paths(in_group("data-preparations/<str:preparation>/"), preparations.PreparationPage, "preparation"),
    path(
        in_group("data-preparations/<str:preparation>/-run-again/"),
        preparations.RunAgain.as_view(),
        name="prepare_again",
    ),
    path(f"{JOBS}<str:job>/-log/", views.ImportLog.as_view(), name="log"),
]
