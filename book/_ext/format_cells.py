"""Format and lint the chapters' code cells with ruff: `python book/_ext/format_cells.py [--check]`.

ruff reads Python files and notebooks but not MyST Markdown, so each cell goes through it by itself
(format), and all cells of a chapter in a row do (lint: names must be known from cell to cell).
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

BOOK = Path(__file__).parents[1]
RUFF = [sys.executable, "-m", "ruff"]
CELL = re.compile(
    r"(?P<head>^```\{code-cell\}[^\n]*\n(?:(?::[^\n]*|---\n.*?\n---)\n)*)"
    r"(?P<code>.*?)(?P<tail>^```[ \t]*$)",
    re.DOTALL | re.MULTILINE,
)


def ruff(*arguments: str, source: str) -> subprocess.CompletedProcess:
    command = [*RUFF, *arguments, "--config", "line-length = 88", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=False)


def formatted(text: str, name: str) -> str:
    """The chapter with every code cell formatted; raises ValueError naming the file and line."""

    def one(match: re.Match) -> str:
        done = ruff("format", "--stdin-filename", "cell.py", source=match["code"])
        if done.returncode:
            found = re.search(r"cell\.py:(\d+):\d+: (.*)", done.stderr)
            line = text.count("\n", 0, match.start("code")) + (int(found[1]) if found else 1)
            raise ValueError(f"{name}:{line}: {found[2] if found else done.stderr.strip()}")
        return match["head"] + done.stdout + match["tail"]

    return CELL.sub(one, text)


def lint(text: str, name: str) -> str:
    """What ruff finds in the chapter's code, one finding a line, or an empty string.

    Text lines become blank lines, so that ruff's line numbers are the chapter's.
    """
    lines = [""] * text.count("\n")
    for match in CELL.finditer(text):
        first = text.count("\n", 0, match.start("code"))
        code = match["code"].split("\n")[:-1]
        lines[first : first + len(code)] = code
    # Imports stand where they are needed, a last expression is a cell's output, I is a reader's I;
    # the width of lines is checked_equations' matter.
    # ruff lints what is named like Python, and nothing else.
    found = ruff(
        "check", "--output-format", "concise", "--stdin-filename", f"{name}.py",
        "--extend-ignore", "E402,B018,E501,E741,W391,I001,E303,W291,W293",
        source="\n".join(lines) + "\n",
    )  # fmt: skip
    return "" if found.returncode == 0 else found.stdout.strip().replace(f"{name}.py:", f"{name}:")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say what would change, exit 1")
    parser.add_argument("chapters", nargs="*", type=Path, default=sorted(BOOK.glob("*.md")))
    options = parser.parse_args()
    failed = False
    for path in options.chapters:
        before = path.read_text(encoding="utf8")
        try:
            after = formatted(before, path.name)
        except ValueError as error:
            failed = True
            print(error)
            continue
        if after != before:
            failed |= options.check
            what = "needs formatting: make format" if options.check else "formatted"
            print(f"{path.name}: {what}")
            if not options.check:
                path.write_text(after, encoding="utf8")
        found = lint(after, path.name)
        if found:
            failed = True
            print(found)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
