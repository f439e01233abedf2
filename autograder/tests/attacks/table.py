"""The attacks: what a submission tries, in a few lines each, and what must come of it.

Each stands in the cell of the exercise `softmax`, behind `PRELUDE`, which answers it wrongly; the
exercise `hot_entropy` is answered rightly. So an attack must end with exactly the points of the
other exercise: a point more would be unearned, a point less would be lost. `loot(…)` is called with
what an attack should not have come by; none may ever be printed. Words in @AT@ signs become facts
about the grading machine that a submission could only guess.
"""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = """\
import ctypes, os, socket, subprocess, sys, threading, time
def softmax(scores, temperature):
    return np.asarray(scores) * 0
def loot(*found):
    print("LO" + "OT", *found)
def attempt(function, *arguments):
    try:
        found = function(*arguments)
    except BaseException as error:
        print(type(error).__name__, error)
    else:
        loot(found)
def syscall(number, *arguments):  # of x86-64
    if os.uname().machine == "x86_64" and ctypes.CDLL(None).syscall(number, *arguments) >= 0:
        loot("system call", number)
def right(scores, temperature):
    weights = np.exp(np.asarray(scores) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)
def inside(name):
    import gc
    return next(o for o in gc.get_objects() if type(o).__name__ == name)
"""
ENTROPY = "hot_entropy = sp.log(N)"


@dataclass(frozen=True)
class Attack:
    """A submission that is up to no good.

    Attributes
    ----------
    goal : what it tries, as the table shows it.
    code : what it does.
    says : a part of what the feedback must say, as a reason or as the cell's own output.
    points : what it must earn; None if a right answer of its own may come in time, or not.
    entropy : its answer to the other exercise.
    later : a cell of its own at the end of the notebook.
    """

    goal: str
    code: str
    says: str = ""
    points: float | None = 3
    entropy: str = ENTROPY
    later: str = ""


A = Attack

