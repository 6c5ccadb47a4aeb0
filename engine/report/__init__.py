"""One audit as something to hand over: JSON, a page to read and print, a table in a terminal."""

from engine.report.document import SCHEMA, reading, report
from engine.report.files import plain, write_json
from engine.report.table import table

__all__ = ["SCHEMA", "plain", "reading", "report", "table", "write_json"]
