"""Rows as the service leaves them when its jobs are done, without the jobs."""

import uuid
from dataclasses import replace
from typing import Any

from django.utils import timezone

from personalize_web.engine import schemas as avro
from personalize_web.engine.recipes import catalogue, hyperparameters
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import Caller, statuses
from personalize_web.resources import arns
from personalize_web.resources.models import (
    BatchInferenceJob,
    BatchSegmentJob,
    Campaign,
    DataDeletionJob,
    Dataset,
    DatasetExportJob,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    Job,
    MetricAttribution,
    Recommender,
    Schema,
    Solution,
    SolutionVersion,
)


def _base(model: Any, caller: Caller, name: str, arn_name: str | None = None) -> dict[str, Any]:
    arn = model.write_arn(arn_name or name, account=caller.account, region=caller.region)
    return {"arn": arn, "account": caller.account, "region": caller.region, "name": name}


def recipe_arn(name: str) -> str:
    """The ARN of a recipe, by its name."""
    return arns.read_only("recipe", name)


def untrainable(monkeypatch: Any, name: str) -> None:
    """Let a recipe be one that this build cannot train."""
    recipes = {**RECIPES, name: replace(RECIPES[name], available=False)}
    monkeypatch.setattr(catalogue, "RECIPES", recipes)


def group(caller: Caller, name: str = "movies", *, status: str = statuses.ACTIVE, **values: Any) -> DatasetGroup:
    """A dataset group; ACTIVE unless said otherwise."""
    return DatasetGroup.objects.create(**_base(DatasetGroup, caller, name), status=status, **values)


def active_group(caller: Caller, name: str = "movies", **values: Any) -> DatasetGroup:
    """An ACTIVE dataset group, without datasets."""
    return group(caller, name, **values)


def schema(
    caller: Caller,
    name: str | None = None,
    *,
    dataset_type: str = "INTERACTIONS",
    domain: str | None = None,
    text: str | None = None,
) -> Schema:
    """A schema; by default the template of its type."""
    name = name or f"{dataset_type.lower()}-{(domain or 'custom').lower()}"
    existing = Schema.objects.filter(arn=Schema.write_arn(name, account=caller.account, region=caller.region)).first()
    return existing or Schema.objects.create(
        **_base(Schema, caller, name),
        text=text or avro.template(dataset_type, domain),
        dataset_type=dataset_type,
        domain=domain,
    )


def dataset(
    caller: Caller,
    of_group: DatasetGroup,
    dataset_type: str = "INTERACTIONS",
    *,
    of_schema: Schema | None = None,
    status: str = statuses.ACTIVE,
    **values: Any,
) -> Dataset:
    """A dataset of ``of_group``; ACTIVE and empty unless said otherwise."""
    of_schema = of_schema or schema(caller, dataset_type=dataset_type, domain=of_group.domain)
    return Dataset.objects.create(
        **_base(Dataset, caller, f"{of_group.name}-{dataset_type.lower()}", f"{of_group.name}/{dataset_type}"),
        dataset_group=of_group,
        dataset_type=dataset_type,
        schema=of_schema,
        status=status,
        **values,
    )


def import_job(
    caller: Caller, into: Dataset, name: str = "import-1", *, status: str = statuses.ACTIVE, **values: Any
) -> DatasetImportJob:
    """An import; finished unless said otherwise."""
    return DatasetImportJob.objects.create(
        **_base(DatasetImportJob, caller, name),
        dataset_group=into.dataset_group,
        dataset=into,
        dataset_arn=into.arn,
        data_location="s3://data/interactions.csv",
        status=status,
        **values,
    )


def export_job(
    caller: Caller, of_dataset: Dataset, name: str = "export-1", *, status: str = statuses.ACTIVE, **values: Any
) -> DatasetExportJob:
    """An export; finished unless said otherwise."""
    return DatasetExportJob.objects.create(
        **_base(DatasetExportJob, caller, name),
        dataset_group=of_dataset.dataset_group,
        dataset=of_dataset,
        dataset_arn=of_dataset.arn,
        job_output={"s3DataDestination": {"path": "s3://data/exports/"}},
        status=status,
        **values,
    )


def batch_job(
    caller: Caller,
    kind: type[BatchInferenceJob] | type[BatchSegmentJob],
    version: SolutionVersion,
    name: str = "batch-1",
    *,
    status: str = statuses.ACTIVE,
    **values: Any,
) -> BatchInferenceJob | BatchSegmentJob:
    """A batch job of either kind; finished unless said otherwise."""
    places = {"s3DataSource": {"path": "s3://data/in/"}}, {"s3DataDestination": {"path": "s3://data/out/"}}
    role = "arn:aws:iam::123456789012:role/batch"
    return kind.objects.create(
        **_base(kind, caller, name),
        dataset_group=version.solution.dataset_group,
        solution_version=version,
        solution_version_arn=version.arn,
        filter_arn="arn:aws:personalize:us-east-1:123456789012:filter/young",
        job_input=places[0],
        job_output=places[1],
        role_arn=role,
        status=status,
        **values,
    )


