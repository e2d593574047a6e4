"""A large message passes through; it does not lie in memory (architecture § 12)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MIB = 2**20

SERVER = """
import asyncio, json, resource, sys
import uvloop
from mailhub.smtp.listener import Listener
from mailhub.smtp.server import ServerLimits
from tests.support.smtpdialogue import RecordingDoor, RawClient
import socket

class Body:
    size, largest = 0, 0
    def write(self, chunk):
        Body.size += len(chunk); Body.largest = max(Body.largest, len(chunk))
        return asyncio.sleep(0.0005) if sys.argv[2] == "slow" else None
    async def finish(self):
        from mailhub.smtp.door import Reply
        return Reply(250, "2.0.0", "OK")
    async def abort(self): pass

class Door(RecordingDoor):
    async def data(self, client, tx): return Body()

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

async def main():
    door = Door()
    listener = Listener(lambda: door, limits=ServerLimits(message_bytes=0))
    sock = socket.create_server(("127.0.0.1", 0))
    await listener.listen(sock)
    client = RawClient(*await asyncio.open_connection(*sock.getsockname()))
    await client.begin()
    before = peak()
    line = b"0123456789abcdef" * 4095 + b"\\r\\n"
    await client.send(b"DATA\\r\\n" if sys.argv[1] == "DATA" else b"BDAT %d LAST\\r\\n" % (1024 * len(line) + 14))
    if sys.argv[1] == "DATA":
        assert (await client.heard()).code == 354
    await client.send(b"Subject: x\\r\\n\\r\\n")
    for _ in range(1024):
        await client.send(line)
    if sys.argv[1] == "DATA":
        await client.send(b".\\r\\n")
    code = (await client.heard()).code
    print(json.dumps({"code": code, "growth": peak() - before, "size": Body.size, "largest": Body.largest}))
    await client.close()
    await listener.drain(5)

(uvloop.run if sys.argv[3] == "uvloop" else asyncio.run)(main())
"""


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@pytest.mark.parametrize("pace", ["fast", "slow"])
@pytest.mark.parametrize("command", ["DATA", "BDAT"])
def test_64_mib_pass_through_less_than_40(command: str, pace: str, loop: str) -> None:
    found = subprocess.run([sys.executable, "-c", SERVER, command, pace, loop], capture_output=True, check=True)
    outcome = json.loads(found.stdout)
    assert outcome["code"] == 250
    assert outcome["size"] > 63 * MIB
    assert outcome["growth"] < 40 * MIB
    assert outcome["largest"] <= MIB / 2
