"""The sample dataset group: an invented streaming catalogue, imported and trained in the background of a first start.

Every step looks first at what is there, so that an interrupted start goes on where it was.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings

from apps.accounts import callers
from apps.accounts.models import Person
from personalize_web import operations
from personalize_web.operations import sample as data

logger = logging.getLogger("personalize_web.sample")

NAME = "sample"
DOMAIN = "VIDEO_ON_DEMAND"
RECOMMENDERS = {
    "sample-because-you-watched": "aws-vod-because-you-watched-x",
    "sample-top-picks": "aws-vod-top-picks",
}
SOLUTION = "sample-personalization"
RECIPE = "aws-user-personalization-v2"
PATIENCE = 1800.0
"""Seconds until a resource that does not become active is given up."""


class GaveUp(Exception):
    """A resource failed, or took too long."""


def is_done() -> bool:
    """Whether the sample was made before; a sample that its owner deleted does not come back."""
    return _marker().exists()


def make() -> None:
    """Make the sample group with its data, recommenders, solution and campaign, or what is still missing of it."""
    person = Person.objects.filter(role=Person.Role.ADMINISTRATOR, is_active=True).order_by("pk").first()
    if person is None or is_done():
        return
    maker = Maker(callers.of_person(person, region=settings.REGION))
    try:
        maker.make()
    except (GaveUp, operations.ServiceError) as reason:
        logger.warning("The sample is not complete: %s", reason)
    _marker().write_text("made\n")


def _marker():
    return settings.DATA_DIR / "sample.made"


class Maker:
    """The steps, in the name of one caller."""

    def __init__(self, caller: operations.Caller) -> None:
        self.caller = caller

    def make(self) -> None:
        group = self._arn("dataset-group", NAME)
        self._there_or(
            lambda: operations.describe_dataset_group(self.caller, dataset_group_arn=group)["datasetGroup"],
            lambda: operations.create_dataset_group(self.caller, name=NAME, domain=DOMAIN),
        )
        files = data.write_sample_data(self.caller)["datasets"]
        for each in files:
            self._dataset(group, each)
        imports = [self._begin_import(each) for each in files]
        for describe in imports:
            self._until_active(describe)
        self._tracker(group)
        made = [self._begin_recommender(group, name, recipe) for name, recipe in RECOMMENDERS.items()]
        for describe in made:
            self._until_active(describe)
        self._campaign(group)

    def _dataset(self, group: str, about: dict[str, Any]) -> None:
        kind = about["datasetType"]
        schema = self._arn("schema", f"{NAME}-{kind.lower()}")
        self._there_or(
            lambda: operations.describe_schema(self.caller, schema_arn=schema)["schema"] | {"status": "ACTIVE"},
            lambda: operations.create_schema(
                self.caller, name=f"{NAME}-{kind.lower()}", schema=about["schema"], domain=DOMAIN
            ),
        )
        self._there_or(
            lambda: operations.describe_dataset(self.caller, dataset_arn=self._dataset_arn(kind))["dataset"],
            lambda: operations.create_dataset(
                self.caller,
                name=f"{NAME}-{kind.lower()}",
                dataset_group_arn=group,
                dataset_type=kind,
                schema_arn=schema,
            ),
        )

    def _begin_import(self, about: dict[str, Any]) -> Callable[[], dict[str, Any]]:
        name = f"{NAME}-{about['datasetType'].lower()}"
        arn = self._arn("dataset-import-job", name)

        def describe() -> dict[str, Any]:
            answer = operations.describe_dataset_import_job(self.caller, dataset_import_job_arn=arn)
            return answer["datasetImportJob"]

        self._there_or(
            describe,
            lambda: operations.create_dataset_import_job(
                self.caller,
                job_name=name,
                dataset_arn=self._dataset_arn(about["datasetType"]),
                data_source={"dataLocation": about["location"]},
                role_arn=f"arn:aws:iam::{self.caller.account}:role/sample",
            ),
            wait=False,
        )
        return describe

    def _tracker(self, group: str) -> None:
        arn = self._arn("event-tracker", NAME)
        self._there_or(
            lambda: operations.describe_event_tracker(self.caller, event_tracker_arn=arn)["eventTracker"],
            lambda: operations.create_event_tracker(self.caller, name=NAME, dataset_group_arn=group),
        )

    def _begin_recommender(self, group: str, name: str, recipe: str) -> Callable[[], dict[str, Any]]:
        arn = self._arn("recommender", name)

        def describe() -> dict[str, Any]:
            return operations.describe_recommender(self.caller, recommender_arn=arn)["recommender"]

        self._there_or(
            describe,
            lambda: operations.create_recommender(
                self.caller, name=name, dataset_group_arn=group, recipe_arn=self._recipe(recipe)
            ),
            wait=False,
        )
        return describe

    def _campaign(self, group: str) -> None:
        solution = self._arn("solution", SOLUTION)
        self._there_or(
            lambda: operations.describe_solution(self.caller, solution_arn=solution)["solution"],
            lambda: operations.create_solution(
                self.caller,
                name=SOLUTION,
                dataset_group_arn=group,
                recipe_arn=self._recipe(RECIPE),
                perform_auto_training=False,
            ),
        )
        versions = operations.list_solution_versions(self.caller, solution_arn=solution)["solutionVersions"]
        version = versions[0]["solutionVersionArn"] if versions else None
        if version is None:
            version = operations.create_solution_version(self.caller, solution_arn=solution)["solutionVersionArn"]
        self._until_active(
            lambda: operations.describe_solution_version(self.caller, solution_version_arn=version)["solutionVersion"]
        )
        campaign = self._arn("campaign", SOLUTION)
        self._there_or(
            lambda: operations.describe_campaign(self.caller, campaign_arn=campaign)["campaign"],
            lambda: operations.create_campaign(
                self.caller,
                name=SOLUTION,
                solution_version_arn=f"{solution}/$LATEST",
                campaign_config={"syncWithLatestSolutionVersion": True},
            ),
        )

    def _there_or(
        self, describe: Callable[[], dict[str, Any]], create: Callable[[], Any], *, wait: bool = True
    ) -> None:
        """Create what cannot be described, and wait until it is active."""
        try:
            describe()
        except operations.ServiceError as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            create()
        if wait:
            self._until_active(describe)

    def _until_active(self, describe: Callable[[], dict[str, Any]]) -> None:
        end = time.monotonic() + PATIENCE
        while (found := describe())["status"] != "ACTIVE":
            if found["status"] in ("CREATE FAILED", "CREATE STOPPED") or time.monotonic() > end:
                name = next((value for key, value in found.items() if key.endswith("Arn")), "a resource")
                raise GaveUp(f"{name} is in {found['status']} state. {found.get('failureReason', '')}")
            time.sleep(0.3)

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:{settings.PARTITION}:personalize:{self.caller.region}:{self.caller.account}:{kind}/{name}"

    def _dataset_arn(self, kind: str) -> str:
        return self._arn("dataset", f"{NAME}/{kind}")

    @staticmethod
    def _recipe(name: str) -> str:
        return f"arn:{settings.PARTITION}:personalize:::recipe/{name}"
