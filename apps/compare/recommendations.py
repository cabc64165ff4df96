"""What two campaigns or recommenders answer for one user, side by side."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from apps.compare.lists import Likeness, likeness, moves
from apps.ui.flashes import flash
from apps.ui.pages import ConsolePage
from personalize_web import operations
from personalize_web.operations import ServiceError

SERVED = ("USER_PERSONALIZATION", "POPULAR_ITEMS", "RELATED_ITEMS")
"""What answers with items that it chooses itself."""
NUMBER = 25
SIDES = ("a", "b")


class CompareRecommendations(ConsolePage):
    """``?a=campaign/x&b=recommender/y&user_id=…``: both lists, how alike they are, and which item stands where."""

    title, section = "Compare recommendations", "compare"
    template_name = "compare/recommendations.html"
    crumbs = (("Compare", "compare:versions"),)

    @cached_property
    def known(self) -> dict[str, Mapping[str, Any]]:
        """Who could answer, by how the address names it."""
        arn, found = self.group["datasetGroupArn"], {}
        for row in operations.list_campaign_details(self.caller, dataset_group_arn=arn)["campaigns"]:
            if row.get("recipeType") in SERVED:
                found[f"campaign/{row['name']}"] = row
        for row in operations.list_recommender_details(self.caller, dataset_group_arn=arn)["recommenders"]:
            found[f"recommender/{row['name']}"] = row
        return {key: row for key, row in found.items() if row["status"] == "ACTIVE"}

    @property
    def asked(self) -> dict[str, str]:
        """Whom it is for."""
        given = {name: self.request.GET.get(name, "").strip() for name in ("user_id", "item_id")}
        return {name: value for name, value in given.items() if value}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "random" not in request.GET:
            return self.render()
        query = request.GET.copy()
        query.pop("random")
        arn = self.group["datasetGroupArn"]
        users = operations.suggest_users(self.caller, dataset_group_arn=arn, kind="random")["users"]
        if users:
            query["user_id"] = users[0]["userId"]
        else:
            flash(request, "info", "There is no user to suggest yet.")
        return self.redirect(f"{request.path}?{query.urlencode(safe='/')}")

    def context(self) -> dict[str, Any]:
        chosen = {side: self.request.GET.get(side, "") for side in SIDES}
        given = urlencode([*chosen.items(), *self.asked.items(), ("random", "1")], safe="/")
        ready = self.asked and all(each in self.known for each in chosen.values())
        return super().context() | {
            "choices": [{"key": key, "text": _text(key, row)} for key, row in self.known.items()],
            "chosen": chosen,
            "gone": ", ".join(each for each in chosen.values() if each and each not in self.known),
            "asked": self.asked,
            "random_url": f"{self.request.path}?{given}",
            **(self._compared(chosen) if ready else {}),
        }

    def _compared(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        answers = [self._answer(chosen[side]) for side in SIDES]
        ids = [[each["itemId"] for each in answer.get("itemList", ())] for answer in answers]
        titles = self._titles([*dict.fromkeys([*ids[0], *ids[1]])])
        columns = [
            {
                "letter": side.upper(),
                "name": chosen[side].partition("/")[2],
                "recipe": self.known[chosen[side]].get("recipeTitle"),
                "error": answer.get("error", ""),
                "scores": any(each.get("score") is not None for each in answer.get("itemList", ())),
                "milliseconds": answer.get("milliseconds"),
                "rows": self._rows(answer, moves(own, other), titles),
            }
            for side, answer, own, other in zip(SIDES, answers, ids, reversed(ids), strict=True)
        ]
        return {"columns": columns, "tiles": _tiles(likeness(*ids)) if all(ids) else []}

    def _answer(self, key: str) -> Mapping[str, Any]:
        """The answer with as much of the request as the recipe reads, or the error."""
        kind = key.partition("/")[0]
        arn = {f"{kind}_arn": self.known[key][f"{kind}Arn"]}
        described = (
            operations.describe_campaign_details(self.caller, **arn)["campaign"]
            if kind == "campaign"
            else operations.describe_recommender_details(self.caller, **arn)["recommender"]
        )
        inputs = described["recipe"]["requestInputs"]
        reads = {"user_id": inputs["userId"] != "not used", "item_id": inputs["itemId"] != "not used"}
        given = {field: value for field, value in self.asked.items() if reads[field]}
        try:
            return operations.try_recommendations(self.caller, **arn, **given, num_results=NUMBER)
        except ServiceError as error:
            return {"error": error.message}

    def _titles(self, ids: list[str]) -> Mapping[str, str]:
        arn = self.group["datasetGroupArn"]
        found = operations.describe_items(self.caller, dataset_group_arn=arn, item_ids=ids)["items"] if ids else {}
        return {item: str(about.get("title") or "") for item, about in found.items()}

    def _rows(
        self, answer: Mapping[str, Any], moved: Sequence[int | None], titles: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        return [
            {"rank": rank, "id": each["itemId"], "title": titles.get(each["itemId"], ""),
             "score": each.get("score"), "alone": places is None, "up": max(places or 0, 0),
             "down": max(-(places or 0), 0)}
            for rank, (each, places) in enumerate(zip(answer.get("itemList", ()), moved, strict=True), start=1)
        ]  # fmt: skip


def _tiles(found: Likeness) -> list[dict[str, str]]:
    order = found.correlation
    return [
        {"label": "In both lists", "value": f"{found.both} of {found.longest}", "detail": "Items that A and B answer."},
        {
            "label": "Order alike",
            "value": "-" if order is None else f"{order:.2f}",
            "detail": "Rank correlation of the items in both: 1 is the same order, 0 none, -1 the reverse.",
        },
    ]


def _text(key: str, row: Mapping[str, Any]) -> str:
    kind, _, name = key.partition("/")
    return f"{name} · {kind} · {row.get('recipeTitle') or ''}".removesuffix(" · ")