READING = {
    "files-up": A(
        "find the tests on the disk",
        "for folder, _, names in os.walk('/'):\n"
        "    for name in names:\n"
        "        if '20_temperature' in name or name in ('salt', 'gradebook.db', 'verdict.py'):\n"
        "            loot(folder, name)",
    ),
    "known-paths": A(
        "open the gradebook, the salt, the solution, by their paths",
        "for path in ('@COURSE@/gradebook.db', '@COURSE@/salt', '@PROJECT@/solutions/20_temperature.py',\n"
        "             '@GRADER@/verdict.py', '@CANARY@', '/etc/passwd', '/etc/shadow', '/root'):\n"
        "    attempt(os.listdir if path == '/root' else open, path)",
        "No such file",
    ),
    "dots": A(
        "climb out with ..",
        "for up in range(1, 9):\n    names = os.listdir('../' * up)\n"
        "    if {'solutions', 'submitted', 'root', 'work'} & set(names) - {'work'}: loot(names)",
    ),
    "history": A(
        "read the tests from the input history",
        "def softmax(scores, temperature):\n"
        "    if any('HIDDEN' in cell or 'reference' in cell for cell in In): loot(In)\n"
        "    return get_ipython().user_ns.get('reference', np).softmax(scores, temperature)",
        later="[loot(cell) for cell in In if 'BEGIN' + ' HIDDEN' in cell]",
    ),
    "frames": A(
        "take the expected value from the caller's frames",
        "def softmax(scores, temperature):\n"
        "    frame = sys._getframe()\n"
        "    while frame := frame.f_back:\n"
        "        for names in (frame.f_locals, frame.f_globals):\n"
        "            if 'reference' in names: return names['reference'].softmax(scores, temperature)\n"
        "    return scores",
    ),
    "memory": A(
        "search every object in memory for the reference",
        "def softmax(scores, temperature):\n"
        "    import gc\n"
        "    for thing in gc.get_objects():\n"
        "        if getattr(thing, '__name__', '') == 'softmax' and thing is not softmax:\n"
        "            return thing(scores, temperature)\n"
        "    return scores",
    ),
    "modules": A(
        "import the grader",
        "for name in ('verdict', 'testing', 'course', 'misconceptions', 'classroom'):\n"
        "    attempt(__import__, 'autograder.' + name)",
        "ModuleNotFoundError",
    ),
    "parent-memory": A(
        "read other processes' memory, environment and open files",
        "for pid in ('self', '1', '2', os.getppid()):\n"
        "    for name in ('mem', 'environ', 'maps', 'fd', 'cmdline'):\n"
        "        attempt(os.listdir if name == 'fd' else open, f'/proc/{pid}/{name}')\n"
        "syscall(101, 16, 1, 0, 0); syscall(310, 1, 0, 0, 0, 0, 0)",
        "No such file",
    ),
    "environment": A(
        "read secrets from the environment",
        "print(dict(os.environ))",  # among which the canary's word would be found
    ),
    "messages": A(
        "have an error message say the hidden inputs",
        "def softmax(scores, temperature):\n"
        "    raise AssertionError(f'LO{\"OT\"} {scores!r} {temperature}')",
        "AssertionError",
    ),
    "inputs-kept": A(
        "keep the hidden inputs, and print them in a later cell",
        "seen = []\ndef softmax(scores, temperature):\n"
        "    seen.append((scores, temperature)); open('seen', 'a').write(repr(scores))\n"
        "    return right(scores, temperature)",
        points=6,
        later="if len(seen) > 1 or len(open('seen').read()) > 100: loot(seen)",
    ),
    "inputs-named": A(
        "smuggle the hidden inputs out as the name of an exception",
        "def softmax(scores, temperature):\n"
        "    raise type('LO' + 'OT_' + str(temperature), (KeyError,), {})",
        "`softmax` raises KeyError",
    ),
    "notices": A(
        "notice that it is graded, and answer only then",
        "graded = 'ipykernel' not in sys.modules or not os.path.exists('/proc/self')\n"
        "def softmax(scores, temperature):\n"
        "    return 'full marks' if graded else right(scores, temperature)",
        "expected shape",
    ),
}

