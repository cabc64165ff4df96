"""F25 and F26: what one says about a batch job."""

from collections.abc import Mapping
from typing import Any

from apps.batch_jobs import samples
from apps.ui import formats, model_arns
from apps.ui.forms import (
    ChoiceField,
    IntegerField,
    KeyField,
    LocationField,
    NameField,
    NumberField,
    TileField,
)
from apps.ui.job_forms import RoleForm, suggested_name

PLAIN, THEMED = "BATCH_INFERENCE", "THEME_GENERATION"


class BatchForm(RoleForm):
    """What both kinds ask. ``about``: choices (of describe_batch_choices), base (of the suggested name), folder."""

    error_fields = {"job_input": "source", "job_output": "target", "filter_arn": "filter"}

    solution = ChoiceField(label="Solution", unmarked=True, error_messages={"required": "Choose a solution."})
    solution_version_arn = ChoiceField(
        label="Solution version ID",
        unmarked=True,
        help_text="Only Active versions can answer.",
        error_messages={"required": "Choose a version."},
    )
    source = LocationField(
        label="Input source",
        placeholder="s3://bucket/folder/users.json",
        description="A JSON Lines file, or a folder that ends in /. Every file whose path starts with this text is "
        "read, folders within folders too.",
        error_messages={"required": "Enter where the input lies, such as s3://batch/users.json."},
    )
    source_key = KeyField(label="Decryption key ARN")
    target = LocationField(
        label="Output destination",
        folder=True,
        placeholder="s3://bucket/results/",
        description="A folder outside the input. Each input file gets a file beside it with .out behind its name.",
        error_messages={"required": "Enter the folder to write to, such as s3://batch/results/."},
    )
    target_key = KeyField(label="Encryption key ARN")
    filter = ChoiceField(label="Filter", required=False, unmarked=True)

    def prepare(self) -> None:
        """Choices, a name, and where results may go."""
        choices = self.about["choices"]
        self.fields["solution"].choices = [
            ("", "Choose a solution"),
            *((each["solutionArn"], f"{each['name']} · {each['recipeTitle']}") for each in choices["solutions"]),
        ]
        self.fields["solution_version_arn"].choices = [
            ("", "Choose a version"),
            *(
                (version["solutionVersionArn"], _version_text(each, version))
                for each in choices["solutions"]
                for version in each["versions"]
            ),
        ]
        self.fields["filter"].choices = [
            ("", "None"),
            *((each["filterArn"], each["name"]) for each in choices["filters"]),
        ]
        self.initial.setdefault("job_name", suggested_name(self.about["base"]))
        self.initial.setdefault("target", self.about["folder"])
        self.facts = {
            "solutions": {each["solutionArn"]: self.facts_of(each) for each in choices["solutions"]},
            "filters": {each["filterArn"]: each["placeholders"] for each in choices["filters"]},
        }

    def facts_of(self, solution: Mapping[str, Any]) -> dict[str, Any]:
        """What the page's script asks of a solution."""
        made_of = samples.made_of(solution)
        return {"sample": samples.line(solution)} | {each: each == made_of for each in samples.MADE_OF}

    @property
    def chosen(self) -> Mapping[str, Any] | None:
        """The chosen solution."""
        arn = self["solution"].value()
        return next((each for each in self.about["choices"]["solutions"] if each["solutionArn"] == arn), None)

    @property
    def sample(self) -> str:
        """The line of input for what is chosen."""
        return samples.written(self.chosen, self.placeholders)

    @property
    def placeholders(self) -> list[str]:
        """Those of the chosen filter."""
        return self.facts["filters"].get(self["filter"].value() or "", [])

    def clean(self) -> dict[str, Any]:
        """The version must be one of the chosen solution."""
        data = super().clean()
        version = data.get("solution_version_arn")
        if version and data.get("solution") and model_arns.solution_arn(version) != data["solution"]:
            self.add_error("solution_version_arn", "Choose a version of the chosen solution.")
        return data

    def arguments(self) -> dict[str, Any]:
        """As both create operations take them."""
        data = self.cleaned_data
        given = {
            "job_name": data.get("job_name", ""),
            "solution_version_arn": data.get("solution_version_arn", ""),
            "job_input": {"s3DataSource": _location(data.get("source", ""), data.get("source_key"))},
            "job_output": {"s3DataDestination": _location(data.get("target", ""), data.get("target_key"))},
            "role_arn": self.chosen_role(),
            "num_results": data.get("num_results"),
        }
        more = {"filter_arn": data.get("filter"), "tags": data.get("tags")}
        return given | {name: value for name, value in more.items() if value}


