"""May this message pass, to whom, and by which article: facts gathered, rules asked, the answer carried out.

`screen.py` runs it at the doors and `late.py` after 250: a `case.py` comes in, `facts/` and `outside/` say what is
known of it, `rules/` are those in force, `consequences/` what follows, `records/` what is kept. `rehearsal/` asks about
mail that is not on its way.
"""
