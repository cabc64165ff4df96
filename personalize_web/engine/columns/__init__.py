"""Columns on disk: append, replace, snapshot."""

from personalize_web.engine.columns.manifest import Manifest, Origin, Segment
from personalize_web.engine.columns.snapshot import Snapshot
from personalize_web.engine.columns.store import GRACE, ColumnStore
from personalize_web.engine.columns.views import EVENT_ID, PLACE

__all__ = ["EVENT_ID", "GRACE", "PLACE", "ColumnStore", "Manifest", "Origin", "Segment", "Snapshot"]
