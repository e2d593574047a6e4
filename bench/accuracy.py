"""How well documents are recognised in a labelled folder: `python -m bench.accuracy FOLDER`.

FOLDER holds labels.jsonl (id, doc_type, number_symbol, issue_date, issuer, subject, signer, urgency, secrecy, accept,
unreadable, file), the texts ID.txt beside it and, for --files, the original files; they are read in the sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.scoring import FIELDS, Record, Score, score, table
from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.facts import Limits, Mode
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.text.lines import text_of

_SECONDS = 120.0
_CASES = ("all", "kept aside", "the others")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    options = _options(arguments)
    labels = _labels(options.folder)
    started = time.perf_counter()
    if options.files:
        labels = [label for label in labels if _original(options.folder, label) is not None]
        predictions = asyncio.run(_read_files(options, labels))
    else:
        predictions = {label["id"]: _of_text(options.folder / f"{label['id']}.txt") for label in labels}
    took = time.perf_counter() - started
    if options.out:
        _write(options.out, predictions)
    print(f"{len(labels)} {'files' if options.files else 'texts'} of {options.folder}, {took:.1f} s\n")
    aside = tuple(options.fold.split(","))
    parts = (
        labels,
        [one for one in labels if one["id"].endswith(aside)],
        [one for one in labels if not one["id"].endswith(aside)],
    )
    scores = [score(predictions, part, strict=options.strict) for part in parts]
    print(_halves(scores, aside))
    print(f"\n{table(scores[0], details=options.details)}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.accuracy", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", action="store_true", help="read the original files instead of the texts")
    parser.add_argument("--strict", action="store_true", help="count what only the page's image shows, too")
    parser.add_argument("--jobs", type=int, default=2, help="files read at once (2)")
    parser.add_argument("--fold", default="0,5", help="last letters of the ids kept aside while tuning (0,5)")
    parser.add_argument("--details", action="store_true", help="list what was wrong")
    parser.add_argument("--out", type=Path, help="write the predictions here, an object a line")
    parser.add_argument("--cache", type=Path, help="keep answers in this folder; used while the code is the same")
    return parser.parse_args(arguments)


def _labels(folder: Path) -> list[Record]:
    lines = (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _original(folder: Path, label: Record) -> Path | None:
    named = label.get("file")
    if named:
        found = [path for path in (folder / named, folder / "files" / named) if path.is_file()]
        return found[0] if found else None
    return next(iter(sorted((folder / "files").glob(f"{label['id']}.*"))), None)


def _of_text(path: Path) -> dict[str, Any]:
    plain = path.read_text(encoding="utf-8") if path.exists() else ""
    return prediction(recognise(text_of(plain)))


def prediction(recognition: Recognition | None) -> dict[str, Any]:
    """What is said, and what is seen without being said."""
    if recognition is None:
        return {"doc_type": "NONE", "abstained": ["doc_type"]}
    said: dict[str, Any] = {name: recognition.value(name) for name in FIELDS}
    said["doc_type"] = recognition.doc_type
    said["abstained"] = list(recognition.abstained)
    return said


async def _read_files(options: argparse.Namespace, labels: Iterable[Record]) -> dict[str, dict[str, Any]]:
    free = asyncio.Semaphore(options.jobs)
    with LocalPool(processes=options.jobs) as inspector:

        async def one(label: Record) -> tuple[str, dict[str, Any]]:
            async with free:
                path = _original(options.folder, label)
                assert path is not None
                said = await _of_file(path, inspector, options.cache)
                print(f"\r\033[K{label['id']} {path.name[:50]}", end="", file=sys.stderr, flush=True)
                return label["id"], said

        found = dict(await asyncio.gather(*map(one, labels)))
    print("\r\033[K", end="", file=sys.stderr)
    return found


async def _of_file(path: Path, inspector: Inspector, cache: Path | None) -> dict[str, Any]:
    """Read in the sandbox. The cache holds answers, each under its file and the code that gave it."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    kept = cache / f"{digest}-{_fingerprint()}.json" if cache else None
    if kept and kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text())
        return found
    file = FileBytes(path.name, "application/octet-stream", data, digest)
    limits = Limits(mode=Mode.FULL, seconds=_SECONDS)
    facts = (await inspector.read([file], limits, timeout=_SECONDS * 2))[0]
    said = prediction(facts.recognition)
    said |= {"source": facts.source.value, "unreadable": facts.unreadable.value if facts.unreadable else None}
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(said, ensure_ascii=False))
    return said


def _fingerprint() -> str:
    """The code that answers depend on: what is kept under another one is not used."""
    root = Path(__file__).parent.parent / "mailhub"
    code = hashlib.sha256()
    for folder in ("documents/grammar", "files", "text"):
        for path in sorted((root / folder).rglob("*.py")):
            code.update(path.read_bytes())
    return code.hexdigest()[:16]


def _halves(scores: Sequence[Score], aside: Sequence[str]) -> str:
    rows = [
        f"{'':34}" + "".join(f"{name:>14}" for name in _CASES) + f"   (kept aside: ids ending in {' or '.join(aside)})"
    ]

    def row(name: str, values: Iterable[str]) -> None:
        rows.append(f"{name:34}" + "".join(f"{value:>14}" for value in values))

    row("documents", (str(one.size) for one in scores))
    row("type macro-F1, classes ≥ 5", (f"{one.macro_f1_of_large:.3f}" if one.large else "-" for one in scores))
    row("type right", (_rate(one.fields["doc_type"].right, one) for one in scores))
    for name in FIELDS[1:]:
        row(f"{name}, where shown", (_share(one.fields[name].shown_right, one.fields[name].shown) for one in scores))
    row("negatives taken for documents", (_share(len(one.taken_for_documents), one.negatives) for one in scores))
    row("numbers invented", (str(len(one.invented_numbers)) for one in scores))
    row("wrong answers given", (f"{one.given_wrong} / {one.given}" for one in scores))
    return "\n".join(rows)


def _rate(right: int, one: Score) -> str:
    return _share(right, one.fields["doc_type"].shown)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def _write(path: Path, predictions: dict[str, dict[str, Any]]) -> None:
    lines = (json.dumps({"id": name, **said}, ensure_ascii=False) for name, said in predictions.items())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
