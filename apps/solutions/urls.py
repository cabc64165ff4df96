"""Addresses of the pages of solutions and their versions."""

from django.urls import path

from apps.solutions.updating import UpdateSolution
from apps.solutions.version_files import VersionLog, VersionMetrics
from apps.solutions.version_forms import CreateVersion, StopVersion
from apps.solutions.versions import VersionPage
from apps.solutions.views import DeleteSolutions, RecipesTab, SolutionPage, SolutionsPage, by_tab
from apps.solutions.wizard import CloneSolution, CreateSolution
from apps.ui.pages import in_group, paths

app_name = "solutions"
SOLUTION = in_group("solutions/<str:solution>/")
VERSION = f"{SOLUTION}versions/<str:version>/"
urlpatterns = [
    path(in_group("solutions/"), by_tab(solutions=SolutionsPage, recipes=RecipesTab), name="list"),
    path(in_group("solutions/-status/"), SolutionsPage.as_view(part="status"), name="list_status"),
    path(in_group("solutions/-delete/"), DeleteSolutions.as_view(), name="delete_many"),
    path(in_group("solutions/-new/<slug:step>/"), CreateSolution.as_view(), name="create"),
    path(f"{SOLUTION}-clone/<slug:step>/", CloneSolution.as_view(), name="clone"),
    path(f"{SOLUTION}-update/", UpdateSolution.as_view(), name="update"),
    path(f"{SOLUTION}-delete/", DeleteSolutions.as_view(), name="delete"),
    path(f"{SOLUTION}versions/-new/", CreateVersion.as_view(), name="create_version"),
    *paths(VERSION, VersionPage, "version"),
    path(f"{VERSION}-stop/", StopVersion.as_view(), name="stop_version"),
    path(f"{VERSION}-log/", VersionLog.as_view(), name="version_log"),
    path(f"{VERSION}-metrics/", VersionMetrics.as_view(), name="version_metrics"),
    *paths(SOLUTION, SolutionPage, "detail"),
]
