"""A small project with one assignment, the worked example of WRITING.md."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.course import ROOT

SLUG = "20_temperature"


def example_files() -> dict[str, str]:
    """File name → content of the worked example in WRITING.md."""
    text = (ROOT / "autograder" / "WRITING.md").read_text(encoding="utf-8")
    return dict(re.findall(r'```python title="([^"]+)"\n(.*?)```', text, flags=re.S))


def write_project(
    folder: Path, files: dict[str, str] | None = None, *, sandbox: bool = True
) -> Path:
    """A project of these files, by default with the worked example as its only assignment."""
    for name, content in (files or example_files()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    # A course folder's configuration loads its project's, which is the real one but for the place.
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    config = config.replace("Path(__file__).resolve().parent", f"Path({str(ROOT)!r})")
    config = config.replace("configure(c, project)", f"configure(c, {str(folder)!r})")
    if not sandbox:
        config += "\nc.Autograder.sandbox = False\n"
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    return folder
