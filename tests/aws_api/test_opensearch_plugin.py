"""The requests of OpenSearch's re-ranking plugin, replayed as its SDK for Java signs them.

The plugin asks GetPersonalizedRanking once a search for the hits of a page, and joins both orders; see the public
repository opensearch-project/search-processor.
"""

import json
import math

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from personalize_web.engine.algorithms.base import Options
from tests.deployments import deploy, train

RECIPE = "aws-personalized-ranking"
HOST = "personalize-runtime.us-east-1.amazonaws.com"
HITS = ["2-4", "nowhere", "0-3", "1-7", "unknown document", "0-4", "3-2"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return train(RECIPE, tmp_path_factory.mktemp("ranking"), options=Options(threads=1, effort=0.05, refit="none"))


@pytest.fixture
def deployed(ana, db, model):
    return deploy(ana, RECIPE, model)


@pytest.fixture
def search(into_django, make_key, deployed):
    """What the plugin gets for the hits of a search."""
    key, secret = make_key("opensearch", role="viewer", scope="runtime")

    def ask(hits=HITS, **more):
        body = json.dumps({"campaignArn": deployed.row.arn, "userId": "u0", "inputList": hits} | more).encode()
        request = AWSRequest(
            "POST", f"http://{HOST}/personalize-ranking", data=body,
            headers={
                "Host": HOST, "Content-Type": "application/json",
                "User-Agent": "PersonalizeOpenSearchPlugin/2.9.0.0, aws-sdk-java/1.12.470 Linux OpenJDK/17.0.7",
                "amz-sdk-invocation-id": "00c39ff1-4f1b-29c4-1b13-5a2a6f3f4f00", "amz-sdk-retry": "0/0/500",
                "amz-sdk-request": "attempt=1;max=4",
            },
        )  # fmt: skip
        SigV4Auth(Credentials(key.key_id, secret), "personalize", "us-east-1").add_auth(request)
        answer = into_django(request.prepare())
        return answer.status_code, json.loads(answer.content)

    return ask


def joined(hits, ranked, weight):
    """The plugin's order: an id that is missing in our answer would get the logarithm of 1 below the line, and lead."""
    place = {item: number for number, item in enumerate(ranked, start=1)}
    score = {
        item: (1 - weight) / math.log2(number + 1) + weight / math.log2(place[item] + 1)
        for number, item in enumerate(hits, start=1)
    }
    return sorted(hits, key=lambda item: -score[item])


def test_every_hit_comes_back_byte_for_byte_with_unknown_ones_last(search):
    status, answer = search()
    ranked = [each["itemId"] for each in answer["personalizedRanking"]]
    assert status == 200
    assert sorted(ranked) == sorted(HITS)
    assert ranked[-2:] == ["nowhere", "unknown document"]


def test_the_joined_order_follows_the_weight(search):
    ranked = [each["itemId"] for each in search()[1]["personalizedRanking"]]
    assert joined(HITS, ranked, 0.0) == HITS
    assert joined(HITS, ranked, 1.0) == ranked


def test_a_search_of_somebody_unknown_is_answered_by_popularity(search):
    status, answer = search(userId="a visitor")
    assert status == 200
    assert len(answer["personalizedRanking"]) == len(HITS)


def test_context_that_the_schema_does_not_know_does_no_harm(search):
    assert search(context={"DEVICE": "mobile phone"})[0] == 200


def test_a_page_of_more_than_five_hundred_hits_gets_the_documented_error(search):
    status, answer = search([f"i{number}" for number in range(501)])
    assert status == 400
    assert "at most 500" in answer["message"]
