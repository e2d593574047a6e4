"""The facts of a message, out of everything that is known of it: what the rules are asked with.

Two steps, because most messages need but the first: `message_facts` is cheap (the directory's cache, lists in memory;
a question to the database only for mail from outside, for documents and groups, and once for a network),
`recipient_facts` asks what the rules that may fit still want. Nothing raises but a database that does not answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping

from mailhub.accounts.addresses import split
from mailhub.accounts.directory import Directory
from mailhub.policy.facts import (
    AttachmentFacts,
    DocumentFacts,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    RecipientFacts,
    SenderFacts,
)
from mailhub.policy.imitation import imitates, name_key
from mailhub.policy.lists import Lists, classify_domain
from mailhub.policy.lookalike import lookalike_of
from mailhub.registry.matching import Agencies, load_agencies
from mailhub.screening.case import Case
from mailhub.screening.facts import messages, senders
from mailhub.screening.facts.bursts import Bursts
from mailhub.screening.facts.known import Known, domain_of
from mailhub.screening.facts.leaders import NamesAtHand
from mailhub.screening.facts.lists_at_hand import ListsAtHand
from mailhub.screening.facts.naming import names_for_words
from mailhub.screening.facts.networks import Networks
from mailhub.screening.facts.papers import NOTHING, read_papers
from mailhub.screening.facts.province_groups import is_province_group
from mailhub.screening.facts.recipients import recipient_facts
from mailhub.screening.facts.senders import is_ours, sender_facts, writer_of
from mailhub.screening.outside.correspondents import Pair
from mailhub.screening.outside.relating import Relating
from mailhub.settings import Settings
from mailhub.store.database import Database

SettingsSource = Settings | Callable[[], Settings]
_RELATION = "relation"  # the fact of recipients that the database is asked for
_EVERYTHING = frozenset({_RELATION})
MOST_QUICK = 1_000  # lines of a text: some look like marks and are looked at closely
MOST_RELATED = 10  # recipients whose relations are looked up on the loop
MOST_SHOWN = 4_096  # octets of the names beside them
REMEMBERED = 16  # messages between their two steps: their texts are kept meanwhile


class Gatherer:
    """Gathers facts for one process; safe to use from threads. Caches only: nothing here is told to anybody."""

    def __init__(
        self, settings: SettingsSource, database: Database, directory: Directory, *, bursts: Bursts | None = None
    ) -> None:
        """`settings` is a function, where they may be reloaded. Without `bursts` nobody is counted (a rehearsal)."""
        self._settings: Callable[[], Settings] = settings if callable(settings) else lambda: settings
        self._database = database
        self._directory = directory
        self._bursts = bursts
        self._networks = Networks(database)
        self._turn = threading.Lock()
        self._names = NamesAtHand(database)
        self._relating = Relating(database)
        self._at_hand = ListsAtHand(self._settings().directory)
        self._hub_names: tuple[Lists | None, frozenset[str]] = (None, frozenset())
        self._province: tuple[int, dict[str, bool]] = (-1, {})
        self._recent: OrderedDict[int, Known] = OrderedDict()  # by the identity of the case, which each holds

    @property
    def lists(self) -> Lists:
        """The lists in force."""
        return self._at_hand.current()

    def classes(self, case: Case) -> tuple[MailClass, frozenset[MailClass]]:
        """Whose the domains of the envelope's sender and of its recipients are: of all facts those that cost least.

        Raises:
            StoreUnavailable
        """
        lists, ours = self._at_hand.current(), self._directory.all_domains()
        reached = {domain_of(one.address) for one in case.recipients}
        sender = MailClass.OWN if is_ours(case) else classify_domain(domain_of(case.sender), ours, lists)
        return sender, frozenset(classify_domain(domain, ours, lists) for domain in reached)

    def is_quick(self, case: Case) -> bool:
        """Whether `message_facts` needs memory and at most a short question to the database, so that it may run on the
        loop; else in a thread."""
        lines = 0 if case.body is None else len(case.body.lines) + len(case.body.forwarded)
        bare = case.inspection is None or not case.inspection.files
        if case.groups or not bare or lines > MOST_QUICK:
            return False
        if is_ours(case):
            return True
        version = self._directory.look(()).version
        few = len(case.recipients) <= MOST_RELATED
        return few and self._names.is_at_hand(version) and self._relating.is_at_hand(version)

    def relates_quickly(self, case: Case) -> bool:
        """Whether `recipient_facts` may look up `relation` on the loop: few recipients, and few names beside them."""
        shown = sum(len(field.raw) for field in case.fields if field.name.lower() in (b"to", b"cc"))
        few = len(case.recipients) <= MOST_RELATED and shown <= MOST_SHOWN
        return few and self._relating.is_at_hand(self._known(case).look.version)

    def message_facts(
        self, case: Case, *, again: bool = False
    ) -> tuple[MessageFacts, SenderFacts, tuple[DocumentFacts, ...], tuple[AttachmentFacts, ...]]:
        """All facts but those of the recipients. `again`: the message was judged before, or is only tried out, so that
        its recipients are not counted once more.

        Raises:
            StoreUnavailable
        """
        known = self._know(case)
        province = any(self._is_province(address, known.look.version) for address in case.groups)
        message = messages.message_facts(known, night=self._settings().policy.night, province_group=province)
        sender = self._own_sender(known, again=again) if is_ours(case) else self._stranger(known)
        return message, sender, known.papers.documents, known.papers.attachments

    def recipient_facts(self, case: Case, needs: Collection[str]) -> Mapping[str, RecipientFacts]:
        """The facts of the recipients that rules want (`Judge.needs`); the database is asked for `relation` only.

        Raises:
            StoreUnavailable
        """
        known = self._known(case)
        real, ours = known.lists.real, known.look.ours
        return recipient_facts(
            known,
            relations=self._relating.of_recipients(known) if _RELATION in needs else {},
            lookalikes={
                domain: lookalike_of(domain, ours, real)
                for domain, mail_class in known.classes.items()
                if mail_class is not MailClass.OWN
            },
        )

    def facts(self, case: Case, needs: Collection[str] = _EVERYTHING, *, again: bool = True) -> Facts:
        """Both steps at once.

        Raises:
            StoreUnavailable
        """
        message, sender, documents, attachments = self.message_facts(case, again=again)
        return Facts(
            message=message,
            sender=sender,
            recipients=self.recipient_facts(case, needs),
            documents=documents,
            attachments=attachments,
            at=case.at,
            named=self.named(case, secret=bool(message.secrecy)),
        )

    def named(self, case: Case, *, secret: bool) -> Mapping[str, str]:
        """What documents, files and the sender's agency are called, for `Facts.named`."""
        return names_for_words(case.inspection, self._known(case).writer.line, secret=secret)

    def pairs(self, case: Case, leaving_out: Collection[str] = ()) -> tuple[Pair, ...]:
        """Who corresponds with whom by this message, for `correspondents.note` in its transaction; empty for mail
        between our own, and for what machines send. `leaving_out`: recipients who do not get it."""
        if case.origin not in (Origin.OWN, Origin.OUTSIDE):
            return ()
        known = self._known(case)
        writer, at = known.writer, case.at
        if case.origin is Origin.OWN:
            number = None if writer.mailbox is None else writer.mailbox.mailbox_id
            reached = [address for address in known.outside if address not in leaving_out]
            return () if number is None else tuple(Pair(address, number, False, at) for address in reached)
        if not writer.proved:
            return ()
        profiles = [known.look.profiles.get(r.address) for r in case.recipients if r.address not in leaving_out]
        numbers = {one.mailbox_id for one in profiles if one is not None and one.mailbox_id is not None}
        return tuple(Pair(writer.proved, number, True, at) for number in sorted(numbers))

    # ------------------------------------------------------------------ parts

    def _known(self, case: Case) -> Known:
        known = self._recent.get(id(case))
        return known if known is not None and known.case is case else self._know(case)

    def _know(self, case: Case) -> Known:
        known = self._find_out(case)
        with self._turn:
            self._recent[id(case)] = known
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)
        return known

    def _find_out(self, case: Case) -> Known:
        lists = self._at_hand.current()
        look = self._directory.look([*senders.addresses_of(case), *(one.address for one in case.recipients)])
        writer = writer_of(case, look)
        domains = {domain_of(one.address) for one in case.recipients}
        classes = {domain: classify_domain(domain, look.ours, lists) for domain in domains}
        papers = NOTHING
        if case.inspection is not None and case.inspection.files:
            papers = read_papers(case.inspection, writer.line, self._agencies, lists, own=is_ours(case))
        return Known(case, look, writer, lists, classes, papers)

    def _agencies(self) -> Agencies:
        with self._database.read() as connection:
            return load_agencies(connection)

    def _own_sender(self, known: Known, *, again: bool) -> SenderFacts:
        case, account = known.case, known.case.account
        burst, new_network = 0, False
        if account is not None and case.origin is Origin.OWN:
            with self._turn:
                if self._bursts is not None and again:
                    burst = self._bursts.look(account.id, at=case.at)
                elif self._bursts is not None:
                    burst = self._bursts.add(account.id, len(case.recipients), at=case.at)
                new_network = self._networks.is_new(account.id, case.client, at=case.at)
        return sender_facts(case, known.writer, mail_class=MailClass.OWN, burst=burst, new_network=new_network)

    def _stranger(self, known: Known) -> SenderFacts:
        writer, look, lists = known.writer, known.look, known.lists
        domain = split(writer.address)[1]
        if not domain:  # the null path without a clear author: a bounce
            return sender_facts(known.case, writer, mail_class=MailClass.ORGANISATION)
        mail_class = classify_domain(domain, look.ours, lists)
        pretended: frozenset[str] = frozenset()
        names = self._names.current(look.version)  # also where no name is shown: once read, `is_quick` holds
        if writer.display and mail_class is not MailClass.OWN:
            pretended = imitates(
                writer.display, writer.address, names.leaders, self._hub_names_of(lists), names.agencies
            )
        return sender_facts(
            known.case,
            writer,
            mail_class=mail_class,
            relation=self._relating.of_stranger(known, mail_class),
            lookalike=lookalike_of(domain, look.ours, lists.real),
            imitates=pretended,
        )

    def _hub_names_of(self, lists: Lists) -> frozenset[str]:
        if self._hub_names[0] is not lists:
            self._hub_names = (lists, frozenset(map(name_key, lists.hub_names)))
        return self._hub_names[1]

    def _is_province(self, address: str, version: int) -> bool:
        if self._province[0] != version:
            self._province = (version, {})
        answers = self._province[1]
        if address not in answers:
            found = self._directory.resolve(address)
            is_one = False
            if found is not None and found.group is not None:
                with self._database.read() as connection:
                    is_one = is_province_group(connection, found.group)
            answers[address] = is_one
        return answers[address]
