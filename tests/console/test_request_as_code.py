"""A runtime request in three spellings."""

import ast
import json
import shlex

from apps.recommendations import code

ARGUMENTS = {
    "campaignArn": "arn:aws:personalize:us-east-1:123456789012:campaign/home",
    "userId": "o\"neil ' $HOME",
    "numResults": 15,
    "context": {"DEVICE": "TV"},
    "metadataColumns": {"ITEMS": ["GENRES"]},
}
FOUND = code.snippets("get_recommendations", ARGUMENTS, endpoint="http://127.0.0.1:8000")


def test_the_python_is_valid_and_calls_with_the_same_values():
    calls = [node for node in ast.walk(ast.parse(FOUND.boto3)) if isinstance(node, ast.Call) and node.keywords]
    call = next(each for each in calls if each.func.attr == "get_recommendations")
    assert {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords} == ARGUMENTS


def test_the_command_line_keeps_awkward_values_whole():
    words = shlex.split(FOUND.cli.replace("\\\n", " "))
    assert words[:3] == ["aws", "personalize-runtime", "get-recommendations"]
    assert words[words.index("--user-id") + 1] == ARGUMENTS["userId"]
    assert json.loads(words[words.index("--context") + 1]) == {"DEVICE": "TV"}


def test_the_json_is_the_body_on_the_wire():
    address, _, body = FOUND.json.partition("\n")
    assert address == "POST /recommendations"
    assert json.loads(body) == ARGUMENTS


def test_ranking_has_its_own_address_and_list():
    found = code.snippets("get_personalized_ranking", {"inputList": ["1"]}, endpoint="http://x")
    assert found.json.startswith("POST /personalize-ranking")
    assert 'answer["personalizedRanking"]' in found.boto3
