"""What the world's DNS says about this hub, beside what it should say.

Raw answers are shown together with the resolver that gave them: a closed network and the Internet may answer
differently. Silence and missing records therefore ask somebody to look; only records that are there and wrong
count as broken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import dns.exception
import dns.resolver
from sqlalchemy import Connection

from mailhub.accounts.organisation.domains import is_official, list_domains
from mailhub.dns.errors import DNSError
from mailhub.dns.resolver import Resolver
from mailhub.mail.dkim import load_signing_key, public_record
from mailhub.mail.dkim_key import read_key
from mailhub.mail.errors import DkimKeyError
from mailhub.mail.spf import check_spf
from mailhub.mail.spf_record import SpfPermError, choose_record
from mailhub.mail.taglist import parse_tags
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.ops.zone import dkim_line, dkim_name, dmarc_line, mx_line, spf_line
from mailhub.settings import DkimKey, Settings
from mailhub.store.errors import StoreUnavailable

SECONDS = 4.0
MOST_DOMAINS = 20
_PUBLISH = "công bố bản ghi dưới đây"
_Question = Callable[[Ground, Resolver], Awaitable[Iterable[Verdict]]]


def name_checks(_ground: Ground) -> list[Check]:
    """One check a kind of record, over all domains that are sent from."""
    kinds: tuple[tuple[str, str, _Question], ...] = (
        ("dns.mx", "DNS: MX", _mx),
        ("dns.spf", "DNS: SPF", _spf),
        ("dns.dmarc", "DNS: DMARC", _dmarc),
        ("dns.dkim", "DNS: DKIM", _dkim),
        ("dns.ptr", "DNS: tên ngược", _ptr),
    )
    return [Check(name, title, partial(_ask, question)) for name, title, question in kinds]


def _ask(question: _Question, ground: Ground) -> Verdict:
    dns_settings = ground.settings.dns
    seconds = min(SECONDS, dns_settings.timeout_seconds)
    resolver = Resolver(dns_settings.nameservers, dns_settings.port, seconds)
    who = _resolver_name(ground.settings)
    try:
        found = joined(asyncio.run(_gathered(question, ground, resolver)))
    except DNSError as error:
        return look(f"máy chủ DNS {who} không trả lời: {error}", "kiểm tra [dns] và đường ra mạng")
    return Verdict(found.status, f"{found.seen} (theo {who})", found.advice, found.publish)


async def _gathered(question: _Question, ground: Ground, resolver: Resolver) -> Iterable[Verdict]:
    async with asyncio.timeout(2 * SECONDS):
        return await question(ground, resolver)


def _resolver_name(settings: Settings) -> str:
    servers: list[str] = list(settings.dns.nameservers)
    if not servers:
        try:
            servers = [str(server) for server in dns.resolver.Resolver().nameservers]
        except dns.exception.DNSException:
            servers = ["127.0.0.1"]
    port = "" if settings.dns.port == 53 else f":{settings.dns.port}"
    return ", ".join(f"{server}{port}" for server in servers)


def domains_of(ground: Ground) -> list[str]:
    """The domains that are sent from, the hub's own first."""
    own = ground.settings.hub.domain
    try:
        with ground.database.read() as connection:
            return own_domains(connection, own)[:MOST_DOMAINS]
    except StoreUnavailable:
        return [own]


def own_domains(connection: Connection, own: str) -> list[str]:
    """Every domain that officials may send from today, the hub's `own` first."""
    return [own, *(row["name"] for row in list_domains(connection) if row["name"] != own and is_official(row))]


# --------------------------------------------------------------------- records


async def _mx(ground: Ground, resolver: Resolver) -> Iterable[Verdict]:
    hostname, domains = ground.settings.hub.hostname, domains_of(ground)
    answers = await asyncio.gather(*(resolver.mx(domain) for domain in domains))
    return [_mx_of(domain, hostname, found) for domain, found in zip(domains, answers, strict=True)]


def _mx_of(domain: str, hostname: str, found: list[tuple[int, str]]) -> Verdict:
    wanted = (mx_line(domain, hostname),)
    if not found:
        return look(f"{domain}: không có", _PUBLISH, wanted)
    seen = f"{domain}: " + ", ".join(f"{preference} {host or '.'}" for preference, host in found)
    if hostname in (host for _, host in found):
        return ok(seen)
    return look(f"{seen} (không có {hostname})", f"nếu không có cổng thư đứng trước: {_PUBLISH}", wanted)


