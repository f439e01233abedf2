"""What this project puts into nbgrader, so that plain ``nbgrader …`` grades with it.

nbgrader keeps the gradebook, manual marks, late penalties, feedback and its own commands. Replaced
are the reading of submissions (any file becomes a notebook that can be graded), execution and
verdict (a record computed in other processes), what counts as a score, and what reaches a feedback
page. `configure` sets it all; a course folder's ``nbgrader_config.py`` calls it.
"""

from __future__ import annotations

import functools
import glob
import json
import os
import re
import warnings
from pathlib import Path
from typing import Any

import alembic.config
import nbgrader.api
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters.base
from alembic.script import ScriptDirectory
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import _temp_alembic_ini
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, NbGraderPreprocessor
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder import release
from autograder.errors import BadInput, GraderFault
from autograder.grade import records
from autograder.grade.submission import Submission
from autograder.nbgrader.application import course_of
from autograder.nbgrader.course import is_student
from autograder.nbgrader.feedback import (
    TEMPLATES,
    FeedbackExporter,
    Grades,
    HideTests,
    safe_markdown,
    safe_outputs,
)
from autograder.nbgrader.files import plain_files, submitted_timestamp, timestamp_in
from autograder.nbgrader.marks import FailClosedGrades, is_test, verdict_outputs
from autograder.nbgrader.preparing import prepare


def configure(c: Config, project: Path) -> None:
    """Make nbgrader read, grade and report with this project. Safe to call more than once."""
    c.Autograder.project = str(project)
    c.merge(release.STUBS)

    c.Autograde.exporter_class = ReadingExporter
    # `ReadingExporter` has put every cell in order: nothing is left to overwrite or to check.
    c.Autograde.sanitize_preprocessors = []
    c.Autograde.autograde_preprocessors = [
        InsertResults,
        LimitOutput,
        FailClosedGrades,
        AssignLatePenalties,
    ]
    c.GenerateFeedback.exporter_class = FeedbackExporter
    c.GenerateFeedback.preprocessors = [Grades, HideTests]
    c.FeedbackExporter.template_name = "feedback"
    c.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    # The formgrader's pages are made by nbgrader's own exporter and template.
    c.HTMLExporter.filters = {"markdown2html": safe_markdown}

    # No option reaches these.
    nbgrader.apps.autogradeapp.Autograde = TrustedAutograde
    nbgrader.apps.api.Autograde = TrustedAutograde
    nbgrader.converters.base.find_all_files = plain_files
    CourseDirectory.get_existing_timestamp = timestamp_in
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = submitted_timestamp
    nbgrader.api.get_alembic_version = _alembic_version
    # Nine engines per submission recompile the same SQL: two thirds of nbgrader's own time.
    nbgrader.api.create_engine = _engine
    # nbgrader causes these warnings itself, and no instructor can do anything about them.
    warnings.filterwarnings("ignore", "Object of type <Submitted", category=SAWarning)


def _alembic_version() -> str | None:
    """The gradebook's schema version, without a program ``alembic`` on the PATH."""
    with _temp_alembic_ini("sqlite://") as name:
        return ScriptDirectory.from_config(alembic.config.Config(name)).get_current_head()


_engine = functools.cache(nbgrader.api.create_engine)


class TrustedAutograde(Autograde):
    """nbgrader's autograder, which no submission can stop.

    Every submission is read once, into `handed_in`: (slug, student) → submission. So what is
    graded, shown and recorded is the same, whatever becomes of the file meanwhile.
    """

    force: bool  # an option of nbgrader's

    def __init__(
        self, *args, handed_in: dict[tuple[str, str], Submission] | None = None, **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.handed_in = dict(handed_in or {})

    def start(self) -> None:
        """Grade what the course directory's options select.

        Raises
        ------
        NbGraderException
            For what is wrong with the course or the grader, after logging it.
        """
        self.coursedir.root = os.path.abspath(self.coursedir.root)
        self.init_notebooks()
        names = [self._ids(folder) for folder in self.assignments]
        course = course_of(self)
        try:
            prepare(self, sorted({slug for slug, _ in names}))
            for slug, student in names:
                if (slug, student) not in self.handed_in:
                    self.handed_in[slug, student] = course.read(slug, student)
            tasks = [course.task(self.handed_in[name]) for name in names]
            for fault in records.compute(tasks, course.records).values():
                raise fault
        except (BadInput, GraderFault) as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from None
        super().start()

    def init_notebooks(self) -> None:
        """Take every submission folder, also one without the notebook."""
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        for folder in sorted(glob.glob(pattern)):
            slug, student = self._ids(folder)
            if is_student(student):
                self.assignments[folder] = [os.path.join(folder, f"{slug}.ipynb")]
        if not self.assignments:
            super().init_notebooks()  # which says what there is instead

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade this submission: if it, its tests or the gradebook have changed.

        nbgrader's own rule looks at the time of submission only.
        """
        graded = Path(self._format_dest(assignment_id, student_id), f"{assignment_id}.ipynb")
        try:
            text = graded.read_text(encoding="utf-8")
            recorded = json.loads(text)["metadata"]["autograder"]["record"]
            with Gradebook(self.coursedir.db_url) as book:
                book.find_submission(assignment_id, student_id)
            task = course_of(self).task(self.handed_in[assignment_id, student_id])
            current = recorded == task.key
        except (OSError, ValueError, KeyError):  # MissingEntry is a ValueError
            current = False
        forced = self.force
        self.force = forced or not current
        try:
            return super().init_destination(assignment_id, student_id)
        finally:
            self.force = forced

    def _ids(self, folder: str) -> tuple[str, str]:
        """Assignment and student of a submission folder."""
        pattern = self._format_source("(?P<slug>.*)", "(?P<student>.*)", escape=True)
        found = re.fullmatch(pattern, folder, re.DOTALL)
        assert found, "the folder was found by this pattern"
        return found["slug"], found["student"]


class ReadingExporter(NotebookExporter):
    """Takes the submission that was read, not the file, as the notebook to grade."""

    parent: Any
    """The `TrustedAutograde` that converts."""

    def from_filename(self, filename: str, resources=None, **kw):
        """The submission's notebook, after this stage's preprocessors, as text."""
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources=resources, **kw)
        info = resources["nbgrader"]
        submission = self.parent.handed_in[info["assignment"], info["student"]]
        return self.from_notebook_node(submission.notebook, resources=resources, **kw)


class InsertResults(NbGraderPreprocessor):
    """Puts a submission's results into its notebook. Runs nothing.

    Not a subclass of nbgrader's Execute, so ``--no-execute`` does not switch it off and outputs
    that a student has saved are never graded.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Give every code cell the outputs that the record has for it."""
        info, converter = resources["nbgrader"], self.parent.parent
        submission = converter.handed_in[info["assignment"], info["student"]]
        course = course_of(converter)
        task = course.task(submission)
        result = records.result(task, course.records)
        nb.metadata["autograder"] = {
            "refused": submission.refused,
            "touched": list(submission.touched),
            "record": task.key,
        }
        count = 0
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            if is_test(cell):
                cell.outputs = verdict_outputs(result, cell)
            else:
                cell.outputs = safe_outputs(result["outputs"].get(cell.id, []))
            count += 1
            cell.execution_count = None if result["refused"] else count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count
        return nb, resources
