"""The controls of hyperparameters: a fixed value, or the range that a search looks through."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui import recipes
from apps.ui.forms import CheckField, ChoiceField, IntegerField, NumberField, OperationForm

PARAMETER, HOW, LOW, HIGH = "parameter-", "how-", "low-", "high-"
RANGE, FIXED = "range", "fixed"
MOST_JOBS, MOST_PARALLEL = 40, 10
JOBS, PARALLEL = 4, 2
LISTS = {"boolean": "categorical", "choice": "categorical", "integer": "integer", "float": "continuous"}
"""Kind of a parameter -> the list of ``algorithmHyperParameterRanges`` it stands in."""
_ORDERED = tuple(
    (f"min_{what}_percentile", f"max_{what}_percentile") for what in ("user_history_length", "item_interaction_count")
)


class ParametersForm(OperationForm):
    """Every hyperparameter of a recipe, and the search over those that can be tuned. ``about``: recipe."""

    perform_hpo = CheckField(
        label="Hyperparameter optimization",
        toggle=True,
        description="Several models are trained on a part of the data, each with other values; the best ones are kept.",
    )
    jobs = IntegerField(
        label="Training jobs", min_value=1, max_value=MOST_JOBS, initial=JOBS, required=False, unmarked=True
    )
    parallel = IntegerField(
        label="At the same time, at most",
        help_text="One worker trains them one after another: each learns from those before.",
        min_value=1,
        max_value=MOST_PARALLEL,
        initial=PARALLEL,
        required=False,
        unmarked=True,
    )

    def prepare(self) -> None:
        super().prepare()
        self.recipe: Mapping[str, Any] = self.about["recipe"]
        self.parameters: list[Mapping[str, Any]] = list(self.recipe["hyperparameters"])
        searches = recipes.can(self.recipe, "hpo")
        if not searches:
            del self.fields["perform_hpo"], self.fields["jobs"], self.fields["parallel"]
        for each in self.parameters:
            if not each.get("searchOnly"):
                self.fields[PARAMETER + each["name"]] = value_field(each)
            if searches and each["tunable"]:
                self._add_range(each)

    def _add_range(self, parameter: Mapping[str, Any]) -> None:
        name = parameter["name"]
        keep = f"Keep {parameter['default']}" if parameter.get("searchOnly") else "Keep one value"
        self.fields[HOW + name] = ChoiceField(
            label=f"{name}: in the search",
            choices=[(RANGE, "Search"), (FIXED, keep)],
            initial=RANGE,
            required=False,
            unmarked=True,
            label_hidden=True,
        )
        if LISTS[parameter["kind"]] != "categorical":
            for prefix, words, end in ((LOW, "from", "low"), (HIGH, "to", "high")):
                field = IntegerField if parameter["kind"] == "integer" else NumberField
                self.fields[prefix + name] = field(
                    label=f"{name}: {words}",
                    min_value=parameter["low"],
                    max_value=parameter["high"],
                    initial=shown(parameter[end]),
                    required=False,
                    label_hidden=True,
                    unmarked=True,
                )

    @property
    def searches_itself(self) -> bool:
        """Whether the service tunes internal settings of the recipe by itself while training is automatic."""
        return bool(self.recipe["name"].endswith("-v2"))

    def rows(self) -> list[dict[str, Any]]:
        """Each parameter with its controls; those it has not are None."""
        return [
            {
                "about": each,
                **{
                    role: self[prefix + each["name"]] if prefix + each["name"] in self.fields else None
                    for role, prefix in (("value", PARAMETER), ("how", HOW), ("low", LOW), ("high", HIGH))
                },
                "tried": "true and false" if each["kind"] == "boolean" else ", ".join(each["choices"]),
            }
            for each in self.parameters
        ]

    def searched(self) -> list[Mapping[str, Any]]:
        """The parameters that a search varies."""
        given = self.cleaned_data
        if not given.get("perform_hpo"):
            return []
        return [each for each in self.parameters if each["tunable"] and given.get(HOW + each["name"]) != FIXED]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for low, high in _ORDERED:
            least, most = cleaned.get(PARAMETER + low), cleaned.get(PARAMETER + high)
            if least is not None and most is not None and least >= most:
                self.add_error(PARAMETER + high, f"It must be greater than {low}.")
        if not cleaned.get("perform_hpo"):
            for name in [name for name in self.errors if name in ("jobs", "parallel") or name.startswith((LOW, HIGH))]:
                del self.errors[name]
            return cleaned
        if not self.searched():
            self.add_error("perform_hpo", "Search for one parameter at least, or switch the search off.")
        for each in self.searched():
            least, most = cleaned.get(LOW + each["name"]), cleaned.get(HIGH + each["name"])
            if least is not None and most is not None and least > most:
                self.add_error(HIGH + each["name"], "The end of the range must not be below its beginning.")
        if (cleaned.get("parallel") or PARALLEL) > (cleaned.get("jobs") or JOBS):
            self.add_error("parallel", "Not more at the same time than there are jobs.")
        return cleaned

    def parameter_config(self) -> dict[str, Any]:
        """The string maps of fixed values, and ``hpoConfig`` where a search was asked for."""
        given, searched = self.cleaned_data, self.searched()
        names = {each["name"] for each in searched}
        config: dict[str, Any] = {}
        for each in self.parameters:
            value = given.get(PARAMETER + each["name"])
            if value not in (None, "") and each["name"] not in names:
                config.setdefault(each["map"], {})[each["name"]] = as_text(value)
        if searched:
            config["hpoConfig"] = {
                "algorithmHyperParameterRanges": self._ranges(searched),
                "hpoResourceConfig": {
                    "maxNumberOfTrainingJobs": str(given.get("jobs") or JOBS),
                    "maxParallelTrainingJobs": str(given.get("parallel") or PARALLEL),
                },
            }
        return config

    def _ranges(self, searched: list[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {
            f"{kind}HyperParameterRanges": [] for kind in ("categorical", "continuous", "integer")
        }
        for each in searched:
            kind, name = LISTS[each["kind"]], each["name"]
            if kind == "categorical":
                values: dict[str, Any] = {"values": list(each["choices"])}
            else:
                number = int if kind == "integer" else float
                values = {
                    member: number(each[end] if self.cleaned_data.get(prefix + name) is None
                                   else self.cleaned_data[prefix + name])
                    for member, prefix, end in (("minValue", LOW, "low"), ("maxValue", HIGH, "high"))
                }  # fmt: skip
            found[f"{kind}HyperParameterRanges"].append({"name": name} | values)
        return found


def initial(
    config: Mapping[str, Any], known: Sequence[Mapping[str, Any]], *, perform_hpo: bool
) -> dict[str, Any]:
    """What :class:`ParametersForm` begins with for a solution's configuration; ``known`` are its hyperparameters.

    A search without ranges varies everything, one with ranges only what these name.
    """
    fixed = (config.get("algorithmHyperParameters") or {}) | (config.get("featureTransformationParameters") or {})
    found: dict[str, Any] = {PARAMETER + name: value for name, value in fixed.items()}
    search = config.get("hpoConfig") or {}
    listed = [
        each for ranges in (search.get("algorithmHyperParameterRanges") or {}).values() for each in ranges if each
    ]
    if perform_hpo:
        found |= {"perform_hpo": True} | ({HOW + each["name"]: FIXED for each in known} if listed else {})
    for each in listed:
        name = str(each.get("name", "")).rpartition(".")[2]
        found[HOW + name] = RANGE
        found |= {
            prefix + name: shown(each[end])
            for prefix, end in ((LOW, "minValue"), (HIGH, "maxValue"))
            if each.get(end) is not None
        }
    resources = search.get("hpoResourceConfig") or {}
    return found | {
        "jobs": resources.get("maxNumberOfTrainingJobs", JOBS),
        "parallel": resources.get("maxParallelTrainingJobs", PARALLEL),
    }


def value_field(parameter: Mapping[str, Any]) -> Any:
    """The control that fits a hyperparameter of list_recipe_details."""
    name, default = parameter["name"], parameter["default"]
    common = {"label": name, "required": False, "unmarked": True, "label_hidden": True}
    if parameter["kind"] == "boolean":
        return ChoiceField(**common, choices=[("true", "true"), ("false", "false")], initial=str(default).lower())
    if parameter["kind"] == "choice":
        return ChoiceField(**common, choices=[(each, each) for each in parameter["choices"]], initial=default)
    field = IntegerField if parameter["kind"] == "integer" else NumberField
    return field(**common, min_value=parameter.get("low"), max_value=parameter.get("high"), initial=default)


def as_text(value: Any) -> str:
    """A value as the string maps of the API want it: 3.0 is "3", True is "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def shown(number: float | None) -> Any:
    """A bound as one types it: 32, 0.5."""
    return None if number is None else f"{number:g}"
