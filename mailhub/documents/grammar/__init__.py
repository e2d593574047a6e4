"""Reads an official document's identity off its text (Nghị định 30/2020/NĐ-CP). Pure: text in, values out.

`recognise` is the face; `recognition` holds what it answers.
"""
