"""The student's shell behaves as a notebook, and its end is a clean error."""

import base64
import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from autograder.sandbox import server
from autograder.sandbox.loopback import loopback
from autograder.sandbox.server import Sandbox
from autograder.sandbox.shell import Callback, Handle, ShellDied, StudentError
from autograder.student import wire
from autograder.student.limits import Limits
from autograder.student.wire import WireError

from .conftest import needs_closed_box


@pytest.fixture(scope="module", params=["open", pytest.param("closed", marks=needs_closed_box)])
def box(request):
    """A notebook behaves the same in an open box and in a closed one."""
    with Sandbox(Limits(cell_seconds=60, call_seconds=60), request.param == "closed") as box:
        yield box


@pytest.fixture
def shell(box):
    with box.open_shell(seed=1) as shell:
        yield shell


@pytest.fixture
def hasty():
    """A shell with little patience."""
    limits = Limits(cell_seconds=0.3, call_seconds=0.3)
    with Sandbox(limits, isolated=False) as box, box.open_shell() as shell:
        shell.run("pass")  # the first cell pays for what a fork copies
        yield shell


def printed(outputs):
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream")


def error(outputs):
    (found,) = (o for o in outputs if o["output_type"] == "error")
    return found


# --- as a notebook


def test_a_cell_prints_and_shows_its_last_value(shell):
    outputs = shell.run("import sys\nprint('a'); print('b')\nprint('c', file=sys.stderr)\n1 + 1")
    assert outputs == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
        {"output_type": "stream", "name": "stderr", "text": "c\n"},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "2"},
            "metadata": {},
            "execution_count": 1,
        },
    ]


def test_a_shell_starts_as_a_fresh_notebook_does(shell):
    shell.run("names = {n for n in globals() if not n.startswith('_')}, len(In), dict(Out)")
    names, cells, out = shell.value("names")
    assert names == {"In", "Out", "get_ipython", "exit", "quit", "open"}
    assert (cells, out) == (2, {})
    (output,) = shell.run("1")
    assert output["execution_count"] == 2


