"""The supervisor's output: each line of a process after its name."""

import sys

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Terminal:
    """Prints aligned lines; in colour on a terminal."""

    def __init__(self, names: list[str]) -> None:
        self.width = max(map(len, names))
        self.colours = dict(zip(names, COLOURS * len(names), strict=False))
        self.coloured = sys.stdout.isatty()
        self.gone = False

    def line(self, name: str, text: str) -> None:
        label = f"{name:{self.width}}"
        if self.coloured:
            label = f"\x1b[{self.colours.get(name, 37)}m{label}\x1b[0m"
        self.say(f"{label} | {text}")

    def say(self, text: str) -> None:
        """Print a line. Once the output is closed, `gone` is true and nothing is printed."""
        if self.gone:
            return
        try:
            print(text, flush=True)
        except OSError:
            self.gone = True
