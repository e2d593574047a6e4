"""Made-up official papers, drawn as offices make them: text, Word, PDF, scans. Everybody and everything is invented."""

from tests.support.papers.making import NORMATIVE, TYPES, make_paper, make_party_paper
from tests.support.papers.page import Look, as_pdf
from tests.support.papers.paper import Meeting, Paper
from tests.support.papers.plain import Layout, as_text, in_tcvn3, taken_apart
from tests.support.papers.scan import Scan, as_scan
from tests.support.papers.worddoc import MarkPlace, as_docx

__all__ = [
    "NORMATIVE",
    "TYPES",
    "Layout",
    "Look",
    "MarkPlace",
    "Meeting",
    "Paper",
    "Scan",
    "as_docx",
    "as_pdf",
    "as_scan",
    "as_text",
    "in_tcvn3",
    "make_paper",
    "make_party_paper",
    "taken_apart",
]
