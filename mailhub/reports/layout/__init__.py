"""Figures with their words: titles, definitions, tables. No figure is counted here."""
