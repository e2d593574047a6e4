"""The facts that rules may ask for, and their values, are those that the rest of the program gives."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from mailhub.accounts.models import MailboxKind, Rank
from mailhub.documents.grammar.recognition import State
from mailhub.files.facts import DangerKind, FileFacts, Unreadable
from mailhub.i18n import LANGUAGES, NoSuchText, texts
from mailhub.policy.facts import AttachmentFacts, DocumentFacts, MessageFacts, RecipientFacts, SenderFacts
from mailhub.policy.rules.rule import Stage
from mailhub.policy.rules.vocabulary import DANGERS, FACTS, FILE_TYPES, UNREADABLE, FactType, Scope, nearest

pytestmark = pytest.mark.unit


def test_every_field_of_the_facts_is_a_fact() -> None:
    count = sum(
        len(fields(kind)) for kind in (MessageFacts, SenderFacts, RecipientFacts, DocumentFacts, AttachmentFacts)
    )
    assert len(FACTS) == count
    assert FACTS["recipient.class"].field == "mail_class"
    assert FACTS["sender.class"].values == ("own", "government", "organisation", "private-mail", "blocked")
    assert FACTS["message.size"].type is FactType.NUMBER
    assert FACTS["message.night"].type is FactType.FLAG
    assert FACTS["sender.agencies"].type is FactType.SET


def test_lists_of_other_packages_are_repeated_faithfully() -> None:
    assert set(DANGERS) == set(DangerKind)
    assert set(UNREADABLE) == set(Unreadable)
    assert set(FILE_TYPES) == set(re.findall(r"`([a-z0-9]+)`", (FileFacts.__doc__ or "").split("`needs_ocr`")[0])) - {
        "type"
    }
    assert set(FACTS["document.state"].values) == set(State)
    assert set(FACTS["sender.kind"].values) == set(MailboxKind)
    assert set(FACTS["sender.rank"].values) == set(Rank)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_and_stage_has_a_name_for_people(language: str) -> None:
    words = texts(language)
    for name in FACTS:
        assert words(f"policy.fact.{name}")
    for stage in Stage:
        assert words(f"policy.stage.{stage}")


SELF_EXPLAINING = {
    "sender.proof": {"dmarc", "dkim", "spf"},
    "attachment.type": set(FILE_TYPES),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_closed_values_have_words_for_people(language: str) -> None:
    """Vietnamese values (urgency, secrecy, types, labels) are words already."""
    words = texts(language)
    missing = set()
    for fact in FACTS.values():
        if fact.scope is Scope.DOCUMENT and fact.field in ("type", "labels", "urgency", "secrecy", "circulation"):
            continue
        if fact.name == "message.secrecy":
            continue
        for value in set(fact.values) - SELF_EXPLAINING.get(fact.name, set()):
            for ident in (fact.name, fact.name.partition(".")[2]):
                try:
                    words(f"policy.value.{ident}.{value}")
                    break
                except NoSuchText:
                    continue
            else:
                missing.add(f"{fact.name}.{value}")
    assert not missing


def test_the_nearest_name_is_offered() -> None:
    assert nearest("stagee", ["stage", "action"]) == "did you mean stage?"
    assert nearest("SYT1", ["SNV", "SYT"]) == "did you mean SYT?"
    assert nearest("zzz", ["stage", "action"]) == "known here: stage, action"
    assert nearest("zzz", map(str, range(41))) == ""
