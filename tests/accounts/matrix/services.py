"""Every service that takes an actor, found by looking; and the functions that take one and are no services."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import mailhub

PACKAGES = (
    "accounts", "roster", "queue", "registry", "incidents", "screening", "lifecycle", "ops", "signatures", "sealing",
    "reports",
)  # fmt: skip

# Parts of services, each with the one that has asked for the right; and questions about an actor.
NO_SERVICES = {
    "accounts.act.act": "what every service that writes begins with",
    "accounts.audit.record": "the log itself",
    "accounts.audit.record_many": "the log itself",
    "accounts.catalogue.entries.entries": "the query behind search_directory and every_entry",
    "accounts.catalogue.search.note_export": "the row that tells of an export by every_entry",
    "accounts.control.above.check_not_above": "a check",
    "accounts.life.request_rows.asked_by": "a question",
    "accounts.life.request_rows.deciders": "whom to tell of a request",
    "accounts.life.story.tell_story": "reading.why has asked",
    "accounts.login.second_factor.pending": "the owner alone (tests/accounts/web/test_owners.py)",
    "accounts.login.second_factor.renew_recovery_codes": "the owner alone (tests/accounts/web/test_owners.py)",
    "accounts.web.passkeys.begin_registration": "the owner alone (tests/accounts/web/test_owners.py)",
    "accounts.web.passkeys.finish_registration": "the owner alone (tests/accounts/web/test_owners.py)",
    "accounts.web.tokens.make_token": "the owner alone (tests/accounts/web/test_owners.py)",
    "accounts.web.scopes.narrowed": "makes an actor smaller",
    "accounts.login.codes.check_not_above": "a check",
    "screening.rules.versions.check_may_change": "a check",
    "screening.rules.versions.check_may_read": "a check",
    "accounts.people.people.enter": "create_account has asked",
    "accounts.people.people.refuse_twice": "create_account and change_person have asked",
    "accounts.refusing.refusal": "the words of a refusal",
    "accounts.rights.may": "the table of rights",
    "accounts.sharing.officers.hands_of": "a question",
    "accounts.sharing.officers.subject_of_group": "a question",
    "accounts.tree.hidden_agencies": "a question",
    "accounts.tree.scope_of": "a question",
    "queue.blocks.hidden_of": "a question",
    "queue.blocks.visible_rows": "a question",
    "queue.own_mail.list_own": "only ever the account's own, which the console has not (tests/queue/test_own_mail.py)",
    "queue.own_mail.show_own": "only ever the account's own, which the console has not (tests/queue/test_own_mail.py)",
    "queue.word_list.subject_of_owner": "a question",
    "queue.words.note_refused": "the row that tells of a word that was not taken",
    "registry.access.may_read_text": "a question",
    "registry.access.note": "the row that tells of a search",
    "registry.access.scope_of": "a question",
    "registry.access.subject_of": "a question",
    "screening.rehearsal.trials.keep_trial": "one's own: tests/admin/test_simulation.py",
    "screening.rehearsal.trials.find_trial": "one's own: tests/admin/test_simulation.py",
    "screening.rehearsal.trials.list_trials": "one's own: tests/admin/test_simulation.py",
    "screening.rehearsal.proposing.activate_trial": "one's own, then versions.activate: tests/admin/test_simulation.py",
    "screening.rehearsal.proposing.propose_trial": "one's own, then proposals.propose: tests/admin/test_simulation.py",
    "screening.rules.second_person.stands_alone": "a question",
    "signatures.finding.files_judged": "a condition for registry.search: tests/admin/test_documents.py",
    "reports.mailing.service.end_schedule": "one's own alone, whatever the role (tests/reports/mailing)",
    "reports.mailing.service.list_schedules": "one's own alone, whatever the role (tests/reports/mailing)",
    "roster.keeping.store_plan": "make_plan has asked",
}


def name_of(function: Callable[..., Any]) -> str:
    """As the tables name it: `accounts.lists.add_alias`."""
    return f"{function.__module__}.{function.__qualname__}".removeprefix("mailhub.")


def functions_with_an_actor() -> Iterator[Callable[..., Any]]:
    """The public functions of the packages that take an actor, generators included."""
    for package in PACKAGES:
        root = importlib.import_module(f"{mailhub.__name__}.{package}")
        for found in pkgutil.walk_packages(root.__path__, root.__name__ + "."):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                own = inspect.isfunction(value) and value.__module__ == module.__name__
                if own and not name.startswith("_") and _takes_an_actor(value):
                    yield value


def _takes_an_actor(function: Callable[..., Any]) -> bool:
    return any("Actor" in str(one.annotation) for one in inspect.signature(function).parameters.values())
