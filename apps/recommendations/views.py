"""The test pages: one for a campaign, one for a recommender; the request is the page's query."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.recommendations import code, notes, reasons, recent, results, suggesting
from apps.recommendations.forms import DEFAULT, DEFAULT_ACTIONS, RequestForm
from apps.ui import expressions, model_arns, training_columns
from apps.ui.pages import ConsolePage, flash
from personalize_web import operations
from personalize_web.operations import ServiceError

VIEWS = (("table", "Table", "table"), ("cards", "Cards", "grid"), ("json", "JSON", "code"))
SHOWN_EVENTS = 12
LOOKED_AT = 300
"""Newest events of a user that "already seen" looks at."""
NO_CONTEXT = training_columns.KEYS | set(training_columns.NEVER) | {"EVENT_TYPE"}
PARTS = ("filter", "promotion")
"""Of the form, that are drawn again by themselves."""
FIELDS = ("user_id", "item_id", "input_list", "num_results")
EXPLAINED = ("user_id", "item_id", "context")
"""Parts of a request that an item's place depends on."""
STRONG_EVENTS = {"watch", "purchase", "taken"}
PERSONAL = ("USER_PERSONALIZATION", "PERSONALIZED_RANKING", "PERSONALIZED_ACTIONS")
ANY_EVENT = "click"
"""What can be sent where no type of event is known yet."""
ACTION_EVENTS = ("Taken", "Not taken", "Viewed")


