"""Which octets of a message a signature within it is about (RFC 8551 § 3.5, RFC 1847 § 2.1)."""

from __future__ import annotations

from mailhub.mail.parts import Part, PartProblem, Role, Structure

_CMS = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature"))
_OPAQUE = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_UNSURE = frozenset((PartProblem.AMBIGUOUS, PartProblem.UNFINISHED))


def signed_octets(structure: Structure, signature: Part) -> tuple[int, int] | None:
    """Where the entity lies, header and all, that a part signs: the first of the two parts of its multipart/signed.
    None when it signs nothing that can be told. The line break before the delimiter is the delimiter's."""
    if signature.role is not Role.SIGNATURE or not _CMS.issuperset(signature.types):
        return None
    holder = _holder(structure, signature)
    if holder is None or holder.types != ("multipart/signed",) or not _UNSURE.isdisjoint(holder.problems):
        return None
    parts = [part for part in structure.parts if _is_child(part, holder)]
    if len(parts) != 2 or parts[1] is not signature:
        return None
    return parts[0].start, parts[0].end


def own_signature(structure: Structure) -> Part | None:
    """The part that is the message's own S/MIME signature: it signs all of the message's content. None where a reader
    may take the message for something else, and show what nobody signed."""
    root = structure.parts[0]
    if _OPAQUE.issuperset(root.types):
        return root if _UNSURE.isdisjoint(root.problems) else None
    if root.types != ("multipart/signed",):
        return None
    children = [part for part in structure.parts if _is_child(part, root)]
    return children[1] if len(children) == 2 and signed_octets(structure, children[1]) is not None else None


def _holder(structure: Structure, part: Part) -> Part | None:
    around = [one for one in structure.parts if one.role is Role.CONTAINER and _is_child(part, one)]
    return around[0] if around else None


def _is_child(part: Part, holder: Part) -> bool:
    return (
        part.depth == holder.depth + 1
        and part is not holder
        and part.forwarded_in == holder.forwarded_in
        and holder.body_start <= part.start
        and part.end <= holder.end
    )
