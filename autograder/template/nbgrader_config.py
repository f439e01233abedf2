"""nbgrader with this project's grader. A course folder's own nbgrader_config.py loads this file."""

from pathlib import Path

try:
    from autograder.nbgrader.hooks import configure

    configure(get_config(), Path(__file__).resolve().parent)  # noqa: F821 - nbgrader provides it
except Exception as error:
    # nbgrader would report the error, go on, and run students' code itself, unprotected.
    raise SystemExit(f"{__file__}: the grader cannot be loaded: {error}") from error
