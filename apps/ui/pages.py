"""The classes console pages are declared with; each names its operation and its template.

    # apps/campaigns/views.py
    class CampaignsPage(ListPage):
        operation, answer_key = operations.list_campaigns, "campaigns"
        title, section, noun = "Campaigns", "campaigns", "campaign"
        description = "A campaign answers requests with one solution version."
        columns = (
            Column("name", "Name", cells.href(lambda row: ...), sortable=True),
            Column("status", "Status", cells.status(), sortable=True),
            Column("creationDateTime", "Created", cells.moment("creationDateTime"), sortable=True),
        )
        empty = Empty("No campaigns", "Deploy an Active solution version to answer requests.")
        create = ("Create campaign", "campaigns:create")
        actions = (RowAction("delete", "Delete", lambda page, names: page.url("campaigns:delete", campaign=names[0])),)

        def arguments(self):
            return {"dataset_group_arn": self.group["datasetGroupArn"]}

    class CreateCampaign(FormPage):
        operation, form_class = operations.create_campaign, CampaignForm
        title, section, submit = "Create campaign", "campaigns", "Create campaign"
        crumbs = (("Campaigns", "campaigns:list"),)

        def success_url(self, answer):
            return self.url("campaigns:detail", campaign=self.form.cleaned_data["name"])

    # apps/campaigns/urls.py: paths() adds the -status/ fragment
    urlpatterns = [
        *paths("dataset-groups/<str:dsg>/campaigns/", CampaignsPage, "list"),
        path("dataset-groups/<str:dsg>/campaigns/-new/", CreateCampaign.as_view(), name="create"),
    ]

The building blocks stand in apps.ui.views: base (ConsolePage), lists, details, form_pages, wizards.
"""

from apps.ui.flashes import flash
from apps.ui.tables import Column
from apps.ui.views.base import ConsolePage, Group, in_group, paths
from apps.ui.views.details import DetailPage
from apps.ui.views.form_pages import ConfirmPage, DeletePage, FormPage
from apps.ui.views.lists import Empty, ListPage, RowAction, everything
from apps.ui.views.wizards import Step, WizardPage

__all__ = [
    "Column",
    "ConfirmPage",
    "ConsolePage",
    "DeletePage",
    "DetailPage",
    "Empty",
    "FormPage",
    "Group",
    "ListPage",
    "RowAction",
    "Step",
    "WizardPage",
    "everything",
    "flash",
    "in_group",
    "paths",
]