def test_an_error_has_its_traceback(shell):
    shell.run("def f():\n    return 1 / 0")
    found = error(shell.run("f()"))
    assert (found["ename"], found["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert "return" in "\n".join(found["traceback"])


def test_a_syntax_error_and_a_missing_module_are_errors_too(shell):
    assert error(shell.run("1 +"))["ename"] == "SyntaxError"
    assert error(shell.run("import no_such_module"))["ename"] == "ModuleNotFoundError"


@pytest.mark.parametrize(
    ("setup", "mime", "starts"),
    [
        ("", "image/png", b"\x89PNG"),
        ("%matplotlib inline\n", "image/png", b"\x89PNG"),
        ("%config InlineBackend.figure_formats = ['svg']\n", "image/svg+xml", b"<?xml"),
    ],
)
def test_figures_are_shown_inline(shell, setup, mime, starts):
    outputs = shell.run(f"{setup}import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    (figure,) = (o for o in outputs if o["output_type"] == "display_data")
    content = figure["data"][mime].encode()
    assert (base64.b64decode(content) if mime == "image/png" else content).startswith(starts)
    assert shell.run("plt.get_fignums()")[0]["data"]["text/plain"] == "[]"


def test_rich_output_magics_and_await_work(shell):
    shell.run("from IPython.display import HTML, clear_output, display")
    (output,) = shell.run("display(HTML('<b>x</b>'))")
    assert output["data"]["text/html"] == "<b>x</b>"
    assert "per loop" in printed(shell.run("%timeit -n 1 -r 1 None"))
    assert printed(shell.run("%%time\nprint('in')")).startswith("in\n")
    assert printed(shell.run("print('old'); clear_output(); print('new')")) == "new\n"
    assert shell.run("import asyncio\nawait asyncio.sleep(0, 7)")[0]["data"]["text/plain"] == "7"
    (output,) = shell.run("h = display('a', display_id=True); h.update('b')")
    assert output["data"]["text/plain"] == "'b'"


def test_sympy_is_shown_as_a_formula(shell):
    (output,) = shell.run("import sympy as sp\nsp.init_printing(use_latex='mathjax')\nsp.pi / 2")
    assert "frac" in output["data"]["text/latex"]


@pytest.mark.parametrize("call", ["input('?')", "import getpass; getpass.getpass()"])
def test_nobody_answers_a_question(shell, call):
    assert "nobody can answer" in error(shell.run(call))["evalue"]


@pytest.mark.parametrize("leave", ["exit()", "quit()", "import sys; sys.exit()"])
def test_a_cell_that_leaves_does_not_end_the_notebook(shell, leave):
    shell.run(leave)
    assert shell.run("2")[0]["data"]["text/plain"] == "2"


def test_a_stream_replaced_by_a_cell_is_put_back(shell):
    shell.run("import io, sys\nsys.stdout = io.StringIO()")
    assert printed(shell.run("print('here')")) == "here\n"


def test_a_quiet_run_has_effects_and_no_outputs(shell):
    assert shell.run("z = 5; print(z); 1 / 0", quiet=True) == []
    assert shell.value("z") == 5
    assert printed(shell.run("print(z)")) == "5\n"


def test_a_quiet_run_draws_nothing(shell):
    shell.run("drawn = []\nclass Picture:\n    def _repr_png_(self):\n        drawn.append(1)")
    shell.run("display(Picture())", quiet=True)
    assert shell.value("drawn") == []
    shell.run("display(Picture())")
    assert shell.value("drawn") == [1]


def test_outputs_are_cut_with_a_note():
    with Sandbox(Limits(output_bytes=1000), isolated=False) as box, box.open_shell() as shell:
        outputs = shell.run("for k in range(10**4):\n    print('x' * 99)\n1 / 0")
        assert 800 <= printed(outputs).count("x") <= 1000
        assert "dropped" in printed(outputs)
        assert error(outputs)["ename"] == "ZeroDivisionError"
        assert printed(shell.run("print('next')")) == "next\n"


def test_files_lie_in_a_folder_of_ones_own(box):
    with box.open_shell(files={"data/numbers.txt": b"1 2"}) as shell:
        outputs = shell.run("import os\nprint(open('data/numbers.txt').read())\nprint(os.getcwd())")
        content, folder = printed(outputs).split("\n")[:2]
        assert content == "1 2" and Path.cwd() != Path(folder)
        assert box.isolated or Path(folder).is_dir()
    assert not Path(folder).exists()


# --- the student's side knows nothing


def test_the_students_side_has_loaded_nothing_else_of_the_package(shell):
    shell.run("import sys\nnames = sorted(m for m in sys.modules if m.startswith('autograder'))")
    loaded = set(shell.value("names")) - {"autograder", "autograder.student"}
    assert loaded and all(name.startswith("autograder.student.") for name in loaded)
    root = str(Path(server.__file__).parent.parent.parent)
    shell.run("import os\nseen = [*sys.path, *os.environ.values(), os.getcwd()]")
    assert root not in shell.value("seen")


@needs_closed_box
@pytest.mark.parametrize("module", ["words", "bank", "rules", "grade.judge", "sandbox.server"])
def test_nothing_else_of_the_package_is_in_the_sandbox(module):
    with Sandbox() as box, box.open_shell() as shell:
        assert error(shell.run(f"import autograder.{module}"))["ename"] == "ModuleNotFoundError"


def test_secrets_of_the_environment_stay_outside(monkeypatch):
    monkeypatch.setenv("COURSE_TOKEN", "secret")
    with Sandbox(isolated=False) as box, box.open_shell() as shell:
        shell.run("import os\nsecret = 'COURSE_TOKEN' in os.environ")
        assert shell.value("secret") is False


def test_no_descriptor_but_the_socket_is_inherited(shell):
    shell.run(
        "import os\nopen_ones = []\nfor fd in range(5000):\n    try:\n        os.fstat(fd)\n"
        "        open_ones.append(fd)\n    except OSError: pass"
    )
    assert shell.value("open_ones") == [0, 1, 2, 3]


def test_shells_do_not_share_anything(box):
    with box.open_shell() as one, box.open_shell() as other:
        one.run("import builtins, numpy as np\nbuiltins.sum = lambda _: 42\nnp.pi = 3\nmine = 1")
        other.run("import numpy as np\nfound = sum([4]), np.pi > 3")
        assert other.value("found") == (4, True)
        assert other.kind("mine") == "missing"


def test_random_states_follow_from_the_seed(box):
    def numbers(seed):
        with box.open_shell(seed=seed) as shell:
            shell.run("import random, numpy as np\nn = [random.random(), np.random.random()]")
            first = shell.value("n")
            shell.reseed(7)
            shell.run("n = [random.random(), np.random.random()]")
            return first, shell.value("n")

    assert numbers(1) == numbers(1)
    assert numbers(1)[0] != numbers(2)[0] and numbers(1)[1] == numbers(2)[1]


# --- calls


def test_a_function_is_called_by_value(shell):
    shell.run("def f(x, *, k=2):\n    x *= k\n    return x")
    x = np.arange(3.0)
    assert shell.call("f", [x], {"k": 3}).tolist() == [0, 3, 6]
    assert x.tolist() == [0, 1, 2]


def test_names_have_kinds(shell):
    shell.run("import sympy as sp\ndef f(): pass\ng = 3\ns = sp.Symbol('s')")
    kinds = [shell.kind(name) for name in ("f", "g", "s", "h")]
    assert kinds == ["callable", "value", "value", "missing"]
    assert shell.value("s") == sp.Symbol("s")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise ValueError(x)", "ValueError"),
        ("raise type('secret_7', (KeyError,), {})", "KeyError"),
        ("raise type('ValueError', (Exception,), {})", "Exception"),
        ("raise NotImplementedError", "NotImplementedError"),
        ("raise SystemExit", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return f(x)", "RecursionError"),
        ("return undefined", "NameError"),
        ("import numpy as np; return np.array([f])", "WireError"),
    ],
)
def test_only_the_kind_of_an_exception_crosses(shell, body, kind):
    shell.run(f"def f(x):\n    {body}")
    with pytest.raises(StudentError) as caught:
        shell.call("f", [314159])
    assert caught.value.kind == kind and not isinstance(caught.value, ShellDied)
    assert "314159" not in str(caught.value) and "secret" not in str(caught.value)
    assert shell.kind("f") == "callable"  # and the shell lives


def test_what_is_printed_in_a_call_never_shows(shell):
    shell.run(
        "import matplotlib.pyplot as plt\nlog = []\n"
        "def f(x):\n    print(x); plt.plot([x]); display(x)\n    return 0"
    )
    shell.call("f", [314159])
    assert shell.run("pass", quiet=True) == []


def test_functions_go_both_ways(shell):
    shell.run(
        "def double(x):\n    return 2 * x\n"
        "def apply(g, x):\n    return g(x) + 1\n"
        "def maker(k):\n    return lambda x: k * x\n"
        "def keep(g):\n    global kept\n    kept = g\n"
        "def use(x):\n    return kept(x)"
    )
    triple = shell.call("maker", [3])
    assert isinstance(triple, Handle) and triple(5) == 15
    assert shell.call("apply", [triple, 5]) == 16  # back to where it came from
    given = lambda x: "never called here"  # noqa: E731
    assert shell.call("apply", [given, 5], given={given: "double"}) == 11  # by its name there
    seen = []
    assert shell.call("apply", [Callback(lambda x: seen.append(x) or 9), 5]) == 10 and seen == [5]
    inner = Callback(lambda x: shell.call("double", [x]))  # calls nest
    assert shell.call("apply", [inner, 5]) == 11
    with pytest.raises(WireError):
        shell.call("apply", [lambda x: x, 5])


def test_a_callback_is_revoked_when_the_call_returns(shell):
    shell.run("def keep(g):\n    global kept\n    kept = g\ndef use(x):\n    return kept(x)")
    calls = []
    shell.call("keep", [Callback(calls.append)])
    with pytest.raises(ShellDied, match="no longer valid"):
        shell.call("use", [1])
    assert calls == []


@pytest.mark.parametrize(
    "asked", [sp.Lambda(sp.Symbol("x"), sp.Symbol("x") ** 2), sp.Symbol("f"), np.dtype("f8"), print]
)
def test_nothing_but_what_is_lent_is_called(asked):
    shell = loopback({})
    shell._ask = lambda body, deadline: shell.serve(question)
    question = wire.encode(("callback", asked, [3], {}), lambda thing: wire.Ref("object", 0))
    called = []
    with pytest.raises(ShellDied, match="it is no question"):
        shell.call("f", [Callback(called.append)])
    assert called == []


def test_an_exception_of_a_callback_reaches_the_student_by_its_kind(shell):
    shell.run(
        "def f(g):\n    try:\n        g()\n    except ValueError as e:\n        return str(e)"
    )

    def refuse():
        raise ValueError("a hidden reason")

    assert "hidden" not in shell.call("f", [Callback(refuse)])


def test_objects_stay_and_their_methods_can_be_called(shell):
    shell.run(
        "class Sum_314159:\n    total = 0\n"
        "    def add(self, x):\n        self.total += x\n        return self.total\n"
        "def make():\n    return Sum_314159()"
    )
    thing = shell.call("make")
    assert thing.add(2) == 2 and thing.add(3) == 5
    assert "314159" not in repr(thing)
    for name in ("_private", "__array__", "__float__"):
        assert not hasattr(thing, name)
    shell.run("def gen():\n    yield 1")
    assert shell.call("gen").noun == "a generator"


# --- the end


@pytest.mark.parametrize(
    "die", ["os._exit(0)", "os.abort()", "import ctypes; ctypes.string_at(1)", "os.close(3)"]
)
def test_death_in_a_call_is_one_clean_error(shell, die):
    shell.run(f"import os\ndef f():\n    {die}")
    with pytest.raises(ShellDied, match="`f` ended the whole Python process"):
        shell.call("f")
    assert not shell.alive
    with pytest.raises(ShellDied):
        shell.run("1")


def test_death_in_a_cell_is_one_clean_error(shell):
    with pytest.raises(ShellDied, match="the cell ended"):
        shell.run("import os; os._exit(1)")


def test_time_is_limited(hasty):
    hasty.run("def loop():\n    while True: pass")
    with pytest.raises(ShellDied, match=r"`loop` was stopped: it ran longer than 0[.]3 seconds"):
        hasty.call("loop")
    assert not hasty.alive


def test_swallowing_everything_does_not_prolong_a_cell(hasty):
    began = time.monotonic()
    with pytest.raises(ShellDied, match="the cell was stopped"):
        hasty.run(
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
        )
    assert time.monotonic() - began < 10


def test_a_result_that_is_too_large_is_an_error_in_the_students_process(shell):
    shell.run("import numpy as np\ndef f():\n    return np.zeros(10**8, dtype='u1')")
    with pytest.raises(StudentError) as caught:
        shell.call("f")
    assert caught.value.kind == "WireError" and shell.alive


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff\xff\xff",  # an endless message
        b"\x05\x00\x00\x00hello",  # no answer
        b"\x0a\x00\x00\x00!\x00\x00\x00\x00\x00\x00\x00\x00N",  # the answer to no question
    ],
)
def test_nonsense_on_the_socket_ends_the_shell(shell, message):
    shell.run(f"import os\ndef f():\n    os.write(3, {message!r})")
    with pytest.raises(ShellDied, match="unusable"):
        shell.call("f")
        shell.call("f")


