"""F11: deleting a dataset, with what stands in the way listed first."""

from collections.abc import Mapping, Sequence

from apps.ui import formats, jobs
from apps.ui.dataset_pages import DatasetPage
from apps.ui.pages import DeletePage, everything
from personalize_web import operations
from personalize_web.operations import statuses

TRAININGS = ("create-solution-version", "create-recommender")


class DeleteDataset(DatasetPage, DeletePage):
    """What stands in the way first, then the word to type."""

    operation, argument, noun = operations.delete_dataset, "dataset_arn", "dataset"
    crumbs = (("Datasets", "datasets:list"),)

    def names(self) -> Sequence[str]:
        """The dataset of the address."""
        return [str(self.dataset["name"])]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return str(self.dataset["datasetArn"])

    def consequences(self) -> Sequence[str]:
        """What is lost and what stops."""
        statistics = self.dataset.get("statistics") or {}
        rows = statistics.get("rows") or 0
        found = [f"All {formats.number(rows)} rows of it are lost."] if rows else []
        if self.kind.key == "ACTION_INTERACTIONS":
            found.append("Its tracking ID stops working.")
        counts = self.counts()
        used = " and ".join(
            f"{formats.number(counts[key])} {word if counts[key] > 1 else word[:-1]}"
            for key, word in (("recommenders", "recommenders"), ("solutions", "solutions"))
            if counts.get(key)
        )
        if used:
            found.append(f"{used} of this group: they keep answering, but are no longer trained automatically.")
        else:
            found.append("Recommenders and solutions that use it would no longer be trained automatically.")
        return found

    def blockers(self) -> Sequence[Mapping[str, str]]:
        """Filters, the event tracker, the metric attribution, imports, exports and trainings that run."""
        return [*self._filters(), *self._tracker(), *self._attribution(), *self._jobs(), *self._trainings()]

    def _filters(self) -> list[Mapping[str, str]]:
        arn = self.group["datasetGroupArn"]
        found = everything(operations.list_filters, self.caller, "Filters", dataset_group_arn=arn)
        return [{"text": f"Delete filter {one['name']} first", "href": jobs.address(one["filterArn"])} for one in found]

    def _tracker(self) -> list[Mapping[str, str]]:
        if self.kind.key != "INTERACTIONS":
            return []
        arn = self.group["datasetGroupArn"]
        return [
            {
                "text": f"Delete event tracker {one['name']} first",
                "href": self.url("event_trackers:detail", tracker=one["name"]),
            }
            for one in operations.list_event_trackers(self.caller, dataset_group_arn=arn)["eventTrackers"]
        ]

    def _attribution(self) -> list[Mapping[str, str]]:
        arn = self.group["datasetGroupArn"]
        found: list[Mapping[str, str]] = []
        for one in operations.list_metric_attributions(self.caller, dataset_group_arn=arn)["metricAttributions"]:
            metrics = everything(
                operations.list_metric_attribution_metrics,
                self.caller,
                "metrics",
                metric_attribution_arn=one["metricAttributionArn"],
            )
            named = any(f"{self.kind.key}." in metric["expression"].upper() for metric in metrics)
            if self.kind.key == "INTERACTIONS" or named:
                href = self._try("metric_attributions:detail")
                found.append({"text": f"Delete metric attribution {one['name']} first", "href": href})
        return found

    def _jobs(self) -> list[Mapping[str, str]]:
        arn = self.dataset["datasetArn"]
        imports = operations.list_dataset_import_jobs(self.caller, dataset_arn=arn, max_results=20)
        exports = operations.list_dataset_export_jobs(self.caller, dataset_arn=arn, max_results=20)
        return [
            {
                "text": f"Wait until {word} {one['jobName']} has finished",
                "href": self.url(route, kind=self.kind.slug, job=one["jobName"]),
            }
            for word, route, listed in (
                ("import", "import_jobs:detail", imports["datasetImportJobs"]),
                ("export", "datasets:export", exports["datasetExportJobs"]),
            )
            for one in listed
            if one["status"] in statuses.BUILDING
        ]

    def _trainings(self) -> list[Mapping[str, str]]:
        arn = self.group["datasetGroupArn"]
        running = operations.list_jobs(self.caller, dataset_group_arn=arn, states=list(jobs.RUNNING))["jobs"]
        found: list[Mapping[str, str]] = []
        for job in running:
            if job["kind"] in TRAININGS:
                name = job.get("name") or jobs.name_of(job["resourceArn"])
                text = f"Wait until the training of {name} has finished"
                found.append({"text": text, "href": jobs.address(job["resourceArn"])})
        return found

    def success_url(self) -> str:
        """The list of datasets."""
        return self.url("datasets:list")
