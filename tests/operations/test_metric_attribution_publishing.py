"""An import may publish metrics where a metric attribution says where to."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources.models import MetricAttribution
from tests import factories

pytestmark = pytest.mark.django_db

ROLE = "arn:aws:iam::123456789012:role/reporter"


@pytest.fixture
def dataset(ana):
    return factories.dataset(ana, factories.active_group(ana))


def attribution(caller, group, *, status="ACTIVE", **config):
    arn = MetricAttribution.write_arn("impact", account=caller.account, region=caller.region)
    return MetricAttribution.objects.create(
        arn=arn,
        account=caller.account,
        region=caller.region,
        name="impact",
        dataset_group=group,
        status=status,
        metrics=[{"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"}],
        metrics_output_config={"roleArn": ROLE, **config},
    )


def begin(caller, dataset):
    return operations.create_dataset_import_job(
        caller,
        job_name="first",
        dataset_arn=dataset.arn,
        data_source={"dataLocation": "s3://data/file.csv"},
        publish_attribution_metrics_to_s3=True,
    )


def test_it_is_kept_with_the_import(ana, dataset):
    attribution(ana, dataset.dataset_group, s3DataDestination={"path": "s3://reports/"})
    arn = begin(ana, dataset)["datasetImportJobArn"]
    shown = operations.describe_dataset_import_job(ana, dataset_import_job_arn=arn)["datasetImportJob"]
    assert shown["publishAttributionMetricsToS3"] is True


@pytest.mark.parametrize("status", [None, "CREATE PENDING", "DELETE PENDING"])
def test_without_an_active_attribution_it_is_refused(ana, dataset, status):
    if status:
        attribution(ana, dataset.dataset_group, status=status, s3DataDestination={"path": "s3://reports/"})
    with pytest.raises(InvalidInputException, match="needs an active metric attribution with an S3 path") as caught:
        begin(ana, dataset)
    assert caught.value.field == "publish_attribution_metrics_to_s3"
    assert "Create one first, or leave it out." in caught.value.message


def test_without_a_path_it_is_refused(ana, dataset):
    attribution(ana, dataset.dataset_group)
    with pytest.raises(InvalidInputException, match=r"has no S3 path\. Update it with an s3DataDestination"):
        begin(ana, dataset)


def test_other_datasets_have_no_events_to_count(ana, dataset):
    attribution(ana, dataset.dataset_group, s3DataDestination={"path": "s3://reports/"})
    with pytest.raises(InvalidInputException, match="is for imports into the Item interactions dataset"):
        begin(ana, factories.dataset(ana, dataset.dataset_group, "ITEMS"))