async def _spf(ground: Ground, resolver: Resolver) -> Iterable[Verdict]:
    domains = domains_of(ground)
    hostname = ground.settings.hub.hostname
    return await asyncio.gather(*(_spf_of(domain, hostname, resolver) for domain in domains))


async def _spf_of(domain: str, hostname: str, resolver: Resolver) -> Verdict:
    wanted = (spf_line(domain),)
    try:
        record = choose_record(await resolver.txt(domain))
    except SpfPermError:
        return broken(f"{domain}: có nhiều bản ghi SPF", "chỉ giữ một bản ghi v=spf1 (RFC 7208 § 3.2)", wanted)
    if record is None:
        return look(f"{domain}: không có", _PUBLISH, wanted)
    for address in await resolver.addresses(hostname):
        result = await check_spf(address, f"postmaster@{domain}", hostname, resolver)
        if result.result != "pass":
            seen = f"{domain}: {record} cho {address} là {result.result}"
            return look(seen, f"thêm {address} hoặc mx vào bản ghi SPF", wanted)
    return ok(f"{domain}: {record}")


async def _dmarc(ground: Ground, resolver: Resolver) -> Iterable[Verdict]:
    domains = domains_of(ground)
    answers = await asyncio.gather(*(resolver.txt(f"_dmarc.{domain}") for domain in domains))
    return [_dmarc_of(domain, texts) for domain, texts in zip(domains, answers, strict=True)]


def _dmarc_of(domain: str, texts: list[str]) -> Verdict:
    wanted = (dmarc_line(domain),)
    found = [one for one in texts if one.lower().startswith("v=dmarc1")]
    if not found:
        return look(f"{domain}: không có", _PUBLISH, wanted)
    if len(found) > 1:
        return broken(f"{domain}: có nhiều bản ghi DMARC", "chỉ giữ một bản ghi (RFC 7489 § 6.6.3)", wanted)
    policy = (parse_tags(found[0]) or {}).get("p", "").lower()
    seen = f"{domain}: {found[0]}"
    if policy not in ("none", "quarantine", "reject"):
        return broken(seen, "bản ghi không có p= hợp lệ", wanted)
    return (
        look(seen, "p=none chỉ theo dõi: nâng lên quarantine khi thư đã ký đúng", wanted)
        if policy == "none"
        else ok(seen)
    )


async def _dkim(ground: Ground, resolver: Resolver) -> Iterable[Verdict]:
    keys = ground.settings.dkim.keys
    if not keys:
        return [look("chưa có khóa DKIM", "thêm [[dkim.keys]] vào mailhub.toml")]
    names = [dkim_name(key) for key in keys]
    answers = await asyncio.gather(*(resolver.txt(name) for name in names))
    return [_dkim_of(ground.settings, key, texts) for key, texts in zip(keys, answers, strict=True)]


def _dkim_of(settings: Settings, key: DkimKey, texts: list[str]) -> Verdict:
    try:
        signing = load_signing_key(settings.dkim_file(key).read_bytes(), key.domain, key.selector, key.algorithm)
    except (OSError, DkimKeyError):
        return look(f"{key.selector}: không so được, khóa không đọc được")
    own = public_record(signing)
    wanted = (dkim_line(key, signing),)
    if not texts:
        return look(f"{key.selector}: chưa công bố", _PUBLISH, wanted)
    if any(read_key(one).key == read_key(own).key for one in texts if not read_key(one).problem):
        return ok(f"{key.selector}: đúng khóa")
    seen = f"{key.selector}: bản ghi không phải khóa này ({texts[0][:40]}…)"
    return broken(seen, "nơi nhận coi chữ ký là sai: công bố đúng bản ghi dưới đây", wanted)


async def _ptr(ground: Ground, resolver: Resolver) -> Iterable[Verdict]:
    hostname = ground.settings.hub.hostname
    addresses = await resolver.addresses(hostname)
    if not addresses:
        return [look(f"{hostname} không có địa chỉ", "công bố bản ghi A", (f"{hostname}. IN A ĐỊA-CHỈ-IP",))]
    names = await asyncio.gather(*(resolver.ptr(address) for address in addresses))
    return [_ptr_of(hostname, address, found) for address, found in zip(addresses, names, strict=True)]


def _ptr_of(hostname: str, address: str, names: list[str]) -> Verdict:
    if hostname in names:
        return ok(f"{address}: {hostname}")
    seen = f"{address}: {', '.join(names) or 'không có tên ngược'}"
    return look(seen, f"đề nghị nhà cung cấp đường truyền đặt PTR của {address} là {hostname}")
