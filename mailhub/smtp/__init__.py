"""How mailhub talks with those who send: the protocol in `server.py`, what it asks in the doors behind `door.py`.

Nothing but this package knows SMTP reply codes.
"""
