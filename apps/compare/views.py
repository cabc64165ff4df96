"""Compare solution versions: choose some, see what differs, and whether it may be chance."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from apps.compare import charts, configuration
from apps.compare.results import metric_rows, parts_of, verdict
from apps.ui import evaluations, files, model_arns, model_metrics
from apps.ui.pages import ConsolePage
from personalize_web import operations

LETTERS = "ABCDE"
MOST = len(LETTERS)


class Comparison(ConsolePage):
    """What the page and its files share: ``?v=solution/version`` names each chosen version."""

    operation = operations.compare_solution_versions
    title, section = "Compare solution versions", "compare"

    @cached_property
    def known(self) -> dict[str, dict[str, Any]]:
        """The measured versions of the group by how the address names them, newest first."""
        arn = self.group["datasetGroupArn"]
        rows = operations.list_comparable_solution_versions(self.caller, dataset_group_arn=arn)["solutionVersions"]
        return {f"{row['solutionName']}/{row['versionId']}": row for row in rows}

    @cached_property
    def asked(self) -> list[str]:
        """The names in the address, each once."""
        return list(dict.fromkeys(each for each in self.request.GET.getlist("v") if each))

    @cached_property
    def chosen(self) -> list[str]:
        """Those of them that are there, at most five."""
        return [each for each in self.asked if each in self.known][:MOST]

    @cached_property
    def answer(self) -> Mapping[str, Any]:
        """The comparison of what was chosen."""
        arns = [self.known[each]["solutionVersionArn"] for each in self.chosen]
        return operations.compare_solution_versions(self.caller, solution_version_arns=arns)

    def address(self, chosen: list[str], **more: str) -> str:
        """This page with other versions."""
        query = urlencode([*(("v", each) for each in chosen), *more.items()], safe="/")
        return f"{self.url('compare:versions')}?{query}" if query else self.url("compare:versions")


class CompareVersions(Comparison):
    """Two to five versions side by side; with fewer, the list to choose from."""

    template_name = "compare/versions.html"

    def breadcrumbs(self) -> list[dict[str, str]]:
        items = super().breadcrumbs()
        compare = {"text": "Compare", "href": self.url("compare:versions") if self.chosen else ""}
        return [*items[:-1], compare] + ([{"text": "Solution versions", "href": ""}] if self.chosen else [])

    def context(self) -> dict[str, Any]:
        gone = [each for each in self.asked if each not in self.known]
        left = [each for each in self.known if each not in self.chosen]
        whole = super().context() | {
            "gone": ", ".join(gone),
            "too_many": len(self.asked) - len(gone) > MOST,
            "most": MOST,
            "chosen": self.chosen,
            "choices": [self._choice(each) for each in self.known],
            "left": [self._choice(each) for each in left] if len(self.chosen) < MOST else [],
            "enough": len(self.chosen) >= 2,
            "solutions_href": self.url("solutions:list"),
            "recommendations_href": self.url("compare:recommendations"),
        }
        return whole | (self._compared() if len(self.chosen) >= 2 else {})

    def _choice(self, name: str) -> dict[str, Any]:
        row = self.known[name]
        return row | {
            "key": name,
            "checked": name in self.chosen,
            "href": self.url("solutions:version", solution=row["solutionName"], version=row["versionId"]),
        }

    def _compared(self) -> dict[str, Any]:
        versions, differences = self.answer["solutionVersions"], self.answer["differences"]
        letters = LETTERS[: len(versions)]
        headline = evaluations.headline(versions[0]["evaluation"])
        same = self.request.GET.get("all") == "1"
        lines, facts = configuration.settings(versions), configuration.data(versions)
        drawn = [
            {
                "letter": letter,
                "id": each["versionId"],
                "metrics": each.get("metrics") or {},
                "evaluation": each["evaluation"],
                "tests": (each.get("details") or {}).get("test users"),
            }
            for letter, each in zip(letters, versions, strict=True)
        ]
        alike = [line for line in [*lines, *facts] if line.same]
        return {
            "letters": list(letters),
            "versions": [self._card(*each) for each in zip(letters, self.chosen, versions, strict=True)],
            "warning": configuration.data_warning(versions, letters),
            "rows": metric_rows(versions, differences),
            "verdict": verdict(versions, differences, letters),
            "chart": charts.side_by_side(drawn),
            "parts": parts_of(versions, headline),
            "parts_metric": model_metrics.describe(headline).label,
            "settings": [line for line in lines if same or not line.same],
            "facts": [line for line in facts if same or not line.same],
            "differ": sum(not line.same for line in [*lines, *facts]),
            "alike": len(alike),
            "all": same,
            "all_href": self.address(self.chosen, **({} if same else {"all": "1"})),
            "link": self.request.build_absolute_uri(self.address(self.chosen)),
            "download": f"{self.url('compare:download')}?{urlencode([('v', each) for each in self.chosen], safe='/')}",
            "deploy": self._deploy(versions),
        }

    def _card(self, letter: str, name: str, version: Mapping[str, Any]) -> dict[str, Any]:
        facts = version.get("details") or {}
        serving = ", ".join(each["name"] for each in version.get("campaigns") or [])
        return self._choice(name) | {
            "letter": letter,
            "status": version["status"],
            "in_use": f"in use by {serving}" if serving else "not deployed",
            "trained": version.get("trainingStartedAt") or version["creationDateTime"],
            "interactions": facts.get("interactions"),
            "recipe_href": self.url("recipes:group_detail", recipe=version["recipeName"]),
            "remove_href": self.address([each for each in self.chosen if each != name]),
        }

    def _deploy(self, versions: list[Mapping[str, Any]]) -> dict[str, str] | None:
        """With two versions of one solution: put the second in the place of the first, where that one serves."""
        if len(versions) != 2 or self.denied("update_campaign"):
            return None
        first, second = versions
        arns = {model_arns.solution_arn(each["solutionVersionArn"]) for each in versions}
        serving = [each for each in first.get("campaigns") or [] if each["status"] == "ACTIVE"]
        if len(arns) > 1 or not serving or second["status"] != "ACTIVE":
            return None
        address = self.url("campaigns:update", campaign=serving[0]["name"])
        return {"name": serving[0]["name"], "href": f"{address}?version={second['solutionVersionArn']}"}


class DownloadComparison(Comparison):
    """The comparison as CSV, one line a metric and version, or with ``?format=json`` whole."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = self.answer
        if request.GET.get("format") == "json":
            return files.json_file(answer, "comparison.json")
        columns = ["metric"]
        for letter in LETTERS[: len(self.chosen)]:
            columns += [letter, f"{letter} low", f"{letter} high"]
        for letter in LETTERS[1 : len(self.chosen)]:
            columns += [f"{letter} minus A", f"{letter} minus A low", f"{letter} minus A high"]
        rows: list[list[Any]] = [["version", *(part for name in self.chosen for part in (name, "", ""))]]
        for row in metric_rows(answer["solutionVersions"], answer["differences"]):
            cells = [part for each in row.cells for part in (each.value, each.low, each.high)]
            cells += [part for each in row.changes for part in (each.value, each.low, each.high)]
            rows.append([row.key, *("" if part is None else part for part in cells)])
        return files.csv_file(columns, rows, "comparison.csv")
