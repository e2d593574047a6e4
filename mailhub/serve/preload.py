"""Loads what processes will need, before they give up root.

A checkout under root's home, or in a folder made for root alone, cannot be read by the user that mailhub serves
as. Python imports and reads many things only when they are first used; so all of that is used once here.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from sqlalchemy import create_engine, text

import mailhub
from mailhub.dns import resolver
from mailhub.i18n import LANGUAGES, texts
from mailhub.mail import dmarc
from mailhub.mail.path import read_domain
from mailhub.mailboxes.render import preload as preload_templates
from mailhub.reports.rendering import preload as preload_reports
from mailhub.screening.rules.policy_file import shipped_text
from mailhub.screening.rules.shipped import load_lists
from mailhub.signatures.trust.catalogue import shipped
from mailhub.store.migrate import migration_scripts

# What opens files is loaded in the sandbox only; its facts come along with those who ask for them.
_IN_THE_SANDBOX = (
    "mailhub.files",
    "mailhub.sandbox.child",
    "mailhub.sandbox.probe",
    "mailhub.sandbox.scratch",
    "mailhub.sandbox.warming",
    "mailhub.sandbox.zygote",
)
# The signer's alone, with PKCS #11: no other process need carry it.
_IN_THE_SIGNER = (
    "mailhub.signer.cms_building",
    "mailhub.signer.sealing",
    "mailhub.signer.server",
    "mailhub.signer.tokens",
)
_ELSEWHERE = (*_IN_THE_SANDBOX, *_IN_THE_SIGNER)
# The web loads itself where it has a door (admin/process.py).
_NOT_SERVED = (
    "mailhub.admin",
    "mailhub.cli",
    "mailhub.ops",
    "mailhub.__main__",
    "mailhub.store.migrations",
    *_ELSEWHERE,
)
_DRIVERS = ("pysqlite3.dbapi2", "psycopg", "sqlalchemy.dialects.postgresql.psycopg")


def preload(*, signer: bool = False) -> None:
    """Import every module that serves, and read every file of the program that is read at run time. `signer`: what the
    process with the keys needs as well."""
    load_all(mailhub, but=_NOT_SERVED)
    for name in (*_IN_THE_SIGNER, "pkcs11._pkcs11") if signer else ():
        importlib.import_module(name)
    preload_data()


def load_all(package: ModuleType, *, but: tuple[str, ...] = ()) -> None:
    """Import every module of a package, save those whose names begin with one of `but`, and what is below them."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.startswith(but):
            continue
        loaded = importlib.import_module(module.name)
        if module.ispkg:
            load_all(loaded, but=but)


def preload_data() -> None:
    """The drivers and data files alone."""
    for name in _DRIVERS:
        importlib.import_module(name)
    resolver.preload()
    dmarc.preload()
    preload_templates()
    preload_reports()
    migration_scripts()
    shipped_text()
    load_lists()
    shipped()
    for language in LANGUAGES:
        texts(language)
    read_domain("tỉnh.gov.vn")
    # A first statement makes SQLAlchemy load the rest of itself.
    engine = create_engine("sqlite+pysqlite://", module=importlib.import_module("pysqlite3.dbapi2"))
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()
