"""Legal but hostile mail."""
from typing import Any
def run(screen: Any, office: Any) -> int:
    return 0
