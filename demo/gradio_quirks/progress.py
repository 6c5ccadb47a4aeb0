"""Events that have no place for Gradio's progress."""

from typing import Any

SILENT: dict[str, Any] = {
    "show_progress": "hidden",
    "show_progress_on": [],
    "api_visibility": "private",
}
"""Hidden progress is still told to all outputs of all past events at each stage of each event, and
costs a dragged slider a tenth of its time; without a place it is told to nobody."""
