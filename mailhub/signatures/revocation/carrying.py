"""Takes the lists of a mirror's bundle, each as if it had been fetched from its issuer."""

from __future__ import annotations

from collections.abc import Sequence

from mailhub.signatures.revocation.checking import Checker
from mailhub.signatures.revocation.errors import NotBelieved, OlderList
from mailhub.signatures.revocation.mirror import Bundle
from mailhub.signatures.revocation.refreshing import Fetched, take_list
from mailhub.signatures.trust.pinned import Trust
from mailhub.store.database import Database


async def take_bundle(
    database: Database, checker: Checker, trust: Trust, bundle: Bundle, *, at: int
) -> Sequence[Fetched]:
    """Check and keep them; what is wrong with one leaves the others.

    Raises:
        StoreUnavailable
    """
    found = []
    for one in bundle.lists:
        url = one.source or bundle.by
        if one.issuer not in trust.certificates:
            found.append(Fetched(issuer=one.issuer, url=url, problem="its issuer is not pinned here"))
            continue
        source = f"mirror: {bundle.by}, {one.source}".removesuffix(", ")
        try:
            count = await take_list(database, checker, trust, one.issuer, one.der, source=source, at=at)
        except (NotBelieved, OlderList) as error:
            found.append(Fetched(issuer=one.issuer, url=url, problem=str(error)))
        else:
            found.append(Fetched(issuer=one.issuer, url=url, count=count))
    return found
