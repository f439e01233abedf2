"""What this project replaces or uses inside its libraries is there, in the pinned versions.

None of it is a library's promise. When a version is raised, this says what has moved and where it
is used. Read from the libraries' source, for in this process some of it may be replaced already.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = None
"""Instead of parameters: it need only exist."""
HOOKS, FEEDBACK = "autograder/nbgrader/hooks.py", "autograder/nbgrader/feedback.py"
MARKS, SHELL = "autograder/nbgrader/marks.py", "autograder/student/shell.py"
KATEX, EXECUTION = "book/_ext/katex_offline.py", "book/_ext/execution.py"
FIXES, EQUATIONS = "book/_ext/html_fixes.py", "book/_ext/checked_equations.py"
REPLACED = {
    HOOKS: {
        "nbgrader.apps.autogradeapp.Autograde": NAME,
        "nbgrader.apps.api.Autograde": NAME,
        "nbgrader.converters.base.find_all_files": NAME,
        "nbgrader.coursedir.CourseDirectory.get_existing_timestamp": "self dest_path",
        "nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp": "self assignment_id student_id",
        "nbgrader.api.get_alembic_version": "",
        "nbgrader.api.create_engine": NAME,
    },
    KATEX: {
        "sphinxcontrib.katex.NODEJS_BINARY": NAME,
        "sphinxcontrib.katex.KATEX_DEFAULT_OPTIONS": NAME,
        "sphinxcontrib.katex.RENDER_TIMEOUT": NAME,
        "sphinxcontrib.katex.KaTeXServer.start_server_process": "cls rundir timeout",
    },
    EXECUTION: {
        "jupyter_client.AsyncKernelManager": NAME,
        "myst_nb.core.render.coalesce_streams": NAME,
        "myst_nb.sphinx_.create_nb_reader": NAME,
    },
    EQUATIONS: {"myst_nb.core.render.load_mime_renders": ""},
}
"""What a file sets in a library: file → name → parameters of what is replaced."""
USED = {
    HOOKS: {
        "nbgrader.utils.find_all_files": "path exclude",
        "nbgrader.dbutil._temp_alembic_ini": "db_url",
        "nbgrader.converters.autograde.Autograde._sanitizing": NAME,
        "nbgrader.converters.base.BaseConverter.force": NAME,
        "nbgrader.converters.base.BaseConverter.assignments": NAME,
        "nbgrader.converters.base.BaseConverter.notebooks": NAME,
        "nbgrader.converters.base.BaseConverter.init_notebooks": "self",
        "nbgrader.converters.base.BaseConverter.init_destination": "self assignment_id student_id",
        "nbgrader.converters.base.BaseConverter._format_source": (
            "self assignment_id student_id escape"
        ),
        "nbgrader.converters.base.BaseConverter._format_dest": (
            "self assignment_id student_id escape"
        ),
    },
    FEEDBACK: {
        "nbgrader.preprocessors.getgrades.GetGrades._get_score": "self cell resources",
        "nbconvert.exporters.html.HTMLExporter._init_resources": "self resources",
        "nbconvert.filters.markdown_mistune.InvalidNotebook": NAME,
        "nbconvert.filters.markdown_mistune.IPythonRenderer._embed_image_or_attachment": "self src",
    },
    MARKS: {
        "nbgrader.preprocessors.saveautogrades.SaveAutoGrades._add_score": "self cell resources",
    },
    SHELL: {
        "IPython.core.displaypub.DisplayPublisher.publish": (
            "self data metadata source *transient *update **kwargs"
        ),
        "IPython.core.displaypub.DisplayPublisher.clear_output": "self wait",
        "IPython.core.displayhook.DisplayHook.write_output_prompt": "self",
        "IPython.core.displayhook.DisplayHook.write_format_data": "self format_dict md_dict",
        "IPython.core.displayhook.DisplayHook.finish_displayhook": "self",
        "IPython.core.displayhook.DisplayHook.prompt_count": "self",
        "IPython.core.formatters.DisplayFormatter.active_types": NAME,
        "IPython.core.interactiveshell.InteractiveShell._showtraceback": "self etype evalue stb",
        "matplotlib.pyplot._draw_all_if_interactive": "",
        "subprocess._fork_exec": NAME,
    },
    KATEX: {
        "sphinxcontrib.katex.KaTeXServer.build_command": "cls socket port",
        "sphinxcontrib.katex.KaTeXError": NAME,
        "sphinxcontrib.katex.html_visit_math": "self node",
        "sphinxcontrib.katex.html_visit_displaymath": "self node",
    },
    EXECUTION: {
        "nbclient.client.NotebookClient._kernel_manager_class_default": "self",
        "jupyter_client.connect.ConnectionFileMixin.transport": NAME,
        "jupyter_client.connect.ConnectionFileMixin.ip": NAME,
        "myst_nb.core.execute.base.ExecutionError": NAME,
        "myst_nb.core.read.NbReader.read": NAME,
        "myst_nb.core.read.create_nb_reader": "path md_config nb_config content",
        "myst_nb.core.utils.coalesce_streams": "outputs",
    },
    FIXES: {
        "myst_nb.sphinx_.HideCodeCellNode": NAME,
        "myst_nb.sphinx_.visit_HideCellInput": "self node",
        "myst_nb.sphinx_.depart_HideCellInput": "self node",
    },
    EQUATIONS: {
        "sphinxcontrib.katex.get_node_equation_number": "writer node",
        "myst_nb.core.render.NbElementRenderer": NAME,
        "myst_nb.core.render.MimeData": NAME,
    },
}
"""What else is called or overridden though it is no public interface."""
EVERY = [
    (place, name, parameters)
    for table in (REPLACED, USED)
    for place, names in table.items()
    for name, parameters in names.items()
]


@cache
def module(name: str) -> ast.Module | None:
    """A module's syntax tree, or None if there is no such module."""
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8")) if spec else None