LYING = {
    "always-equal": A(
        "an answer that is equal to everything",
        "class Yes(float):\n"
        "    def __eq__(self, other): return True\n"
        "    __ne__ = __lt__ = __gt__ = lambda self, other: False\n"
        "    __abs__ = __sub__ = __rsub__ = lambda self, *other: self\n"
        "def softmax(scores, temperature): return Yes(0)",
        "expected shape",
    ),
    "array-that-lies": A(
        "an array whose comparisons and shape lie",
        "class Yes(np.ndarray):\n"
        "    shape = property(lambda self: (2, 2))\n"
        "    def __array_ufunc__(self, *a, **k): return True\n"
        "    def __array_function__(self, *a, **k): return None\n"
        "    def __eq__(self, other): return True\n"
        "def softmax(scores, temperature): return np.zeros((2, 2)).view(Yes)",
    ),
    "object-that-lies": A(
        "an object that plays along with everything",
        "class Yes:\n"
        "    shape = (2, 2)\n"
        "    def __getattr__(self, name): return lambda *a, **k: self\n"
        "    def __eq__(self, other): return True\n"
        "    def __array__(self, *a, **k): return np.full((2, 2), 0.5)\n"
        "    def __iter__(self): return iter([[0.5, 0.5], [0.5, 0.5]])\n"
        "def softmax(scores, temperature): return Yes()",
        "expected shape",
    ),
    "list-that-lies": A(
        "a list and a dict that lie",
        "class Yes(list):\n"
        "    def __eq__(self, other): return True\n"
        "    def __iter__(self): return iter([[0.5, 0.5], [0.25, 0.75]])\n"
        "def softmax(scores, temperature): return Yes([[0, 0], [0, 0]])",
    ),
    "expression-that-lies": A(
        "a SymPy object that is equal to everything",
        "",
        entropy="class Yes(sp.Symbol):\n"
        "    def __eq__(self, other): return True\n"
        "    def __hash__(self): return 0\n"
        "    def equals(self, other, **k): return True\n"
        "    def _eval_simplify(self, **k): return sp.S.Zero\n"
        "    def __sub__(self, other): return sp.S.Zero\n"
        "    __rsub__ = __sub__\n"
        "hot_entropy = Yes('N', positive=True, integer=True)",
        points=0,
    ),
    "type-that-lies": A(
        "a class that says it is another",
        "class Yes:\n"
        "    __class__ = np.ndarray\n"
        "    dtype, ndim, shape, nbytes = np.dtype(float), 2, (2, 2), 32\n"
        "    def tobytes(self): return bytes(32)\n"
        "def softmax(scores, temperature): return Yes()",
    ),
    "changes-arguments": A(
        "change the arguments so that the test falsifies itself",
        "def softmax(scores, temperature):\n"
        "    scores *= 0\n    return np.full(scores.shape, 1 / scores.shape[1])",
        "weights",
    ),
    "no-number": A(
        "NaN, as a result that nothing exceeds",
        "def softmax(scores, temperature): return np.full(np.shape(scores), np.nan)",
    ),
    "infinity": A(
        "infinity",
        "def softmax(scores, temperature): return np.full(np.shape(scores), np.inf)",
    ),
    "words": A(
        "the score itself as a result",
        "def softmax(scores, temperature): return '3'",
        "expected shape",
    ),
    "nothing": A("no result", "def softmax(scores, temperature): pass", "expected shape"),
    "shapes": A(
        "a shape of an enormous empty array",
        "def softmax(scores, temperature): return np.empty((2**40, 0, 2**20))",
        "expected shape",
    ),
}

PATCHING = {
    "patch-numpy": A(
        "make NumPy's assertions and comparisons do nothing",
        "for name in ('assert_allclose', 'assert_array_equal', 'assert_equal'):\n"
        "    setattr(np.testing, name, lambda *a, **k: None)\n"
        "np.allclose = np.array_equal = np.all = lambda *a, **k: True\n"
        "np.shape = lambda x: (2, 2)",
    ),
    "patch-builtins": A(
        "replace builtins and AssertionError",
        "import builtins\nbuiltins.AssertionError = KeyboardInterrupt\n"
        "builtins.isinstance = lambda *a: True\nbuiltins.all = lambda *a: True\n"
        "builtins.max = builtins.abs = lambda *a, **k: 0",
    ),
    "patch-sympy": A(
        "make SymPy find everything equal",
        "import sympy\nsympy.simplify = sp.simplify = lambda *a, **k: sp.S.Zero\n"
        "sp.Expr.equals = sp.Basic.__eq__ = lambda *a: True",
        points=3,
    ),
    "patch-wire": A(
        "replace the module that sends results",
        "from autograder import wire\n"
        "wire.encode.__code__ = (lambda value, refer=None: b'T').__code__",
        "unusable",
        points=0,
    ),
    "patch-desk": A(
        "replace what answers questions, and answer yes to all of them",
        "desk = inside('Desk')\ndesk.calls['call'] = lambda *a: True\n"
        "desk.calls['kind'] = lambda name: 'callable'",
        points=0,
    ),
    "transformer": A(
        "rewrite later cells by an input transformer",
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
        points=0,
    ),
    "ast": A(
        "remove assertions by an AST transformer",
        "import ast\nclass Gone(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Gone())",
    ),
    "events": A(
        "swallow errors with event hooks and showtraceback",
        "shell = get_ipython()\nshell.showtraceback = lambda *a, **k: None\n"
        "shell._showtraceback = lambda *a, **k: None\n"
        "shell.events.register('post_run_cell', lambda result: setattr(result, 'error_in_exec', None))\n"
        "shell.set_custom_exc((BaseException,), lambda *a, **k: None)",
    ),
    "run-cell": A(
        "replace the function that runs cells",
        "get_ipython().run_cell = lambda *a, **k: None",
        points=0,
    ),
}

