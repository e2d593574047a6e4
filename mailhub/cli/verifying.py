"""What `mailhub verify` judges by: the hub's trust data and answers, or those that the command itself was given."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mailhub.cli.environment import Environment
from mailhub.files.signed.trusted import Part
from mailhub.ops.knowledge import Alone, Evidence, Knowledge, WithHub
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.signatures.trust.certificate_files import CertificateFile, read_certificates
from mailhub.signatures.trust.errors import BadCertificate
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy

_ARMOUR = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.*?)-----END [A-Z0-9 ]+-----", re.DOTALL)
_MOST_REVOCATION = 64 * 2**20  # octets of one file of answers


@contextmanager
def knowledge(
    hub: Environment | None, pinned: Sequence[Pinned], evidence: Sequence[Evidence]
) -> Iterator[tuple[Inspector, Knowledge]]:
    """An inspector to read files with, and what is known.

    Raises:
        SandboxImpossible, SettingsError, StoreUnavailable
    """
    with ExitStack() as stack:
        if hub is None:
            inspector = stack.enter_context(LocalPool())
            yield inspector, Alone(inspector, pinned, evidence)
            return
        from mailhub.cli.policy_inspector import inspector_of

        inspector = stack.enter_context(inspector_of(hub))  # before the database: root lends it, then steps down
        yield inspector, WithHub(lambda: hub.settings, hub.database, inspector, pinned, evidence)


def pinned_of(paths: Sequence[Path]) -> list[Pinned]:
    """The certificates of --trust, believed for this one command: `khác`, whatever they are called.

    One that another signed completes chains only when its issuer is given too; alone it is where chains may end.

    Raises:
        OSError, BadCertificate
    """
    found = {one.sha256: one for path in paths for one in _certificates(path)}
    roots = any(one.self_signed for one in found.values())
    return [
        Pinned(
            sha256=one.sha256,
            der=one.der,
            part=Part.ROOT if one.self_signed or not roots else Part.INTERMEDIATE,
            hierarchy=Hierarchy.OTHER,
            subject=one.subject,
            source="--trust",
        )
        for one in found.values()
    ]


def _certificates(path: Path) -> Sequence[CertificateFile]:
    try:
        return read_certificates(path.read_bytes())
    except BadCertificate as error:
        raise BadCertificate(f"{path}: {error}") from error


def evidence_of(paths: Sequence[Path]) -> list[Evidence]:
    """OCSP responses and lists, DER or PEM.

    Raises:
        OSError
    """
    found: list[Evidence] = []
    for path in paths:
        octets = path.read_bytes()[:_MOST_REVOCATION]
        armoured = [base64.b64decode(one) for one in _ARMOUR.findall(octets)]
        found += [Evidence(path.name, der) for der in armoured or [octets]]
    return found
