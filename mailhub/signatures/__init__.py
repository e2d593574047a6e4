"""Whether a signature is good: trust, revocation, verdicts, and what people are told of them (reference/signatures)."""
