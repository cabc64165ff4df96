"""Figures of solution versions."""

from datetime import UTC, datetime

from apps.solutions import charts

METRICS = {
    f"{kind}_at_{k}": value
    for kind, values in (("normalized_discounted_cumulative_gain", (0.2, 0.3, 0.4)), ("precision", (0.1, 0.09, 0.08)))
    for k, value in zip((5, 10, 25), values, strict=True)
}
NDCG = "normalized_discounted_cumulative_gain_at_10"


def version(label, day, value):
    return {
        "label": label,
        "at": datetime(2026, 11, day, tzinfo=UTC),
        "metrics": {NDCG: value},
        "baseline": {NDCG: 0.1},
    }


def test_bars_are_drawn_for_both_metrics_at_each_depth():
    figure = charts.ranking_quality(METRICS, None)
    assert [trace["name"] for trace in figure["data"]] == ["NDCG", "Precision"]
    assert figure["data"][0]["y"] == [0.2, 0.3, 0.4]


def test_baselines_are_dashed_lines_at_their_level():
    figure = charts.ranking_quality(METRICS, {NDCG: 0.15})
    lines = figure["layout"]["shapes"]
    assert [(line["y0"], line["line"]["dash"]) for line in lines] == [(0.15, "dash")]
    assert figure["data"][-1]["name"] == "Baseline"


def test_without_ranking_metrics_there_is_no_figure():
    assert charts.ranking_quality({"coverage": 0.2}, None) is None


def test_the_axis_leaves_room_for_the_labels_above():
    assert charts.ranking_quality(METRICS, None)["layout"]["yaxis"]["range"][1] > 0.4


def test_versions_stand_in_time_and_the_newest_has_its_value():
    figure = charts.over_versions([version("v1", 1, 0.2), version("v2", 8, 0.25)], key=NDCG)
    assert figure["data"][0]["y"] == [0.2, 0.25]
    assert figure["layout"]["annotations"][0]["text"] == "0.2500"
    assert figure["layout"]["xaxis"]["ticktext"] == ["Nov 1<br>v1", "Nov 8<br>v2"]


def test_versions_without_the_metric_are_left_out():
    empty = version("v1", 1, 0.2) | {"metrics": {}}
    assert charts.over_versions([empty, version("v2", 8, 0.25)], key=NDCG)["data"][0]["y"] == [0.25]
    assert charts.over_versions([empty], key=NDCG) is None


def test_deployments_are_dotted_lines_with_a_label():
    mark = (datetime(2026, 11, 9, tzinfo=UTC), "deployed", "var:s4")
    layout = charts.over_versions([version("v1", 1, 0.2)], key=NDCG, marks=[mark])["layout"]
    assert layout["shapes"][0]["line"]["dash"] == "dot"
    assert layout["annotations"][1]["text"] == " deployed"


def test_labels_of_neighbouring_marks_do_not_lie_on_one_another():
    marks = [(datetime(2026, 11, day, tzinfo=UTC), "deployed", "var:s4") for day in (9, 10)]
    notes = charts.over_versions([version("v1", 1, 0.2)], key=NDCG, marks=marks)["layout"]["annotations"][1:]
    assert notes[0]["y"] > notes[1]["y"]


def test_the_best_point_of_a_curve_is_marked():
    figure = charts.curves({"Validation": [[1, 0.1], [2, 0.3], [3, 0.2]]}, axis="NDCG", best="max:Validation")
    best = next(trace for trace in figure["data"] if trace["name"] == "Best")
    assert (best["x"], best["y"]) == ([2], [0.3])


def test_the_previous_version_is_dotted():
    figure = charts.curves({"Loss": [[1, 5.0]]}, axis="Loss", previous=[[1, 6.0], [2, 5.5]], previous_name="Version 1")
    assert figure["data"][-1]["name"] == "Version 1"
    assert figure["data"][-1]["line"]["dash"] == "dot"


def test_without_points_there_is_no_curve():
    assert charts.curves({"Loss": []}, axis="Loss") is None


def test_of_actions_ndcg_is_drawn_alone():
    gains = {f"normalized_discounted_cumulative_gain_at_{k}": k / 100 for k in (5, 10, 25)}
    figure = charts.ranking_quality(gains | {"precision": 0.2, "auc": 0.7}, gains)
    assert [trace["name"] for trace in figure["data"]] == ["NDCG", "Baseline"]
    assert len(figure["layout"]["shapes"]) == 3
