"""Files from the browser in chunks: POST begins or finds what is there, PATCH appends, DELETE forgets."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from apps.ui import formats
from apps.ui.pages import ConsolePage
from personalize_web import operations
from personalize_web.operations import ServiceError

KEPT = 50
UNSAFE = re.compile(r"[^\w.()@+=-]+")


class Upload(ConsolePage):
    """The address behind every upload box; answers JSON."""

    section = "storage"

    def refused(self, error: ServiceError) -> HttpResponse:
        """What the script shows beside the file."""
        return JsonResponse({"message": error.message}, status=error.status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """How much has been received; without an id, the uploads into ``?folder=`` that wait to be gone on with."""
        if "id" not in request.GET:
            return JsonResponse({"unfinished": self._unfinished(request.GET.get("folder", ""))})
        found = operations.describe_upload(self.caller, upload_id=request.GET.get("id", ""))
        return JsonResponse({"offset": found["received"], "location": found["location"]})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Begin, or go on with the same file where it stopped; without JavaScript the file itself comes along."""
        if "file" in request.FILES:
            return self._whole(request)
        name = UNSAFE.sub("-", request.POST.get("name", "")).strip("-.") or "file"
        size, folder = int(request.POST.get("size", 0)), self._folder(request)
        if size > settings.UPLOAD_LIMIT:
            return JsonResponse({"message": f"the limit is {formats.size(settings.UPLOAD_LIMIT)}."}, status=413)
        key = f"{folder}{name}:{size}:{request.POST.get('modified', '')}"
        known = request.session.get("uploads", {})
        upload_id, offset = known.get(key), 0
        if upload_id:
            try:
                offset = operations.describe_upload(self.caller, upload_id=upload_id)["received"]
            except ServiceError:
                upload_id = None
        location = f"{folder}{name}"
        if not upload_id:
            upload_id = operations.begin_upload(self.caller, location=location, bytes=size)["uploadId"]
            request.session["uploads"] = dict(list(known.items())[-KEPT:]) | {key: upload_id}
        address = f"{reverse('storage:upload')}?id={upload_id}"
        return JsonResponse({"upload_url": address, "offset": offset, "location": location, "folder": folder})

    def patch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The next chunk; 409 says where to go on when it does not begin where the last one ended."""
        upload_id = request.GET.get("id", "")
        offset = int(request.headers.get("Upload-Offset", 0))
        before = operations.describe_upload(self.caller, upload_id=upload_id)
        if before["received"] != offset:
            return JsonResponse({"offset": before["received"]}, status=409)
        received = operations.append_upload(self.caller, upload_id=upload_id, offset=offset, chunk=request.body)[
            "received"
        ]
        answer = {"offset": received, "location": before["location"]}
        if received >= before["bytes"]:
            answer["location"] = operations.finish_upload(self.caller, upload_id=upload_id)["location"]
        return JsonResponse(answer)

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Forget it."""
        operations.cancel_upload(self.caller, upload_id=request.GET.get("id", ""))
        return JsonResponse({})

    def _unfinished(self, folder: str) -> list[dict[str, Any]]:
        """The person's own, begun in this session; those that are gone or complete are forgotten."""
        known: dict[str, str] = self.request.session.get("uploads", {})
        found, kept = [], {}
        for key, upload_id in known.items():
            try:
                about = operations.describe_upload(self.caller, upload_id=upload_id)
            except ServiceError:
                continue
            kept[key] = upload_id
            place, _, name = about["location"].rpartition("/")
            if f"{place}/" == folder or not folder:
                address = f"{reverse('storage:upload')}?id={upload_id}"
                found.append(
                    {"name": name, "bytes": about["bytes"], "received": about["received"], "upload_url": address}
                )
        if kept != known:
            self.request.session["uploads"] = kept
        return found

    def _folder(self, request: HttpRequest) -> str:
        folder = request.POST.get("folder", "").strip() or f"s3://{settings.UPLOAD_BUCKET}/"
        return folder if folder.endswith("/") else f"{folder}/"

    def _whole(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES["file"]
        name = UNSAFE.sub("-", file.name or "").strip("-.") or "file"
        folder = self._folder(request)
        upload_id = operations.begin_upload(self.caller, location=f"{folder}{name}", bytes=file.size)["uploadId"]
        offset = 0
        for chunk in file.chunks():
            offset = operations.append_upload(self.caller, upload_id=upload_id, offset=offset, chunk=chunk)["received"]
        operations.finish_upload(self.caller, upload_id=upload_id)
        return self.redirect(f"{reverse('storage:browse')}?path={folder}")
