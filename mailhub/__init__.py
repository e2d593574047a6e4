"""mailhub: the mail and document-routing server of a Vietnamese province."""
