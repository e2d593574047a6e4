"""People as the organisation knows them: names, addresses made from names, ranks, and who may be one and the same."""
