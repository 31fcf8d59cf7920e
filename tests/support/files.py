"""Files that a test writes."""

from pathlib import Path


def write(root: Path, files: dict[str, str]) -> Path:
    """Write these texts by their paths below `root`; returns it."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
