"""Cases of the rules about many recipients, pretended senders and boxes that were taken over."""

from __future__ import annotations

from typing import Any

from mailhub.policy.facts import Facts, MailClass
from tests.policy.mails_made import (
    SERVICE,
    Cases,
    firm,
    friend,
    outside,
    own,
)


def _many() -> dict[str, Cases]:
    member, single = friend(by_group=True), friend()
    return {
        "gui-nhom-toan-tinh": Cases(
            {"everybody": own(member, province_group=True, recipients=9289)},
            {
                "a small group": own(member, groups=frozenset({"phong@tinh.gov.vn"}), recipients=8),
                "a machine": own(member, province_group=True, sender=SERVICE),
            },
        ),
        "gui-nhieu-nguoi": Cases(
            {"a hundred": own(recipients=100)},
            {"ninety-nine": own(recipients=99), "a machine": own(recipients=5000, sender=SERVICE)},
        ),
        "tra-loi-tat-ca-den-nhom": Cases(
            {"an answer": own(member, reply=True)},
            {
                "an announcement": own(member),
                "an answer to one": own(single, reply=True),
                "forwarded to the group": own(member, reply=True, forward=True),
            },
        ),
        "gui-nhieu-nguoi-ngoai": Cases(
            {"thirty": own(firm(), outside=30, recipients=31)},
            {"five": own(firm(), outside=5), "many of ours": own(recipients=60, outside=0)},
        ),
    }


def _pretending() -> dict[str, Cases]:
    def pretends(what: str, **more: Any) -> Facts:
        return outside(sender={"imitates": frozenset({what}), **more})

    state = {"mail_class": MailClass.GOVERNMENT, "domain": "moh.gov.vn"}
    return {
        "ten-mien-gia-mao": Cases({"a look-alike": outside(sender={"lookalike": "tinh.gov.vn"})}, {"gmail": outside()}),
        "gui-den-ten-mien-giong-cua-tinh": Cases(
            {"a look-alike": own(firm(lookalike="tinh.gov.vn"))}, {"a firm": own(firm())}
        ),
        "gia-danh-lanh-dao": Cases(
            {"the chairman": pretends("leader")},
            {"the hub": pretends("hub"), "a namesake in a ministry": pretends("leader", **state)},
        ),
        "gia-danh-he-thong-thu": Cases(
            {"the hub": pretends("hub")}, {"a leader": pretends("leader"), "nobody": outside()}
        ),
        "gia-danh-co-quan": Cases(
            {"a department": pretends("agency")}, {"a ministry's": pretends("agency", **state), "nobody": outside()}
        ),
    }


def _taken_over() -> dict[str, Cases]:
    return {
        "gui-don-dap-tu-mang-la": Cases(
            {"fifty": own(sender={"burst": 50, "new_network": True})},
            {
                "a known network": own(sender={"burst": 90}),
                "a few": own(sender={"burst": 9, "new_network": True}),
                "a machine": own(sender={"burst": 500, "new_network": True, "kind": "service"}),
            },
        ),
        "gui-don-dap-ban-dem": Cases(
            {"at night": own(firm(), night=True, sender={"burst": 100})},
            {"by day": own(firm(), sender={"burst": 100}), "among ours": own(night=True, sender={"burst": 100})},
        ),
        "gui-don-dap": Cases(
            {"a thousand": own(firm(), sender={"burst": 1000})},
            {
                "a hundred": own(firm(), sender={"burst": 100}),
                "a machine": own(firm(), sender={"burst": 5000, **SERVICE}),
            },
        ),
    }


SENDERS = {**_many(), **_pretending(), **_taken_over()}
