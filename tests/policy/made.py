"""Rules and messages for the tests of policy: a few by hand, any number by hypothesis."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    RecipientFacts,
    Relation,
    SenderFacts,
)
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import (
    Action,
    Because,
    Clause,
    Exemption,
    Promotion,
    Rule,
    RuleBook,
    Stage,
    StagePlan,
    Test,
)

NOW = 1_795_000_000_000  # 18 November 2026 in Vietnam
HEAD = """[[rule]]
id = "a-rule"
title = "Một quy tắc"
because = { clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a" }
"""
SPEAKS = 'message = { vi = "Thư kèm {document}", en = "It has {document}" }\n'


def rule_text(*lines: str, ident: str = "a-rule", stage: str = "hold", action: str = "refuse") -> str:
    """A rule with `lines` below its head: its own keys first, then `[rule.when]` and what follows."""
    head = HEAD.replace("a-rule", ident) + f'stage = "{stage}"\naction = "{action}"\n' + SPEAKS
    body = "\n".join(lines)
    return head + (body if "[rule.when]" in body else f'{body}\n[rule.when]\nmessage.origin = "own"') + "\n"


def book(*texts: str) -> RuleBook:
    """The book of these texts together."""
    return read_book("\n".join(texts), "policy.toml")


def rule(ident: str = "a-rule", **given: Any) -> Rule:
    """A rule that fits everything from our own people, unless told otherwise."""
    given.setdefault("when", Clause((Test("message.origin", "is", ("own",)),)))
    stage = given.pop("stage", Stage.HOLD)
    plan = stage if isinstance(stage, StagePlan) else StagePlan(stage)
    return Rule(id=ident, title=f"Quy tắc {ident}", because=Because("Chỉ thị 77"), stage=plan, **given)


def exemption(**given: Any) -> Exemption:
    """An exception from `a-rule`, for everybody unless told otherwise."""
    values = {"rule": "a-rule", "who": "*", "to": "*", "why": "Được phép", "until": date(2027, 3, 31), "by": "Giám đốc"}
    return Exemption(**{**values, **given})


def facts(*addresses: str, **given: Any) -> Facts:
    """A message of our own to these addresses, all alike."""
    recipients = given.pop("recipients", None) or dict.fromkeys(addresses or ("b@gmail.com",), RecipientFacts())
    given.setdefault("message", MessageFacts())
    given.setdefault("sender", SenderFacts(address="nva@tinh.gov.vn", agencies=("SYT.KHTH", "SYT", "TINH")))
    given.setdefault("at", NOW)
    return Facts(recipients=recipients, **given)


_RELATIONS = st.frozensets(st.sampled_from(list(Relation)), max_size=2)
_CODES = st.sampled_from([(), ("SYT", "TINH"), ("SNV", "TINH"), ("XAANLAC", "TINH")])
recipients = st.builds(
    RecipientFacts,
    mail_class=st.sampled_from(list(MailClass)),
    domain=st.sampled_from(["gmail.com", "tinh.gov.vn", "moh.gov.vn"]),
    agencies=_CODES,
    relation=_RELATIONS,
    same_agency=st.booleans(),
)
addresses = st.sampled_from([f"{name}@{domain}" for name in "abcdef" for domain in ("gmail.com", "tinh.gov.vn")])
messages = st.builds(
    Facts,
    message=st.builds(
        MessageFacts, origin=st.sampled_from(list(Origin)), size=st.integers(0, 9), secrecy=st.sampled_from(["", "MẬT"])
    ),
    sender=st.builds(SenderFacts, address=addresses, agencies=_CODES, burst=st.integers(0, 9)),
    recipients=st.dictionaries(addresses, recipients, min_size=1, max_size=6),
    documents=st.lists(
        st.builds(
            DocumentFacts, state=st.sampled_from(["issued", "draft", "unknown"]), type=st.sampled_from(["CV", "BC"])
        ),
        max_size=2,
    ).map(tuple),
    attachments=st.lists(
        st.builds(AttachmentFacts, type=st.sampled_from(["pdf", "exe"]), size=st.integers(0, 9)), max_size=2
    ).map(tuple),
    at=st.just(NOW),
)
_ORIGINS = st.tuples(st.sampled_from(list(Origin)))
_TESTS = st.one_of(
    st.builds(Test, st.just("message.origin"), st.sampled_from(["is", "not"]), _ORIGINS),
    st.builds(Test, st.just("message.size"), st.sampled_from(["at_least", "at_most"]), st.tuples(st.integers(0, 9))),
    st.builds(Test, st.just("message.secrecy"), st.sampled_from(["is", "not"]), st.just(("MẬT",))),
    st.builds(Test, st.just("sender.burst"), st.sampled_from(["at_least", "at_most"]), st.tuples(st.integers(0, 9))),
    st.builds(
        Test, st.just("recipient.class"), st.sampled_from(["is", "not"]), st.tuples(st.sampled_from(list(MailClass)))
    ),
    st.builds(
        Test,
        st.just("recipient.relation"),
        st.sampled_from(["is", "not"]),
        st.tuples(st.sampled_from([*Relation, ""])),
    ),
    st.builds(Test, st.just("recipient.domain"), st.just("like"), st.sampled_from([("*.vn",), ("g*", "m*")])),
    st.builds(Test, st.just("recipient.same_agency"), st.just("is"), st.tuples(st.booleans())),
    st.builds(
        Test, st.just("document.state"), st.sampled_from(["is", "not"]), st.tuples(st.sampled_from(["issued", "draft"]))
    ),
    st.builds(Test, st.just("document.type"), st.just("is"), st.tuples(st.sampled_from(["CV", "BC"]))),
    st.builds(Test, st.just("attachment.type"), st.just("is"), st.tuples(st.sampled_from(["pdf", "exe"]))),
    st.builds(Test, st.just("attachment.size"), st.just("at_least"), st.tuples(st.integers(0, 9))),
)
_CLAUSES = st.lists(_TESTS, min_size=1, max_size=3).map(lambda tests: Clause(tuple(tests)))
_STAGES = st.sampled_from(list(Stage))
_PLANS = st.builds(
    StagePlan,
    stage=_STAGES,
    promotions=st.lists(
        st.builds(Promotion, on=st.sampled_from([date(2026, 1, 1), date(2027, 1, 1)]), stage=_STAGES), max_size=1
    ).map(tuple),
)


@st.composite
def books(draw: st.DrawFn) -> RuleBook:
    """Up to six rules; those that allow stand over some that do not."""
    actions = draw(st.lists(st.sampled_from(list(Action)), min_size=1, max_size=6))
    stopping = [f"rule-{number}" for number, action in enumerate(actions) if action is not Action.ALLOW]
    rules = []
    for number, action in enumerate(actions):
        if action is Action.ALLOW and not stopping:
            continue
        rules.append(
            rule(
                f"rule-{number}",
                action=action,
                stage=draw(_PLANS),
                agencies=draw(st.dictionaries(st.sampled_from(["SYT", "SNV", "TINH"]), _PLANS, max_size=2)),
                when=draw(_CLAUSES),
                unless=tuple(draw(st.lists(_CLAUSES, max_size=1))),
                over=(draw(st.sampled_from(stopping)),) if action is Action.ALLOW else (),
                folder="Nghi giả mạo" if action is Action.TAG else "",
            )
        )
    exemptions = draw(
        st.lists(
            st.builds(
                exemption,
                rule=st.sampled_from([each.id for each in rules] or ["none"]),
                who=st.sampled_from(["*", "a@gmail.com", "b@tinh.gov.vn", "SYT", "TINH"]),
                to=st.sampled_from(["*", "gmail.com", "c@gmail.com", "d@tinh.gov.vn"]),
                until=st.sampled_from([date(2026, 11, 17), date(2026, 11, 18), date(2027, 1, 1)]),
            ),
            max_size=3,
        )
    )
    return RuleBook(tuple(rules), tuple(exemptions))


def asked(fact: str, operator: str, *values: Any) -> Test:
    """A condition (`Test` itself would be taken for a test class)."""
    return Test(fact, operator, values)


def clause(*tests: Test) -> Clause:
    """Conditions that hold together."""
    return Clause(tests)
