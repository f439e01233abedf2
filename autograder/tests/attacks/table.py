"""The attacks: what a submission tries, in a few lines each, and what must come of it.

Each stands in the cell of the exercise `softmax`, behind `PRELUDE`, which answers it wrongly; the
exercise `hot_entropy` is answered rightly. So an attack must end with exactly the points of the
other exercise: a point more would be unearned, a point less would be lost. What is `once_graded`
passes the visible check first. `loot(…)` is called with what an attack should not have come by;
none may ever be printed. Words in @AT@ signs become facts about the grading machine that a
submission could only guess.
"""

from __future__ import annotations

import re
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
def once_graded(function):
    return lambda s, t: right(s, t) if np.shape(s) == (2, 2) else function(s, t)
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
    says : a part of what the feedback must say, as a reason or as the cell's own output; one of
        several, where it depends on the machine which limit is met first.
    points : what it must earn; None if a right answer of its own may come in time, or not.
    entropy : its answer to the other exercise.
    later : a cell of its own at the end of the notebook.
    """

    goal: str
    code: str
    says: str | tuple[str, ...] = ""
    points: float | None = 3
    entropy: str = ENTROPY
    later: str = ""


A = Attack

# --- reading what is secret

READING = {
    "files-up": A(
        "find the tests on the disk",
        """
for folder, _, names in os.walk('/'):
    for name in names:
        if '20_temperature' in name or name in ('salt', 'verdict.py'):
            loot(folder, name)
""",
    ),
    "known-paths": A(
        "open the gradebook, the salt, the solution, by their paths",
        """
for path in (
    '@COURSE@/gradebook.db', '@COURSE@/salt', '@PROJECT@/solutions/20_temperature.py',
    '@GRADER@/verdict.py', '@CANARY@', '/etc/passwd', '/etc/shadow',
):
    attempt(open, path)
attempt(os.listdir, '/root')
""",
        says="No such file",
    ),
    "dots": A(
        "climb out with ..",
        """
for up in range(1, 9):
    names = os.listdir('../' * up)
    if {'solutions', 'submitted', 'root', 'work'} & set(names) - {'work'}: loot(names)
""",
    ),
    "history": A(
        "read the tests from the input history",
        """
@once_graded
def softmax(scores, temperature):
    if any('HIDDEN' in cell or 'reference' in cell for cell in In[1:-1]): loot(In)
    return get_ipython().user_ns.get('reference', np).softmax(scores, temperature)
""",
        later="[loot(cell) for cell in In if 'BEGIN' + ' HIDDEN' in cell]",
    ),
    "frames": A(
        "take the expected value from the caller's frames",
        """
@once_graded
def softmax(scores, temperature):
    frame = sys._getframe()
    while frame := frame.f_back:
        for names in (frame.f_locals, frame.f_globals):
            if 'reference' in names:
                return names['reference'].softmax(scores, temperature)
    return scores
""",
    ),
    "memory": A(
        "search every object in memory for the reference",
        """
def softmax(scores, temperature):
    import gc
    for thing in gc.get_objects():
        if getattr(thing, '__name__', '') == 'softmax' and thing is not softmax:
            return thing(scores, temperature)
    return scores
""",
    ),
    "modules": A(
        "import the grader",
        """
for name in ('verdict', 'testing', 'course', 'misconceptions', 'classroom'):
    attempt(__import__, 'autograder.' + name)
""",
        says="ModuleNotFoundError",
    ),
    "parent-memory": A(
        "read other processes' memory, environment and open files",
        """
for pid in ('self', '1', '2', os.getppid()):
    for name in ('mem', 'environ', 'maps', 'fd', 'cmdline'):
        attempt(os.listdir if name == 'fd' else open, f'/proc/{pid}/{name}')
syscall(101, 16, 1, 0, 0); syscall(310, 1, 0, 0, 0, 0, 0)
""",
        says="No such file",
    ),
    "environment": A(
        "read secrets from the environment",
        "print(dict(os.environ))",
    ),
    "messages": A(
        "have an error message say the hidden inputs",
        """
@once_graded
def softmax(scores, temperature):
    raise AssertionError(f'LO{"OT"} {scores!r} {temperature}')
""",
        says="`softmax` raises AssertionError",
    ),
    "inputs-kept": A(
        "keep the hidden inputs, and print them in a later cell",
        """
