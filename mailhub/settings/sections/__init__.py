"""The settings themselves: a class a section of `mailhub.toml`, each field born whole: name, default, words.

`docs/settings.md` and `config/mailhub.toml` are rendered from here (`python -m mailhub.settings.document`).
"""

from mailhub.settings.sections.accounts import AccountsSection
from mailhub.settings.sections.audit import AuditSection
from mailhub.settings.sections.base import Section
from mailhub.settings.sections.inspector import InspectorSection
from mailhub.settings.sections.limits import Limits, Lockout, Passwords
from mailhub.settings.sections.mail import Authentication, Delivery, Dkim, DkimKey, Dns, Mailboxes, Trusted
from mailhub.settings.sections.metrics import MetricsSection
from mailhub.settings.sections.policy import PolicySection, SecretsSection
from mailhub.settings.sections.reports import ReportsSection
from mailhub.settings.sections.server import DatabaseSection, Hub, Listen, Spool, Tls, Workers
from mailhub.settings.sections.signatures import SignaturesSection
from mailhub.settings.sections.signer import SignerSection
from mailhub.settings.sections.web import WebSection

__all__ = [
    "AccountsSection",
    "AuditSection",
    "Authentication",
    "DatabaseSection",
    "Delivery",
    "Dkim",
    "DkimKey",
    "Dns",
    "Hub",
    "InspectorSection",
    "Limits",
    "Listen",
    "Lockout",
    "Mailboxes",
    "MetricsSection",
    "Passwords",
    "PolicySection",
    "ReportsSection",
    "SecretsSection",
    "Section",
    "SignaturesSection",
    "SignerSection",
    "Spool",
    "Tls",
    "Trusted",
    "WebSection",
    "Workers",
]