def bound(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Name → the statement that binds it, at the top of a module or class, branches included."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                found[node.name] = node
            case ast.Import() | ast.ImportFrom():
                found |= {a.asname or a.name.split(".")[0]: node for a in node.names}
            case ast.Assign():
                found |= {t.id: node for t in node.targets if isinstance(t, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
            case ast.If() | ast.Try():
                for part in ("body", "orelse", "finalbody"):
                    found |= bound(getattr(node, part, []))
    return found


def definition(dotted: str) -> ast.stmt | None:
    """The statement that binds a module's name, or an attribute of its class; None if none does."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        if tree := module(".".join(parts[:cut])):
            node = bound(tree.body).get(parts[cut])
            for part in parts[cut + 1 :]:
                node = bound(node.body).get(part) if isinstance(node, ast.ClassDef) else None
            return node
    return None


def parameters_of(function: ast.FunctionDef) -> str:
    """Names in order: ``*name`` by keyword only, ``**name`` for all others."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    names += [f"*{a.arg}" for a in arguments.kwonlyargs]
    return " ".join(names + ([f"**{arguments.kwarg.arg}"] if arguments.kwarg else []))


@pytest.mark.parametrize(("place", "name", "parameters"), EVERY, ids=lambda value: str(value))
def test_it_is_there_as_we_use_it(place: str, name: str, parameters: str | None) -> None:
    node = definition(name)
    assert node is not None, f"{name} is gone: {place} relies on it"
    if parameters is not NAME:
        assert isinstance(node, ast.FunctionDef), f"{name} is no function: {place} takes it for one"
        now = parameters_of(node)
        assert now == parameters, f"{name} takes ({now}), and {place} relies on ({parameters})"


@pytest.mark.parametrize("place", REPLACED)
def test_all_that_is_replaced_is_looked_for(place: str) -> None:
    """Every assignment to an attribute of something imported is in the table above."""
    tree = ast.parse((ROOT / place).read_text(encoding="utf-8"))
    imported = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            imported |= {a.asname: a.name for a in node.names if a.asname}
            imported |= {n: n for a in node.names if not a.asname for n in (a.name.split(".")[0],)}
        elif isinstance(node, ast.ImportFrom):
            imported |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    targets = [t for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets]
    dotted = [ast.unparse(target).partition(".") for target in targets]
    replaced = {f"{imported[first]}.{rest}" for first, _, rest in dotted if first in imported}
    assert replaced == set(REPLACED[place])


def test_the_places_named_are_the_places_of_use() -> None:
    for place, name, _ in EVERY:
        text = (ROOT / place).read_text(encoding="utf-8")
        # nbclient's default is not named there: it is why the name that it imports is replaced.
        word = name.rpartition(".")[2]
        assert word in text or word == "_kernel_manager_class_default", f"{place}: no {word}"


def test_nbclient_looks_up_its_kernel_manager_when_it_needs_one() -> None:
    """Imported at the top of nbclient's module, the replaced class would never be found."""
    default = definition("nbclient.client.NotebookClient._kernel_manager_class_default")
    imports = [n for n in ast.walk(default) if isinstance(n, ast.ImportFrom)]
    assert [(n.module, n.names[0].name) for n in imports] == [
        ("jupyter_client", "AsyncKernelManager")
    ], f"{EXECUTION} replaces jupyter_client.AsyncKernelManager"


def test_myst_nb_labels_folded_code_as_it_did() -> None:
    """`html_fixes` takes exactly this label away."""
    visit = ast.unparse(definition("myst_nb.sphinx_.visit_HideCellInput"))
    label = 'aria-label="Toggle hidden content"'
    assert label in visit, f"{FIXES} removes {label}, which is no longer there"
    assert label in (ROOT / FIXES).read_text(encoding="utf-8")
