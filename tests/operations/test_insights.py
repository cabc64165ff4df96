"""Data analyses: begun by analysts, read by all."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources.models import DataInsightsJob, Job
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    factories.dataset(ana, made)
    return made


def create(caller, group):
    return operations.create_data_insights_job(caller, dataset_group_arn=group.arn)["dataInsightsJobArn"]


def finish(**values):
    DataInsightsJob.objects.update(**{"status": "ACTIVE"} | values)


def test_it_is_pending_under_an_arn_of_its_own(cleo, group):
    arn = create(cleo, group)
    shown = operations.describe_data_insights_job(cleo, data_insights_job_arn=arn)["dataInsightsJob"]
    assert arn.startswith("arn:aws:personalize:us-east-1:123456789012:data-insights-job/")
    assert (shown["status"], shown["datasetGroupArn"]) == ("CREATE PENDING", group.arn)
    assert Job.objects.get().kind == "create-data-insights-job"


def test_there_must_be_something_to_analyse(ana):
    with pytest.raises(InvalidInputException, match="no data to analyse"):
        create(ana, factories.active_group(ana))


def test_one_analysis_ends_before_the_next_begins(ana, group):
    create(ana, group)
    with pytest.raises(ResourceInUseException, match="are being analysed already"):
        create(ana, group)
    finish()
    create(ana, group)


def test_viewers_read_but_do_not_begin(ben, ana, group):
    with pytest.raises(AccessDeniedException):
        create(ben, group)
    arn = create(ana, group)
    with pytest.raises(ResourceInUseException):
        operations.get_data_insights(ben, data_insights_job_arn=arn)
    finish(result={"insights": [{"number": 1}], "statistics": {"INTERACTIONS": {"rows": 3}}, "charts": {}})
    found = operations.get_data_insights(ben, data_insights_job_arn=arn)
    assert found["insights"] == [{"number": 1}]
    assert found["statistics"]["INTERACTIONS"]["rows"] == 3


def analysis(caller, group, result):
    arn = create(caller, group)
    DataInsightsJob.objects.filter(arn=arn).update(status="ACTIVE", result=result)
    return arn


def insight(number, kind="INTERACTIONS"):
    return {"number": number, "datasetTypes": [kind], "columns": [], "insight": f"Of {number}.", "severity": "Low"}


def test_the_first_analysis_has_nothing_to_be_compared_with(ana, group):
    arn = analysis(ana, group, {"insights": [insight("I1")], "statistics": {}})
    assert "changes" not in operations.get_data_insights(ana, data_insights_job_arn=arn)


def test_later_ones_tell_what_changed_since_the_one_before(ana, group):
    def statistics(rows, **more):
        return {"INTERACTIONS": {"general": {"rows": rows, "lastTimestamp": None, **more}, "columns": []}}

    oldest = analysis(ana, group, {"insights": [], "statistics": statistics(5)})
    then = {"insights": [insight("I1"), insight("I5"), insight("I5", "USERS")], "statistics": statistics(40)}
    before = analysis(ana, group, then)
    failed = create(ana, group)
    DataInsightsJob.objects.filter(arn=failed).update(status="CREATE FAILED")
    now = {"insights": [insight("I5"), insight("I7")], "statistics": statistics(60, users=3)}
    changes = operations.get_data_insights(ana, data_insights_job_arn=analysis(ana, group, now))["changes"]
    assert changes["dataInsightsJobArn"] == before
    assert changes["new"] == [{"number": "I7", "datasetTypes": ["INTERACTIONS"]}]
    assert [(one["number"], one["datasetTypes"]) for one in changes["resolved"]] == [
        ("I1", ["INTERACTIONS"]),
        ("I5", ["USERS"]),
    ]
    assert changes["remaining"] == 1
    assert changes["figures"] == {"INTERACTIONS": [{"name": "rows", "before": 40, "now": 60}]}
    earlier = operations.get_data_insights(ana, data_insights_job_arn=before)["changes"]
    assert (earlier["dataInsightsJobArn"], earlier["remaining"]) == (oldest, 0)


def test_a_failed_one_says_why(ben, ana, group):
    arn = create(ana, group)
    finish(status="CREATE FAILED", failure_reason="No rows.")
    (listed,) = operations.list_data_insights_jobs(ben, dataset_group_arn=group.arn)["dataInsightsJobs"]
    assert (listed["dataInsightsJobArn"], listed["failureReason"]) == (arn, "No rows.")


def test_nobody_reads_the_analyses_of_another_account(eve, ana, group):
    arn = create(ana, group)
    with pytest.raises(ResourceNotFoundException):
        operations.describe_data_insights_job(eve, data_insights_job_arn=arn)
    assert operations.list_data_insights_jobs(eve, dataset_group_arn=group.arn) == {"dataInsightsJobs": []}