class InferenceForm(BatchForm):
    """F25."""

    error_fields = BatchForm.error_fields | {
        "batch_inference_job_mode": "mode",
        "theme_generation_config": "item_name",
        "batch_inference_job_config": "weight",
    }

    mode = TileField(
        label="Batch inference job type",
        label_hidden=True,
        columns="two",
        initial=PLAIN,
        choices=[(PLAIN, "Item recommendations"), (THEMED, "Themed recommendations with Content Generator")],
        about={
            PLAIN: {"description": "Items for users, rankings of given items, or items related to an item."},
            THEMED: {"description": "Items related to an item, with a title for each set. Similar-Items only."},
        },
    )
    job_name = NameField(label="Batch inference job name")
    num_results = IntegerField(
        label="Number of results",
        min_value=1,
        max_value=500,
        initial=25,
        unmarked=True,
        help_text="Items for each line. Rankings return all items of their line.",
    )
    item_name = ChoiceField(
        label="Item name column",
        required=False,
        unmarked=True,
        description="The column of Items that names an item to people, such as TITLE.",
    )
    weight = NumberField(label="Emphasis on exploring less relevant items", min_value=0, max_value=1, required=False)
    age = NumberField(label="Exploration item age cutoff", min_value=1, suffix="days", required=False)
    popularity = NumberField(label="Influence of popularity", min_value=0, max_value=1, required=False)
    freshness = NumberField(label="Influence of freshness", min_value=0, max_value=1, required=False)

    def prepare(self) -> None:
        """Columns of names, and why there may be no themes."""
        super().prepare()
        choices = self.about["choices"]
        self.fields["item_name"].choices = [("", "Choose a column"), *((name, name) for name in choices["itemColumns"])]
        reason = self._no_themes(choices)
        if reason:
            self.fields["mode"].widget.about = {
                **self.fields["mode"].widget.about,
                THEMED: {**self.fields["mode"].widget.about[THEMED], "disabled_reason": reason},
            }

    def facts_of(self, solution: Mapping[str, Any]) -> dict[str, Any]:
        """Which further sections fit a solution."""
        return super().facts_of(solution) | {
            "explored": "configurable_exploration" in solution["features"],
            "influenced": solution["rankingInfluence"],
            "themed": "themes" in solution["features"],
        }

    def clean(self) -> dict[str, Any]:
        """Themes need a column of names."""
        data = super().clean()
        if data.get("mode") == THEMED and not data.get("item_name"):
            self.add_error("item_name", "Choose the column with the items' names.")
        return data

    def arguments(self) -> dict[str, Any]:
        """As create_batch_inference_job takes them."""
        data, given = self.cleaned_data, super().arguments()
        given["batch_inference_job_mode"] = data.get("mode", PLAIN)
        if data.get("mode") == THEMED:
            names = {"itemName": data.get("item_name", "")}
            given["theme_generation_config"] = {"fieldsForThemeGeneration": names}
        fitting = self.facts["solutions"].get(data.get("solution", ""), {})
        config: dict[str, Any] = {}
        if fitting.get("explored"):
            explored = {"explorationWeight": data.get("weight"), "explorationItemAgeCutOff": data.get("age")}
            config["itemExplorationConfig"] = {name: f"{each:g}" for name, each in explored.items() if each is not None}
        if fitting.get("influenced"):
            influence = {"POPULARITY": data.get("popularity"), "FRESHNESS": data.get("freshness")}
            config["rankingInfluence"] = {name: each for name, each in influence.items() if each}
        config = {name: each for name, each in config.items() if each}
        return given | ({"batch_inference_job_config": config} if config else {})

    def _no_themes(self, choices: Mapping[str, Any]) -> str:
        if not any("themes" in each["features"] for each in choices["solutions"]):
            return "Needs an Active version of a Similar-Items solution."
        if not choices["textual"]:
            return "Needs an Items dataset with a textual column."
        return "" if choices["itemColumns"] else "Needs an Items dataset with a column of names."


class SegmentForm(BatchForm):
    """F26."""

    job_name = NameField(label="Batch segment job name")
    num_results = IntegerField(
        label="Number of users",
        min_value=1,
        max_value=5_000_000,
        initial=25,
        unmarked=True,
        help_text="Users for each line, those most likely to interact first.",
    )


def _location(path: str, key: str | None) -> dict[str, str]:
    return {"path": path} | ({"kmsKeyArn": key} if key else {})


def _version_text(solution: Mapping[str, Any], version: Mapping[str, Any]) -> str:
    created = formats.moment(version["creationDateTime"])
    parts = [f"{solution['name']} / {version['versionId']}", formats.short(created) if created else ""]
    return " · ".join(part for part in parts if part)