FORGING = {
    "forged-answer": A(
        "write an answer to the socket: all is well",
        "def softmax(scores, temperature):\n"
        "    from autograder import wire\n"
        "    for number in range(40):\n"
        "        body = b'!' + number.to_bytes(8, 'little') + wire.encode(('ok', 3.0))\n"
        "        os.write(3, len(body).to_bytes(4, 'little') + body)\n"
        "    return scores",
    ),
    "forged-outputs": A(
        "forge outputs with a score for every cell",
        "score = {'output_type': 'execute_result', 'data': {'text/plain': '3.0'}, 'metadata': {},\n"
        "         'execution_count': 1}\n"
        "inside('Desk').calls['run'] = lambda source, quiet: [score] * 3",
        points=0,
    ),
    "forged-verdict": A(
        "send what looks like a verdict",
        "def softmax(scores, temperature):\n"
        "    return {'verdict': {'grade_id': 'test_softmax', 'points': 3.0, 'max': 3.0}, 'alive': True}",
        "expected shape",
    ),
    "forged-callback": A(
        "call functions of the grader that were never lent",
        "def softmax(scores, temperature):\n"
        "    from autograder import wire\n"
        "    ask, found = inside('Desk').ask, []\n"
        "    for key in range(5):\n"
        "        found.append(ask(wire.encode(('callback', wire.Ref('callback', key), [scores], {}))))\n"
        "    return found",
        "unusable",
    ),
    "garbage": A(
        "noise on the socket",
        "def softmax(scores, temperature):\n    while True: os.write(3, os.urandom(4096))",
        "unusable",
    ),
    "half-a-message": A(
        "announce a message and never send it",
        "def softmax(scores, temperature):\n"
        "    os.write(3, (10**6).to_bytes(4, 'little'))\n    time.sleep(1000)",
        "ran longer",
    ),
    "descriptors": A(
        "push open files through the socket",
        "link = socket.socket(fileno=os.dup(3))\nimport array\n"
        "try:\n"
        "    link.sendmsg([b'?'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0] * 100))])\n"
        "except OSError as error: print(error)",
        points=0,
        says="unusable",
    ),
    "result-file": A(
        "write a result where graders look for one, and leave",
        "for place in ('results.json', '/autograder/results.json', '/grade/results/results.json',\n"
        "              '@COURSE@/records/pwned.json'):\n"
        "    try: open(place, 'w').write('{\"score\": 100}')\n"
        "    except OSError as error: print(error)\n"
        "os._exit(0)",
        "ended the whole Python process",
    ),
    "gradebook": A(
        "raise the mark in the gradebook",
        "import sqlite3\ndef raise_it():\n"
        "    with sqlite3.connect('file:@COURSE@/gradebook.db?mode=rw', uri=True) as book:\n"
        "        return book.execute('update grade set manual_score = 100')\nattempt(raise_it)",
        "unable to open",
    ),
    "pickle": A(
        "a result that runs a command where it is unpickled",
        "class Bomb:\n"
        "    def __reduce__(self): return os.system, ('touch @PLACE@/pwned-pickle',)\n"
        "def softmax(scores, temperature): return [Bomb(), np.array([Bomb()])]",
        "cannot be checked",
    ),
    "pickled-outputs": A(
        "the same in an output",
        "class Bomb(str):\n"
        "    def __reduce__(self): return os.system, ('touch @PLACE@/pwned-output',)\n"
        "display({'text/plain': Bomb('x'), 'text/html': Bomb('y')}, raw=True)",
    ),
}

