"""Columns on disk: append, replace, delete, compact, snapshot."""

from personalize_web.engine.columns.manifest import Manifest, Origin, Segment
from personalize_web.engine.columns.snapshot import Snapshot
from personalize_web.engine.columns.store import GRACE, MANY, ColumnStore, Deletion
from personalize_web.engine.columns.views import EVENT_ID, PLACE

__all__ = ["EVENT_ID", "GRACE", "MANY", "PLACE", "ColumnStore", "Deletion", "Manifest", "Origin", "Segment", "Snapshot"]
