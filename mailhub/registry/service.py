"""What can be done with the record of documents: the face of this folder.

Every function takes a connection; the caller owns the transaction. `keep` belongs into the one in which the messages
are accepted. Whoever asks is checked, and reading what is not one's own leaves a row in the audit log, so that
searching needs a connection that writes.
"""

from mailhub.registry.answers import answered
from mailhub.registry.corrections import correct
from mailhub.registry.export import export_labels
from mailhub.registry.keeping import keep
from mailhub.registry.readings import cached, ended_early, known, trust_of
from mailhub.registry.search import Search, search
from mailhub.registry.showing import show

__all__ = [
    "Search", "answered", "cached", "correct", "ended_early", "export_labels", "keep", "known", "search", "show",
    "trust_of",
]  # fmt: skip