seen = []
def softmax(scores, temperature):
    seen.append((scores, temperature)); open('seen', 'a').write(repr(scores))
    return right(scores, temperature)
""",
        points=6,
        later="if len(seen) > 1 or len(open('seen').read()) > 100: loot(seen)",
    ),
    "inputs-named": A(
        "smuggle the hidden inputs out as the name of an exception",
        """
@once_graded
def softmax(scores, temperature):
    raise type('LO' + 'OT_' + str(temperature), (KeyError,), {})
""",
        says="`softmax` raises KeyError",
    ),
    "notices": A(
        "notice that it is graded, and answer only then",
        """
graded = 'ipykernel' not in sys.modules or not os.path.exists('/proc/self')
def softmax(scores, temperature):
    return 'full marks' if graded else right(scores, temperature)
""",
        says="expected shape",
    ),
}

# --- answers that lie

LYING = {
    "always-equal": A(
        "an answer that is equal to everything",
        """
class Yes(float):
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __abs__ = __sub__ = __rsub__ = lambda self, *other: self
def softmax(scores, temperature): return Yes(0)
""",
        says="expected shape",
    ),
    "array-that-lies": A(
        "an array whose comparisons and shape lie",
        """
class Yes(np.ndarray):
    shape = property(lambda self: (2, 2))
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return None
    def __eq__(self, other): return True
def softmax(scores, temperature): return np.zeros((2, 2)).view(Yes)
""",
    ),
    "object-that-lies": A(
        "an object that plays along with everything",
        """
class Yes:
    shape = (2, 2)
    def __getattr__(self, name): return lambda *a, **k: self
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return np.full((2, 2), 0.5)
    def __iter__(self): return iter([[0.5, 0.5], [0.5, 0.5]])
def softmax(scores, temperature): return Yes()
""",
        says="expected shape",
    ),
    "list-that-lies": A(
        "a list and a dict that lie",
        """
class Yes(list):
    def __eq__(self, other): return True
    def __iter__(self): return iter([[0.5, 0.5], [0.25, 0.75]])
def softmax(scores, temperature): return Yes([[0, 0], [0, 0]])
""",
    ),
    "expression-that-lies": A(
        "a SymPy object that is equal to everything",
        "",
        points=0,
        entropy="""
class Yes(sp.Symbol):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def equals(self, other, **k): return True
    def _eval_simplify(self, **k): return sp.S.Zero
    def __sub__(self, other): return sp.S.Zero
    __rsub__ = __sub__
hot_entropy = Yes('N', positive=True, integer=True)
""",
    ),
    "type-that-lies": A(
        "a class that says it is another",
        """
class Yes:
    __class__ = np.ndarray
    dtype, ndim, shape, nbytes = np.dtype(float), 2, (2, 2), 32
    def tobytes(self): return bytes(32)
def softmax(scores, temperature): return Yes()
""",
    ),
    "changes-arguments": A(
        "change the arguments so that the test falsifies itself",
        """
def softmax(scores, temperature):
    scores *= 0
    return np.full(scores.shape, 1 / scores.shape[1])
""",
        says="weights",
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
        says="expected shape",
    ),
    "nothing": A(
        "no result",
        "def softmax(scores, temperature): pass",
        says="expected shape",
    ),
    "shapes": A(
        "a shape of an enormous empty array",
        "def softmax(scores, temperature): return np.empty((2**40, 0, 2**20))",
        says="expected shape",
    ),
}

# --- patching what everybody shares

PATCHING = {
    "patch-numpy": A(
        "make NumPy's assertions and comparisons do nothing",
        """
for name in ('assert_allclose', 'assert_array_equal', 'assert_equal'):
    setattr(np.testing, name, lambda *a, **k: None)
np.allclose = np.array_equal = np.all = lambda *a, **k: True
np.shape = lambda x: (2, 2)
""",
    ),
    "patch-builtins": A(
        "replace builtins and AssertionError",
        """
import builtins
builtins.AssertionError = KeyboardInterrupt
builtins.isinstance = lambda *a: True
builtins.all = lambda *a: True
builtins.max = builtins.abs = lambda *a, **k: 0
""",
    ),
    "patch-sympy": A(
        "make SymPy find everything equal",
        """
