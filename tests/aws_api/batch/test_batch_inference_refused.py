"""Batch inference jobs that are refused, and what they hold while they wait or run."""

import pytest
from botocore.exceptions import ClientError

from tests import factories
from tests.aws_api.batch.jobs import ROLE, reading, refused, writing
from tests.conftest import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        (reading("s3://data/../x"), "InvalidInputException", "Invalid S3 input path."),
        (writing("s3://data//out/"), "InvalidInputException", "Invalid S3 output path."),
        (writing("s3://data/in/"), "InvalidInputException", "Invalid S3 output path."),
        (writing("s3://data/in/out/"), "InvalidInputException", "Invalid S3 output path."),
        ({"numResults": 501}, "InvalidInputException", "numResults must be from 0 to 500."),
        ({"batchInferenceJobMode": "THEME_GENERATION"}, "InvalidInputException", "THEME_GENERATION needs a version of"),
        (
            {"batchInferenceJobConfig": {"itemExplorationConfig": {"explorationWeight": "0.2"}}},
            "InvalidInputException",
            "Recipe aws-popularity-count does not support itemExplorationConfig.",
        ),
        (
            {"batchInferenceJobConfig": {"rankingInfluence": {"POPULARITY": 0.2}}},
            "InvalidInputException",
            "Recipe aws-popularity-count of type USER_PERSONALIZATION does not support rankingInfluence.",
        ),
        (
            {"themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "TITLE"}}},
            "InvalidInputException",
            "themeGenerationConfig needs batchInferenceJobMode THEME_GENERATION.",
        ),
        (
            {"filterArn": "arn:aws:personalize:us-east-1:123456789012:filter/none"},
            "ResourceNotFoundException",
            "Resource Arn arn",
        ),
        (
            {"solutionVersionArn": "arn:aws:personalize:us-east-1:123456789012:solution/none/12345678"},
            "ResourceNotFoundException",
            "Resource Arn arn",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(personalize, changed, code, said):
    version = factories.active_solution_version(person("ana", "administrator"), recipe="aws-popularity-count")
    found = refused(personalize, version, **changed)
    assert found[0] == code
    assert said in found[1]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Watch")', "Filter odd is not for items"),
        ("INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE", "uses CurrentItem, which aws-popularity-count does"),
    ],
)
def test_a_filter_that_no_line_could_be_answered_with_is_refused(personalize, expression, said):
    ana = person("ana", "administrator")
    version = factories.active_solution_version(ana, recipe="aws-popularity-count")
    odd = factories.filter(ana, version.solution.dataset_group, "odd", expression=expression)
    code, message = refused(personalize, version, filterArn=odd.arn)
    assert code == "InvalidInputException"
    assert said in message


@pytest.mark.parametrize("recipe", ["aws-trending-now", "aws-next-best-action", "aws-item-affinity"])
def test_recipes_without_batch_inference_are_refused(personalize, recipe):
    version = factories.active_solution_version(person("ana", "administrator"), recipe=recipe)
    code, said = refused(personalize, version)
    assert code == "InvalidInputException"
    assert "does not support CreateBatchInferenceJob." in said


@pytest.mark.parametrize(
    ("status", "code"),
    [("CREATE IN_PROGRESS", "ResourceInUseException"), ("CREATE FAILED", "InvalidInputException")],
)
def test_a_version_that_is_not_active_is_refused(personalize, status, code):
    version = factories.active_solution_version(person("ana", "administrator"))
    type(version).objects.update(status=status)
    assert refused(personalize, version)[0] == code


def test_five_jobs_may_wait_or_run_and_a_name_is_taken_once(personalize, deployed, put, run_jobs):
    version = deployed("aws-popularity-count").version
    put({"userId": "u1"})
    for number in range(5):
        personalize.create_batch_inference_job(
            jobName=f"job-{number}",
            solutionVersionArn=version.arn,
            jobInput={"s3DataSource": {"path": "s3://data/in/"}},
            jobOutput={"s3DataDestination": {"path": f"s3://data/out{number}/"}},
            roleArn=ROLE,
        )
    assert refused(personalize, version) == (
        "LimitExceededException",
        "More than 5 resources with PENDING or IN_PROGRESS status.",
    )
    assert refused(personalize, version, jobName="job-1")[0] == "ResourceAlreadyExistsException"
    run_jobs()
    personalize.create_batch_inference_job(
        jobName="nightly",
        solutionVersionArn=version.arn,
        jobInput={"s3DataSource": {"path": "s3://data/in/"}},
        jobOutput={"s3DataDestination": {"path": "s3://data/out/"}},
        roleArn=ROLE,
    )


def test_a_filter_and_a_solution_in_use_by_a_job_are_not_deleted_until_it_ends(personalize, deployed, put, run_jobs):
    popular = deployed("aws-popularity-count")
    used = factories.filter(person("ana", "administrator"), popular.group)
    personalize.create_batch_inference_job(
        jobName="nightly",
        solutionVersionArn=popular.version.arn,
        jobInput={"s3DataSource": {"path": put({"userId": "u1"})}},
        jobOutput={"s3DataDestination": {"path": "s3://data/out/"}},
        roleArn=ROLE,
        filterArn=used.arn,
    )
    popular.row.delete()
    for delete in (
        lambda: personalize.delete_filter(filterArn=used.arn),
        lambda: personalize.delete_solution(solutionArn=popular.version.solution.arn),
    ):
        with pytest.raises(ClientError, match="batch-inference-job/nightly") as caught:
            delete()
        assert caught.value.response["Error"]["Code"] == "ResourceInUseException"
    run_jobs()
    personalize.delete_filter(filterArn=used.arn)
    personalize.delete_solution(solutionArn=popular.version.solution.arn)
    run_jobs()
    arn = "arn:aws:personalize:us-east-1:123456789012:batch-inference-job/nightly"
    job = personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]
    assert (job["status"], job["solutionVersionArn"], job["filterArn"]) == ("ACTIVE", popular.version.arn, used.arn)
