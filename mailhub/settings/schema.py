"""All settings of one hub, and where its files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from mailhub.settings.sections import (
    AccountsSection,
    AuditSection,
    Authentication,
    DatabaseSection,
    Delivery,
    Dkim,
    DkimKey,
    Dns,
    Hub,
    InspectorSection,
    Limits,
    Listen,
    Lockout,
    Mailboxes,
    MetricsSection,
    Passwords,
    PolicySection,
    ReportsSection,
    SecretsSection,
    Section,
    SignaturesSection,
    SignerSection,
    Spool,
    Tls,
    Trusted,
    WebSection,
    Workers,
)
from mailhub.settings.values import STANDARD_PORTS, HostPort, Service, split_host_port

_SQLITE = "sqlite:///"


class Settings(Section):
    """The settings of one hub. Frozen: a reload makes new ones (`reload.py`).

    `directory` is not a setting but the place of the file: DIR, absolute. Relative paths begin there.
    """

    directory: Annotated[Path, AfterValidator(Path.absolute)]
    hub: Hub
    listen: Listen = Field(default_factory=Listen)
    tls: Tls = Field(default_factory=Tls)
    database: DatabaseSection = Field(default_factory=DatabaseSection)
    spool: Spool = Field(default_factory=Spool)
    workers: Workers = Field(default_factory=Workers)
    limits: Limits = Field(default_factory=Limits)
    lockout: Lockout = Field(default_factory=Lockout)
    delivery: Delivery = Field(default_factory=Delivery)
    trusted: Trusted = Field(default_factory=Trusted)
    authentication: Authentication = Field(default_factory=Authentication)
    dns: Dns = Field(default_factory=Dns)
    dkim: Dkim = Field(default_factory=Dkim)
    passwords: Passwords = Field(default_factory=Passwords)
    accounts: AccountsSection = Field(default_factory=AccountsSection)
    audit: AuditSection = Field(default_factory=AuditSection)
    mailboxes: Mailboxes = Field(default_factory=Mailboxes)
    inspector: InspectorSection = Field(default_factory=InspectorSection)
    policy: PolicySection = Field(default_factory=PolicySection)
    secrets: SecretsSection = Field(default_factory=SecretsSection)
    signatures: SignaturesSection = Field(default_factory=SignaturesSection)
    signer: SignerSection = Field(default_factory=SignerSection)
    web: WebSection = Field(default_factory=WebSection)
    reports: ReportsSection = Field(default_factory=ReportsSection)
    metrics: MetricsSection = Field(default_factory=MetricsSection)

    def listen_address(self, service: Service) -> HostPort | None:
        """Where `service` listens, base_port honoured; None when it is closed."""
        written: str = getattr(self.listen, service)
        if not written:
            return None
        if self.hub.base_port:
            return HostPort("127.0.0.1", self.hub.base_port + STANDARD_PORTS[service])
        return split_host_port(written)

    def path(self, name: str) -> Path:
        """The file or directory that a setting names, absolute."""
        return self.directory / name

    @property
    def database_url(self) -> str:
        """The URL for `store.database.open_database`; a relative SQLite path begins at DIR."""
        url = self.database.url
        if url and not url.startswith(_SQLITE):
            return url
        return f"{_SQLITE}{self.path(url.removeprefix(_SQLITE) or 'data/mailhub.db')}"

    @property
    def spool_directory(self) -> Path:
        return self.path(self.spool.directory)

    @property
    def mail_directory(self) -> Path:
        return self.path(self.mailboxes.directory)

    @property
    def run_directory(self) -> Path:
        """Sockets, the supervisor's lock and its pid."""
        return self.directory / "run"

    @property
    def signer_directory(self) -> Path:
        """The signer's own: mandates, keys, journal. Nobody else looks in."""
        return self.directory / "signer"

    @property
    def keys_directory(self) -> Path:
        return self.directory / "keys"

    @property
    def tls_certificate(self) -> Path:
        return self.path(self.tls.certificate)

    @property
    def tls_key(self) -> Path:
        return self.path(self.tls.key)

    def dkim_file(self, key: DkimKey) -> Path:
        """Where the private key of `key` lies, absolute."""
        return self.path(key.file)
