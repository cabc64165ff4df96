"""What tests of batch inference jobs ask with, and how they read what was written."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from django.conf import settings as configured

from personalize_web.engine.training import Options
from personalize_web.resources.models import JobLogLine

UPV2, RANKING = "aws-user-personalization-v2", "aws-personalized-ranking-v2"
ROLE = "arn:aws:iam::123456789012:role/data"
QUICK = Options(threads=1, effort=0.1, refit="none")


def answers(name="users.json.out"):
    text = (Path(configured.BUCKETS_DIR) / "data" / "out" / name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def logged():
    return list(JobLogLine.objects.order_by("pk").values_list("text", flat=True))


def real_time(runtime, deployed, *, score=True, **about):
    found = runtime.get_recommendations(campaignArn=deployed.row.arn, **about)["itemList"]
    return [each["itemId"] for each in found], [each.get("score") for each in found] if score else None


def reading(path):
    return {"jobInput": {"s3DataSource": {"path": path}}}


def writing(path):
    return {"jobOutput": {"s3DataDestination": {"path": path}}}


def refused(personalize, version, **changed):
    given = {
        "jobName": "nightly",
        "solutionVersionArn": version.arn,
        "jobInput": {"s3DataSource": {"path": "s3://data/in/"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://data/out/"}},
        "roleArn": ROLE,
    }
    with pytest.raises(ClientError) as caught:
        personalize.create_batch_inference_job(**given | changed)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]