import sympy
sympy.simplify = sp.simplify = lambda *a, **k: sp.S.Zero
sp.Expr.equals = sp.Basic.__eq__ = lambda *a: True
""",
        points=0,
    ),
    "patch-wire": A(
        "replace the module that sends results",
        """
from autograder import wire
wire.encode.__code__ = (lambda value, refer=None: b'T').__code__
""",
        says="unusable",
    ),
    "patch-desk": A(
        "replace what answers questions, and answer yes to all of them",
        """
desk = inside('Desk')
desk.calls['call'] = lambda *a: True
desk.calls['kind'] = lambda name: 'callable'
""",
        points=0,
    ),
    "transformer": A(
        "rewrite later cells by an input transformer",
        r"get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\n'])",
        points=0,
    ),
    "ast": A(
        "remove assertions by an AST transformer",
        """
import ast
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Gone())
""",
    ),
    "events": A(
        "swallow errors with event hooks and showtraceback",
        """
shell = get_ipython()
shell.showtraceback = shell._showtraceback = lambda *a, **k: None
def forgive(result): result.error_in_exec = None
shell.events.register('post_run_cell', forgive)
shell.set_custom_exc((BaseException,), lambda *a, **k: None)
""",
    ),
    "run-cell": A(
        "replace the function that runs cells",
        "get_ipython().run_cell = lambda *a, **k: None",
        points=0,
    ),
}

# --- forging messages, results and scores

FORGING = {
    "forged-answer": A(
        "write an answer to the socket: all is well",
        """
@once_graded
def softmax(scores, temperature):
    from autograder import wire
    for number in range(40):
        body = b'!' + number.to_bytes(8, 'little') + wire.encode(('ok', 3.0))
        os.write(3, len(body).to_bytes(4, 'little') + body)
    return scores
""",
    ),
    "forged-outputs": A(
        "forge outputs with a score for every cell",
        """
score = {'output_type': 'execute_result', 'data': {'text/plain': '3.0'}, 'metadata': {},
         'execution_count': 1}
inside('Desk').calls['run'] = lambda source, quiet: [score] * 3
""",
        points=0,
    ),
    "forged-error": A(
        "answer that running the cell has failed",
        "inside('Desk').calls['run'] = lambda *a: 1 / 0",
        says="unusable",
        points=0,
    ),
    "outputs-of-objects": A(
        "outputs that hold objects of the shell",
        """
fine = {'output_type': 'stream', 'name': 'stdout', 'text': 'x', 'more': print, print: print}
inside('Desk').calls['run'] = lambda *a: [fine, {**fine, 'text': print}, {print: fine}, print]
""",
        points=0,
    ),
    "forged-verdict": A(
        "send what looks like a verdict",
        """
def softmax(scores, temperature):
    verdict = {'grade_id': 'test_softmax', 'points': 3.0, 'max': 3.0}
    return {'verdict': verdict, 'alive': True}
""",
        says="expected shape",
    ),
    "forged-callback": A(
        "call functions of the grader that were never lent",
        """
@once_graded
def softmax(scores, temperature):
    from autograder import wire
    ask = inside('Desk').ask
    for key in range(5):
        lent = wire.Ref('callback', key)
        ask(wire.encode(('callback', object(), [scores], {}), lambda thing: lent))
""",
        says="unusable",
    ),
    "garbage": A(
        "noise on the socket",
        """
def softmax(scores, temperature):
    while True: os.write(3, os.urandom(4096))
""",
        says="unusable",
    ),
    "half-a-message": A(
        "announce a message and never send it",
        """
def softmax(scores, temperature):
    os.write(3, (10**6).to_bytes(4, 'little'))
    time.sleep(1000)
""",
        says="ran longer",
    ),
    "descriptors": A(
        "push open files through the socket",
        """
link = socket.socket(fileno=os.dup(3))
import array
try:
    link.sendmsg([b'?'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0] * 100))])
except OSError as error: print(error)
""",
    ),
    "result-file": A(
        "write a result where graders look for one, and leave",
        """
for place in ('results.json', '/autograder/results.json', '/grade/results/results.json',
              '@COURSE@/records/pwned.json'):
    try: open(place, 'w').write('{"score": 100}')
    except OSError as error: print(error)
