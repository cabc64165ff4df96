"""What is between a client and an operation: addresses, bodies, values, errors."""

import json
import logging
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from apps.aws_api import renderers
from apps.aws_api.routing import by_path
from personalize_web import operations
from personalize_web.operations import service_model
from personalize_web.resources.models import AuditRecord, DatasetGroup

PROBE = "probe-of-a-secret"


def refusal(got):
    """Status, code and message of an answer that refuses; every header must be in its place."""
    content = json.loads(got.content)
    assert got.headers["x-amzn-ErrorType"] == content["__type"]
    assert got.headers["x-amzn-RequestId"]
    return got.status_code, content["__type"], content["message"]


def test_dates_are_numbers_with_milliseconds(post, client_of):
    client_of(name="ben").create_dataset_group  # noqa: B018 - a second person's client, made like the first
    made = json.loads(post(b'{"name":"movies"}', target="CreateDatasetGroup").content)
    moment = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    DatasetGroup.objects.update(created_at=moment)
    asked = json.dumps({"datasetGroupArn": made["datasetGroupArn"]}).encode()
    got = post(asked, target="DescribeDatasetGroup")
    assert got.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert json.loads(got.content)["datasetGroup"]["creationDateTime"] == 1714979289.123


def test_absent_values_are_left_out(post):
    made = post(b'{"name":"movies"}', target="CreateDatasetGroup")
    assert b"null" not in made.content
    assert "domain" not in json.loads(made.content)


def test_an_operation_without_output_answers_with_an_empty_body(client_of, post):
    arn = client_of().create_dataset_group(name="movies")["datasetGroupArn"]
    asked = {"resourceArn": arn, "tags": [{"tagKey": "a", "tagValue": ""}]}
    got = post(json.dumps(asked).encode(), target="TagResource")
    assert (got.status_code, got.content) == (200, b"")
    assert got.headers["Content-Type"] == "application/x-amz-json-1.1"


def test_an_empty_tag_value_comes_back(client_of):
    client = client_of()
    arn = client.create_dataset_group(name="movies", tags=[{"tagKey": "a", "tagValue": ""}])["datasetGroupArn"]
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "a", "tagValue": ""}]


@pytest.mark.parametrize("prefix", ["", "/", "/base/path", "/base/path/"])
def test_both_protocols_are_found_behind_any_prefix(client_of, prefix):
    assert client_of(prefix=prefix).list_schemas()["schemas"] == []
    with pytest.raises(ClientError) as refused:
        client_of("personalize-events", prefix=prefix).put_events(trackingId="t", sessionId="s", eventList=[])
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


@pytest.mark.parametrize("path", [f"/{name}/" for name in by_path()])
def test_a_slash_at_the_end_is_never_redirected(post, path):
    assert post(b"{}", path=path).status_code == 400


def test_the_eight_addresses_are_the_ones_of_the_service_models():
    assert sorted(by_path()) == [
        "action-interactions",
        "action-recommendations",
        "actions",
        "events",
        "items",
        "personalize-ranking",
        "recommendations",
        "users",
    ]


@pytest.mark.parametrize("target", ["Unknown", "listSchemas", "Other.ListSchemas", ".", "AmazonPersonalize."])
def test_an_unknown_operation_is_refused(post, target):
    assert refusal(post(b"{}", target=target))[:2] == (400, "InvalidAction")


def test_a_request_without_target_is_refused(post):
    assert refusal(post(b"{}"))[:2] == (400, "InvalidAction")


def test_an_unknown_path_is_answered_in_json(client):
    for method in ("get", "post", "put", "delete", "options"):
        assert refusal(getattr(client, method)("/no/such/address"))[:2] == (404, "InvalidAction")


def test_another_method_than_post_is_answered_in_json(client):
    got = client.get("/recommendations")
    assert refusal(got)[:2] == (405, "InvalidAction")
    assert got.headers["Allow"] == "POST"
    assert refusal(client.put("/"))[:2] == (405, "InvalidAction")


def test_a_host_that_is_not_ours_is_answered_in_json(client, settings):
    settings.ALLOWED_HOSTS = ["personalize.test"]
    assert refusal(client.post("/", headers={"Host": "elsewhere.test"}))[:2] == (400, "InvalidInputException")
    page = client.get("/console/", headers={"Host": "elsewhere.test"})
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (400, "text/html")


def test_an_error_outside_the_view_is_answered_in_json(client, monkeypatch):
    def broken(request):
        raise RuntimeError("no")

    monkeypatch.setattr("apps.aws_api.views.route", broken)
    monkeypatch.setattr("apps.aws_api.middleware.route", broken)
    client.raise_request_exception = False
    for address in ("/events", "/"):
        assert refusal(client.post(address))[:2] == (500, "InternalFailure")


