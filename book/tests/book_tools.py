"""Building the book, and small books with its frame, as `make book` does."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
TOC = (ROOT / "_toc.yml").read_text(encoding="utf8")
CHAPTERS = [BOOK / f"{name}.md" for name in re.findall(r"file: (\d\d_\w+)", TOC)]
APPENDICES = [BOOK / f"{name}.md" for name in re.findall(r"file: (appendix_\w+)", TOC)]
# Chapters import `lib` from the book's folder, Sphinx imports the extensions from theirs.
sys.path[:0] = [str(BOOK), str(BOOK / "_ext")]

# What every page of book/ stands on.
FRAME = ("_ext", "_static", "_templates", "data/quoted", "lib", "references.bib")
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
# For the builds, and, set before NumPy is imported, for chapters that a test runs itself.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
os.environ.update(ENVIRONMENT)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Build:
    """A finished build: `output` is what it printed, without colours."""

    returncode: int
    output: str
    root: Path

    @property
    def html(self) -> Path:
        return self.root / "_build" / "html"

    @property
    def errors(self) -> str:
        """What it printed from the first warning or error on: all that an author has to read."""
        start = re.search(r"^.*(WARNING: |ERROR: |rror:$|:\d+: \w+Error: )", self.output, re.M)
        return self.output[start.start() :] if start else ""


def build_command(source: Path) -> list[str]:
    """The command of `make book`, less its --quiet; test_build compares the two."""
    program = Path(sys.executable).with_name("jupyter-book")
    paths = ["--config", "_config.yml", "--toc", source / "_toc.yml", "--path-output", "."]
    return [*map(str, [program, "build", "book", *paths]), "--all", "-W", "-n", "--keep-going"]


def build(source: Path, *, anew: bool = True) -> Build:
    """Build the book of the project folder `source` as `make book` does.

    `anew` is false for the pages alone that changed since the last build.
    """
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    command = [word for word in build_command(source) if anew or word != "--all"]
    done = subprocess.run(command, cwd=source, check=False, **pipe)
    return Build(done.returncode, ESCAPES.sub("", done.stdout), source)


def copy_of_the_book(target: Path) -> Path:
    """A copy of the project without what git and builds keep in it."""
    hidden = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.pyc")
    shutil.copytree(ROOT, target, ignore=hidden)
    return target


def small_book(root: Path, pages: dict[str, str]) -> Path:
    """A project folder with the book's frame and `pages`: name to text, the first is the root."""
    (root / "book").mkdir(parents=True)
    for name in FRAME:
        copy = shutil.copytree if (BOOK / name).is_dir() else shutil.copy
        copy(BOOK / name, root / "book" / name)
    (root / "requirements.txt").write_text("# pins\n", encoding="utf8")
    first, *others = pages
    toc = [f"format: jb-book\nroot: {first}\n", *(f"- file: {name}\n" for name in others)]
    toc.insert(1, "chapters:\n" if others else "")
    (root / "_toc.yml").write_text("".join(toc), encoding="utf8")
    for name, text in pages.items():
        (root / "book" / f"{name}.md").write_text(text, encoding="utf8")
    shutil.copy(ROOT / "_config.yml", root)
    return root


def cell(code: str, *options: str) -> str:
    """The Markdown of a code cell; `options` are lines such as `:tags: [hide-input]`."""
    return "\n".join(["```{code-cell}", *options, code, "```", ""])
