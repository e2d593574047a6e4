"""The pipeline every message passes: receive, read, judge, route, commit."""
