"""How many documents a second get the agency's seal: prepared in the sandbox, signed by the signer, verified.

    python -m bench.seal [--documents 200] [--zygotes 2] [--large] [--no-verify]

Different letters of about 100 KiB, each signed by its leader. The signer runs in this process, without its socket; its
inspector and the hub's are real zygotes. Goal (issue 6): 25 a second on two cores. `--large`: one document of 40 MB
instead, and the memory of the child that prepares it (goal: below 200 MiB). A busy machine makes seconds lie: CPU
seconds of a document, all processes together, are given as well.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from bench.peak_memory import Meter, in_a_child
from mailhub.files.facts import Limits
from mailhub.files.sealing.values import SealKind, SealPlan
from mailhub.sandbox.jail import Jail
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.signer.orders import Sealed, SealOrder, assemble
from mailhub.signer.preparing import InspectorPreparer
from mailhub.signer.sealing import SigningDesk
from tests.support.pdfs import LETTER, typeset
from tests.support.pki import Pki, serve
from tests.support.rendering import BETWEEN
from tests.support.signed_pdfs import sign, signature_image
from tests.support.signing_desk import AGENCY, CLERK, DESK, MANDATES, furnish

GOAL = 25.0
GOAL_MIB = 200
TICK = 1 / os.sysconf("SC_CLK_TCK")
_AT_ONCE = 4
_SIZE = 100 * 2**10
_LARGE = 40 * 10**6
_SIGNATURE = 20_000


def signed_letter(pki: Pki, number: int, size: int) -> bytes:
    """A letter of so many octets, signed as by a leader's program. A stream that no page shows makes it so long."""
    writer = IncrementalPdfFileWriter(io.BytesIO(typeset(LETTER % {"number": number, "day": "05", "gap": "14pt"})))
    room = size - writer.prev.stream.seek(0, os.SEEK_END) - _SIGNATURE
    writer.root["/Padding"] = writer.add_object(generic.StreamObject(stream_data=os.urandom(max(1, room))))
    writer.update_container(writer.root)
    padded = io.BytesIO()
    writer.write(padded)
    leader = pki.official.identity("leader")
    return sign(padded.getvalue(), leader, field="LanhDao", box=BETWEEN, image=signature_image())


async def seal_all(desk: SigningDesk, files: Sequence[bytes], inspector: Inspector | None, pki: Pki) -> Counter[str]:
    """All of them, some at a time; what became of them."""
    ends: Counter[str] = Counter()
    queue = list(enumerate(files))
    trust = pki.bundle()

    async def clerk() -> None:
        while queue:
            number, file = queue.pop()
            asked = SealOrder(
                agency=AGENCY, desk=DESK, clerk=CLERK, act=f"ACT-{number}", kind=SealKind.MAIN, original=file
            )
            sealed = await desk.seal(asked)
            if not isinstance(sealed, Sealed):
                ends[f"refused: {sealed.reason} {sealed.detail}"] += 1
                continue
            made = assemble(file, sealed)
            if inspector is None:
                ends["sealed"] += 1
                continue
            given = FileBytes("a.pdf", "application/pdf", made, hashlib.sha256(made).hexdigest(), "")
            (facts,) = await inspector.read([given], Limits(), timeout=20, trust=trust)
            found = facts.signed.signatures if facts.signed is not None else ()
            bad = len(found) != 2 or any(one.problems for one in found)
            ends["not valid" if bad else "sealed and verified"] += 1

    await asyncio.gather(*(clerk() for _ in range(_AT_ONCE)))
    return ends


def cpu_of(pids: Sequence[int]) -> float:
    """Seconds of this process and of those, with their ended children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    found = own.ru_utime + own.ru_stime
    for one in [*pids, *(child for pid in pids for child in _children(pid))]:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        found += sum(map(int, fields[11:15])) * TICK
    return found


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def throughput(folder: Path, pki: Pki, arguments: argparse.Namespace) -> bool:
    """Prints the figures; whether the goal was reached."""
    text = MANDATES.replace('posts = ["GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]', 'posts = ["*"]').replace(
        "limit_a_day = 3", "limit_a_day = 100000"
    )
    signer = furnish(folder / "signer", pki, text)
    files = [signed_letter(pki, number, _SIZE) for number in range(1, arguments.documents + 1)]
    pool = LocalPool(Jail(), processes=arguments.zygotes)
    with pool as inspector:
        desk = SigningDesk(signer, InspectorPreparer(inspector, seconds=20, time_style="people"))

        async def measured() -> tuple[Counter[str], float, float]:
            await seal_all(desk, files[:4], inspector, pki)
            cpu, started = cpu_of(pool.pids), time.monotonic()
            ends = await seal_all(desk, files[4:], None if arguments.no_verify else inspector, pki)
            return ends, time.monotonic() - started, cpu_of(pool.pids) - cpu

        ends, seconds, cpu = asyncio.run(measured())
    count = len(files) - 4
    print(f"{count} documents of {sum(map(len, files)) // len(files) // 1024} KiB: {dict(ends)}")
    print(f"{count / seconds:.1f} a second (goal {GOAL:g}), {cpu / count * 1000:.1f} ms CPU a document")
    print(f"machine: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return count / seconds >= GOAL and not any("refused" in end or "not valid" in end for end in ends)


def memory(pki: Pki) -> bool:
    """Prints the peak of a process that prepares a document of 40 MB, over what it had before."""
    from mailhub.files.sealing.prepare import prepare
    from tests.support.signed_pdfs import png, seal_image

    file, agency = signed_letter(pki, 87, _LARGE), pki.official.identity("agency")
    trust, image, certificate = pki.bundle(), png(seal_image()), agency.certificate.dump()

    def work(meter: Meter) -> bool:
        meter.begin()
        started = time.monotonic()
        plan = SealPlan(signed_at=1_775_377_800_000, seconds=10)
        made = prepare(memoryview(file), plan, trust, seal_png=image, certificate=certificate)
        words, mib = made[0].box if isinstance(made, tuple) else made.reason, meter.mib()
        print(f"{len(file) / 1e6:.0f} MB: {mib:.0f} MiB (goal {GOAL_MIB}), {time.monotonic() - started:.2f} s, {words}")
        return mib < GOAL_MIB

    return in_a_child(work)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--zygotes", type=int, default=2)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--no-verify", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pki, close = serve(folder / "pki")
        try:
            return 0 if (memory(pki) if arguments.large else throughput(folder, pki, arguments)) else 1
        finally:
            close()


if __name__ == "__main__":
    sys.exit(main())
