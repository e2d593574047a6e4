"""The web: pages for IT staff, clerks, managers and officials, and the JSON API.

A door like the command line: it asks the same services, which check rights, and puts their answers into pages.
`frame/` is what every page shares, `listing/` the tables, `screens/` one file a subject, `templates/` its pages.
"""