SYMPY = {
    "symbol-name": A(
        "a symbol whose name is code",
        "",
        entropy="hot_entropy = sp.Symbol(\"__import__('os').system('touch @PLACE@/pwned-sympy')\")",
        says="cannot be checked",
        points=0,
    ),
    "function-name": A(
        "a function whose name is code",
        "",
        entropy="hot_entropy = sp.Function(\"__import__('os').system('touch @PLACE@/pwned-sympy') or f\")(N)",
        says="cannot be checked",
        points=0,
    ),
    "text-expression": A(
        "a text that sympify would run",
        "",
        entropy="hot_entropy = \"__import__('os').system('touch @PLACE@/pwned-sympy')\"",
        says="expected an expression",
        points=0,
    ),
    "endless-power": A(
        "a number that fills the universe",
        "",
        entropy="ten = sp.Integer(10)\nhot_entropy = sp.Pow(ten, sp.Pow(ten, ten, evaluate=False), evaluate=False) + N",
        points=0,
    ),
    "endless-simplify": A(
        "an expression that simplify never finishes",
        "",
        entropy="hot_entropy = N\nfor k in range(60):\n"
        "    hot_entropy = sp.sin(hot_entropy + k, evaluate=False) ** sp.cos(hot_entropy * k + 1, evaluate=False)"
        " if k < 9 else sp.exp(hot_entropy, evaluate=False)",
        points=0,
    ),
    "deep-expression": A(
        "an expression a thousand levels deep",
        "",
        entropy="hot_entropy = N\nfor _ in range(900): hot_entropy = sp.sin(hot_entropy, evaluate=False)",
        says="cannot be checked",
        points=0,
    ),
    "wide-expression": A(
        "an expression with a hundred thousand parts",
        "",
        entropy="hot_entropy = sp.Add(*[sp.Symbol(f'x{k}') for k in range(100_000)], evaluate=False)",
        says="cannot be checked",
        points=0,
    ),
}

ENDING = {
    "sys-exit": A("leave with sys.exit", "sys.exit(0)", "visible"),
    "exit-in-function": A(
        "leave while the test calls",
        "def softmax(scores, temperature): sys.exit(0)",
        "SystemExit",
    ),
    "os-exit": A("end the process", "os._exit(0)", "ended the whole Python process"),
    "exit-in-call": A(
        "end the process while the test calls",
        "def softmax(scores, temperature): os._exit(0)",
        "`softmax` ended the whole Python process",
    ),
    "abort": A("abort", "os.abort()", "crash"),
    "segfault": A("crash", "ctypes.string_at(1)", "crash (signal SIGSEGV)"),
    "stack": A(
        "overflow the stack of C",
        "sys.setrecursionlimit(10**8)\ndef f(x): return [*map(f, [x])]\nf(0)",
        "crash",
    ),
    "sleep": A("never answer", "time.sleep(1000)", "ran longer than"),
    "sleep-in-call": A(
        "never answer the test",
        "def softmax(scores, temperature): time.sleep(1000)",
        "ran longer than",
    ),
    "loop": A("loop for ever", "while True: pass", "may compute for"),
    "loop-in-call": A(
        "loop for ever while the test calls",
        "def softmax(scores, temperature):\n    while True: pass",
        "ran longer than",
    ),
    "swallow": A(
        "swallow every interrupt",
        "import signal\nfor number in range(1, 32):\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "your notebook used up its",
    ),
    "stop-itself": A(
        "stop, so that nobody can wait for it",
        "os.kill(os.getpid(), 19)\nos.kill(os.getpid(), 9)\nos.kill(-1, 9)\nprint('still here')",
        "still here",
    ),
    "close-all": A(
        "close every open file", "os.closerange(0, 1000)", "ended the whole Python process"
    ),
    "regex": A(
        "a regular expression that never ends",
        "import re\ndef softmax(scores, temperature): return re.match('(a+)+$', 'a' * 60 + 'b')",
        "ran longer than",
    ),
}