os._exit(0)
""",
        says="ended the whole Python process",
    ),
    "gradebook": A(
        "raise the mark in the gradebook",
        """
import sqlite3
def raise_it():
    with sqlite3.connect('file:@COURSE@/gradebook.db?mode=rw', uri=True) as book:
        return book.execute('update grade set manual_score = 100')
attempt(raise_it)
""",
        says="unable to open",
    ),
    "pickle": A(
        "a result that runs a command where it is unpickled",
        """
class Bomb:
    def __reduce__(self): return os.system, ('touch @PLACE@/pwned-pickle',)
@once_graded
def softmax(scores, temperature): return np.array([Bomb()])
""",
        says="cannot be checked",
    ),
    "pickled-outputs": A(
        "the same in an output",
        """
class Bomb(str):
    def __reduce__(self): return os.system, ('touch @PLACE@/pwned-output',)
display({'text/plain': Bomb('x'), 'text/html': Bomb('y')}, raw=True)
""",
    ),
}

# --- expressions that are code, or never end

SYMPY = {
    "symbol-name": A(
        "a symbol whose name is code",
        "",
        says="cannot be checked",
        points=0,
        entropy="""
hot_entropy = sp.Symbol("__import__('os').system('touch @PLACE@/pwned-sympy')")
""",
    ),
    "function-name": A(
        "a function whose name is code",
        "",
        says="cannot be checked",
        points=0,
        entropy="""
name = "__import__('os').system('touch @PLACE@/pwned-sympy') or f"
hot_entropy = sp.Function(name)(N)
""",
    ),
    "text-expression": A(
        "a text that sympify would run",
        "",
        says="expected an expression",
        points=0,
        entropy="""
hot_entropy = "__import__('os').system('touch @PLACE@/pwned-sympy')"
""",
    ),
    "endless-power": A(
        "a number that fills the universe",
        "",
        points=0,
        entropy="""
ten = sp.Integer(10)
tower = sp.Pow(ten, ten, evaluate=False)
hot_entropy = sp.Pow(ten, tower, evaluate=False) + N
""",
    ),
    "endless-simplify": A(
        "an expression that simplify never finishes",
        "",
        points=0,
        entropy="""
hot_entropy = N
for k in range(60):
    if k < 9:
        power = sp.cos(hot_entropy * k + 1, evaluate=False)
        hot_entropy = sp.sin(hot_entropy + k, evaluate=False) ** power
    else:
        hot_entropy = sp.exp(hot_entropy, evaluate=False)
""",
    ),
    "deep-expression": A(
        "an expression a thousand levels deep",
        "",
        says="cannot be checked",
        points=0,
        entropy="""
hot_entropy = N
for _ in range(900):
    hot_entropy = sp.sin(hot_entropy, evaluate=False)
""",
    ),
    "wide-expression": A(
        "an expression with a hundred thousand parts",
        "",
        says="cannot be checked",
        points=0,
        entropy="""
parts = [sp.Symbol(f'x{k}') for k in range(100_000)]
hot_entropy = sp.Add(*parts, evaluate=False)
""",
    ),
}

# --- ends that are none

ENDING = {
    "sys-exit": A(
        "leave with sys.exit",
        "sys.exit(0)",
        says="visible",
    ),
    "exit-in-function": A(
        "leave while the test calls",
        """
@once_graded
def softmax(scores, temperature): sys.exit(0)
""",
        says="`softmax` raises SystemExit",
    ),
    "os-exit": A(
        "end the process",
        "os._exit(0)",
        says="ended the whole Python process",
    ),
    "exit-in-call": A(
        "end the process while the test calls",
        """
@once_graded
def softmax(scores, temperature): os._exit(0)
""",
        says="`softmax` ended the whole Python process",
    ),
    "abort": A(
        "abort",
        "os.abort()",
        says="crash",
    ),
    "segfault": A(
        "crash",
        "ctypes.string_at(1)",
        says="crash (signal SIGSEGV)",
    ),
    "stack": A(
        "overflow the stack of C",
        """
sys.setrecursionlimit(10**8)
def f(x): return [*map(f, [x])]
f(0)
""",
        says="crash",
    ),
    "sleep": A(
        "never answer",
        "time.sleep(1000)",
        says="ran longer than",
    ),
    "sleep-in-call": A(
        "never answer the test",
        """
