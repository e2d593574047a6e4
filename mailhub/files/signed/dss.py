"""The document security store: what a PDF brings for checking its signatures (ISO 32000-2 § 12.8.4.3).

Its entries are taken as octets and believed in nothing; `evidence.py` verifies what it uses.
"""

from __future__ import annotations

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader

from mailhub.files.signed.pool import NO_POOL, Pool

_MOST = 200  # entries of a kind
_MOST_OCTETS = 32 * 1024 * 1024  # of all of them: CRLs are large


def pool_of(reader: PdfFileReader) -> Pool:
    """What the store of the last revision holds; nothing when there is none or it cannot be read."""
    try:
        store = reader.root["/DSS"]
    except Exception:  # absent, or not where it says: either way it proves nothing
        return NO_POOL
    room = [_MOST_OCTETS]
    return Pool(
        certificates=_octets(store, "/Certs", DecodePurpose.CERTIFICATE, room),
        ocsps=_octets(store, "/OCSPs", DecodePurpose.OCSP_RESPONSE, room),
        crls=_octets(store, "/CRLs", DecodePurpose.CRL, room),
    )


def _octets(store: object, key: str, purpose: DecodePurpose, room: list[int]) -> tuple[bytes, ...]:
    found = []
    try:
        entries = store[key] if isinstance(store, generic.DictionaryObject) and key in store else ()
        for entry in list(entries)[:_MOST]:
            stream = entry.get_object()
            octets = bytes(stream.read_data(purpose))
            room[0] -= len(octets)
            if room[0] < 0:
                break
            found.append(octets)
    except MemoryError:
        raise
    except Exception:  # what was read until here is as good as before
        return tuple(found)
    return tuple(found)
