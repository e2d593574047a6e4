"""`mailhub classify`: a line a file, the contract's keys, explanations that tell where and why, honest exit codes."""

from __future__ import annotations

import ast
import io
import itertools
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mailhub.cli import given_files
from mailhub.cli.classified import as_object, classified
from mailhub.cli.explain import as_lines
from mailhub.cli.explain_words import DOUBTS, FIELDS, SIGNS
from mailhub.cli.main import main
from mailhub.documents.grammar.explanations import EXPLANATIONS, IDENTIFIERS, rule_id
from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import FIELDS as EVERY_FIELD
from mailhub.documents.grammar.recognition import Evidence, Found, Recognition
from mailhub.files.facts import Danger, DangerKind, FileFacts, Unreadable
from mailhub.sandbox.jail import UNPROTECTED
from mailhub.settings import SETTINGS_FILE
from mailhub.text.lines import text_of
from tests.support import commands
from tests.support.commands import ROOT
from tests.support.papers import NORMATIVE, TYPES, Layout, Paper, as_docx, as_text, make_paper

KEYS = [
    *("file", "doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy"),
    *("confidence", "abstained", "reasons"),
]

HUB = '[hub]\ndomain = "sonha.example"\nhostname = "mx.sonha.example"\n'


def run(*words: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return commands.run(["classify", *map(str, words)], stdin=typed, timeout=120)


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def says_what_it_is(said: dict[str, Any], paper: Paper) -> bool:
    known = (paper.type, paper.number_symbol, paper.issue_date, paper.signer)
    return (said["doc_type"], said["number_symbol"], said["issue_date"], said["signer"]) == known


def mail_with(name: str, data: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "vt@sonha.example", "snv@sonha.example", "Gửi văn bản"
    mail.set_content("Kính gửi văn bản kèm theo.\n")
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


def test_each_file_is_one_object_with_the_contracts_keys(tmp_path: Path) -> None:
    decision, letter = make_paper("QĐ", 4), make_paper("CV", 5, urgency="KHẨN")
    (tmp_path / "a.docx").write_bytes(as_docx(decision))
    (tmp_path / "b.txt").write_text(as_text(letter))
    (tmp_path / "c.txt").write_text("Chào anh, chiều nay mình đi uống cà phê nhé. Hẹn gặp lại.\n")
    done = run("--json", tmp_path / "a.docx", tmp_path / "b.txt", tmp_path / "c.txt")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = objects(done)
    for said in (first, second, third):
        assert list(said)[: len(KEYS)] == KEYS
        assert 0 <= said["confidence"] <= 1
    assert says_what_it_is(first, decision)
    assert says_what_it_is(second, letter)
    assert second["urgency"] == "KHẨN"
    assert (third["doc_type"], third["number_symbol"], third["signer"]) == ("NONE", None, None)
    assert any("number_symbol" in reason and str(decision.number_symbol) in reason for reason in first["reasons"])


def test_a_message_and_an_archive_are_one_line_each_that_of_their_main_document(tmp_path: Path) -> None:
    paper, annex = make_paper("KH", 2), "DANH SÁCH\n\n1. Kiều Văn Thạch\n2. Vũ Thị Nhạn\n"
    packed = zipped(danh_sach__txt=annex.encode(), ke_hoach__docx=as_docx(paper))
    (tmp_path / "goi.zip").write_bytes(packed)
    (tmp_path / "thu.eml").write_bytes(mail_with("goi.zip", packed))
    archive, mail = objects(run("--json", tmp_path / "goi.zip", tmp_path / "thu.eml"))
    assert says_what_it_is(archive, paper)
    assert says_what_it_is(mail, paper)
    assert archive["main"] == "ke_hoach.docx"
    assert mail["main"] == "goi.zip / ke_hoach.docx"
    assert [member["file"] for member in archive["members"]] == ["danh_sach.txt", "ke_hoach.docx"]
    assert (archive["type"], mail["type"]) == ("zip", "eml")


def test_a_folder_stands_for_all_files_in_it_in_order_whatever_their_names(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for name in (b"2.txt", b"1.txt", b"x/3.txt", b"x/v\xa8n.txt"):
        (tmp_path / os.fsdecode(name)).write_text(as_text(make_paper("TB", 1)))
    said = objects(run("--json", tmp_path))
    assert [Path(one["file"]).name for one in said] == ["1.txt", "2.txt", "3.txt", "v\ufffdn.txt"]
    assert {one["doc_type"] for one in said} == {"TB"}


def test_a_file_that_cannot_be_opened_is_told_and_the_others_are_done(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(as_text(make_paper("TB", 1)))
    done = run("--json", "--progress", tmp_path / "missing.pdf", tmp_path / "a.txt")
    assert done.returncode == 1
    assert "missing.pdf: No such file" in done.stderr
    assert "[2/2] a.txt" in done.stderr
    assert [said["doc_type"] for said in objects(done)] == ["TB"]


def test_what_might_never_end_is_not_opened_and_standard_input_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "large.pdf").open("wb") as large:
        large.truncate(given_files.LARGEST + 1)
    names: list[str | Path] = [tmp_path / "pipe", "/dev/zero", tmp_path / "folder", tmp_path / "large.pdf"]
    done = run("--json", *names, "-", typed=as_text(make_paper("TB", 1)))
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in told] == list(map(str, names))
    assert all("not a regular file" in line for line in told[:2])
    assert "nothing to read" in told[2]
    assert "larger than 256 MiB" in told[3]
    assert [(said["file"], said["doc_type"]) for said in objects(done)] == [("-", "TB")]


def test_standard_input_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(given_files, "LARGEST", 1_000)
    monkeypatch.setattr("mailhub.cli.main.os.umask", lambda _: 0)  # the other tests keep theirs
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr("sys.stdin", endless)
        with pytest.raises(SystemExit) as end:
            main(["classify", "--unsandboxed", "-"])
    assert end.value.code == 1
    assert "mailhub: -: larger than" in capsys.readouterr().err
    (tmp_path / "-").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert list(given_files.every_file(["./-", "."])) == [tmp_path / "-"] * 2


@pytest.mark.parametrize("words", [[""], ["--json", "--explain", "a.txt"], []])
def test_wrong_usage_is_told_before_anything_is_opened(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["classify", *words])
    assert end.value.code == 2
    assert "Usage: " in capsys.readouterr().err


def test_without_a_sandbox_nothing_is_opened_unless_it_is_said_in_so_many_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(as_text(make_paper("TB", 1)))
    monkeypatch.setattr("mailhub.sandbox.jail.shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("mailhub.cli.main.os.umask", lambda _: 0)  # the other tests keep theirs
    with pytest.raises(SystemExit) as end:
        main(["classify", "--json", str(tmp_path / "a.txt")])
    assert end.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "bubblewrap" in said.err
    # A setting would change nothing here, so that it is no advice.
    assert said.err.endswith("add --unsandboxed\n")
    assert ("[inspector]" in said.err, said.err.count("\n")) == (False, 1)
    main(["classify", "--json", "--unsandboxed", str(tmp_path / "a.txt")])
    assert json.loads(capsys.readouterr().out)["doc_type"] == "TB"


def test_without_a_sandbox_the_setting_of_the_hub_that_is_named_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paper, settings = tmp_path / "a.txt", tmp_path / SETTINGS_FILE
    paper.write_text(as_text(make_paper("TB", 1)))
    settings.write_text(HUB)
    monkeypatch.setattr("mailhub.sandbox.jail.shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("mailhub.cli.main.os.umask", lambda _: 0)  # the other tests keep theirs
    with pytest.raises(SystemExit):
        main(["--dir", str(tmp_path), "classify", str(paper)])
    assert "--unsandboxed" in capsys.readouterr().err
    settings.write_text(f'{HUB}[inspector]\nsandbox = "{UNPROTECTED}"\n')
    main(["--dir", str(tmp_path), "classify", "--json", str(paper)])
    assert json.loads(capsys.readouterr().out)["doc_type"] == "TB"


def test_why_nothing_was_read_is_told_in_words_and_in_reasons(tmp_path: Path) -> None:
    Image.new("L", (500, 707), 255).save(tmp_path / "scan.png")
    (tmp_path / "noise.pdf").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "blank.txt").write_text("  \n")
    Image.new("L", (500, 707), 255).save(tmp_path / "scan.pdf")
    names = [tmp_path / name for name in ("scan.png", "noise.pdf", "blank.txt", "scan.pdf")]
    scan, noise, blank, scanned = objects(run("--json", *names))
    assert scan["reasons"] == ["image: too small to read, or not of a page's shape"]
    assert noise["reasons"] == ["unreadable: unsupported type", "misnamed: noise.pdf is no PDF"]
    assert blank["reasons"] == ["no text"]
    assert scanned["reasons"] == ["no text: blank pages, or images too small or unclear to read"]
    assert [said["pages"] for said in (scan, noise, blank)] == [None] * 3
    told = run(*names).stdout
    assert "scan.png\tảnh quá nhỏ" in told
    assert "scan.pdf\tkhông thấy chữ: trang trắng, hoặc ảnh quá nhỏ, quá mờ" in told
    assert "noise.pdf\tkhông đọc được (chưa hỗ trợ loại tệp này; tên là .pdf, nội dung không phải)" in told


def test_an_explanation_tells_what_where_and_by_which_rule(tmp_path: Path) -> None:
    paper = make_paper("QĐ", 4)
    (tmp_path / "qd.txt").write_text(as_text(paper))
    (tmp_path / "draft.txt").write_text(as_text(make_paper("QĐ", 4, number="", issued=None, signer="", draft=True)))
    done = run("--explain", tmp_path / "qd.txt", tmp_path / "draft.txt")
    issued, draft = done.stdout.split("\n\n", 1)
    assert paper.issued is not None
    day = paper.issued.strftime("%d/%m/%Y")
    for words in (
        "Quyết định (QĐ)",
        str(paper.number_symbol),
        day,
        paper.signer,
        EXPLANATIONS["heading_whole_line"],
        "dòng ",
    ):
        assert words in issued, issued
    assert "Nơi nhận: " in issued
    assert "dự thảo" in draft
    assert "Số, ký hiệu" not in draft.partition("Vì sao:")[0].replace("Không thấy", "").split("số, ký hiệu")[0]


@pytest.mark.unit
def test_what_is_below_the_line_is_explained_and_not_said() -> None:
    unsure = Found("99/QĐ-UBND", 0.4, Evidence("number_in_heading", "QUYẾT ĐỊNH 99/QĐ-UBND", 1, 3))
    kind = Found("QĐ", 0.9, Evidence("heading_whole_line", "QUYẾT ĐỊNH", 1, 3))
    facts = FileFacts("a.txt", "txt", 10, recognition=Recognition({"doc_type": kind, "number_symbol": unsure}))
    lines = list(as_lines(classified("a.txt", facts)))
    assert "99/QĐ-UBND" not in lines[0]
    told = next(line for line in lines if "có thể là “99/QĐ-UBND”" in line)
    assert "40%" in told
    assert "trang 1, dòng 4" in told


@pytest.mark.unit
def test_dangers_and_files_that_were_not_read_are_told_with_what_lies_within() -> None:
    program = FileFacts(
        "setup.pdf.exe", "exe", 9, dangers=(Danger(DangerKind.EXECUTABLE), Danger(DangerKind.EXECUTABLE))
    )
    locked = FileFacts("mat.docx", "docx", 9, unreadable=Unreadable.ENCRYPTED)
    outside = Danger(DangerKind.TRAVERSAL, "../mat.docx")
    told = "\n".join(
        as_lines(classified("a.zip", FileFacts("a.zip", "zip", 9, members=(program, locked), dangers=(outside,))))
    )
    assert "CẢNH BÁO            tên thành phần trỏ ra ngoài thư mục (../mat.docx)" in told
    assert told.count("CẢNH BÁO: là hoặc chứa chương trình chạy được") == 1
    assert "mat.docx (docx): không đọc được (tệp đặt mật khẩu)" in told


@pytest.mark.unit
def test_programs_are_told_lines_from_one_and_rules_that_are_identifiers() -> None:
    signer = Found("Kiều Văn Thạch", 0.9, Evidence("khối chữ ký", "Kiều Văn Thạch", 1, 3))
    kind = Found("QĐ", 0.9, Evidence("symbol_first_group"))
    said = as_object(
        classified(
            "a.txt", FileFacts("a.txt", "txt", 10, recognition=Recognition({"doc_type": kind, "signer": signer}))
        )
    )
    fields = said["fields"]
    assert isinstance(fields, dict)
    assert [fields["signer"][key] for key in ("rule", "page", "line")] == ["signature_block", 1, 4]
    assert [fields["doc_type"][key] for key in ("rule", "page", "line")] == ["symbol_first_group", None, None]
    assert said["reasons"] == ["doc_type: symbol_first_group: QĐ", "signer: signature_block: Kiều Văn Thạch"]


@pytest.mark.unit
def test_every_rule_that_is_named_in_words_has_an_identifier_of_its_own() -> None:
    assert len(set(IDENTIFIERS.values())) == len(IDENTIFIERS)
    assert not set(IDENTIFIERS.values()) & set(EXPLANATIONS)
    named = set(_rules_in_words())
    assert len(named) > 15  # they are found at all
    assert named <= set(IDENTIFIERS)
    for rule in (*EXPLANATIONS, *IDENTIFIERS, "dấu đứng riêng một dòng, không đọc rõ", "một luật mới", "…"):
        assert re.fullmatch("[a-z0-9_]+", rule_id(rule)), rule
    assert rule_id("dấu đứng riêng một dòng, không đọc rõ") == "mark_on_its_own_line_unclear"
    assert {rule_id(rule) for rule in EXPLANATIONS} == set(EXPLANATIONS)


def _rules_in_words() -> Iterator[str]:
    """The Vietnamese words that the grammar's modules give as the first argument of `seen()` and `Evidence()`."""
    for module in (ROOT / "mailhub/documents/grammar").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and node.args:
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for word in ast.walk(node.args[0]) if called in ("seen", "Evidence") else ():
                    if isinstance(word, ast.Constant) and isinstance(word.value, str) and not word.value.isascii():
                        yield word.value


@pytest.mark.unit
def test_of_a_secret_document_it_is_told_that_its_words_stay_in_the_sandbox() -> None:
    secret = Recognition({"doc_type": Found("CV", 0.9, Evidence("letter_layout"))})
    facts = FileFacts("m.pdf", "pdf", 9, unreadable=Unreadable.SECRET, recognition=secret)
    told = "\n".join(as_lines(classified("m.pdf", facts)))
    assert "Văn bản mật         không đưa nội dung ra ngoài vùng cách ly" in told
    assert "lưu" not in told
    assert "Không đọc hết" not in told


@pytest.mark.unit
def test_every_rule_field_and_doubt_of_the_grammar_has_words() -> None:
    assert set(FIELDS) == set(EVERY_FIELD)
    wordless = set()
    for kind, layout, change in itertools.product([*TYPES, *NORMATIVE], Layout, ({}, {"number": ""}, {"heading": ""})):
        found = recognise(text_of(as_text(make_paper(kind, 1, **change), layout)))
        wordless |= {doubt.kind for doubt in found.doubts if doubt.kind not in DOUBTS}
        for one in (*found.fields.values(), *found.labels):
            rule = one.evidence.rule
            if rule not in EXPLANATIONS and (rule.isascii() or "_" in rule):
                wordless.add(rule)
            if rule == "too_few_signs":
                wordless |= set(one.evidence.text.split(", ")) - set(SIGNS) - {""}
    assert wordless == set()
