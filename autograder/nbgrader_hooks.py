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
import math
import os
import re
import stat
import warnings
from collections.abc import Iterator
from dataclasses import fields
from html import escape
from pathlib import Path

import alembic.config
import bleach
import nbgrader.api
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters.base
from alembic.script import ScriptDirectory
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import _temp_alembic_ini
from nbgrader.preprocessors import (
    AssignLatePenalties,
    ClearHiddenTests,
    GetGrades,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade, is_solution, parse_utc
from pygments.formatters import HtmlFormatter
from sqlalchemy.exc import SAWarning
from traitlets import List
from traitlets.config import Config

from autograder import classroom, release, submission
from autograder.classroom import Course, CourseError
from autograder.course import ROOT, BadInput
from autograder.sandbox import Limits
from autograder.testing import GraderFault

MAX_COPIED_FILES = 100
MAX_COPIED_BYTES = 50_000_000
_PAGES = (".html", ".htm", ".xhtml", ".shtml", ".mhtml", ".svg", ".xml", ".xsl")
"""Files that a browser shows as pages, with their scripts."""
TEMPLATES = Path(__file__).parent / "templates"


def configure(c: Config, project: Path = ROOT) -> None:
    """Make nbgrader read, grade and report with this project. Safe to call more than once."""
    c.Autograder.project = str(project)
    c.merge(release.STUBS)

    c.Autograde.exporter_class = ReadingExporter
    # `ReadingExporter` has put every cell in order: nothing is left to overwrite or to check.
    c.Autograde.sanitize_preprocessors = []
    c.Autograde.autograde_preprocessors = [
        Verdict,
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
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = _submitted_timestamp
    nbgrader.api.get_alembic_version = _alembic_version
    # Nine engines per submission recompile the same SQL: two thirds of nbgrader's own time.
    nbgrader.api.create_engine = _engine
    # nbgrader's own habit, and nothing that an instructor could do something about.
    warnings.filterwarnings("ignore", "Object of type <Submitted", category=SAWarning)


def _alembic_version() -> str:
    """The gradebook's schema version, without a program ``alembic`` on the PATH."""
    with _temp_alembic_ini("sqlite://") as name:
        return ScriptDirectory.from_config(alembic.config.Config(name)).get_current_head()


_engine = functools.cache(nbgrader.api.create_engine)


def course_of(converter) -> Course:
    """The course folder that a converter or application of nbgrader works on.

    Raises
    ------
    CourseError
        If its configuration sets limits that are none.
    """
    options = converter.config.Autograder
    project, limits = Path(options.get("project", ROOT)), dict(options.get("limits", {}))
    known = {field.name: field.default for field in fields(Limits)}
    for name, value in limits.items():
        if name not in known or not isinstance(value, int | float) or value <= 0:
            raise CourseError(
                f"{converter.coursedir.root}: c.Autograder.limits: {name} = {value!r} is no limit "
                f"— give positive numbers for any of {', '.join(known)}"
            )
        # A number of bytes or files is a whole one; the kernel would refuse 1e9.
        limits[name] = type(known[name])(value)
    root = Path(converter.coursedir.root)
    return Course(root, project, Limits(**limits), bool(options.get("sandbox", True)))


# ---------------------------------------------------------------------------------- assignments


def prepare(converter, slugs: list[str]) -> None:
    """Bring ``source/``, ``release/`` and the gradebook up to date with ``solutions/``.

    Raises
    ------
    SourceError, ReleaseError
        If an assignment cannot be used, or has other cells than those already graded.
    """
    course = course_of(converter)
    stale = []
    with Gradebook(converter.coursedir.db_url) as book:
        for slug in slugs:
            assignment = classroom.load_cached(slug, course.project)
            try:
                known = book.find_notebook(slug, slug)
            except MissingEntry:
                stale.append(assignment)
                continue
            if release.source_is_current(assignment, course.root):
                continue
            cells = {c.grade_id for c in assignment.cells if c.kind != "text"}
            if known.submissions and {c.name for c in known.source_cells} != cells:
                raise release.ReleaseError(
                    f"solutions/{slug}.py: its cells are not those that submissions were graded on "
                    f"— run `nbgrader db assignment remove {slug} --force`, then grade again"
                )
            stale.append(assignment)
    release.generate(stale, course.root, converter.config, converter.coursedir.db_url)


# ---------------------------------------------------------------------------------- autograding


class TrustedAutograde(Autograde):
    """nbgrader's autograder, which no submission can stop."""

    def start(self) -> None:
        """Grade what the course directory's options select.

        Raises
        ------
        NbGraderException
            For what is wrong with the course or the grader, after logging it.
        """
        self.coursedir.root = os.path.abspath(self.coursedir.root)
        self.init_notebooks()
        jobs = [self._ids(folder) for folder in self.assignments]
        try:
            prepare(self, sorted({slug for slug, _ in jobs}))
            for fault in classroom.compute(course_of(self), jobs).values():
                raise fault
        except (BadInput, GraderFault) as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from None
        super().start()

    def init_notebooks(self) -> None:
        """Take every submission folder, also one without the notebook."""
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        self.assignments, self.notebooks = {}, []
        for folder in sorted(glob.glob(pattern)):
            slug, student = self._ids(folder)
            if classroom.is_student(student):
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
            current = recorded == classroom.key(course_of(self), assignment_id, student_id)
        except (OSError, ValueError, KeyError):  # MissingEntry is a ValueError
            current = False
        forced, self.force = self.force, self.force or not current
        try:
            return super().init_destination(assignment_id, student_id)
        finally:
            self.force = forced

    def _ids(self, folder: str) -> tuple[str, str]:
        """Assignment and student of a submission folder."""
        pattern = self._format_source("(?P<slug>.*)", "(?P<student>.*)", escape=True)
        found = re.fullmatch(pattern, folder, re.DOTALL)
        return found["slug"], found["student"]


class ReadingExporter(NotebookExporter):
    """Reads whatever was handed in as a notebook that can be graded."""

    def from_filename(self, filename: str, resources=None, **kw):
        """The submission's notebook, after this stage's preprocessors, as text."""
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources=resources, **kw)
        course = course_of(self.parent)
        assignment = classroom.load_cached(resources["nbgrader"]["assignment"], course.project)
        notebook = submission.read(Path(filename), assignment)
        return self.from_notebook_node(notebook, resources=resources, **kw)


class Verdict(NbGraderPreprocessor):
    """Puts the result record into the notebook. Runs nothing.

    Not a subclass of nbgrader's Execute, so ``--no-execute`` does not switch it off and outputs
    that a student has saved are never graded.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Give every code cell the outputs that the record has for it."""
        info = resources["nbgrader"]
        where = course_of(self.parent.parent), info["assignment"], info["student"]
        result = classroom.record(*where)
        nb.metadata["autograder"] = {
            "refused": result["refused"],
            "touched": nb.metadata.get("autograder", {}).get("touched", []),
            "record": classroom.key(*where),
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


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell's points come from tests; those of an answer are given by a person."""
    return is_grade(cell) and not is_solution(cell)


def verdict_outputs(result: dict, cell: NotebookNode) -> list[NotebookNode]:
    """A test cell's outputs: why points are missing, then the score, which nbgrader reads."""
    name, points = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
    verdict = result["verdicts"].get(name)
    if verdict is None:
        text = f"This submission could not be graded. {result['refused']}".strip()
        score = 0
    else:
        text, score = "\n".join(verdict["messages"]), verdict["points"]
    message = text or f"All checks pass: {points:g} of {points:g} points."
    return [
        v4.new_output("display_data", data={"text/plain": message}),
        v4.new_output("execute_result", data={"text/plain": f"{score:g}"}),
    ]


class FailClosedGrades(SaveAutoGrades):
    """Saves a test cell's score only if it is one: anything else is 0.

    nbgrader's own rule gives full marks for no output, NaN, a negative number or a word.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        """Save this cell's score or comment in the gradebook."""
        if is_test(cell):
            plain = NotebookNode(cell)
            score = read_score(cell)
            plain.outputs = [v4.new_output("execute_result", data={"text/plain": repr(score)})]
            self._add_score(plain, resources)
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


def read_score(cell: NotebookNode) -> float:
    """The score in a test cell's outputs, from 0 to its points; 0 if it is not clearly one."""
    results = [o for o in cell.get("outputs", []) if o.output_type == "execute_result"]
    try:
        (result,) = results
        score = float(result["data"]["text/plain"])
    except (ValueError, TypeError, KeyError):
        return 0.0
    return score if math.isfinite(score) and 0 <= score <= cell.metadata.nbgrader.points else 0.0


# ---------------------------------------------------------------------------------------- files


def plain_files(path: str, exclude: list[str] | None = None) -> list[str]:
    """nbgrader's `find_all_files`, of which only plain files of sensible size and number remain.

    A submission may hold links (to /dev/zero, to another student), pipes, which block whoever
    copies them, and more bytes than the disk has. Nor do pages go where feedback pages are.
    """
    found, total = [], 0
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


def _submitted_timestamp(self, assignment_id: str, student_id: str):
    submitted = self.coursedir.submitted_directory
    return self.coursedir.get_existing_timestamp(
        self.coursedir.format_path(submitted, student_id, assignment_id)
    )


# ------------------------------------------------------------------------------------- feedback

_TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
        " li ol p pre s small span strong sub summary sup table tbody td tfoot th thead tr ul",
    )
)
_STYLES = CSSSanitizer(allowed_css_properties=["text-align", "font-weight", "font-style"])


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        # Only images that are part of the page: it must not call anybody.
        return value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
    if tag == "a" and name == "href":
        return value.startswith(("https://", "http://", "mailto:", "#"))
    return name in ("alt", "title", "colspan", "rowspan", "style")


