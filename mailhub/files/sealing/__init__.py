"""An agency's signature is put onto a PDF: where and how it is drawn (Nghị định 30/2020/NĐ-CP PL I mục II.8, III.1),
the incremental update that carries it, and the timestamp that its CMS gets. Runs in the sandbox only, save its values
(`values.py`) and what asks for timestamps (`requests.py`). No key is ever here."""