@once_graded
def softmax(scores, temperature): time.sleep(1000)
""",
        says="ran longer than",
    ),
    "loop": A(
        "loop for ever",
        "while True: pass",
        says=("may compute for", "ran longer"),
    ),
    "loop-in-call": A(
        "loop for ever while the test calls",
        """
@once_graded
def softmax(scores, temperature):
    while True: pass
""",
        says=("`softmax` computes for too long", "ran longer"),
    ),
    "swallow": A(
        "swallow every interrupt",
        """
import signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
""",
        says="was stopped",
    ),
    "stop-itself": A(
        "stop, so that nobody can wait for it",
        """
os.kill(os.getpid(), 19)
os.kill(os.getpid(), 9)
os.kill(-1, 9)
print('still here')
""",
        says="still here",
    ),
    "close-all": A(
        "close every open file",
        "os.closerange(0, 1000)",
        says="ended the whole Python process",
    ),
    "regex": A(
        "a regular expression that never ends",
        """
import re
def softmax(scores, temperature): return re.match('(a+)+$', 'a' * 60 + 'b')
""",
        # Which of the two limits comes first depends on how busy the machine is.
        says=("ran longer than", "a cell may compute for"),
    ),
}

# --- using up the machine

USING = {
    "memory-4g": A(
        "take 4 GB",
        "x = np.ones(2**29)",
        says="MB of memory",
    ),
    "memory-bits": A(
        "take memory bit by bit",
        """
kept = []
while True: kept.append(bytearray(10**6))
""",
        says="MB of memory",
    ),
    "memory-shared": A(
        "take memory that no process counts",
        """
import mmap, tempfile
syscall(319, b'x', 0); syscall(29, 0, 10**9, 0o1666)
x = mmap.mmap(-1, 2**32)
""",
        says="memory",
    ),
    "memory-in-call": A(
        "take 4 GB while the test calls",
        """
@once_graded
def softmax(scores, temperature): return np.ones(2**29)
""",
        says="more memory",
    ),
    "large-answer": A(
        "an answer of 100 MB",
        """
@once_graded
def softmax(scores, temperature): return np.zeros(10**8, 'u1')
""",
        says="cannot be checked",
    ),
    "many-answers": A(
        "an answer of a hundred million parts",
        """
@once_graded
def softmax(scores, temperature): return [[0] * 10**6] * 100
""",
        says="cannot be checked",
    ),
    "endless-answer": A(
        "an answer that never ends",
        """
@once_graded
def softmax(scores, temperature):
    import itertools
    return itertools.count()
""",
    ),
    "self-answer": A(
        "a list that holds itself",
        """
@once_graded
def softmax(scores, temperature):
    x = []
    x.append(x)
    return x
""",
        says="cannot be checked",
    ),
    "fork-bomb": A(
        "a fork bomb",
        "for _ in range(20): attempt(os.fork)",
        says="no other programs",
    ),
    "fork-by-hand": A(
        "fork by system calls",
        """
syscall(57)
syscall(58)
syscall(56, 17, 0, 0, 0, 0)
syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
syscall(435, ctypes.create_string_buffer(88), 88)
if ctypes.CDLL(None).fork() >= 0: loot('fork')
""",
    ),
    "processes": A(
        "start a process",
        """
attempt(lambda: subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True).pid)
attempt(lambda: os.posix_spawn('/bin/sh', ['sh'], {}))
attempt(os.system, 'sleep 1000 &')
import multiprocessing
attempt(multiprocessing.get_context('spawn').Process(target=print).start)
syscall(59, b'/bin/sh', 0, 0)
""",
        says="no other programs",
    ),
    "shell-magic": A(
        "a shell command",
        "!touch @PLACE@/pwned-shell",
        says="no other programs",
    ),
    "bash-magic": A(
        "a cell of bash",
        "get_ipython().run_cell_magic('bash', '', 'touch @PLACE@/pwned-bash')",
        says="no other programs",
    ),
    "input": A(
        "wait for an answer that nobody gives",
        "input('password?')",
        says="nobody can answer",
    ),
    "threads": A(
        "five thousand threads",
        """
for _ in range(5000):
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
""",
        says="threads here",
    ),
    "busy-threads": A(
        "threads that go on computing when the cell has ended",
        """
