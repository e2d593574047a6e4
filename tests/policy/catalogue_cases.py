"""Messages that each rule of the shipped catalogue is about, and near ones that it must let be."""

from __future__ import annotations

from tests.policy.cases_of_documents import DOCUMENTS
from tests.policy.cases_of_files import FILES
from tests.policy.cases_of_senders import SENDERS
from tests.policy.mails_made import Cases

CASES: dict[str, Cases] = {**FILES, **DOCUMENTS, **SENDERS}
