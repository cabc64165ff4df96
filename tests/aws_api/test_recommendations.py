"""Recommendations as boto3 users meet them: one request with everything in it, and every limit of a request."""

import re
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from personalize_web.resources.models import Event, ServedList
from tests import factories
from tests.conftest import person
from tests.deployments import deploy, train

pytestmark = pytest.mark.django_db
ABSENT = "arn:aws:personalize:us-east-1:123456789012:{}/absent"
PRICED = "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES) | EXCLUDE ItemID WHERE Items.DURATION < $SHORTEST"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return train("aws-popularity-count", tmp_path_factory.mktemp("popular"))


@pytest.fixture
def home(model):
    config = {"enableMetadataWithRecommendations": True}
    return deploy(person("ana", "administrator"), "aws-popularity-count", model, config=config)


@pytest.fixture
def filtering(home):
    def made(name, expression):
        return factories.filter(person("ana", "administrator"), home.group, name, expression=expression).arn

    return made


@pytest.fixture
def ask(client_of, home):
    runtime = client_of("personalize-runtime")
    return lambda **asked: runtime.get_recommendations(**{"campaignArn": home.row.arn, "userId": "u0"} | asked)


def test_one_request_says_everything_that_a_request_can_say(ask, filtering):
    answer = ask(
        numResults=10,
        context={"DEVICE": "phone"},
        filterArn=filtering("some", PRICED),
        filterValues={"GENRES": '"genre 1","genre 2"'},
        promotions=[{
            "name": "three", "percentPromotedItems": 25,
            "filterArn": filtering("ours", "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)"),
            "filterValues": {"GENRES": '"genre 3"'},
        }],
        metadataColumns={"ITEMS": ["TITLE", "duration", "CREATION_TIMESTAMP"]},
    )  # fmt: skip
    promoted = [each for each in answer["itemList"] if each.get("promotionName") == "three"]
    others = [each for each in answer["itemList"] if "promotionName" not in each]
    assert (len(promoted), len(others)) == (3, 7)
    assert {each["itemId"][0] for each in promoted} == {"3"}
    assert {each["itemId"][0] for each in others} <= {"1", "2"}
    assert not {"score", "reason"} & {name for each in answer["itemList"] for name in each}
    for each in answer["itemList"]:
        assert each["metadata"]["TITLE"] == f"Title {each['itemId']}"
        assert each["metadata"].get("duration", "90.5") == "90.5"
        assert each["metadata"]["CREATION_TIMESTAMP"].isdecimal()
    assert re.fullmatch(r"RID-[0-9a-f-]{36}", answer["recommendationId"])


def test_an_event_that_names_the_answer_changes_the_next_one(ask, client_of, filtering, home):
    unseen = filtering("unseen", "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)")
    first = ask(userId="somebody", filterArn=unseen, numResults=3)
    taken = first["itemList"][0]["itemId"]
    client_of("personalize-events").put_events(
        trackingId=home.tracker.tracking_id, sessionId="s", userId="somebody",
        eventList=[{"eventType": "Click", "itemId": taken, "sentAt": datetime.now(UTC),
                    "recommendationId": first["recommendationId"]}],
    )  # fmt: skip
    assert taken not in [each["itemId"] for each in ask(userId="somebody", filterArn=unseen)["itemList"]]
    event = Event.objects.get(user_id="somebody")
    served = ServedList.objects.get(recommendation_id=event.recommendation_id)
    assert (served.source_arn, served.item_ids[0]) == (home.row.arn, taken)


def promotion(**changed):
    return {"percentPromotedItems": 20, "filterArn": ABSENT.format("filter")} | changed


MANY = {f"K{number}": "v" for number in range(151)}


@pytest.mark.parametrize(
    "asked",
    [
        {"campaignArn": None},
        {"recommenderArn": ABSENT.format("recommender")},
        {"campaignArn": ABSENT.format("solution")},
        {"campaignArn": "no arn"},
        {"userId": "u" * 257},
        {"itemId": "i" * 257},
        {"numResults": 501},
        {"numResults": -1},
        {"numResults": 51, "metadataColumns": {"ITEMS": ["TITLE"]}},
        {"metadataColumns": {"USERS": ["AGE"]}},
        {"metadataColumns": {"ITEMS": ["COLOUR"]}},
        {"metadataColumns": {"ITEMS": [f"C{number}" for number in range(11)]}, "numResults": 5},
        {"context": MANY},
        {"context": {"K" * 151: "v"}},
        {"context": {"a key": "v"}},
        {"context": {"KEY": "v" * 1001}},
        {"filterValues": dict(list(MANY.items())[:26])},
        {"filterValues": {"K" * 51: "v"}},
        {"filterValues": {"KEY": "v" * 1001}},
        {"promotions": [promotion(), promotion()]},
        {"promotions": [promotion(percentPromotedItems=0)]},
        {"promotions": [promotion(percentPromotedItems=101)]},
        {"promotions": [promotion(name="a name")]},
        {"promotions": [promotion(filterArn=None)]},
    ],
)
def test_what_is_beyond_the_limits_is_invalid(ask, asked):
    with pytest.raises(ClientError) as refused:
        ask(**asked)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("InvalidInputException", 400)
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    "asked",
    [
        {"campaignArn": ABSENT.format("campaign")},
        {"campaignArn": None, "recommenderArn": ABSENT.format("recommender")},
        {"filterArn": ABSENT.format("filter")},
        {"promotions": [promotion()]},
    ],
)
def test_what_is_not_there_is_404(ask, asked):
    with pytest.raises(ClientError) as refused:
        ask(**asked)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ResourceNotFoundException", 404)


def test_the_limits_themselves_are_allowed(ask):
    within = dict(list(MANY.items())[:150]) | {"K0": "v" * 1000}
    assert len(ask(numResults=500, context=within)["itemList"]) == 120
    assert ask(numResults=0)["itemList"] == []
    assert len(ask(numResults=50, metadataColumns={"ITEMS": ["TITLE"]})["itemList"]) == 50
