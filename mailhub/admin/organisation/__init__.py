"""What the screens of the organisation share: acts that are rehearsed before they are done, lists as jobs."""
