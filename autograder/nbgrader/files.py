"""What of a submission nbgrader copies, and when it was handed in."""

from __future__ import annotations

import os
import stat

import nbgrader.utils
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

MAX_COPIED_FILES = 100
MAX_COPIED_BYTES = 50_000_000
_PAGES = (".html", ".htm", ".xhtml", ".shtml", ".mhtml", ".svg", ".xml", ".xsl")
"""Files that a browser shows as pages, with their scripts."""


def plain_files(path: str, exclude: list[str] | None = None) -> list[str]:
    """nbgrader's `find_all_files`, of which only plain files of sensible size and number remain.

    A submission may hold links (to /dev/zero, to another student), pipes, which block whoever
    copies them, and more bytes than the disk has. Pages are left out: none of them may lie among
    the feedback pages.
    """
    found: list[str] = []
    total = 0
    for name in _find_all_files(path, exclude):
        if name.lower().endswith(_PAGES):
            continue
        try:
            info = os.lstat(name)
            readable = stat.S_ISREG(info.st_mode) and os.access(name, os.R_OK)
        except OSError:
            continue
        if readable and len(found) < MAX_COPIED_FILES and total + info.st_size <= MAX_COPIED_BYTES:
            found.append(name)
            total += info.st_size
    return found


_find_all_files = nbgrader.utils.find_all_files


def timestamp_in(self: CourseDirectory, folder: str):
    """When a submission was handed in (UTC), or None if ``timestamp.txt`` does not say so."""
    path = os.path.join(folder, "timestamp.txt")
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, encoding="utf-8") as file:
            text = file.read(100).strip()
        return parse_utc(text) if text else None
    except FileNotFoundError:
        return None
    except Exception:  # the parser raises many kinds, and a date is not worth a lost submission
        self.log.error("%s is not a date: taken as handed in on time", path)
        return None


def submitted_timestamp(self, assignment_id: str, student_id: str):
    submitted = self.coursedir.submitted_directory
    return self.coursedir.get_existing_timestamp(
        self.coursedir.format_path(submitted, student_id, assignment_id)
    )
