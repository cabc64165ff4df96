"""All 79 operations, asked by botocore over HTTP."""

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from personalize_web.operations import service_model
from personalize_web.operations.shapes import clean
from tests import samples


def document(name):
    """Well-formed input, its members spelled as clients do."""
    members = service_model.arguments(name)
    return {members[argument]: value for argument, value in samples.arguments(name).items()}


@pytest.fixture
def clients(live_server, transactional_db):
    """boto3's clients by service."""
    from apps.accounts.models import AccessKey, Person

    key, secret = AccessKey.make(Person.objects.create(username="ana", role="administrator"), name="test")

    return {
        service: boto3.client(
            service,
            endpoint_url=live_server.url,
            region_name="us-east-1",
            aws_access_key_id=key.key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )
        for service in service_model.SERVICES
    }


def test_every_operation_gives_its_answer_or_a_declared_error(clients):
    undeclared = {}
    asked = 0
    for service, client in clients.items():
        model = service_model.services()[service]
        for name in model.operation_names:
            operation = model.operation_model(name)
            asked += 1
            try:
                answer = client._make_api_call(name, document(xform_name(name)))
                told = answer["ResponseMetadata"]
                content = {member: value for member, value in answer.items() if member != "ResponseMetadata"}
                _, violations = clean(operation.output_shape, content) if operation.output_shape else ({}, [])
                assert not violations, (name, violations)
            except ClientError as error:
                told = error.response["ResponseMetadata"]
                code = error.response["Error"]["Code"]
                declared = {shape.name for shape in operation.error_shapes}
                if code not in declared | {"InvalidInputException"}:
                    undeclared[name] = (code, error.response["Error"]["Message"])
            assert len(told["RequestId"]) == 36, name
            assert "html" not in told["HTTPHeaders"]["content-type"], name
    assert asked == 79
    assert undeclared == {}


def test_endpoint_and_credentials_file_from_the_environment_are_enough(
    live_server, transactional_db, tmp_path, monkeypatch
):
    from apps.accounts.models import AccessKey, Person

    key, secret = AccessKey.make(Person.objects.create(username="ana", role="viewer"), name="test")
    file = tmp_path / "credentials"
    file.write_text(f"[personalize-web]\naws_access_key_id = {key.key_id}\naws_secret_access_key = {secret}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "personalize-web")
    monkeypatch.setenv("AWS_ENDPOINT_URL", live_server.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    session = boto3.session.Session()
    assert session.client("personalize").list_schemas()["schemas"] == []
    with pytest.raises(ClientError) as refused:
        session.client("personalize-runtime").get_recommendations(
            campaignArn="arn:aws:personalize:us-east-1:123456789012:campaign/absent", userId="1"
        )
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
