"""Which files of a desk's mail get the agency's signature (Nghị định 30/2020/NĐ-CP Phụ lục I phần I mục II.8).

Pure. A PDF is sealed when it was recognised as a document of the desk's agency with a number, a person signed it
validly and the agency has not yet. An annex in a file of its own is sealed beside it, by text alone. A document of
ours whose signature is not good stops the mail: the desk decides. Everything else goes as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER, Recognition
from mailhub.files.signed.facts import Problem
from mailhub.sealing.reasons import Refused
from mailhub.signatures.verdict import NOT_SIGNED, JudgedDocument, Subscriber, Verdict
from mailhub.signer.orders import SealKind

PDF = "pdf"
_NOT_LOOKED_AT = {Problem.TIME, Problem.CRASHED}  # INVALID as well, since nobody can vouch for it


class Passed(StrEnum):
    """Why a file goes without, and rightly. Told in the trace."""

    NOT_SIGNED = "not signed"  # the rule `van-ban-phai-ky-so` says what becomes of that
    SEALED = "sealed already"
    OTHER_AGENCY = "other agency"
    NO_ISSUER = "no issuer"
    NO_NUMBER = "no number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One file. `path` is its part's; `ours`: the document's issuer is the desk's agency, or the person who signed is
    of it; None: nobody knows whose it is. `blocked`: why the part could not be replaced."""

    path: str
    name: str
    type: str
    read: bool = True
    recognition: Recognition | None = None
    judged: JudgedDocument = NOT_SIGNED
    ours: bool | None = False
    blocked: Refused | None = None

    @property
    def doc_type(self) -> str:
        """As the grammar has it."""
        return NOT_A_DOCUMENT if self.recognition is None else self.recognition.doc_type

    @property
    def number(self) -> str:
        """Number and symbol; "" when it has none."""
        return "" if self.recognition is None else self.recognition.value("number_symbol") or ""


@dataclass(frozen=True, slots=True)
class ToSeal:
    """A file to be sealed, and how it is shown."""

    paper: Paper
    kind: SealKind


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done. `refused` empty: the mail may go, sealed where `orders` says so."""

    orders: tuple[ToSeal, ...] = ()
    refused: tuple[tuple[Paper, Refused], ...] = ()
    passed: tuple[tuple[Paper, Passed], ...] = ()


def choose(papers: Sequence[Paper]) -> Choice:
    """What becomes of each file of one message. The main documents come before the annexes that go with them."""
    orders: list[ToSeal] = []
    refused: list[tuple[Paper, Refused]] = []
    passed: list[tuple[Paper, Passed]] = []
    for paper in papers:
        if paper.type != PDF:
            continue
        found = _main(paper)
        if isinstance(found, Refused):
            refused.append((paper, found))
        elif isinstance(found, Passed):
            passed.append((paper, found))
        elif found:
            orders.append(ToSeal(paper, SealKind.MAIN))
    if orders:
        for paper in papers:
            if _is_annex(paper):
                orders.append(ToSeal(paper, SealKind.ATTACHMENT))
                refused += [(paper, paper.blocked)] if paper.blocked else []
    return Choice(tuple(orders), tuple(refused), tuple(passed))


def _main(paper: Paper) -> Refused | Passed | bool:
    """Whether it is sealed as a document; or why not, where somebody should know."""
    if not paper.read:
        return Refused.UNREAD
    if paper.judged.verdict is Verdict.NOT_SIGNED:
        is_document = paper.doc_type not in (NOT_A_DOCUMENT, OTHER_PAPER, ANNEX)
        return Passed.NOT_SIGNED if is_document and paper.ours else False
    if paper.ours is False:
        return Passed.OTHER_AGENCY
    if paper.judged.verdict is Verdict.INVALID:  # what was altered may not even tell whose it is any more
        return _by_problems(paper.judged)
    if paper.ours is None:
        return Passed.NO_ISSUER
    if not paper.number:
        return Passed.NO_NUMBER
    why = _by_signatures(paper)
    return why if why is not None else paper.blocked or True


def _by_problems(judged: JudgedDocument) -> Refused:
    reasons = set(judged.reasons)
    return Refused.UNREAD if reasons and reasons <= _NOT_LOOKED_AT else Refused.ALTERED


def _by_signatures(paper: Paper) -> Refused | Passed | None:
    """What speaks against sealing; an agency's signature that is there settles it."""
    who = {one.signer.subscriber for one in paper.judged.signatures}
    if Subscriber.AGENCY in who:
        return Passed.SEALED
    if paper.judged.verdict is Verdict.UNTRUSTED:
        return Refused.UNTRUSTED
    if paper.judged.verdict is Verdict.UNKNOWN:
        return Refused.UNVERIFIED
    return None if Subscriber.PERSON in who else Refused.NO_PERSON


def _is_annex(paper: Paper) -> bool:
    return paper.type == PDF and paper.doc_type == ANNEX and paper.judged.verdict is Verdict.NOT_SIGNED


__all__ = ["Choice", "Paper", "Passed", "ToSeal", "choose"]
