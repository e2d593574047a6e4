"""The head of an explanation: what the message is, and what it brings with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from mailhub.policy.explain_words import Speaker
from mailhub.policy.facts import AttachmentFacts, Facts


def letter_lines(facts: Facts, sender: str, groups: Mapping[str, Collection[str]], speak: Speaker) -> Iterator[str]:
    """From whom, to how many; its documents and files, or that there are none."""
    origin = speak.value("message.origin", facts.message.origin)
    yield speak.say("letter", origin=origin, sender=sender, count=len(facts.recipients))
    for address, members in groups.items():
        yield f"  {speak.say('letter.group', address=address, number=len(members))}"
    for number, document in enumerate(facts.documents):
        state = speak.value("document.state", document.state)
        name = _joined(speak.value("document.type", document.type), document.number, state)
        yield f"  {speak.say('document', number=number + 1, name=name)}"
    if not facts.documents:
        yield f"  {speak.say('letter.no-documents' if facts.attachments else 'letter.nothing')}"
    for number, (attachment, parent) in enumerate(zip(facts.attachments, _parents(facts.attachments), strict=True)):
        kind = speak.value("attachment.type", attachment.type)
        within = speak.say("file.within", number=parent + 1) if parent >= 0 else ""
        name = _joined(kind, speak.value("attachment.size", attachment.size), within)
        yield f"  {speak.say('file', number=number + 1, name=name)}"
    if files := facts.named.get("files"):
        yield f"  {speak.say('files', names=files)}"


def _parents(attachments: Sequence[AttachmentFacts]) -> list[int]:
    """The number of the file that each lies in, -1 for what is attached itself: files stand before what is in them."""
    parents: list[int] = []
    path: list[int] = []  # the file itself and those around it, the outermost first
    for number, one in enumerate(attachments):
        del path[one.depth :]
        parents.append(path[-1] if path else -1)
        path.append(number)
    return parents


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
