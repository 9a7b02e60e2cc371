"""This room's report files: the quality report as it is kept: a page for people, and JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from dataops_platform.catalog.report_page import report_page
from dataops_platform.core.contract import Table
from dataops_platform.observability.quality_report import QualityReport, document

PAGE, DOCUMENT = "data_quality_report.html", "data_quality_report.json"


class ReportFile(NamedTuple):
    """A file of the report."""

    name: str
    body: bytes


def report_files(report: QualityReport, tables: Sequence[Table]) -> tuple[ReportFile, ReportFile]:
    """The page, and the JSON."""
    told = orjson.dumps(document(report), option=orjson.OPT_NON_STR_KEYS)
    return ReportFile(PAGE, report_page(report, tables)), ReportFile(DOCUMENT, told)
