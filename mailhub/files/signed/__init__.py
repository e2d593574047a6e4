"""What is signed in a file, and how well: PDF (ISO 32000-2 § 12.8, PAdES) and CMS (RFC 5652). Runs in the sandbox only,
save its values (`facts.py`, `trusted.py`)."""