def deletion_job(
    caller: Caller, of_group: DatasetGroup, name: str = "deletion-1", *, status: str = statuses.COMPLETED, **values: Any
) -> DataDeletionJob:
    """A data deletion job; finished unless said otherwise."""
    return DataDeletionJob.objects.create(
        **_base(DataDeletionJob, caller, name),
        dataset_group=of_group,
        data_location="s3://data/users.csv",
        role_arn="arn:aws:iam::123456789012:role/eraser",
        status=status,
        **values,
    )


def metric_attribution(
    caller: Caller, of_group: DatasetGroup, name: str = "clicks", *, status: str = statuses.ACTIVE, **values: Any
) -> MetricAttribution:
    """A metric attribution."""
    output = {"roleArn": "arn:aws:iam::123456789012:role/reports"}
    return MetricAttribution.objects.create(
        **_base(MetricAttribution, caller, name),
        dataset_group=of_group,
        metrics_output_config=output,
        status=status,
        **values,
    )


def filter(
    caller: Caller, of_group: DatasetGroup, name: str = "young", *, status: str = statuses.ACTIVE, **values: Any
) -> Filter:
    """A filter on what the items are called."""
    given = {"expression": 'EXCLUDE ItemID WHERE Items.ITEM_ID IN ("x")', "fields": ["ITEMS.ITEM_ID"]} | values
    return Filter.objects.create(**_base(Filter, caller, name), dataset_group=of_group, status=status, **given)


def event_tracker(
    caller: Caller, of_group: DatasetGroup, name: str = "tracker", *, status: str = statuses.ACTIVE, **values: Any
) -> EventTracker:
    """An event tracker."""
    return EventTracker.objects.create(
        **_base(EventTracker, caller, name),
        dataset_group=of_group,
        tracking_id=str(uuid.uuid4()),
        status=status,
        **values,
    )


def solution(
    caller: Caller,
    of_group: DatasetGroup,
    name: str = "picks",
    *,
    recipe: str = "aws-user-personalization-v2",
    status: str = statuses.ACTIVE,
    **values: Any,
) -> Solution:
    """A solution with the recipe's defaults."""
    config = hyperparameters.resolve(RECIPES[recipe], {})
    return Solution.objects.create(
        **_base(Solution, caller, name),
        dataset_group=of_group,
        recipe_name=recipe,
        status=status,
        **{"config": config | {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}, **values},
    )


def solution_version(
    caller: Caller, of_solution: Solution, *, status: str = statuses.ACTIVE, **values: Any
) -> SolutionVersion:
    """A version of ``of_solution``; trained unless said otherwise, without a model on disk."""
    version_id = uuid.uuid4().hex[:8]
    name = f"{of_solution.name}/{version_id}"
    return SolutionVersion.objects.create(
        **_base(SolutionVersion, caller, name),
        solution=of_solution,
        version_id=version_id,
        status=status,
        config=of_solution.config,
        event_type=of_solution.event_type,
        **values,
    )


def active_solution(caller: Caller, group_name: str = "movies", name: str = "picks", **values: Any) -> Solution:
    """An ACTIVE solution in a group that has an Interactions dataset."""
    of_group = active_group(caller, group_name)
    dataset(caller, of_group)
    return solution(caller, of_group, name, **values)


def active_solution_version(caller: Caller, group_name: str = "movies", **values: Any) -> SolutionVersion:
    """An ACTIVE version of an ACTIVE solution."""
    return solution_version(caller, active_solution(caller, group_name, **values))


def campaign(
    caller: Caller, version: SolutionVersion, name: str = "home", *, status: str = statuses.ACTIVE, **values: Any
) -> Campaign:
    """A campaign that serves ``version``."""
    return Campaign.objects.create(
        **_base(Campaign, caller, name),
        dataset_group=version.solution.dataset_group,
        solution_version=version,
        status=status,
        **values,
    )


def recommender(
    caller: Caller,
    of_group: DatasetGroup,
    name: str = "top-picks",
    *,
    recipe: str = "aws-vod-top-picks",
    status: str = statuses.ACTIVE,
    **values: Any,
) -> Recommender:
    """A recommender of a domain group."""
    return Recommender.objects.create(
        **_base(Recommender, caller, name), dataset_group=of_group, recipe_name=recipe, status=status, **values
    )


def video_group(caller: Caller, name: str = "streaming") -> DatasetGroup:
    """An ACTIVE VIDEO_ON_DEMAND group with ACTIVE Interactions and Items datasets."""
    made = active_group(caller, name, domain="VIDEO_ON_DEMAND")
    dataset(caller, made)
    dataset(caller, made, "ITEMS")
    return made


def job(resource: Any, kind: str, **values: Any) -> Job:
    """A background job of ``resource``."""
    of_group = resource if isinstance(resource, DatasetGroup) else getattr(resource, "dataset_group", None)
    return Job.objects.create(
        kind=kind,
        resource_arn=resource.arn,
        dataset_group_arn=of_group.arn if of_group else None,
        account=resource.account,
        region=resource.region,
        **{"requested_by": "ana", "created_at": timezone.now(), **values},
    )