def test_a_forged_answer_is_only_ever_a_value(shell):
    answer = wire.encode(("ok", 42))
    shell.run(
        "import os, struct\n"
        f"def f(k):\n    body = b'!' + k.to_bytes(8, 'little') + {answer!r}\n"
        "    os.write(3, struct.pack('<I', len(body)) + body)\n    return 1"
    )
    # Questions are numbered from 0: the cell was the first, this call is the second.
    assert shell.call("f", [1]) == 42
    with pytest.raises(ShellDied, match="unusable"):  # the true answer, which fits nothing now
        shell.call("f", [2])


@pytest.mark.parametrize(
    "outputs",
    [
        "'text'",
        "[1, {'output_type': 'stream'}]",
        "None",
        "[{'output_type': 'stream', 'name': 'stdout', 'text': 'x' * 10**7}]",
    ],
)
def test_outputs_of_no_known_shape_are_left_out(shell, outputs):
    shell.run("import gc")
    shell.run(
        "desk = next(o for o in gc.get_objects() if type(o).__name__ == 'Namespace')\n"
        f"desk.calls['run'] = lambda source, quiet: {outputs}"
    )
    assert shell.run("1") == []


def test_nothing_is_left_of_a_shell():
    shell = server.open_shell(isolated=False)
    shell.run("import os, subprocess\npid, folder = os.getpid(), os.getcwd()")
    shell.run("child = subprocess.Popen(['sleep', '1000']).pid")
    pid, child, folder = (shell.value(n) for n in ("pid", "child", "folder"))
    shell.close()
    assert not Path(folder).exists()
    assert gone(pid) and gone(child)