USING = {
    "memory-4g": A("take 4 GB", "x = np.ones(2**29)", "MB of memory"),
    "memory-bits": A(
        "take memory bit by bit",
        "kept = []\nwhile True: kept.append(bytearray(10**6))",
        "MB of memory",
    ),
    "memory-shared": A(
        "take memory that no process counts",
        "import mmap, tempfile\nsyscall(319, b'x', 0); syscall(29, 0, 10**9, 0o1666)\n"
        "x = mmap.mmap(-1, 2**32)",
        "memory",
    ),
    "memory-in-call": A(
        "take 4 GB while the test calls",
        "def softmax(scores, temperature): return np.ones(2**29)",
        "more memory",
    ),
    "large-answer": A(
        "an answer of 100 MB",
        "def softmax(scores, temperature): return np.zeros(10**8, 'u1')",
        "cannot be checked",
    ),
    "many-answers": A(
        "an answer of a hundred million parts",
        "def softmax(scores, temperature): return [[0] * 10**6] * 100",
        "cannot be checked",
    ),
    "endless-answer": A(
        "an answer that never ends",
        "def softmax(scores, temperature):\n    import itertools\n    return itertools.count()",
    ),
    "self-answer": A(
        "a list that holds itself",
        "def softmax(scores, temperature):\n    x = []\n    x.append(x)\n    return x",
        "cannot be checked",
    ),
    "fork-bomb": A(
        "a fork bomb",
        "for _ in range(20): attempt(os.fork)",
        "no other programs",
    ),
    "fork-by-hand": A(
        "fork by system calls",
        "for number in (57, 58): syscall(number)\nsyscall(56, 17, 0, 0, 0, 0)\n"
        "syscall(435, ctypes.create_string_buffer(88), 88)\nsyscall(56, 0x10000000 | 17, 0, 0, 0, 0)\n"
        "if ctypes.CDLL(None).fork() >= 0: loot('fork')",
    ),
    "processes": A(
        "start a process",
        "attempt(lambda: subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True).pid)\n"
        "attempt(lambda: os.posix_spawn('/bin/sh', ['sh'], {}))\nattempt(os.system, 'sleep 1000 &')\n"
        "attempt(lambda: __import__('multiprocessing').get_context('spawn').Process(target=print).start())\n"
        "syscall(59, b'/bin/sh', 0, 0)",
        "no other programs",
    ),
    "shell-magic": A("a shell command", "!touch @PLACE@/pwned-shell", "no other programs"),
    "bash-magic": A(
        "a cell of bash",
        "get_ipython().run_cell_magic('bash', '', 'touch @PLACE@/pwned-bash')",
        "no other programs",
    ),
    "input": A("wait for an answer that nobody gives", "input('password?')", "nobody can answer"),
    "threads": A(
        "five thousand threads",
        "for _ in range(5000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "threads here",
    ),
    "busy-threads": A(
        "threads that go on computing when the cell has ended",
        "def burn():\n    while True: np.ones((500, 500)) @ np.ones((500, 500))\n"
        "for _ in range(4): threading.Thread(target=burn, daemon=True).start()",
        points=None,
    ),
    "huge-file": A(
        "a file of 10 GB",
        "with open('huge', 'wb') as file:\n    while True: file.write(bytes(10**6))",
        "files here",
    ),
    "full-tmp": A(
        "fill /tmp and /dev/shm",
        "for place in ('/tmp/x', '/dev/shm/x', '/var/tmp/x', os.path.expanduser('~/x')):\n"
        "    try:\n        with open(place, 'wb') as file: file.write(bytes(6 * 2**20))\n"
        "    except OSError as error: print(error.strerror)",
        "No space left",
    ),
    "many-files": A(
        "a hundred thousand files",
        "for number in range(10**5): open(f'file-{number}', 'w').close()",
        "files here",
    ),
    "output": A("print for ever", "while True: print('x' * 1000)", "is dropped"),
    "large-output": A("print 100 MB", "print('x' * 10**8)", "is dropped"),
    "many-outputs": A(
        "show a million things",
        "for number in range(200_000): display(number)",
        "is dropped",
    ),
    "large-error": A(
        "an error of 50 MB", "raise type('E' * 10**6, (Exception,), {})('x' * 50_000_000)"
    ),
    "raw-output": A(
        "print past Python",
        "for number in range(3): os.write(number, b'x' * 10**6) if number else None\n"
        "ctypes.CDLL(None).puts(b'x' * 10**6)",
        points=3,
    ),
    "limits-lifted": A(
        "lift the limits",
        "import resource\n"
        "for limit in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):\n"
        "    attempt(resource.setrlimit, limit, (resource.RLIM_INFINITY,) * 2)",
        "ValueError",
    ),
}