def burn():
    while True: np.ones((500, 500)) @ np.ones((500, 500))
for _ in range(4): threading.Thread(target=burn, daemon=True).start()
""",
        points=None,
    ),
    "huge-file": A(
        "a file of 10 GB",
        """
with open('huge', 'wb') as file:
    while True: file.write(bytes(10**6))
""",
        says="files here",
    ),
    "full-tmp": A(
        "fill /tmp and /dev/shm",
        """
for place in ('/tmp/x', '/dev/shm/x', '/var/tmp/x', os.path.expanduser('~/x')):
    try:
        with open(place, 'wb') as file: file.write(bytes(6 * 2**20))
    except OSError as error: print(error.strerror)
""",
        says="No space left",
    ),
    "many-files": A(
        "a hundred thousand files",
        "for number in range(10**5): open(f'file-{number}', 'w').close()",
        says="files here",
    ),
    "output": A(
        "print for ever",
        "while True: print('x' * 1000)",
        says=("is dropped", "ran longer", "may compute"),
    ),
    "large-output": A(
        "print 100 MB",
        "print('x' * 10**8)",
        says="is dropped",
    ),
    "many-outputs": A(
        "show a million things",
        "for number in range(10**6): display({}, raw=True)",
        says=("is dropped", "ran longer", "may compute"),
    ),
    "large-error": A(
        "an error of 50 MB",
        "raise type('E' * 10**6, (Exception,), {})('x' * 50_000_000)",
    ),
    "raw-output": A(
        "print past Python",
        """
for number in range(3): os.write(number, b'x' * 10**6) if number else None
ctypes.CDLL(None).puts(b'x' * 10**6)
""",
    ),
    "limits-lifted": A(
        "lift the limits",
        """
import resource
for name in ('AS', 'NPROC', 'CPU', 'FSIZE'):
    attempt(resource.setrlimit, getattr(resource, 'RLIMIT_' + name), (-1, -1))
""",
        says="ValueError",
    ),
}

# --- the network

NETWORK = {
    "loopback": A(
        "reach a service of the grading machine",
        "attempt(socket.create_connection, ('127.0.0.1', @PORT@), 2)",
        says="PermissionError",
    ),
    "datagram": A(
        "send a datagram",
        """
where = ('127.0.0.1', @PORT@)
attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', where))
""",
        says="PermissionError",
    ),
    "elsewhere": A(
        "call another machine",
        """
import urllib.request
attempt(urllib.request.urlopen, 'http://192.0.2.1/', None, 2)
""",
        says="URLError",
    ),
    "names": A(
        "ask for a name",
        "attempt(socket.gethostbyname, 'example.org')",
        says="gaierror",
    ),
    "unix": A(
        "reach sockets of the grading machine by path and by abstract name",
        r"""
for name in ('@PLACE@/socket', '\0@ABSTRACT@'):
    attempt(lambda: socket.socket(socket.AF_UNIX).connect(name))
""",
        says="PermissionError",
    ),
    "by-hand": A(
        "sockets by system calls",
        """
for family in (1, 2, 10, 16, 17, 40):
    syscall(41, family, 2, 0)
    syscall(53, family + 1, 1, 0, 0)
syscall(425, 8, 0)
""",
    ),
}

# --- leaving something behind, or getting out

STAYING = {
    "thread-behind": A(
        "a thread that answers rightly later",
        """
def later():
    time.sleep(0.05)
    globals()['softmax'] = right
threading.Thread(target=later, daemon=True).start()
""",
        points=None,
    ),
    "files-behind": A(
        "files in /tmp and everywhere",
        """
for place in (
    '/tmp', '/var/tmp', '/dev/shm', '/', '/home', '@PLACE@', '@COURSE@', '/etc', '..'
):
    try: open(place + '/pwned-file', 'w').write('x')
    except OSError as error: print(error)
""",
        says="Read-only file system",
    ),
    "poisoned-packages": A(
        "change installed packages",
        """
import importlib
for module in (np, sp, importlib, __import__('autograder.wire').wire):
    attempt(open, module.__file__, 'a')
    attempt(os.mkdir, os.path.dirname(module.__file__) + '/pwned-package')
""",
        says="Read-only file system",
    ),
    "forkserver": A(
        "kill or trace the forkserver and everything else",
        """
