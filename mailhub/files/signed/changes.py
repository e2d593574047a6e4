"""What was done to a PDF after a signature, step by step from revision to revision (ISO 32000-2 § 12.8.2).

The octets come first (`revisions.py`), then the objects by pyHanko's difference analysis, whose rules name what may
change: further signatures with fields and appearances of their own, form fields, validation data. The decree wants
signatures one upon the other (leader, number, date, seal: Nghị định 30/2020/NĐ-CP PL I), so those are no alteration.

pyHanko lets an object pass that nothing of the new revision refers to. When what was signed refers to that number
already, it appears there: that is refused (`_Policy`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel, SuspiciousModification
from pyhanko.sign.diff_analysis.form_rules_api import FieldMDPRule, FormUpdate, FormUpdatingRule
from pyhanko.sign.diff_analysis.policies import StandardDiffPolicy
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    GenericFieldModificationRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
)
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, enumerate_sig_fields

from mailhub.files.signed.facts import Changes, Problem
from mailhub.files.signed.pdf_reader import entry
from mailhub.files.signed.revisions import Revisions
from mailhub.files.signed.structure import Flaw

logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)  # it quotes documents

_FORM = ("/Root", "/AcroForm")
_DEFAULTS = ("/NeedAppearances", "/DA", "/DR", "/Q")
ORDER = tuple(Changes)  # from the lightest to the gravest


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one revision did to the one before. `fields`: form fields whose value it set."""

    changes: Changes
    detail: str = ""
    locked: bool = False  # allowed but for the signature's own rules
    fields: frozenset[str] = field(default_factory=frozenset)


class _Forms(FormUpdatingRule):
    """Remembers which fields a revision really wrote: pyHanko names every field that it would let be filled in."""

    def __init__(self, field_rules: list[FieldMDPRule]) -> None:
        super().__init__(field_rules)
        self.written: set[str] = set()

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[tuple[ModificationLevel, FormUpdate]]:
        self.written = set()
        own = new.explicit_refs_in_revision()
        for level, update in super().apply(old, new):
            if update.field_name is not None and not update.valid_when_locked and update.updated_ref in own:
                self.written.add(update.field_name)
            yield level, update


class _Policy(StandardDiffPolicy):
    def apply(
        self,
        old: HistoricalResolver,
        new: HistoricalResolver,
        field_mdp_spec: FieldMDPSpec | None = None,
        doc_mdp: MDPPerm | None = None,
    ) -> DiffResult:
        old._load_reverse_xref_cache()
        for ref in new.explicit_refs_in_revision():
            if old.is_ref_unassignable(ref) and old._get_usages_of_ref(ref):
                raise SuspiciousModification("defines an object that what was signed refers to in vain")
        return super().apply(old, new, field_mdp_spec, doc_mdp)


# After a certification that allows filling in forms, as after any signature, further signatures bring fields of their
# own: signing programs in our offices certify with the first one (pyHanko would refuse what Acrobat and they allow).
_FORMS = _Forms(
    [
        SigFieldCreationRule(allow_new_visible_after_certify=True),
        SigFieldModificationRule(),
        GenericFieldModificationRule(),
    ]
)
_POLICY = _Policy(DEFAULT_DIFF_POLICY.global_rules, _FORMS)


