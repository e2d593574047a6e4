"""mandates.toml: what is wrong is named with its line, and nothing that others could have put there is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailhub.files.signed.trusted import Part
from mailhub.signer.errors import MandateError
from mailhub.signer.folder import Folder
from mailhub.signer.mandate import load_mandates
from mailhub.signer.mandate_file import read_mandate_file
from tests.support.signing_desk import MANDATES, put


def problems_of(text: str) -> list[str]:
    with pytest.raises(MandateError) as caught:
        read_mandate_file(text.encode(), "mandates.toml")
    return caught.value.problems


@pytest.mark.unit
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("limit_a_day = 3", "limit_a_day = 3\nlimit = 4", "mandates.toml:8: agencies.STTTT.limit: is not known here"),
        ("limit_a_day = 3", 'limit_a_day = "3"', "mandates.toml:7: agencies.STTTT.limit_a_day: must be a whole number"),
        ("limit_a_day = 3", "limit_a_day = 0", "mandates.toml:7: agencies.STTTT.limit_a_day"),
        ("limit_a_day = 3", "", "mandates.toml:3: agencies.STTTT.limit_a_day: is missing"),
        ('["CV", "QĐ"]', '["CV", "QD"]', "is no type of document: did you mean QĐ?"),
        ('["GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]', "[]", "mandates.toml:6: agencies.STTTT.posts"),
        ("vanthu.stttt@tinh.gov.vn", "vanthu", "mandates.toml:4: agencies.STTTT.desks.0: must be the address"),
        ('pkcs12 = "keys/stttt.p12"', "", "needs pkcs12, or module, token and label"),
        ("pkcs12 = ", 'module = "/lib/x.so"\npkcs12 = ', "and not both"),
        ('pkcs12 = "keys/stttt.p12"', 'module = "x.so"\ntoken = "t"\nlabel = "l"', "module must be an absolute path"),
        ("diameter_mm = 36", "diameter_mm = 200", "mandates.toml:15: agencies.STTTT.seal.diameter_mm"),
        ("trust = ", "trust = []\nroots = ", "mandates.toml:1: trust"),
        ("[agencies.STTTT.seal]", "[agencies.STTTT.seal", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, said: str) -> None:
    assert any(said in problem for problem in problems_of(MANDATES.replace(old, new)))


@pytest.mark.unit
def test_everything_wrong_is_named_at_once() -> None:
    assert len(problems_of(MANDATES.replace("limit_a_day = 3", "limit = 3").replace("image", "picture"))) == 4


def test_a_good_file_is_read_with_all_it_names(folder: Folder) -> None:
    mandates = load_mandates(folder)
    mandate = mandates.by_agency["STTTT"]
    assert mandate.desks == {"vanthu.stttt@tinh.gov.vn"}
    assert mandate.posts == {"giam doc", "pho giam doc"}
    assert mandate.seal_png.startswith(b"\x89PNG")
    assert {one.part for one in mandates.trust.certificates} == {Part.ROOT, Part.INTERMEDIATE}


@pytest.mark.parametrize(
    ("name", "octets", "said"),
    [
        ("seals/stttt.png", b"GIF89a", "is no PNG"),
        ("trust/authorities.pem", b"nothing", "holds no certificate"),
        ("mandates.toml", MANDATES.replace("seals/stttt.png", "../stttt.png").encode(), "must lie in"),
        ("mandates.toml", MANDATES.replace("seals/stttt.png", "/etc/passwd").encode(), "must lie in"),
        ("mandates.toml", MANDATES.replace("seals/stttt.png", "seals/none.png").encode(), "No such file"),
    ],
)
def test_a_file_that_does_not_do_is_named(folder: Folder, name: str, octets: bytes, said: str) -> None:
    put(folder, name, octets)
    with pytest.raises(MandateError, match=said):
        load_mandates(folder)


def test_a_trust_without_a_root_is_refused(folder: Folder, pki: object) -> None:
    from tests.support.pki import Pki, pem

    assert isinstance(pki, Pki)
    put(folder, "trust/authorities.pem", pem(pki.official.sub))
    with pytest.raises(MandateError, match="names no root"):
        load_mandates(folder)


def test_a_folder_that_others_may_look_into_is_refused(folder: Folder) -> None:
    folder.path.chmod(0o750)
    with pytest.raises(MandateError, match="others may look in"):
        load_mandates(folder)


def test_a_link_is_followed_nowhere(folder: Folder) -> None:
    image = folder.path / "seals/stttt.png"
    image.rename(folder.path / "seals/other.png")
    image.symlink_to("other.png")
    with pytest.raises(MandateError):
        load_mandates(folder)


def test_a_secret_that_others_may_read_is_refused(folder: Folder) -> None:
    path = folder.path / "keys/stttt.p12"
    path.chmod(0o640)
    with pytest.raises(MandateError, match="others may read it"):
        folder.read("keys/stttt.p12")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_somebody_else_is_refused(folder: Folder) -> None:
    """The hub's user owns the folder above, and could rename this one and put its own in the place."""
    os.chown(folder.path / "mandates.toml", 65534, 65534)
    with pytest.raises(MandateError, match="belongs to user 65534"):
        load_mandates(folder)
    os.chown(folder.path / "mandates.toml", 0, 0)
    os.chown(folder.path, 65534, 65534)
    with pytest.raises(MandateError, match="belongs to user 65534"):
        load_mandates(folder)


@pytest.mark.unit
def test_the_example_that_ships_is_right() -> None:
    text = (Path(__file__).parents[2] / "config/mandates.toml").read_bytes()
    assert read_mandate_file(text, "mandates.toml").agencies
