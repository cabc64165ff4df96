"""The same request as Python: it reads well and says the same."""

import ast

from apps.ui import code

ARGUMENTS = {
    "name": 'a "quoted"\nname \\u00e9 é',
    "perform_hpo": True,
    "solution_config": {
        "eventsConfig": {"eventParametersList": [{"eventType": "Watch", "weight": 0.5}, {"eventType": "Click"}]},
        "hpoConfig": {"algorithmHyperParameterRanges": {"integerHyperParameterRanges": []}},
    },
    "tags": ({"tagKey": "team", "tagValue": ""},),
}
SHOWN = code.tabs([("create_solution", ARGUMENTS)], region="us-east-1", endpoint="http://x")[0]["lines"]


def test_the_python_is_valid_and_calls_with_the_same_values():
    call = ast.parse("\n".join(SHOWN)).body[-1].value
    assert {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords} == {
        "name": ARGUMENTS["name"],
        "performHPO": True,
        "solutionConfig": ARGUMENTS["solution_config"],
        "tags": list(ARGUMENTS["tags"]),
    }


def test_parts_of_a_long_value_stand_in_lines_of_their_own():
    assert "        \"hpoConfig\": {\"algorithmHyperParameterRanges\": {\"integerHyperParameterRanges\": []}}," in SHOWN
    assert max(map(len, SHOWN)) < 110
