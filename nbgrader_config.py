"""nbgrader with this project's grader. A course folder's own nbgrader_config.py loads this file."""

import sys
from pathlib import Path

project = Path(__file__).resolve().parent
sys.path.insert(0, str(project))
try:
    from autograder.nbgrader_hooks import configure

    configure(get_config(), project)  # noqa: F821 - nbgrader provides it
except Exception as error:
    # nbgrader would report the error, go on, and run students' code itself, unprotected.
    raise SystemExit(f"{__file__}: the grader cannot be loaded: {error}") from error