NETWORK = {
    "loopback": A(
        "reach a service of the grading machine",
        "attempt(socket.create_connection, ('127.0.0.1', @PORT@), 2)",
        "PermissionError",
    ),
    "datagram": A(
        "send a datagram",
        "attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', @PORT@)))",
        "PermissionError",
    ),
    "elsewhere": A(
        "call another machine",
        "import urllib.request\nattempt(urllib.request.urlopen, 'http://192.0.2.1/', None, 2)",
        "URLError",
    ),
    "names": A("ask for a name", "attempt(socket.gethostbyname, 'example.org')", "gaierror"),
    "unix": A(
        "reach sockets of the grading machine by path and by abstract name",
        "for name in ('@PLACE@/socket', '\\0@ABSTRACT@'):\n"
        "    attempt(lambda: socket.socket(socket.AF_UNIX).connect(name))",
        "PermissionError",
    ),
    "by-hand": A(
        "sockets by system calls",
        "for family in (1, 2, 10, 16, 17, 40): syscall(41, family, 2, 0); syscall(53, family + 1, 1, 0, 0)\n"
        "syscall(425, 8, 0)",
    ),
}

STAYING = {
    "thread-behind": A(
        "a thread that answers rightly later",
        "def later():\n    time.sleep(0.05)\n    globals()['softmax'] = right\n"
        "threading.Thread(target=later, daemon=True).start()",
        points=None,
    ),
    "files-behind": A(
        "files in /tmp and everywhere",
        "for place in ('/tmp', '/var/tmp', '/dev/shm', '/', '/home', '@PLACE@', '@COURSE@', '/etc', '..'):\n"
        "    try: open(place + '/pwned-file', 'w').write('x')\n    except OSError as error: print(error)",
        "Read-only file system",
    ),
    "poisoned-packages": A(
        "change installed packages",
        "import importlib\n"
        "for module in (np, sp, importlib, __import__('autograder.wire').wire):\n"
        "    attempt(open, module.__file__, 'a')\n"
        "    attempt(os.mkdir, os.path.dirname(module.__file__) + '/pwned-package')",
        "Read-only file system",
    ),
    "forkserver": A(
        "kill or trace the forkserver and everything else",
        "for pid in (0, -1, 1, 2, 3, *range(4, 400)):\n"
        "    try: os.kill(pid, 9) if pid not in (0, -1, 1) else os.kill(pid, 0)\n"
        "    except ProcessLookupError: continue\n"
        "    if pid > 1: loot(pid)\n"
        "attempt(os.kill, @PID@, 9)",
        "ProcessLookupError",
    ),
    "mounts": A(
        "rearrange the file system",
        "libc = ctypes.CDLL(None)\n"
        "for call in (lambda: libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0), lambda: libc.umount2(b'/home', 2),\n"
        "             lambda: libc.umount2(b'/proc', 2), lambda: libc.unshare(0x10000000),\n"
        "             lambda: libc.unshare(0x20000), lambda: libc.chroot(b'/'), lambda: libc.setns(0, 0)):\n"
        "    if call() >= 0: loot('mount')",
    ),
    "rights": A(
        "become root",
        "for change in (os.setuid, os.setgid, os.seteuid): attempt(change, 0)\n"
        "attempt(os.chown, '.', 0, 0)\nif os.getuid() == 0 or os.geteuid() == 0: loot('root')\n"
        "attempt(lambda: os.mknod('disk', 0o60666, os.makedev(254, 0)))\n"
        "attempt(lambda: os.mknod('mem', 0o20666, os.makedev(1, 1)))",
        "not permitted",
    ),
    "filter-off": A(
        "use the calling convention of another machine to get around the filter",
        "import mmap\ncode = mmap.mmap(-1, 4096, prot=7)\n"
        "code.write(bytes.fromhex('53b81400000031db31c931d2cd805bc3'))  # getpid of 32 bits\n"
        "run = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))\n"
        "loot(run())",
        "crash (signal SIGSYS)",
    ),
    "devices": A(
        "devices, disks and the kernel's messages",
        "for path in ('/dev/kmsg', '/dev/mem', '/dev/vda', '/dev/sda', '/dev/fuse', '/dev/kvm', '/sys/kernel'):\n"
        "    attempt(open, path)\nsyscall(103, 3, ctypes.create_string_buffer(99), 99); syscall(321, 0, 0, 0)\n"
        "syscall(298, 0, 0, -1, -1, 0); syscall(250, 0, 0); syscall(323, 0)",
        "No such file",
    ),
    "links": A(
        "links and pipes in the work folder",
        "os.symlink('/dev/zero', 'zero'); os.mkfifo('pipe'); os.symlink('@COURSE@', 'course')\n"
        "attempt(os.listdir, 'course')\nattempt(os.link, '/opt/shell/autograder/wire.py', 'wire')",
        "No such file",
    ),
    "spies-on-others": A(
        "listen to other students' shells",
        "syscall(64, 1234, 1, 0o1666); syscall(68, 1234, 0o1666); syscall(240, b'q', 0o102, 0o666, 0)\n"
        "loot() if len([n for n in os.listdir('/tmp') + os.listdir('/home')]) > 2 else None",
    ),
}