MAX_MARKDOWN = 20_000
"""Characters. A longer text is shown as it was written: some take time that grows as a square."""
MAX_ESCAPES = 5_000
"""Colour changes in one output; with more of them it is shown without colours."""
_MAX_COST = 25_000_000
_PICTURE = re.compile(r"(data:image/(?:png|jpeg);base64,)([A-Za-z0-9+/=]{100,})")


def _costly(html: str) -> bool:
    """Whether reading this HTML could take long: as the square of its tags, and of one's parts."""
    tags = html.split("<")[1:]
    parts = (len(re.findall(r"[\s/\"'=]", tag)) for tag in tags)
    return len(tags) ** 2 + sum(count**2 for count in parts) > _MAX_COST


def _as_written(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def safe_html(html: str) -> str:
    """HTML of which only harmless tags and attributes remain; everything else is shown as text."""
    pictures: dict[str, str] = {}  # long, and nothing in them needs cleaning

    def put_aside(found: re.Match) -> str:
        pictures[key := f"picture{len(pictures)}="] = found[2]
        return found[1] + key

    html = _PICTURE.sub(put_aside, html)
    if _costly(html):
        return _as_written(html)
    clean = bleach.clean(
        html,
        tags=_TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=_STYLES,
    )
    return re.sub(r"picture\d+=", lambda found: pictures.pop(found[0], found[0]), clean)


@pass_context
def safe_markdown(context, source: str) -> str:
    """nbconvert's ``markdown2html`` filter for text that students have written."""
    if len(source) > MAX_MARKDOWN:
        return _as_written(source)
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = _Renderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return safe_html(MarkdownWithMath(renderer=renderer).render(source))


class _Renderer(IPythonRenderer):
    """nbconvert's, for which a picture that is missing is just that. Its own raises."""

    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return super()._embed_image_or_attachment(src)
        except InvalidNotebook:
            return ""


def safe_outputs(outputs: list[dict]) -> list[NotebookNode]:
    """A student's outputs without anything that could act on the page that shows them."""
    kept = []
    for raw in outputs:
        output = NotebookNode(raw)
        if "data" in output:
            data = {m: d for m, d in output.data.items() if submission.is_image(m, d)}
            for mime, clean in (("text/plain", str), ("text/html", safe_html)):
                if isinstance(output.data.get(mime), str):
                    data[mime] = clean(output.data[mime])
            output.data, output.metadata = NotebookNode(data), NotebookNode()
        for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
            if key in holder:
                holder[key] = _calm(holder[key])
        if "traceback" in output:
            output.traceback = _calm("\n".join(output.traceback)).split("\n")
        kept.append(output)
    return kept


def _calm(text: str) -> str:
    """Text in which so few colour changes remain that turning them into HTML takes no time."""
    return text if text.count("\x1b") <= MAX_ESCAPES else re.sub(r"\x1b(\[[0-9;]*m)?", "", text)


class Grades(GetGrades):
    """Tells the page also which marks a person has still to give."""

    def _get_score(self, cell: NotebookNode, resources: dict) -> None:
        super()._get_score(cell, resources)
        where = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where)
        cell.metadata.nbgrader["waiting"] = grade.needs_manual_grade


class HideTests(ClearHiddenTests):
    """Removes hidden tests from locked test cells, and leaves what students wrote alone.

    nbgrader's own stops when a student's text holds its marker.
    """

    # Exporters to HTML configure this on all preprocessors; nbgrader declares it as no option.
    display_data_priority = List().tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        """Clear one cell."""
        if is_test(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


class FeedbackExporter(HTMLExporter):
    """Feedback as one page that needs nothing else: no script, no request."""

    def default_filters(self) -> Iterator[tuple]:
        """nbconvert's filters, of which Markdown is made safe."""
        yield from super().default_filters()
        yield "markdown2html", safe_markdown

    def from_notebook_node(self, nb: NotebookNode, resources=None, **kw):
        """The page, and the resources it was made with."""
        resources = self._init_resources(resources)
        resources["code_css"] = {
            scheme: HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight")
            for scheme, style in (("light", "default"), ("dark", "github-dark"))
        }
        return super().from_notebook_node(nb, resources=resources, **kw)
