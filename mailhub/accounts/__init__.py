"""Who has a mailbox, who may log in, who may change what. Knows no SMTP, no IMAP, no exit codes.

Doors ask `Directory` (cached, exact) and `Verifier` (passwords); commands and pages call the functions of
`service`, each of which checks the actor's right, writes one row of the audit log and moves the directory's
version on, all in the caller's transaction.
"""
