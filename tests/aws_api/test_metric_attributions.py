"""The six operations of metric attributions, as botocore writes and reads them."""

import pytest
from botocore.exceptions import ClientError

from personalize_web.workers import job
from tests import factories

pytestmark = pytest.mark.django_db

CLICKS = {"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"}
VALUES = {"eventType": "click", "metricName": "Values", "expression": "SUM(Interactions.TIMESTAMP)"}
OUTPUT = {
    "roleArn": "arn:aws:iam::123456789012:role/reporter",
    "s3DataDestination": {"path": "s3://reports/metrics", "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"},
}


def test_a_life_from_create_to_delete(client_of, ana):
    group = factories.video_group(ana)
    client = client_of()
    arn = client.create_metric_attribution(
        name="impact", datasetGroupArn=group.arn, metrics=[CLICKS], metricsOutputConfig=OUTPUT
    )["metricAttributionArn"]
    job.run_pending()
    described = client.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]
    assert described["metricsOutputConfig"] == OUTPUT
    assert (described["status"], described["datasetGroupArn"]) == ("ACTIVE", group.arn)
    assert "metrics" not in described
    listed = client.list_metric_attributions(datasetGroupArn=group.arn)["metricAttributions"]
    assert [(each["name"], each["metricAttributionArn"]) for each in listed] == [("impact", arn)]
    updated = client.update_metric_attribution(
        metricAttributionArn=arn, addMetrics=[VALUES], removeMetrics=["Clicks"], metricsOutputConfig=OUTPUT
    )
    assert updated["metricAttributionArn"] == arn
    assert client.list_metric_attribution_metrics(metricAttributionArn=arn)["metrics"] == [VALUES]
    client.delete_metric_attribution(metricAttributionArn=arn)
    job.run_pending()
    with pytest.raises(ClientError) as gone:
        client.describe_metric_attribution(metricAttributionArn=arn)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_refusals_are_declared_errors_with_their_words(client_of, ana):
    group = factories.video_group(ana)
    client = client_of()
    about = {"name": "impact", "datasetGroupArn": group.arn, "metricsOutputConfig": OUTPUT}
    with pytest.raises(ClientError) as wrong:
        client.create_metric_attribution(metrics=[{**CLICKS, "expression": "MAX(Items.X)"}], **about)
    assert wrong.value.response["Error"]["Code"] == "InvalidInputException"
    assert "at character 1" in wrong.value.response["Error"]["Message"]
    client.create_metric_attribution(metrics=[CLICKS], **about)
    with pytest.raises(ClientError) as second:
        client.create_metric_attribution(metrics=[CLICKS], **{**about, "name": "second"})
    assert second.value.response["Error"]["Code"] == "LimitExceededException"