def gone(pid):
    """Whether a process ends within seconds. A zombie has ended."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def descendants(pid):
    """The processes started by a process, and by those."""
    children = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(entry.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = children.get(pid, [])
    return found + [below for child in found for below in descendants(child)]


def test_closing_the_box_ends_its_shells(box):
    other = Sandbox(isolated=box.isolated)
    other.open_shell().run("1")
    pids = [other._process.pid, *descendants(other._process.pid)]
    assert len(pids) > 1
    other.close()
    assert all(gone(pid) for pid in pids)


def forkserver(box):
    """The process that forks shells: the first of three in a closed box is bubblewrap."""
    return [box._process.pid, *descendants(box._process.pid)][2 if box.isolated else 0]


@pytest.mark.parametrize("which", ["itself", "the process that was started"])
def test_a_forkserver_that_died_is_replaced(box, which):
    with box.open_shell() as shell:
        pids = [box._process.pid, *descendants(box._process.pid)]
        os.kill(forkserver(box) if which == "itself" else box._process.pid, signal.SIGKILL)
        box._process.wait()
    with box.open_shell() as shell:
        assert all(gone(pid) for pid in pids if box.isolated or pid == pids[0])
        shell.run("x = 1")
        assert shell.value("x") == 1


def test_a_forkserver_that_dies_while_it_is_asked_is_replaced(box, monkeypatch):
    box.open_shell().close()
    dead = box._process
    os.kill(forkserver(box), signal.SIGKILL)
    dead.wait()
    monkeypatch.setattr(dead, "poll", lambda: None)  # it had lived when that was looked at
    with box.open_shell() as shell:
        shell.run("x = 1")
        assert shell.value("x") == 1 and box._process is not dead


def test_a_shell_that_ends_with_its_forkserver_is_lost_and_not_to_blame(box):
    with box.open_shell() as shell:
        os.kill(forkserver(box), signal.SIGKILL)
        with pytest.raises(ShellDied):
            shell.run("import time; time.sleep(30)")
        assert shell.lost
    with box.open_shell() as shell:
        with pytest.raises(ShellDied):
            shell.run("import os; os._exit(1)")
        assert not shell.lost


def test_a_loopback_behaves_as_a_shell_does():
    def grow(x):
        x += 1
        return x

    shell = loopback({"grow": grow, "apply": lambda g, x: g(x)})
    x = np.zeros(2)
    assert shell.call("grow", [x]).tolist() == [1, 1] and x.tolist() == [0, 0]
    assert shell.call("apply", [Callback(lambda x: x * 3), 2]) == 6
    with pytest.raises(StudentError) as caught:
        shell.call("nothing")
    assert caught.value.kind == "NameError"
