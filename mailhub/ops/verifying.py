"""Are the signatures in a file good? For `mailhub verify` and the web alike: opened in the sandbox, nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailhub.files.facts import FileFacts, Limits, Mode, Unreadable
from mailhub.files.signed.facts import Form, Problem, Signed
from mailhub.ops.knowledge import Knowledge
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.signatures.judging import judge
from mailhub.signatures.verdict import NOT_SIGNED, JudgedDocument, Level, Verdict

_SECONDS = 60.0  # a file waits for a free process, and is read
_WORST = (Verdict.INVALID, Verdict.UNTRUSTED, Verdict.UNKNOWN, Verdict.VALID, Verdict.NOT_SIGNED)
# What a file does to whoever reads it, when nothing could be said of its signatures for that.
_BROKEN = {
    Unreadable.TIME: Problem.TIME,
    Unreadable.MEMORY: Problem.CRASHED,
    Unreadable.CRASHED: Problem.CRASHED,
    Unreadable.ENCRYPTED: Problem.UNSUPPORTED,
}
_SIGNS = (b"/ByteRange", b"pkcs7-signature", b"pkcs7-mime")


@dataclass(frozen=True, slots=True)
class Verified:
    """A signed file, or one within it (`path`: the names on the way)."""

    path: tuple[str, ...]
    judged: JudgedDocument


async def verify_file(file: FileBytes, inspector: Inspector, known: Knowledge) -> list[Verified]:
    """The file first, with the worst of all that is signed in it; then each that lies in it.

    Raises:
        InspectorBusy, InspectorUnavailable
    """
    limits = Limits(mode=Mode.QUICK)
    (facts,) = await inspector.read([file], limits, timeout=_SECONDS, trust=known.trust.bundle)
    sender = _author(file) if facts.type == "eml" else ""
    found: list[Verified] = []
    for path, one in _within(facts):
        own = signed_of(one, file if one is facts else None)
        if own is None:
            continue
        mail = sender if len(path) == 1 and all(each.form is Form.SMIME for each in own.signatures) else ""
        context = known.context(own, one.recognition, mail)
        answers = await known.answers(own, context)
        found.append(Verified(path, judge(own, answers, context)))
    worst = min((one.judged for one in found), key=lambda one: _WORST.index(one.verdict), default=NOT_SIGNED)
    if facts.unreadable is Unreadable.SECRET and not found:
        # What bears a mark of secrecy is not spoken of (reference/secrecy-and-conduct § 3), nor called unsigned.
        worst = replace(NOT_SIGNED, verdict=Verdict.UNKNOWN, level=Level.CARE, reasons=(Problem.UNSUPPORTED,))
    return [Verified((), worst), *(one for one in found if one.path)]


def signed_of(facts: FileFacts, file: FileBytes | None) -> Signed | None:
    """What is signed in a file; of one that broke its reader, and looks signed, that nothing good can be said."""
    if facts.signed is not None or file is None or facts.unreadable not in _BROKEN:
        return facts.signed
    data = bytes(file.data)
    return Signed(problems=(_BROKEN[facts.unreadable],)) if any(sign in data for sign in _SIGNS) else None


def _within(facts: FileFacts, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FileFacts]]:
    yield path, facts
    for member in facts.members:
        yield from _within(member, (*path, member.name or member.type))


def _author(file: FileBytes) -> str:
    from mailhub.intake.verifying import author_of  # a mail server is loaded only for mail

    return author_of(bytes(file.data))
