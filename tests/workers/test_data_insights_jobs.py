"""Data analyses, from the columns to the numbers that the page shows."""

import pytest

from personalize_web import operations
from tests.workers import world

pytestmark = pytest.mark.django_db


def analysis(caller, run_jobs, group_arn: str) -> dict:
    arn = operations.create_data_insights_job(caller, dataset_group_arn=group_arn)["dataInsightsJobArn"]
    run_jobs()
    return operations.describe_data_insights_job(caller, data_insights_job_arn=arn)["dataInsightsJob"]


def test_an_analysis_says_what_the_data_lack(ana, run_jobs):
    group_arn, _ = world.filled(ana, run_jobs)
    done = analysis(ana, run_jobs, group_arn)
    assert done["status"] == "ACTIVE", done
    found = operations.get_data_insights(ana, data_insights_job_arn=done["dataInsightsJobArn"])
    assert any("50,000" in f"{insight['insight']} {insight['action']}" for insight in found["insights"])
    assert "INTERACTIONS" in found["statistics"]
    assert found["charts"]


def test_an_analysis_without_data_fails_with_a_reason(ana, run_jobs):
    group_arn = world.group(ana, run_jobs)
    world.dataset(ana, run_jobs, group_arn)
    done = analysis(ana, run_jobs, group_arn)
    assert done["status"] == "CREATE FAILED"
    assert "Import" in done["failureReason"]
