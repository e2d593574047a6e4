"""The face of `files/signed/`: octets of a file in, what is signed in it out. Runs in the sandbox.

`read_signed` reads what a file says of itself and proves; nothing here knows the time, the network, or what it amounts
to (`signatures/judging.py`). Facts change with the code: raise `SIGNED_VERSION` with every change of a reading, it is
part of the trust data's version by which readings are kept.
"""

from __future__ import annotations

from dataclasses import replace

from mailhub.files.signed.facts import Problem, Signed
from mailhub.files.signed.structure import may_be_signed as _pdf_may_be_signed
from mailhub.files.signed.timer import OutOfTime
from mailhub.files.signed.trusted import SIGNED_VERSION, TrustBundle

__all__ = ["SIGNED_VERSION", "may_be_signed", "read_signed"]
_PDF = "pdf"
_CMS = frozenset(("p7m", "p7s"))


def may_be_signed(data: memoryview, kind: str) -> bool:
    """Whether `read_signed` is worth calling: cheap, and never False for a file with a signature that can verify."""
    if kind == _PDF:
        return _pdf_may_be_signed(data)
    return kind in _CMS


def read_signed(data: memoryview, kind: str, trust: TrustBundle, seconds: float) -> Signed | None:
    """What is signed in a file of type `kind` (`files/sniff.py`); None when it carries no signature, and for types that
    we do not read. Takes at most `seconds` (then `Problem.TIME`).

    Raises nothing but MemoryError: whatever a stranger's file does to a parser is a fact about the file.
    """
    if not may_be_signed(data, kind):
        return None
    try:
        signed = _read(data, kind, trust, seconds)
    except MemoryError:
        raise
    except OutOfTime:
        signed = Signed(problems=(Problem.TIME,))
    except RecursionError:
        signed = Signed(problems=(Problem.MALFORMED,), detail="nested too deeply")
    except Exception as error:
        signed = Signed(problems=(Problem.CRASHED,), detail=type(error).__name__)
    return replace(signed, trust=trust.version) if signed is not None else None


def _read(data: memoryview, kind: str, trust: TrustBundle, seconds: float) -> Signed | None:
    # imported when the first signature is met: most files have none, and pyHanko is slow to load
    if kind == _PDF:
        from mailhub.files.signed.pdf import read_pdf

        return read_pdf(data, trust, seconds)
    from mailhub.files.signed.smime import read_opaque
    from mailhub.files.signed.timer import within

    with within(seconds):
        return read_opaque(data, trust).signed
