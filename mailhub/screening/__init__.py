"""May this message pass, to whom, and by which article: facts gathered, rules asked, the answer carried out."""
