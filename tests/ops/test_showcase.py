"""`make run`, as somebody with a fresh machine sees it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hub import ROOT, PortBlock, wait_until

COMMAND = [sys.executable, "-m", "mailhub.ops.showcase"]


class Stage:
    """A place for the show, with ports of its own."""

    def __init__(self) -> None:
        self._ports = PortBlock()
        self._folder = Path(tempfile.mkdtemp(prefix="mhshow", dir="/tmp"))
        self._folder.chmod(0o755)  # the hub's user has to get through
        self.base_port = self._ports.base
        self.directory = self._folder / "demo"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "MAILHUB_DEMO_DIR": str(self.directory),
            "MAILHUB_DEMO_BASE_PORT": str(self.base_port),
        }

    def play(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, "--once"],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def close(self) -> None:
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    one.close()


def test_the_show_runs_from_nothing_and_again_on_what_it_made(stage: Stage) -> None:
    for words in ("Tạo tỉnh minh họa", "Dùng lại"):
        done = stage.play()
        assert done.returncode == 0, done.stdout + done.stderr
        assert words in done.stdout
        assert done.stdout.count("nguyên vẹn từng byte") == 1
        assert "đã ký số của cơ quan; bản gốc nguyên vẹn bên trong" in done.stdout
        assert "thay cho thư" in done.stdout
        assert "Máy chủ đã nhận  từ vanthu.snv@tinh.gov.vn" in done.stdout
        assert "Đã vào hộp thư  " in done.stdout
        assert f"cổng/port {stage.base_port + 993}, SSL/TLS" in done.stdout


def test_a_taken_port_moves_the_hub_to_the_next_thousand_and_ctrl_c_ends_it_all(stage: Stage) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", stage.base_port + 587))
        taken.listen()
        out = stage.directory.parent / "out"
        with out.open("wb") as file:
            show = subprocess.Popen(COMMAND, env=stage.environment, cwd=ROOT, stdout=file, stderr=file)
        wait_until(lambda: show.poll() is not None or "Ctrl-C" in out.read_text(), "serving", seconds=90)
        shown = out.read_text()
        assert show.poll() is None, shown
        assert f"cổng {stage.base_port} + … đã bị chiếm" in shown
        again = stage.play()
        assert (again.returncode, "đang được phục vụ" in again.stderr) == (1, True)
        show.send_signal(signal.SIGINT)
        assert show.wait(60) == 0
    moved = next(line for line in shown.splitlines() if "SSL/TLS" in line).split("cổng/port ")[1]
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", int(moved.split(",")[0])), timeout=2),
    ):
        pass


def test_a_failed_step_is_named_and_the_servers_last_words_are_shown(stage: Stage) -> None:
    assert stage.play().returncode == 0
    (stage.directory / "data" / "mailhub.db").write_bytes(b"not a database, " * 1000)
    done = stage.play()
    assert done.returncode == 1
    assert "failed step: Khởi động máy chủ" in done.stderr
    assert "serve.log" in done.stderr
