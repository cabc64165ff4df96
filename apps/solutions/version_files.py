"""What a version gives away as lines or files: its log and its metrics."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.solutions.versions import VersionPages
from apps.ui import evaluations, files
from personalize_web import operations


class VersionLog(VersionPages):
    """The log's new lines for the live view, or all of it as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "download" in request.GET:
            return self._file()
        after = request.GET.get("after", "0")
        answer = operations.get_job_log(
            self.caller, resource_arn=self.version_arn, after=int(after) if after.isdecimal() else 0
        )
        lines = answer["lines"]
        return render(
            request,
            "solutions/_log_lines.html",
            {
                "lines": lines,
                "finished": answer["finished"],
                "url": f"{self.address('solutions:version_log')}?after={lines[-1]['id'] if lines else after}",
            },
        )

    def _file(self) -> HttpResponse:
        lines: list[str] = []
        after = 0
        while found := operations.get_job_log(self.caller, resource_arn=self.version_arn, after=after)["lines"]:
            lines += [
                f"{each['at'].isoformat(timespec='milliseconds')} {each['level'].upper():7} {each['text']}"
                for each in found
            ]
            after = found[-1]["id"]
        name = f"{self.kwargs['solution']}-{self.kwargs['version']}.log"
        response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class VersionMetrics(VersionPages):
    """The evaluation as a file: its metrics as CSV, or with ``?format=json`` all of it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = operations.get_solution_version_evaluation(self.caller, solution_version_arn=self.version_arn)
        name = f"{self.kwargs['solution']}-{self.kwargs['version']}"
        if request.GET.get("format") == "json":
            return files.json_file(found, f"{name}-evaluation.json")
        floor, before = (found["baselines"].get(model, {}) for model in (evaluations.POPULARITY, evaluations.PREVIOUS))
        bounds = evaluations.intervals(found["evaluation"])
        rows = [
            [key, value, *bounds.get(key, ("", "")), floor.get(key, ""), before.get(key, "")]
            for key, value in found["metrics"].items()
        ]
        return files.csv_file(["metric", "value", "low", "high", "baseline", "previous"], rows, f"{name}-metrics.csv")