class TryPage(ConsolePage):
    """Ask as a program would. Subclasses say who answers."""

    template_name = "recommendations/test.html"
    rail = True
    kind = ""
    """campaign or recommender."""

    form: RequestForm

    @cached_property
    def resource(self) -> dict[str, Any]:
        """As the describe operation of the details answers, with ``recipe``."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        return self.kwargs[self.kind]

    @property
    def resource_arn(self) -> str:
        return self.resource[f"{self.kind}Arn"]

    @property
    def section(self) -> str:  # type: ignore[override]
        return f"{self.kind}s"

    @property
    def group_arn(self) -> str:
        return self.group["datasetGroupArn"]

    def address(self, do: str = "") -> str:
        route = f"recommendations:{self.kind}"
        return (
            self.url(f"{route}_do", **{self.kind: self.name}, do=do)
            if do
            else self.url(route, **{self.kind: self.name})
        )

    def get_title(self) -> str:
        return f"Test {self.kind}"

    def breadcrumbs(self) -> list[dict[str, str]]:
        items = super().breadcrumbs()
        kind = {"text": f"{self.kind.capitalize()}s", "href": self._try(f"{self.kind}s:list")}
        own = {"text": self.name, "href": self.url(f"{self.kind}s:detail", **{self.kind: self.name})}
        return [*items[:-1], kind, own, items[-1]]

    # What the group's data allow ----------------------------------------------------------------

    @cached_property
    def datasets(self) -> dict[str, dict[str, Any]]:
        found = operations.list_dataset_details(self.caller, dataset_group_arn=self.group_arn)["datasets"]
        return {each["datasetType"].upper(): each for each in found}

    def columns_of(self, dataset_type: str) -> list[str]:
        dataset = self.datasets.get(dataset_type)
        return [each["name"] for each in training_columns.fields(self.caller, dataset["schemaArn"])] if dataset else []

    def metadata_denied(self) -> str:
        """Why columns of the items cannot be asked for; empty when they can, and where there are no items."""
        if self.of_actions:
            return ""
        features = {each["name"] for each in self.resource["recipe"]["features"]}
        config = self.resource.get(f"{self.kind}Config") or {}
        if "ITEMS" not in self.datasets:
            return "There is no Items dataset."
        if "metadata_always" in features or config.get("enableMetadataWithRecommendations"):
            return ""
        return f"This {self.kind} was made without item metadata. Update it to return columns."

    @cached_property
    def tracker(self) -> dict[str, Any] | None:
        """The group's event tracker, when one is Active; of actions their dataset, which has a tracking ID too."""
        if self.of_actions:
            dataset = self.datasets.get("ACTION_INTERACTIONS")
            if dataset is None or dataset["status"] != "ACTIVE":
                return None
            return operations.describe_dataset(self.caller, dataset_arn=dataset["datasetArn"])["dataset"]
        rows = operations.list_event_trackers(self.caller, dataset_group_arn=self.group_arn)["eventTrackers"]
        active = next((each for each in rows if each["status"] == "ACTIVE"), None)
        if active is None:
            return None
        return operations.describe_event_tracker(self.caller, event_tracker_arn=active["eventTrackerArn"])[
            "eventTracker"
        ]

    @cached_property
    def event_types(self) -> list[str]:
        if self.of_actions:
            return list(ACTION_EVENTS)
        counts = operations.describe_readiness(self.caller, dataset_group_arn=self.group_arn)["eventTypes"]
        return sorted(counts, key=lambda name: -counts[name]) or [ANY_EVENT]

    @property
    def personal(self) -> bool:
        """Whether the answer depends on who asks."""
        return self.resource["recipe"]["servedAs"] in PERSONAL

    @property
    def of_actions(self) -> bool:
        """Whether actions are answered instead of items."""
        return self.resource["recipe"]["servedAs"] == "PERSONALIZED_ACTIONS"

    # The request --------------------------------------------------------------------------------

    @property
    def asked(self) -> bool:
        """Whether the query is a request, not just the page's address."""
        return suggesting.FILL not in self.request.GET and any(name in self.request.GET for name in FIELDS)

    @property
    def ready(self) -> bool:
        return self.resource["status"] == "ACTIVE"

    def make_form(self) -> RequestForm:
        recipe = self.resource["recipe"]
        features = {each["name"] for each in recipe["features"]}
        contextual = [name for name in self.columns_of("INTERACTIONS") if name not in NO_CONTEXT]
        about = {
            "recipe": recipe,
            "actions": self.of_actions,
            "context_columns": contextual if "context" in features else [],
            "item_columns": [] if self.of_actions else [name for name in self.columns_of("ITEMS") if name != "ITEM_ID"],
            "metadata_denied": self.metadata_denied(),
            "filters": expressions.choices(
                self.caller, self.group_arn, target="ACTION_ID" if self.of_actions else "ITEM_ID"
            ),
            "related": recipe["servedAs"] == "RELATED_ITEMS",
        }
        data = None
        if self.asked:
            data = self.request.GET.copy()
            data.setdefault("num_results", str(DEFAULT_ACTIONS if self.of_actions else DEFAULT))
        return RequestForm(data, caller=self.caller, about=about, initial=self.request.GET.dict())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do = kwargs.get("do")
        if do == "suggest":
            return suggesting.answer(self)
        self.form = self.make_form()
        if do in PARTS:
            return self._part(do)
        if do == "code":
            self.form.is_valid()
            return render(request, "recommendations/_code.html", {"tabs": self._code()})
        if do == "why":
            return self._why()
        if do:
            raise Http404
        answer: dict[str, Any] | None = None
        status = 200
        if self.asked and self.ready:
            if self.form.is_valid():
                answer = self._ask()
            if answer is not None:
                recent.keep(request, self.resource_arn)
            status = 200 if answer is not None else 422
        return self.render(status=status, answer=answer, **self._shown(answer))

    def _why(self) -> HttpResponse:
        """What moved one item of the answer, as a dialog or a page of its own."""
        item = self.request.GET.get("why", "")
        title = self._titles([item]).get(item, {}).get("title") or item
        shown: dict[str, Any] = {"title": f"Why {title}?", "template": "recommendations/why.html"}
        if not self.form.is_valid():
            return self.render(**shown, refused="The request is not complete. Ask again first.")
        given = {name: value for name, value in self.form.arguments().items() if name in EXPLAINED}
        try:
            found = operations.explain_recommendation(
                self.caller, **{f"{self.kind}_arn": self.resource_arn}, recommended_item_id=item, **given
            )
        except ServiceError as error:
            return self.render(**shown, refused=error.message)
        return self.render(**shown, **reasons.told(found))

    def _part(self, kind: str) -> HttpResponse:
        """A filter that was just chosen, with the fields of its values; nothing is judged yet."""
        self.form = RequestForm(caller=self.caller, about=self.form.about, initial=self.request.GET.dict())
        part = self.form.parts().get(kind)
        if part is None:
            raise Http404
        return render(self.request, "recommendations/_filter.html", self._of_part(kind, part))

    def _of_part(self, kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
        chosen = part["chosen"]
        return {
            "kind": kind,
            "part": part,
            "part_url": self.address(kind),
            "expression": expressions.painted(chosen.expression) if chosen else "",
            "view_url": self.url("filters:detail", filter=chosen.name) if chosen else "",
            "create_url": self.url("filters:create"),
        }

    def _ask(self) -> dict[str, Any] | None:
        """The runtime's answer; what it refuses lands beside the field it names."""
        try:
            return operations.try_recommendations(
                self.caller, **{f"{self.kind}_arn": self.resource_arn}, **self.form.arguments()
            )
        except ServiceError as error:
            self.form.place(error)
            return None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send an event for an item that was recommended; the page is then asked for anew."""
        if kwargs.get("do") != "send-event" or self.tracker is None:
            raise Http404
        given = request.POST
        user, item, kind = given.get("user_id", ""), given.get("item_id", ""), given.get("event_type", "")
        event: dict[str, Any] = {"eventType": kind}
        if given.get("recommendation_id"):
            event["recommendationId"] = given["recommendation_id"]
        try:
            self._record(self.tracker["trackingId"], user, item, event)
        except ServiceError as error:
            flash(request, "error", "The event was not recorded.", error.message)
        else:
            title = self._titles([item]).get(item, {}).get("title") or item
            flash(
                request,
                "success",
                f"{kind} of {title} recorded for user {user}.",
                "The list below takes it into account.",
            )
        query = given.get("query", "")
        return self.redirect(f"{self.address()}?{query}" if query else self.address())

    def _record(self, tracking_id: str, user: str, item: str, event: dict[str, Any]) -> None:
        session, now = f"console-{user}"[:256], datetime.now(UTC)
        if self.of_actions:
            event |= {"actionId": item, "userId": user, "sessionId": session, "timestamp": now}
            operations.put_action_interactions(self.caller, tracking_id=tracking_id, action_interactions=[event])
            return
        event |= {"itemId": item, "sentAt": now}
        operations.put_events(
            self.caller, tracking_id=tracking_id, user_id=user, session_id=session, event_list=[event]
        )

    # What is shown ------------------------------------------------------------------------------

    def _titles(self, item_ids: list[str]) -> Mapping[str, Mapping[str, Any]]:
        if not item_ids or ("ACTIONS" if self.of_actions else "ITEMS") not in self.datasets:
            return {}
        if self.of_actions:
            return operations.describe_actions(self.caller, dataset_group_arn=self.group_arn, action_ids=item_ids)[
                "actions"
            ]
        return operations.describe_items(self.caller, dataset_group_arn=self.group_arn, item_ids=item_ids)["items"]

    @cached_property
    def history(self) -> dict[str, Any] | None:
        """The user's own events, newest first; None without a user."""
        user = self.request.GET.get("user_id", "").strip()
        if not user or "user_id" not in self.form.fields:
            return None
        return operations.get_user_history(
            self.caller, dataset_group_arn=self.group_arn, user_id=user, limit=LOOKED_AT, with_actions=self.of_actions
        )

    def _shown(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        history = self.history
        events = history["events"] if history else []
        shown: dict[str, Any] = {
            "history": history,
            "events": [
                each
                | {
                    "strong": each["eventType"].lower() in STRONG_EVENTS,
                    "at": datetime.fromtimestamp(each["timestamp"], UTC),
                }
                for each in events[:SHOWN_EVENTS]
            ],
        }
        if answer is None:
            return shown
        served = results.listed(answer)
        columns = self.form.cleaned_data.get("columns") or []
        items = self._titles([each["itemId"] for each in served])
        rows = results.rows(answer, items=items, seen={each["itemId"] for each in events}, columns=columns)
        version = answer.get("solutionVersionArn")
        own = ("milliseconds", "solutionVersionArn", "known_user", "historyLength")
        return shown | {
            "rows": rows,
            "columns": columns,
            "summary": results.summary(rows, of_user=history is not None),
            "scores": any(row.score for row in rows),
            "reasons": any(row.badges for row in rows) or any("reason" in each for each in served),
            "promotes": "promotions" in self.form.arguments(),
            "why_url": f"{self.address('why')}?{self.request.GET.urlencode()}",
            "titles": any(row.title for row in rows),
            "fewer": len(rows) < self.form.cleaned_data.get("num_results", len(rows)),
            "version": model_arns.version_id(version),
            "raw": {key: value for key, value in answer.items() if key not in own},
            "cold": self.personal and history is not None and not history["known"],
        }

    def context(self) -> dict[str, Any]:
        recipe, query = self.resource["recipe"], self.request.GET.copy()
        chosen = query.pop("view", ["table"])[-1]
        chosen = chosen if chosen in {key for key, _, _ in VIEWS} else "table"
        facts = self.resource.get("details") or {}
        return super().context() | {
            "resource": self.resource,
            "name": self.name,
            "kind": self.kind,
            "form": self.form,
            "recipe": recipe,
            "path": self.address(),
            "ready": self.ready,
            "personal": self.personal,
            "of_actions": self.of_actions,
            "noun": "action" if self.of_actions else "item",
            "asked": self.asked,
            "notes": notes.of_recipe(recipe, items=facts.get("items"), filtered=bool(self.form.about["filters"])),
            "updating": self._updating(),
            "metadata_denied": self.metadata_denied(),
            "parts": {kind: self._of_part(kind, part) for kind, part in self.form.parts().items()},
            "suggest_url": self.address("suggest"),
            "suggestions": suggesting.links(self, query),
            "recent": recent.menu(self.request, self.resource_arn, self.address()),
            "compare_url": self._compare_url(),
            "view": chosen,
            "views": [
                {
                    "key": key,
                    "text": text,
                    "icon": icon,
                    "href": f"?{urlencode([*_flat(dict(query.lists())), ('view', key)])}",
                }
                for key, text, icon in VIEWS
            ],
            "query": query.urlencode(),
            "code_url": self.address("code"),
            "code_tabs": self._code(),
            "tracker": self.tracker,
            "event_types": self.event_types if self.tracker else [],
            "send_url": self.address("send-event"),
            "send_denied": self.denied("put_action_interactions" if self.of_actions else "put_events"),
        }

    def _updating(self) -> bool:
        """Whether an update is on its way, while what was there before answers."""
        latest = self.resource.get(f"latest{self.kind.capitalize()}Update") or {}
        return latest.get("status") in ("CREATE PENDING", "CREATE IN_PROGRESS")

    def _compare_url(self) -> str:
        """Where two answers for one user stand side by side; empty where the answers are no items for a user."""
        if self.of_actions or "user_id" not in self.form.fields or "input_list" in self.form.fields:
            return ""
        given = {name: self.request.GET[name] for name in ("user_id", "item_id") if self.request.GET.get(name)}
        query = urlencode({"a": f"{self.kind}/{self.name}"} | given, safe="/")
        return f"{self.url('compare:recommendations')}?{query}"

    def _code(self) -> list[dict[str, Any]]:
        """The request as it stands in the form, in three spellings."""
        arguments = self.form.arguments() if self.form.is_bound else {}
        spelled = {f"{self.kind}Arn": self.resource_arn} | {_camel(name): value for name, value in arguments.items()}
        endpoint = settings.PUBLIC_URL or self.request.build_absolute_uri("/")[:-1]
        operation = "get_personalized_ranking" if "input_list" in self.form.fields else "get_recommendations"
        if self.of_actions:
            operation = "get_action_recommendations"
        found = code.snippets(operation, spelled, endpoint=endpoint)
        return [
            {"id": "boto3", "label": "Python (boto3)", "language": "python", "lines": found.boto3.split("\n")},
            {"id": "cli", "label": "CLI", "language": "shell", "lines": found.cli.split("\n")},
            {"id": "json", "label": "JSON", "language": "json", "lines": found.json.split("\n")},
        ]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _flat(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, value) for key, values in query.items() for value in values]


class CampaignTest(TryPage):
    """Try a campaign."""

    kind = "campaign"

    @cached_property
    def resource(self) -> dict[str, Any]:
        arn = self.arn("campaign", self.kwargs["campaign"])
        return operations.describe_campaign_details(self.caller, campaign_arn=arn)["campaign"]


class RecommenderTest(TryPage):
    """Try a recommender."""

    kind = "recommender"

    @cached_property
    def resource(self) -> dict[str, Any]:
        arn = self.arn("recommender", self.kwargs["recommender"])
        return operations.describe_recommender_details(self.caller, recommender_arn=arn)["recommender"]
