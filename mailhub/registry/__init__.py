"""Which documents have passed, where they were seen, and who may find them (architecture § 8).

`service` is the face. A file is read once per SHA-256; a document is what was recognised in a file; an attachment is
one place where a file was seen; a correction is a person's better answer, and the recognised one stays beside it.
"""
