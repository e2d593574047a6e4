"""What a worker needs to have desks' documents sealed: the signer's socket, the timestamp authority, a spool."""

from __future__ import annotations

from collections.abc import Callable

from mailhub.files.signed.trusted import TrustBundle
from mailhub.intake.inspection import MailInspector
from mailhub.intake.ruling import LateJudge
from mailhub.sandbox.pool import Inspector
from mailhub.sealing.late import SealingJudge
from mailhub.sealing.looking import MailLook
from mailhub.sealing.ordering import Sealer
from mailhub.sealing.timestamping import TimestampAuthority
from mailhub.serve.inspectors import SLOW_SOCKET
from mailhub.serve.process import spool_of
from mailhub.settings import LiveSettings, Settings
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signer.client import SOCKET, SignerClient
from mailhub.store.database import Database


def sealing_judge(
    live: LiveSettings, number: int, database: Database, rules: LateJudge, scans: MailInspector, trust: TrustKeeper
) -> SealingJudge:
    """The judge of what was read late, sealing around the rules."""
    return SealingJudge(
        lambda: live.current,
        database,
        spool_of(live.current, f"seal-{number}"),
        rules,
        sealer_of(lambda: live.current, database, trust),
        MailLook(lambda: live.current, scans),
    )


def sealer_of(settings: Callable[[], Settings], database: Database, trust: TrustKeeper) -> Sealer:
    """Has single files sealed, over the hub's sockets."""
    run = settings().run_directory

    def bundle() -> TrustBundle:
        return trust.current().bundle

    stamper = TimestampAuthority(settings, Inspector(run / SLOW_SOCKET), bundle)
    return Sealer(settings, database, SignerClient(run / SOCKET), stamper)
