"""`mailhub policy`: rules checked, compared, put in force, gone back from, and shown, from a terminal."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from mailhub.screening.rules.policy_file import shipped_text
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.hub import MAILHUB, RunningHub

FILE = "policy.toml"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    """A hub whose version 2 is one rule of ours, in the stage Ghi nhận."""
    with RunningHub(start=False) as made:
        made.account("nva@tinh.gov.vn")
        made.cli("agency", "add", "SYT", "--name", "Sở Y tế")
        write(made, rule(stage="shadow"))
        run(made, "activate", "--reason", "bắt đầu")
        yield made


def run(hub: RunningHub, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = hub.cli("policy", *words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def objects(done: CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def write(hub: RunningHub, text: str) -> None:
    (hub.directory / FILE).write_text(text)


def written(hub: RunningHub) -> str:
    return (hub.directory / FILE).read_text()


def newest(hub: RunningHub) -> int:
    found: int = objects(run(hub, "history", "--json"))[0]["version"]
    return found


@pytest.fixture(autouse=True)
def as_in_force(hub: RunningHub) -> None:
    """Each test begins with the one rule, in the stage Ghi nhận, in force and in the file."""
    write(hub, rule(stage="shadow"))
    if run(hub, "show", "--text").stdout != rule(stage="shadow"):
        run(hub, "activate", "--reason", "như ban đầu")


def test_a_new_hub_has_the_shipped_rules_and_writes_the_regulation(tmp_path: Path) -> None:
    with RunningHub(start=False) as made:
        assert "đúng; " in run(made, "check").stdout
        [first] = objects(run(made, "history", "--json"))
        assert (first["version"], first["by"], first["in_force"]) == (1, "console:init", True)
        assert run(made, "diff").stdout.startswith("Không có gì khác")
        assert len(run(made, "show").stdout.splitlines()) > 20
        made.set("hub", "regulation", "Quy chế kèm Quyết định 12/2026/QĐ-UBND")
        assert "Quy chế kèm Quyết định 12/2026/QĐ-UBND" in run(made, "show", "bi-mat-nha-nuoc").stdout


def test_check_names_every_wrong_line_and_exits_1(hub: RunningHub, tmp_path: Path) -> None:
    broken = tmp_path / "moi.toml"
    broken.write_text(rule().replace("hold", "hlod") + "\ncolour = 3\n")
    done = run(hub, "check", str(broken), code=1)
    first, second, *_ = done.stderr.splitlines()
    assert "lỗi, chưa áp dụng được" in first
    assert second.startswith(f"{broken}:6: ")
    [said] = objects(run(hub, "check", str(broken), "--json", code=1))
    assert (said["ok"], said["problems"][0]["line"]) == (False, 6)
    assert "is not there" in run(hub, "check", str(tmp_path / "khong-co.toml"), code=1).stderr


def test_check_warns_of_what_does_no_harm(hub: RunningHub, tmp_path: Path) -> None:
    odd = tmp_path / "moi.toml"
    odd.write_text(rule() + exception("SXT") + exception("nva@tinh.gov.vn", until="2020-01-01"))
    done = run(hub, "check", str(odd))
    assert "đúng; 1 quy tắc: 1 Chờ duyệt; 2 ngoại lệ" in done.stdout
    assert "SXT" in done.stderr
    assert "01/01/2020" in done.stderr


def test_check_of_a_file_needs_no_hub(hub: RunningHub, tmp_path: Path) -> None:
    import subprocess

    (tmp_path / FILE).write_text(rule())
    words = [*MAILHUB, "--dir", str(tmp_path / "nothing"), "policy", "check", str(tmp_path / FILE)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, "đúng" in done.stdout) == (0, True), done.stderr


def test_diff_activate_history_and_back(hub: RunningHub) -> None:
    before = newest(hub)
    write(hub, rule(stage="hold"))
    [change] = objects(run(hub, "diff", "--json"))
    assert (change["rule"], change["what"]) == (PRIVATE, "stage")
    assert PRIVATE in run(hub, "diff").stdout
    run(hub, "activate", code=2)  # a reason is needed
    tried = run(hub, "activate", "--reason", "Công văn 12", "--dry-run")
    assert (f"Sẽ áp dụng phiên bản {before + 1}" in tried.stdout, "chưa thay đổi gì" in tried.stderr) == (True, True)
    assert "Đã áp dụng" not in tried.stdout
    assert newest(hub) == before
    assert f"phiên bản {before + 1}" in run(hub, "activate", "--reason", "Công văn 12").stdout
    assert "Không có gì thay đổi" in run(hub, "activate", "--reason", "lần nữa").stdout
    lines = run(hub, "history").stdout.splitlines()
    assert "Công văn 12" in lines[0]
    assert "(đang áp dụng)" in lines[0]
    assert "(đang áp dụng)" not in lines[1]
    audited = hub.cli("audit", "list", "--object", FILE, "--action", "policy.change", "--json").stdout.splitlines()
    assert json.loads(audited[-1])["after"]["changes"][0]["what"] == "stage"
    [done] = objects(run(hub, "back", "--reason", "quá nhiều thư chờ", "--json"))
    assert (done["version"], done["before"]) == (before + 2, before + 1)
    assert written(hub) == rule(stage="shadow")
    run(hub, "back", "--to", "999", "--reason", "x", code=1)


def test_back_keeps_changes_of_the_file_that_were_never_in_force(hub: RunningHub) -> None:
    unsaved = rule(stage="warn", title="Đang soạn")
    write(hub, unsaved)
    done = run(hub, "back", "--reason", "x")
    kept = [path for path in hub.directory.iterdir() if path.name.startswith(FILE + ".before-")]
    assert [path.read_text() for path in kept] == [unsaved]
    assert str(kept[0]) in done.stderr
    assert written(hub) == run(hub, "show", "--text").stdout


def test_another_file_becomes_the_hubs_own(hub: RunningHub, tmp_path: Path) -> None:
    other = tmp_path / "moi.toml"
    other.write_text(rule(stage="warn", title="Từ tệp khác"))
    run(hub, "activate", str(other), "--reason", "x")
    assert written(hub) == other.read_text()
    assert (hub.directory / FILE).stat().st_uid == (hub.directory / "mailhub.toml").stat().st_uid


def test_a_broken_file_is_not_put_in_force(hub: RunningHub) -> None:
    before = newest(hub)
    write(hub, rule().replace("[rule.when]", "[rule.whn]"))
    done = run(hub, "activate", "--reason", "x", code=1)
    assert "policy.toml:" in done.stderr
    assert newest(hub) == before


ALLOW = rule("cho-phep", more=f'over = ["{PRIVATE}"]').replace('"refuse"', '"allow"').replace('stage = "hold"\n', "")
COUNT = rule("dem", stage="shadow").replace('"refuse"', '"count"')


def test_a_line_of_show_has_the_article_and_says_which_rules_count_and_which_allow(hub: RunningHub) -> None:
    write(hub, rule(stage="shadow") + ALLOW + COUNT)
    assert "3 quy tắc: 2 Ghi nhận, 1 Cho phép; 0 ngoại lệ" in run(hub, "check").stdout
    run(hub, "activate", "--reason", "x")
    private, allow, count = run(hub, "show").stdout.splitlines()
    assert private.startswith(f"{PRIVATE}  [Ghi nhận]  chỉ đếm; ở mức cao hơn: không gửi")
    assert allow.startswith("cho-phep  [Cho phép]  ")
    assert count.startswith("dem  [Ghi nhận]  chỉ đếm  ")
    for line in (private, allow, count):
        assert line.endswith("(Chỉ thị 77/2014/CT-UBND, khoản 1a)")
    assert "Mức áp dụng: Cho phép (không theo mức)" in run(hub, "show", "cho-phep").stdout


def test_one_rule_shows_every_value_of_a_long_list(hub: RunningHub) -> None:
    listed = [f"so-{number}.example" for number in range(30)]
    write(hub, rule(stage="shadow") + f"recipient.domain = {json.dumps(listed)}\n")
    run(hub, "activate", "--reason", "x")
    shown = run(hub, "show", PRIVATE).stdout
    assert all(one in shown for one in listed)


def test_one_rule_shows_what_it_was_modelled_on_and_that_an_agencys_plan_counts_alone(hub: RunningHub) -> None:
    more = 'promotions = [ { on = 2099-01-01, stage = "hold" } ]\nagencies.SYT = { stage = "warn" }'
    text = rule(stage="shadow", more=more).replace('article = ""', 'article = "", directive = "Chỉ thị 34"')
    write(hub, text)
    run(hub, "activate", "--reason", "x")
    shown = run(hub, "show", PRIVATE).stdout
    for word in ("Xây dựng theo: Chỉ thị 34", "SYT và các đơn vị trực thuộc, thay cho mức chung: Nhắc\n",
                 "lịch nâng mức chung không áp dụng cho các đơn vị có mức riêng"):  # fmt: skip
        assert word in shown


def test_a_relative_name_is_looked_for_in_the_hubs_directory_too(hub: RunningHub) -> None:
    assert not Path(FILE).exists()
    assert "đúng" in run(hub, "check", FILE).stdout
    assert "Không có gì khác" in run(hub, "diff", FILE).stdout
    assert run(hub, "simulate", "--with", FILE).stdout.startswith("0 thư")
    assert "Không có gì thay đổi" in run(hub, "activate", FILE, "--reason", "x").stdout
    assert "không có tệp" in run(hub, "check", "khong-co.toml", code=1).stderr


def test_the_commands_in_the_head_of_the_file_work_as_printed(hub: RunningHub) -> None:
    head = [line for line in shipped_text().splitlines()[:30] if "mailhub policy " in line]
    commands = [words.split("  ")[0] for line in head for words in line.split("mailhub policy ")[1:]]
    assert {words.split()[0] for words in commands} == {"check", "diff", "simulate", "activate", "back"}
    for words in commands:
        run(hub, *shlex.split(words))


def test_an_exception_for_an_own_address_that_does_not_exist_is_made_with_a_warning(hub: RunningHub) -> None:
    given = ("--rule", PRIVATE, "--until", "31/03/2099", "--why", "x", "--by", "x", "--dry-run")
    warned = run(hub, "exception", "add", "--who", "khong-co@tinh.gov.vn", *given).stderr
    assert "không có địa chỉ khong-co@tinh.gov.vn" in warned
    told = run(hub, "exception", "add", "--who", "nva@tinh.gov.vn", "--to", "ai@gmail.com", *given).stderr
    assert "không có địa chỉ" not in told


def test_an_exception_from_the_rule_on_secrets_is_refused_with_the_reason(hub: RunningHub) -> None:
    write(hub, rule(stage="shadow") + rule("bi-mat").replace('"refuse"', '"secret"'))
    run(hub, "activate", "--reason", "x")
    given = ("--rule", "bi-mat", "--who", "SYT", "--until", "31/03/2099", "--why", "x", "--by", "x")
    refused = run(hub, "exception", "add", *given, code=1).stderr
    assert "không có ngoại lệ với quy tắc về bí mật nhà nước" in refused
    assert "mailhub incident open" in refused


def test_show_tells_everything_of_a_rule(hub: RunningHub) -> None:
    text = run(hub, "show", PRIVATE).stdout
    fact = "Loại hộp thư của người nhận: hộp thư cá nhân (Gmail, Yahoo…)  (recipient.class)"
    for word in (PRIVATE, "Căn cứ: Chỉ thị 77", "Ghi nhận", fact, "chỉ đếm; ở mức cao hơn: không gửi"):
        assert word in text
    [shown] = objects(run(hub, "show", PRIVATE, "--json"))
    assert (shown["stage"], shown["when"][0]["fact"]) == ("shadow", "message.origin")
    assert "no rule" in run(hub, "show", "khong-co", code=1).stderr


def test_exceptions_are_added_listed_and_ended_in_file_and_force(hub: RunningHub) -> None:
    words = ("--rule", PRIVATE, "--who", "SYT", "--to", "benhvien.example", "--until", "31/03/2099")
    why = ("--why", "bệnh viện chưa có hộp thư", "--by", 'Công văn 12/SYT-VP "hỏa tốc"')
    assert run(hub, "exception", "list").stdout == ""
    assert "Sẽ áp dụng" in run(hub, "exception", "add", *words, *why, "--dry-run").stdout
    assert "SYT" not in written(hub)
    before = newest(hub)
    assert f"phiên bản {before + 1}" in run(hub, "exception", "add", *words, *why).stdout
    assert "SYT → benhvien.example" in run(hub, "exception", "list").stdout
    assert "SYT → benhvien.example" in run(hub, "show", PRIVATE).stdout
    assert written(hub).startswith(rule(stage="shadow"))
    assert "# console:" in written(hub)
    [one] = objects(run(hub, "exception", "list", "--who", "syt", "--json"))
    assert (one["by"], one["ended"], one["until"]) == ('Công văn 12/SYT-VP "hỏa tốc"', False, "2099-03-31")
    run(hub, "exception", "end", "--rule", PRIVATE, "--who", "nva@tinh.gov.vn", "--reason", "x", code=1)
    run(hub, "exception", "end", "--rule", PRIVATE, "--who", "SYT", "--reason", "đã có hộp thư")
    [one] = objects(run(hub, "exception", "list", "--json"))
    assert one["ended"] is True
    assert "đã có hộp thư" in written(hub)
    run(hub, "exception", "end", "--rule", PRIVATE, "--who", "SYT", "--reason", "x", code=1)
    assert "đúng" in run(hub, "check").stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--rule", "khong-co"), "no rule"),
        (("--who", "SXT"), "SXT"),
        (("--until", "01/01/2020"), "ended already"),
    ],
)
def test_exceptions_that_make_no_sense_are_refused(hub: RunningHub, changed: tuple[str, str], said: str) -> None:
    given = {"--rule": PRIVATE, "--who": "SYT", "--until": "31/03/2099", "--why": "x", "--by": "x"} | dict([changed])
    done = run(hub, "exception", "add", *(word for pair in given.items() for word in pair), code=1)
    assert said in done.stderr


def test_exceptions_do_not_write_over_changes_that_are_not_in_force(hub: RunningHub) -> None:
    write(hub, rule(stage="block"))
    given = ("--rule", PRIVATE, "--who", "SYT", "--until", "31/03/2099", "--why", "x", "--by", "x")
    assert "not in force" in run(hub, "exception", "add", *given, code=1).stderr
    assert written(hub) == rule(stage="block")


def test_officials_may_read_the_rules_and_change_nothing(hub: RunningHub) -> None:
    looked = hub.cli("--as", "nva@tinh.gov.vn", "policy", "show")
    assert PRIVATE in looked.stdout
    write(hub, rule(stage="block"))
    refused = hub.cli("--as", "nva@tinh.gov.vn", "policy", "activate", "--reason", "x", check=False)
    assert (refused.returncode, "policy.change" in refused.stderr) == (1, True)


def test_figures_and_rehearsals_of_nothing_say_so(hub: RunningHub) -> None:
    used = run(hub, "use", "--from", "01/11/2026", "--to", "30/11/2026", "--by", "provider")
    assert "từ 01/11/2026 đến hết 30/11/2026, theo nhà cung cấp" in used.stdout
    assert "Không có kết quả" in used.stderr
    run(hub, "use", "--from", "30/11/2026", "--to", "01/11/2026", code=2)
    told = run(hub, "simulate", "--days", "3", "--with", str(hub.directory / FILE), "--progress")
    assert told.stdout.startswith("0 thư trong 3 ngày qua")
    assert "100% 0/0" in told.stderr
    [found] = objects(run(hub, "simulate", "--json"))
    assert (found["messages"], found["changes"]["added"]) == (0, 0)