for pid in (0, -1, 1, 2, 3, *range(4, 400)):
    try: os.kill(pid, 9) if pid not in (0, -1, 1) else os.kill(pid, 0)
    except ProcessLookupError: continue
    if pid > 1: loot(pid)
attempt(os.kill, @PID@, 9)
""",
        says="ProcessLookupError",
    ),
    "mounts": A(
        "rearrange the file system",
        """
libc = ctypes.CDLL(None)
for done in (
    libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0), libc.umount2(b'/home', 2),
    libc.umount2(b'/proc', 2), libc.unshare(0x10000000), libc.unshare(0x20000),
    libc.chroot(b'/'), libc.setns(0, 0),
):
    if done >= 0: loot('a system call')
""",
    ),
    "rights": A(
        "become root",
        """
for change in (os.setuid, os.setgid, os.seteuid): attempt(change, 0)
attempt(os.chown, '.', 0, 0)
if os.getuid() == 0 or os.geteuid() == 0: loot('root')
attempt(lambda: os.mknod('disk', 0o60666, os.makedev(254, 0)))
attempt(lambda: os.mknod('mem', 0o20666, os.makedev(1, 1)))
""",
        says="not permitted",
    ),
    "filter-off": A(
        "use the calling convention of another machine to get around the filter",
        """
import mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex('53b81400000031db31c931d2cd805bc3'))  # getpid of 32 bits
run = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
loot(run())
""",
        says="crash (signal SIGSYS)",
    ),
    "devices": A(
        "devices, disks and the kernel's messages",
        """
for name in ('/dev/kmsg', '/dev/mem', '/dev/vda', '/dev/sda', '/dev/kvm', '/sys/kernel'):
    attempt(open, name)
syscall(103, 3, ctypes.create_string_buffer(99), 99)
syscall(321, 0, 0, 0)
syscall(298, 0, 0, -1, -1, 0)
syscall(250, 0, 0)
syscall(323, 0)
""",
        says="No such file",
    ),
    "links": A(
        "links and pipes in the work folder",
        """
os.symlink('/dev/zero', 'zero'); os.mkfifo('pipe'); os.symlink('@COURSE@', 'course')
attempt(os.listdir, 'course')
attempt(os.link, '/opt/shell/autograder/wire.py', 'wire')
""",
        says="No such file",
    ),
    "spies-on-others": A(
        "listen to other students' shells",
        """
syscall(64, 1234, 1, 0o1666)
syscall(68, 1234, 0o1666)
syscall(240, b'q', 0o102, 0o666, 0)
if len(os.listdir('/tmp') + os.listdir('/home')) > 2: loot(os.listdir('/tmp'))
""",
    ),
}

# --- what reaches a page

PAGES = {
    "page-script": A(
        "scripts in outputs",
        """
from IPython.display import HTML, IFrame, Javascript, Latex, Markdown
evil = '''@EVIL@'''
for kind in (HTML, Javascript, Markdown, Latex): display(kind(evil))
display({'image/svg+xml': evil, 'text/html': evil, 'application/javascript': 'pwn()'}, raw=True)
display(IFrame('//@HOST@', 1, 1)); print(evil); evil
""",
    ),
    "page-error": A(
        "scripts in an error",
        """
evil = '''@EVIL@'''
raise type(evil, (Exception,), {})(evil)
""",
    ),
    "page-escape": A(
        "terminal codes in outputs",
        r"""
print('\x1b[31m\x1b]8;;javascript:pwn()\x07x\x1b]8;;\x07<img src=x onerror=pwn()>')
""",
    ),
}

ATTACKS: dict[str, Attack] = (
    READING | LYING | PATCHING | FORGING | SYMPY | ENDING | USING | NETWORK | STAYING | PAGES
)
"""Name → attack."""

FILES = re.findall(
    r"\S+",
    """
    solved warns own-cells forged test-deleted test-copied draft-after reversed test-edited
    given-edited points-raised unlocked renamed other-id schema-99 metadata-empty metadata-odd
    ids-gone kind-changed other-kernel missing misnamed empty truncated pdf latin a-list deep
    long-number many-cells foreign pipe link linked-folder is-a-folder huge odd-files format-3
    date-odd date-huge date-pipe evil
    """,
)
"""Of `handed_in`: work that is right, and files spoilt in other ways than by their code."""
