"""nbgrader with this project's grader. A course folder's own nbgrader_config.py loads this file."""

from pathlib import Path

project = Path(__file__).resolve().parent
try:
    from autograder.nbgrader.hooks import configure

    c = get_config()  # noqa: F821 - nbgrader provides it
    configure(c, project)
    # The project holds no class; commands given here work on the one that `make demo` builds.
    c.CourseDirectory.root = str(project / "_build" / "demo")
except Exception as error:
    # nbgrader would report the error, go on, and run students' code itself, unprotected.
    raise SystemExit(f"{__file__}: the grader cannot be loaded: {error}") from error
