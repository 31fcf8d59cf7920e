"""The campaign's own record, a JSON object a line: what was done to the shop and what it answered.

Its first line says with which seed, and by which command, the same faults can be drawn again.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any


class History:
    """Appends to `path`; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    def write(self, **what: Any) -> None:
        line = json.dumps({"at": round(time.time(), 3), **what}, ensure_ascii=False, default=str)
        with self._lock, self.path.open("a") as file:
            file.write(f"{line}\n")