@pytest.mark.parametrize("address", ["/events", "/recommendations", "/any/prefix/users/"])
def test_what_is_asked_often_takes_the_short_way(client, monkeypatch, address):
    monkeypatch.setattr("apps.aws_api.views.api", None)
    got = client.post(address)
    assert refusal(got)[:2] == (403, "MissingAuthenticationToken")
    assert got.headers["Content-Length"] == str(len(got.content))


@pytest.mark.parametrize("address", ["/console/events", "/static/items", "/console/any/users/"])
def test_pages_are_never_taken_for_the_api(client, db, address):
    assert "x-amzn-ErrorType" not in client.post(address).headers


def test_a_host_that_is_not_ours_is_refused_on_the_short_way_too(client, settings):
    settings.ALLOWED_HOSTS = ["personalize.test"]
    assert refusal(client.post("/events", headers={"Host": "elsewhere.test"}))[:2] == (400, "InvalidInputException")


def test_a_person_at_the_door_is_shown_to_the_console(client):
    got = client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert (got.status_code, got.headers["Location"]) == (302, "/console/")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"text"',
        b"1",
        b"null",
        b"{",
        b'{"maxResults": NaN}',
        b'{"maxResults": Infinity}',
        b'{"maxResults": -Infinity}',
        b'{"nextToken": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"nextToken": "\\ud800"}',
        b'{"nextToken": "\\u0000"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"maxResults": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(post, body):
    assert refusal(post(body, target="ListSchemas"))[:2] == (400, "SerializationException")
    assert refusal(post(body, path="/recommendations"))[:2] == (400, "SerializationException")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_another_content_type_is_refused(post, content_type):
    got = post(b"{}", target="ListSchemas", content_type=content_type)
    assert refusal(got)[:2] == (400, "SerializationException")


def test_a_charset_beside_the_content_type_is_allowed(post):
    got = post(b"{}", target="ListSchemas", content_type="application/x-amz-json-1.1; charset=utf-8")
    assert got.status_code == 200


def test_an_empty_body_is_an_empty_object(post):
    assert post(b"", target="ListSchemas").status_code == 200
    assert refusal(post(b"", path="/recommendations"))[:2] == (400, "InvalidInputException")


def test_a_body_beyond_the_limit_is_refused(post, settings):
    body = b'{"name":"' + b"x" * settings.API_BODY_LIMIT + b'"}'
    assert refusal(post(body, target="CreateSchema"))[:2] == (413, "RequestEntityTooLargeException")


def test_nulls_and_unknown_members_are_passed_over(post):
    assert post(b'{"maxResults":null,"whatIsThis":1}', target="ListSchemas").status_code == 200


@pytest.mark.parametrize("value", [b"true", b'"1"', b"1.5", b"0", b"101", b"1e400", b"[]", b"{}"])
def test_a_value_of_another_type_or_range_is_refused(post, value):
    code = refusal(post(b'{"maxResults":' + value + b"}", target="ListSchemas"))[:2]
    assert code == (400, "InvalidInputException")


@pytest.mark.parametrize(
    ("member", "good", "bad"),
    [
        ("name", "x" * 63, "x" * 64),
        ("name", "a-b_C9", "a b"),
        ("name", "a", "a\n"),
        ("domain", "ECOMMERCE", "BOOKS"),
        ("tags", [{"tagKey": "Ключ 键", "tagValue": ""}], [{"tagKey": "k", "tagValue": "v" * 257}]),
        ("tags", [{"tagKey": "k", "tagValue": "v"}], "text"),
    ],
)
def test_a_constraint_holds_at_its_edge(post, member, good, bad):
    def create(value):
        asked = {"name": "movies", member: value}
        return post(json.dumps(asked).encode(), target="CreateDatasetGroup")

    assert refusal(create(bad))[:2] == (400, "InvalidInputException")
    assert create(good).status_code == 200


def test_every_violation_is_named(post):
    message = refusal(post(b'{"domain":"BOOKS"}', target="CreateDatasetGroup"))[2]
    assert message.startswith("2 validation errors detected: Value at 'name' failed to satisfy constraint:")
    assert "Value at 'domain'" in message


@pytest.mark.parametrize("value", [7, "", [], {}, True, None])
def test_every_operation_refuses_what_is_not_well_formed(post, value):
    for name, model in service_model.operations().items():
        shape = model.input_shape
        if not shape or not shape.required_members:
            continue
        body = json.dumps(dict.fromkeys(shape.members, value)).encode()
        path = model.http["requestUri"]
        got = post(body, path=path, target=model.name if path == "/" else None)
        status, code, message = refusal(got)
        assert (status, code) == (400, "InvalidInputException"), name
        assert "validation error" in message, name