PAGES = {
    "page-script": A(
        "scripts in outputs",
        "from IPython.display import HTML, Javascript, SVG, Latex, Markdown, IFrame\n"
        "evil = '@EVIL@'\n"
        "for kind in (HTML, Javascript, Markdown, Latex): display(kind(evil))\n"
        "display({'image/svg+xml': evil, 'text/html': evil, 'application/javascript': 'pwn()'}, raw=True)\n"
        "display(IFrame('//@HOST@', 1, 1)); print(evil); evil",
    ),
    "page-error": A("scripts in an error", "raise type('@EVIL@', (Exception,), {})('@EVIL@')"),
    "page-escape": A(
        "terminal codes in outputs",
        "print('\\x1b[31m\\x1b]8;;javascript:pwn()\\x07x\\x1b]8;;\\x07<img src=x onerror=pwn()>')",
    ),
}

ATTACKS: dict[str, Attack] = (
    READING | LYING | PATCHING | FORGING | SYMPY | ENDING | USING | NETWORK | STAYING | PAGES
)
"""Name → attack."""

FILES = (
    "solved warns own-cells forged test-deleted test-copied draft-after reversed test-edited "
    "given-edited points-raised unlocked renamed other-id schema-99 metadata-empty metadata-odd "
    "ids-gone kind-changed other-kernel missing misnamed empty truncated pdf latin a-list deep "
    "long-number many-cells foreign pipe link linked-folder is-a-folder huge odd-files format-3 "
    "date-odd date-huge date-pipe evil"
).split()
"""Of `handed_in`: work that is right, and files spoilt in other ways than by what their code does."""
