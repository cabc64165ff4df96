"""A batch inference job as boto3 users make it: models, a place for input, the job done."""

import json

import pytest

from personalize_web.operations.runtime_deployments import Deployment
from tests.aws_api.batch.jobs import QUICK, RANKING, ROLE, UPV2
from tests.conftest import person
from tests.deployments import deploy, train


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Recipe -> the key of its model; each is trained once, when somebody asks for it."""
    made = {}

    def model(recipe):
        recipe = UPV2 if recipe == RANKING else recipe  # the same network
        if recipe not in made:
            made[recipe] = train(recipe, tmp_path_factory.mktemp(recipe), options=QUICK)
        return made[recipe]

    return model


@pytest.fixture
def personalize(client_of):
    return client_of()


@pytest.fixture
def runtime(client_of):
    return client_of("personalize-runtime")


@pytest.fixture
def deployed(models):
    """A campaign of a recipe, whose version batch jobs can name."""
    return lambda recipe, **about: deploy(person("ana", "administrator"), recipe, models(recipe), **about)


@pytest.fixture
def plain(monkeypatch):
    """Models explore nothing, so that every answer is the only right one."""
    monkeypatch.setattr(Deployment, "exploration", lambda deployment: {"exploration_weight": 0.0})


@pytest.fixture
def put(settings, tmp_path):
    """Writes an input file, and answers where it lies."""
    settings.BUCKETS_DIR = tmp_path / "buckets"

    def write(*lines, key="in/users.json", ends="\n"):
        path = settings.BUCKETS_DIR / "data" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(ends.encode().join(texts))
        return f"s3://data/{key}"

    return write


@pytest.fixture
def run(personalize, run_jobs):
    """Makes a job, does it, and answers its description."""

    def make(version, source, *, name="nightly", output="s3://data/out/", **about):
        arn = personalize.create_batch_inference_job(
            jobName=name,
            solutionVersionArn=version.arn,
            jobInput={"s3DataSource": {"path": source}},
            jobOutput={"s3DataDestination": {"path": output}},
            roleArn=ROLE,
            **about,
        )["batchInferenceJobArn"]
        run_jobs()
        return personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]

    return make