@pytest.mark.parametrize(
    ("service", "status"), [("personalize", 400), ("personalize-events", 404), ("personalize-runtime", 404)]
)
def test_not_found_has_the_status_of_its_service(service, status):
    from apps.aws_api import errors

    assert errors.status(operations.ServiceError("no"), service) == 400
    assert errors.status(_error("ResourceNotFoundException"), service) == status


def test_in_use_is_a_conflict_for_events_alone():
    from apps.aws_api import errors

    assert errors.status(_error("ResourceInUseException"), "personalize") == 400
    assert errors.status(_error("ResourceInUseException"), "personalize-events") == 409


def _error(code):
    from personalize_web.operations import errors

    return getattr(errors, code)("no")


def test_a_role_that_may_not_is_told_what_it_may_not(client_of):
    with pytest.raises(ClientError) as refused:
        client_of(name="ben", role="viewer").create_dataset_group(name="movies")
    error = refused.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDeniedException", 400)
    assert "personalize:CreateDatasetGroup" in error["Error"]["Message"]


@pytest.mark.parametrize("scope", ["runtime", "events"])
def test_a_narrow_key_may_nothing_else(client_of, scope):
    with pytest.raises(ClientError) as refused:
        client_of(scope=scope).list_schemas()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_other_accounts_and_regions_are_other_worlds(client_of):
    arn = client_of().create_dataset_group(name="movies")["datasetGroupArn"]
    for stranger in (client_of(region="eu-west-1"), client_of(name="eve", account="999999999999")):
        assert stranger.list_dataset_groups()["datasetGroups"] == []
        with pytest.raises(stranger.exceptions.ResourceNotFoundException):
            stranger.describe_dataset_group(datasetGroupArn=arn)


def test_an_uncaught_error_tells_the_request_id_alone(post, monkeypatch, caplog):
    def broken(caller, **arguments):
        raise RuntimeError(f"cannot read {PROBE}")

    monkeypatch.setattr(operations, "create_dataset_group", broken)
    with caplog.at_level(logging.INFO):
        got = post(json.dumps({"name": PROBE}).encode(), target="CreateDatasetGroup")
    status, code, message = refusal(got)
    assert (status, code) == (500, "InternalFailure")
    assert got.headers["x-amzn-RequestId"] in message
    assert "RuntimeError" not in message
    assert "RuntimeError: cannot read •••" in caplog.text
    assert got.headers["x-amzn-RequestId"] in caplog.text
    assert PROBE not in caplog.text


def test_no_sensitive_value_reaches_logs_or_audit(client_of, caplog):
    probes = [f"{PROBE}-{index}" for index in range(7)]
    secret = client_of()
    calls = [
        (client_of(), "create_filter", {"name": "f", "datasetGroupArn": arn("dataset-group"),
                                        "filterExpression": f'INCLUDE ItemID WHERE Items.X IN ("{probes[0]}")'}),
        (client_of(), "tag_resource", {"resourceArn": arn("solution"),
                                       "tags": [{"tagKey": probes[1], "tagValue": probes[2]}]}),
        (client_of("personalize-events"), "put_events", {
            "trackingId": "unknown", "sessionId": "s", "userId": probes[3],
            "eventList": [{"eventType": "Watch", "sentAt": 1, "itemId": probes[4],
                           "properties": json.dumps({"a": probes[5]})}]}),
        (client_of("personalize-runtime"), "get_recommendations", {
            "campaignArn": arn("campaign"), "userId": probes[3], "itemId": probes[4], "context": {"D": probes[6]}}),
    ]  # fmt: skip
    with caplog.at_level(logging.DEBUG, logger="personalize_web"), caplog.at_level(logging.DEBUG, logger="django"):
        caplog.clear()
        for client, name, asked in calls:
            with pytest.raises(ClientError) as refused:
                getattr(client, name)(**asked)
            assert PROBE not in refused.value.response["Error"]["Message"]
    assert not [record for record in caplog.records if record.name[:4] != "boto" and PROBE in record.getMessage()]
    assert PROBE not in str(list(AuditRecord.objects.values()))
    assert secret._request_signer._credentials.secret_key not in caplog.text


def arn(kind):
    return f"arn:aws:personalize:us-east-1:123456789012:{kind}/absent"


def test_an_answer_is_written_by_its_shape():
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    body = renderers.render(
        "describe_solution_version",
        {"solutionVersion": {"trainingHours": 1, "failureReason": None, "creationDateTime": moment, "ours": 1}},
    )
    assert body == b'{"solutionVersion":{"trainingHours":1.0,"creationDateTime":1704067200.0}}'


def test_a_number_that_is_none_is_left_out():
    assert renderers.render("get_recommendations", {"itemList": [{"itemId": "a", "score": float("nan")}]}) == (
        b'{"itemList":[{"itemId":"a"}]}'
    )


def test_every_operation_can_be_written():
    assert len([renderers.writer(name) for name in service_model.operations()]) == 79


def test_health_needs_no_signature(client, db):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
