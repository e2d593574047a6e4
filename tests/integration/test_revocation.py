"""A hub that runs fetches the lists of the authorities that it has pinned, and nobody has to ask for it."""

from __future__ import annotations

import json
from typing import Any

from mailhub.settings import SETTINGS_FILE, load
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.catalogue import shipped
from mailhub.store.database import open_database
from tests.support.hub import RunningHub, wait_until
from tests.support.pki import Pki, pki
from tests.support.revocation import pin, pinned_of

__all__ = ["pki"]


def test_a_running_hub_fetches_the_lists_of_pinned_authorities_by_itself(pki: Pki) -> None:
    with RunningHub(start=False, mailboxes=False, signatures={"online": True}) as hub:
        database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
        with database.write() as connection:  # nobody asks the real authorities from here
            for one in shipped():
                rows.change(connection, one.sha256, crl="")
        pin(database, *pinned_of(pki.official))
        database.close()
        hub.start()

        def fetched() -> list[dict[str, Any]]:
            told = [json.loads(line) for line in hub.cli("revocation", "list", "--json").stdout.splitlines()]
            return [one for one in told if one["this_update"] and one["revoked"]]

        (sub,) = wait_until(fetched, "lists of the authorities")
        assert sub["source"] == pki.official.crl_url
