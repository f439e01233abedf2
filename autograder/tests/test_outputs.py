"""Outside the sandbox, inside it and in a Jupyter kernel, the same cells show the same."""

from __future__ import annotations

import json
import re

import nbclient
import pytest
from nbformat import v4

from autograder import bench
from autograder.sandbox.server import Sandbox

from .conftest import needs_closed_box

CELLS = [
    *bench.CELLS,
    "sp.Matrix([[1, x], [s, 2]])",
    "class Thing: pass\nThing()",
    "import os\nprint('here:', os.getcwd())",
    "import sys\nprint('to stderr', file=sys.stderr)",
    "from IPython.display import HTML, Markdown\ndisplay(HTML('<b>b</b>'), Markdown('*m*'))",
    "1 / 0",
    "def f(n):\n    return f(n - 1) if n else {}['key']\nf(2)",
    "if True print(1)",
    "assert len(W) == 6, f'expected 6 rows, got {len(W)}'",
    "import warnings\nwarnings.warn('careful')",
    "fig, ax = plt.subplots(1, 2, figsize=(5, 2), layout='constrained')\n"
    "ax[0].imshow(np.eye(3)); ax[1].hist([1, 2, 2, 3]); ax[1].set_title('$x^2$')\nplt.show()",
    "plt.rcParams['svg.hashsalt'] = 'salt'\n%config InlineBackend.figure_formats = ['svg']\n"
    "plt.figure(figsize=(2, 2)); plt.plot([1, 2], label='a'); plt.legend();",
    "%who",
    "%timeit -n 1 -r 1 sum(range(10))",
    "rng.bit_generator.state['state']['state'] % 1000, {3, 1, 2}, {'b': 1, 'a': 2}, _ is None",
    "y = 5;\ny",
]


def plain(outputs: list[dict]) -> list[dict]:
    """Outputs without addresses, places, times and colours."""
    text = json.dumps(outputs, sort_keys=True, ensure_ascii=False)
    for pattern, word in (
        (r"\\u001b\[[0-9;]*m", ""),
        (r"0x[0-9a-f]{8,}", "ADDRESS"),
        (r"<ipython-input-[^>]+>|/[\w./-]+/\d+\.py|\b\d{6,}\.py", "CELL"),
        (r"here: [^\\]+", "here: FOLDER"),
        (r"<dc:date>[^<]+", "<dc:date>"),
        (r"[\d.]+ [µμnm]?s\b", "TIME"),
    ):
        text = re.sub(pattern, word, text)
    return json.loads(text)


@pytest.fixture(scope="module")
def shown() -> list[list[dict]]:
    """What a kernel shows."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    return [plain([dict(output) for output in cell.outputs]) for cell in notebook.cells]


@pytest.mark.parametrize("closed", [False, pytest.param(True, marks=needs_closed_box)])
def test_cells_show_what_they_show_in_a_kernel(shown, closed):
    with Sandbox(isolated=closed) as box, box.open_shell() as shell:
        for cell, outputs in zip(CELLS, shown, strict=True):
            assert plain(shell.run(cell)) == outputs, cell


def test_a_usual_notebook_finds_everything_loaded():
    """What is loaded after the fork is loaded for every submission anew."""
    with Sandbox(isolated=False) as box, box.open_shell() as shell:
        shell.run("import sys\nbefore = set(sys.modules)")
        for cell in bench.CELLS:
            shell.run(cell)
        shell.run("np.testing.assert_allclose(1, 1); sp.lambdify(x, x)(1); sp.latex(x)")
        shell.run("new = sorted(set(sys.modules) - before)")
        assert shell.value("new") == []


def test_a_figure_is_drawn_once_to_be_measured_and_once_to_be_shown():
    count = (
        "from matplotlib.figure import Figure\nimport matplotlib.pyplot as plt\ndrawn = 0\n"
        "draw = Figure.draw\ndef counted(*args, **options):\n    global drawn\n    drawn += 1\n"
        "    return draw(*args, **options)\nFigure.draw = counted"
    )
    with Sandbox(isolated=False) as box, box.open_shell() as shell:
        shell.run(count)
        shell.run("plt.plot([1, 2]);")
        assert shell.value("drawn") == 2
        shell.run("plt.plot([1, 2]);", quiet=True)
        assert shell.value("drawn") == 2