class History:
    """What happened from revision to revision of one file; each step is looked at once."""

    def __init__(self, reader: PdfFileReader, revisions: Revisions) -> None:
        self._reader = reader
        self._revisions = revisions
        self._steps: dict[int, Step] = {}
        self._octets: dict[int, Flaw | None] = {}
        self._signature_fields: frozenset[str] | None = None

    def since(self, revision: int, start: int, rules: Rules) -> Step:
        """What was done after `revision`, whose octets end at `start`; the gravest step of all.

        `rules` are those that the signature made in `revision` sets for later changes.
        """
        worst = Step(changes=Changes.NONE)
        begin = start
        for number in range(revision + 1, self._revisions.last + 1):
            step = self._appended(number, begin) or self._step(revision, number, rules)
            worst = step if ORDER.index(step.changes) > ORDER.index(worst.changes) else worst
            begin = self._revisions.start_of(number + 1) if number < self._revisions.last else begin
        return worst

    def _appended(self, number: int, start: int) -> Step | None:
        if number not in self._octets:
            try:
                self._revisions.check_appended(number, start)
                self._octets[number] = None
            except Flaw as flaw:
                self._octets[number] = flaw
            except (MemoryError, RecursionError):
                raise
            except Exception as error:
                self._octets[number] = Flaw(Problem.CHANGED_AFTER, type(error).__name__)
        flaw_found = self._octets[number]
        return Step(changes=Changes.FORBIDDEN, detail=flaw_found.detail) if flaw_found is not None else None

    def _step(self, revision: int, number: int, rules: Rules) -> Step:
        """The step to `number`: from the revision before when nothing else is asked for, since every one of them is
        looked at; rules of the signature's own need the comparison with what it signed."""
        if rules.any:
            return self._compared(revision, number, rules)
        if number not in self._steps:
            self._steps[number] = self._compared(number - 1, number, rules)
        step = self._steps[number]
        if step.changes is Changes.FORBIDDEN and revision != number - 1:
            return self._compared(revision, number, rules)  # a signature taken back: no change to what was signed
        return step

    def _compared(self, old: int, new: int, rules: Rules) -> Step:
        try:
            result = _POLICY.apply(
                self._reader.get_historical_resolver(old),
                self._reader.get_historical_resolver(new),
                rules.fields,
                rules.document,
            )
            return self._named(result, self._form_changed(old, new))
        except SuspiciousModification as error:
            locked = "locked" in str(error)
            return Step(changes=Changes.FORBIDDEN, detail=_plain(error), locked=locked)
        except MemoryError:
            raise
        except Exception as error:  # a difference that cannot be told is none that may pass
            return Step(changes=Changes.UNTOLD, detail=type(error).__name__)

    def _form_changed(self, old: int, new: int) -> bool:
        """Whether defaults of the form changed by which programs draw text fields anew; pyHanko takes them lightly."""
        if not self._other_fields():
            return False
        former, later = (self._reader.get_historical_resolver(number) for number in (old, new))
        before, after = (one.root["/AcroForm"] for one in (former, later))
        if any(before.get(key) != after.get(key) for key in _DEFAULTS):
            return True
        # The same reference may lead to something else: what lies below them was written anew.
        usages = (use.path for ref in later.explicit_refs_in_revision() for use in former._get_usages_of_ref(ref))
        return any(tuple(path[:2]) == _FORM and path[2:3] and path[2] in _DEFAULTS for path in usages)

    def _other_fields(self) -> bool:
        top = self._reader.root["/AcroForm"]["/Fields"]
        return any("/FT" not in field.get_object() or field.get_object()["/FT"] != "/Sig" for field in top)

    def _named(self, result: DiffResult, form_changed: bool) -> Step:
        fields = frozenset(_FORMS.written)
        if form_changed and result.modification_level <= ModificationLevel.FORM_FILLING:
            return Step(changes=Changes.FORMS, fields=fields)
        if result.modification_level <= ModificationLevel.LTA_UPDATES:
            return Step(changes=Changes.VALIDATION, fields=fields)
        if result.modification_level == ModificationLevel.FORM_FILLING:
            own = fields <= self._signatures()
            return Step(changes=Changes.SIGNATURES if own else Changes.FORMS, fields=fields)
        return Step(changes=Changes.ANNOTATIONS, fields=fields)

    def _signatures(self) -> frozenset[str]:
        if self._signature_fields is None:
            self._signature_fields = frozenset(name for name, _, _ in enumerate_sig_fields(self._reader))
        return self._signature_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a signature allows after itself (ISO 32000-2 §§ 12.8.2.2, 12.8.2.4): None = sets no rule."""

    document: MDPPerm | None = None
    fields: FieldMDPSpec | None = None
    certifies: bool = False

    @property
    def any(self) -> bool:
        """Whether the signature forbids anything."""
        return self.document is not None or self.fields is not None


def rules_of(signature: generic.DictionaryObject, signature_field: generic.DictionaryObject) -> Rules:
    """The rules that a signature and its field's lock set.

    Raises: Flaw: they cannot be read.
    """
    document: MDPPerm | None = None
    fields: FieldMDPSpec | None = None
    certifies = False
    try:
        for one in entry(signature, "/Reference", ()):
            reference = one.get_object()
            method = reference["/TransformMethod"]
            if method == "/DocMDP":
                certifies = True
                document = MDPPerm(entry(entry(reference, "/TransformParams", generic.DictionaryObject()), "/P", 2))
            elif method == "/FieldMDP":
                fields = FieldMDPSpec.from_pdf_object(reference["/TransformParams"])
        if document is None and "/Lock" in signature_field and "/P" in signature_field["/Lock"]:
            document = MDPPerm(signature_field["/Lock"]["/P"])
    except Exception as error:
        raise Flaw(Problem.LEVEL, f"rules of the signature: {type(error).__name__}") from error
    return Rules(document=document, fields=fields, certifies=certifies)


def _plain(error: SuspiciousModification) -> str:
    """The first words of pyHanko's reason: what follows names objects, and could name words of the document."""
    return str(error.args[0] if error.args else "").split(":")[0].split("{")[0][:120]
