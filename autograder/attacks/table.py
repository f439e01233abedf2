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
        if '01_temperature' in name or name in ('salt', 'judge.py', 'recognise.py'):
            loot(folder, name)
""",
    ),
    "known-paths": A(
        "open the gradebook, the salt, the solution, by their paths",
        """
for path in (
    '@COURSE@/gradebook.db', '@COURSE@/salt', '@PROJECT@/solutions/01_temperature.py',
    '@GRADER@/grade/judge.py', '@CANARY@', '/etc/passwd', '/etc/shadow',
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
for name in ('words', 'testing', 'rules', 'bank', 'grade.judge', 'nbgrader.course'):
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

LYING |= {
    "first-calls-only": A(
        "answer rightly until the visible checks are over",
        """
asked = []
def softmax(scores, temperature):
    asked.append(1)
    return right(scores, temperature) if len(asked) < 3 else np.asarray(scores) * 0
""",
        says="wrong in",
    ),
    "nothing-to-compare": A(
        "arrays without entries, of which everything holds",
        """
@once_graded
def softmax(scores, temperature): return np.ones((0, 3))
""",
        says="expected shape",
    ),
    "one-for-all": A(
        "one number for the whole array",
        """
@once_graded
def softmax(scores, temperature): return 1 / 3
""",
        says="expected shape",
    ),
    "no-copy": A(
        "an array of 8 GB that takes 8 bytes",
        """
@once_graded
def softmax(scores, temperature): return np.broadcast_to(0.5, (2**15, 2**15))
""",
        says="cannot be checked",
    ),
    "records": A(
        "arrays of records, dates, texts and objects",
        """
odd = iter([np.zeros((4, 3), 'f8,f8'), np.zeros((4, 3), 'M8[s]'), np.full((3, 6), 'x')] * 9)
@once_graded
def softmax(scores, temperature): return next(odd)
""",
        says="cannot be checked",
    ),
    "hidden-entries": A(
        "a masked array, wrong where it is hidden",
        """
@once_graded
def softmax(scores, temperature):
    return np.ma.array(np.zeros(np.shape(scores)), mask=True)
""",
        says="wrong in",
    ),
    "huge-integers": A(
        "integers that no float can hold",
        """
@once_graded
def softmax(scores, temperature): return [[1 << 65_000] * 3] * 4
""",
        says="expected an array",
    ),
    "deep-answer": A(
        "a list as deep as may be sent",
        """
@once_graded
def softmax(scores, temperature):
    deep = []
    for _ in range(97): deep = [deep]
    return deep
""",
        says="expected",
    ),
    "odd-objects": A(
        "modules, classes, generators and functions as results",
        """
odd = iter([np, int, (x for x in ()), print, iter(()), globals] * 9)
@once_graded
def softmax(scores, temperature): return next(odd)
""",
        says="got a module",
    ),
    "odd-but-right": A(
        "a right answer backwards in memory, in the bytes of another machine",
        """
def softmax(scores, temperature):
    weights = np.asfortranarray(right(scores, temperature)).astype('>f8')[::-1, ::-1]
    weights.flags.writeable = False
    return weights[::-1, ::-1]
""",
        points=6,
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
from autograder.student import wire
wire.encode.__code__ = (lambda value, refer=None: b'T').__code__
""",
        says="unusable",
    ),
    "patch-namespace": A(
        "replace what answers questions, and answer yes to all of them",
        """
namespace = inside('Namespace')
namespace.calls['call'] = lambda *a: True
namespace.calls['kind'] = lambda name: 'callable'
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
    from autograder.student import wire
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
inside('Namespace').calls['run'] = lambda source, quiet: [score] * 3
""",
        points=0,
    ),
    "forged-error": A(
        "answer that running the cell has failed",
        "inside('Namespace').calls['run'] = lambda *a: 1 / 0",
        says="unusable",
        points=0,
    ),
    "outputs-of-objects": A(
        "outputs that hold objects of the shell",
        """
fine = {'output_type': 'stream', 'name': 'stdout', 'text': 'x', 'more': print, print: print}
inside('Namespace').calls['run'] = lambda *a: [fine, {**fine, 'text': print}, {print: fine}, print]
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
    from autograder.student import wire
    ask = inside('Namespace').ask
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

FORGING |= {
    "formula-to-call": A(
        "have the grader call a formula that computes for ever",
        """
from autograder.student import wire
namespace, x = inside('Namespace'), sp.Symbol('x')
question = wire.encode(('callback', sp.Lambda(x, 3**(3**x)), [sp.Integer(40)], {}))
namespace.calls['run'] = lambda *a: namespace.ask(question)
""",
        says="unusable",
        points=0,
    ),
    "endless-number": A(
        "an output with a number that has too many digits to be written",
        """
shown = {'output_type': 'execute_result', 'data': {'text/plain': 'x'}, 'metadata': {}}
inside('Namespace').calls['run'] = lambda *a: [{**shown, 'execution_count': 10**5000}]
""",
        says="unusable",
        points=0,
    ),
    "costly-outputs": A(
        "outputs that take minutes and gigabytes to read",
        """
from autograder.student import wire
one, many = wire.encode(np.random.default_rng(1)), 300_000
answer = wire.encode(('ok', None))[:-1] + b'l' + many.to_bytes(4, 'little') + one * many
inside('Namespace').serve = lambda question: answer
""",
        says="unusable",
        points=0,
    ),
    "colliding-keys": A(
        "outputs with keys that all have the same hash",
        """
from autograder.student import wire
more = b''.join(wire.encode(k * (2**61 - 1)) + b'N' for k in range(50_000))
answer = wire.encode(('ok', None))[:-1] + b'd' + (100_000).to_bytes(4, 'little') + more
inside('Namespace').serve = lambda question: answer
""",
        says="unusable",
        points=0,
    ),
    "questions-first": A(
        "ask the grader a thousand things instead of answering",
        """
from autograder.student import wire
body = b'?' + bytes(8) + wire.encode(('call', 'reference', '', [], {}))
for _ in range(1000): os.write(3, len(body).to_bytes(4, 'little') + body)
""",
        says="unusable",
    ),
    "drip": A(
        "an answer byte by byte, as fast as can be",
        """
@once_graded
def softmax(scores, temperature):
    import signal
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    os.write(3, (2**26).to_bytes(4, 'little'))
    while True: os.write(3, b'!')
""",
        says="ran longer than 3 seconds",
    ),
    "forged-kind": A(
        "smuggle an input out as the kind of an exception",
        """
from autograder.student import wire
namespace, softmax = inside('Namespace'), right
honest = namespace.serve
def answer(question):
    value = wire.decode(question, lambda ref: None)
    if value[0] != 'call' or np.shape(value[3][0]) == (2, 2): return honest(question)
    return wire.encode(('error', 'LO' + f'OT{value[3][1]}'))
namespace.serve = answer
""",
        says="unusable",
    ),
    "borrowed-reference": A(
        "answer with a function that was never lent",
        """
from autograder.student import wire
inside('Namespace')._refer = lambda thing: wire.Ref('callback', 0)
@once_graded
def softmax(scores, temperature): return print
""",
        says="no longer valid",
    ),
    "two-minds": A(
        "one thread answers, another one answers something else",
        """
from autograder.student import wire
@once_graded
def softmax(scores, temperature):
    def shout():
        body = b'!' + bytes(8) + wire.encode(('ok', 1.0))
        for _ in range(200): os.write(3, len(body).to_bytes(4, 'little') + body)
    thread = threading.Thread(target=shout); thread.start(); thread.join()
    return right(scores, temperature)
""",
        says="unusable",
    ),
    "dies-when-known": A(
        "pass for wrong, then die where the next exercise would have to pay",
        """
calls = []
def softmax(scores, temperature):
    calls.append(1)
    threading.Timer(0.02, os._exit, (0,)).start() if len(calls) > 5 else None
    return right(scores, temperature) * 2 if np.shape(scores) != (2, 2) else right(scores, 1)
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

SYMPY |= {
    "same-name": A(
        "a function of one's own that is called log",
        "",
        says="not equal",
        points=0,
        entropy="hot_entropy = sp.Function('log')(N)",
    ),
    "no-value": A(
        "an expression that is no number anywhere",
        "",
        says="undefined where it should not be",
        points=0,
        entropy="hot_entropy = sp.Mul(0, sp.zoo, N, evaluate=False)",
    ),
    "huge-precision": A(
        "a number of a million digits",
        "",
        says="cannot be checked",
        points=0,
        entropy="hot_entropy = N * sp.Float(1, 10**6) / 3",
    ),
    "huge-exponent": A(
        "a number with a billion digits before the point",
        "",
        says="out of range",
        points=0,
        entropy="hot_entropy = N + sp.Float._new((0, 1, 4 * 10**9, 1), 53)",
    ),
    "huge-factor": A(
        "an integer as long as may be sent",
        "",
        points=0,
        entropy="hot_entropy = N * sp.Integer(3)**41_000",
    ),
    "stranger": A(
        "a symbol that draws the points of comparison",
        "",
        says="other symbols",
        points=0,
        entropy="hot_entropy = sp.log(N) + sp.Symbol('x_1')",
    ),
    "binding": A(
        "bind the symbol in a sum, a substitution and an integral",
        "",
        points=0,
        entropy="hot_entropy = sp.Subs(sp.Sum(sp.Integral(N, (N, 0, 1)), (N, 1, 3)), N, 2)",
    ),
    "opposite-symbol": A(
        "the same symbol with the opposite assumptions",
        "",
        points=0,
        entropy="hot_entropy = sp.sqrt(sp.Symbol('N', negative=True)**2)",
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

USING |= {
    "kernel-buffers": A(
        "fill pipes and sockets, which count as nobody's memory",
        """
kept = []
try:
    while True:
        for end in (os.pipe()[1], *[s.detach() for s in socket.socketpair()]):
            kept.append(end)
            os.set_blocking(end, False)
            try:
                while True: os.write(end, bytes(2**16))
            except BlockingIOError: pass
except OSError as error: print(error)
""",
        says="Too many open files",
    ),
    "timers": A(
        "ten thousand timers",
        """
libc, made = ctypes.CDLL(None), 0
while made < 10_000 and libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())) == 0:
    made += 1
loot(made) if made > 1000 else print(made, 'timers')
""",
        says="timers",
    ),
    "sparse-file": A(
        "a file of a terabyte with nothing in it",
        """
for size in (10**12, 7 * 2**20):
    try:
        with open(f'sparse-{size}', 'wb') as file: file.truncate(size)
        with open(f'sparse-{size}', 'r+b') as file: file.write(bytes(2**23))
    except OSError as error: print(error.strerror)
""",
        says="File too large",
    ),
    "deep-folders": A(
        "folders in folders, a hundred thousand deep",
        """
for _ in range(10**5): os.mkdir('d'); os.chdir('d')
""",
        says="files here",
    ),
    "no-folder": A(
        "remove the folder in which cells run",
        """
import shutil
os.chdir('/'); os.chmod('/home/work', 0); os.rmdir('/home/work')
for name in os.listdir('/home/tmp'): os.remove('/home/tmp/' + name)
print('removed')
""",
        says="removed",
    ),
    "updates": A(
        "updates of an output that are larger than outputs may be",
        """
shown = display('x', display_id=True)
for _ in range(20): shown.update('x' * 10**6)
""",
    ),
    "many-kinds": A(
        "an output of a hundred thousand kinds, with as many facts about it",
        """
kinds = {f'a/{k}': '' for k in range(10**5)}
display(kinds, metadata={f'k{k}': 'x' for k in range(10**5)}, raw=True)
from IPython.display import clear_output
for _ in range(10**4): print('x'); clear_output(wait=True)
""",
    ),
    "busy-interpreter": A(
        "hooks that make everything fail that comes later",
        """
def fail(*a): raise MemoryError
sys.settrace(fail); sys.setprofile(fail); threading.settrace(fail)
sys.setrecursionlimit(60); sys.setswitchinterval(1000)
""",
        points=None,
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
for module in (np, sp, importlib, sys.modules['autograder.student.wire']):
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
attempt(os.link, '/opt/shell/autograder/student/wire.py', 'wire')
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

STAYING |= {
    "system-calls": A(
        "parts of the kernel that notebooks do not need",
        """
for number in (
    135, 153, 155, 165, 166, 167, 169, 175, 179, 180, 246, 248, 249, 256, 279, 298, 300, 303, 304,
    308, 310, 311, 312, 313, 320, 321, 322, 323, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433,
    434, 435, 438, 440, 442, 443, 447, 448, 457, 458, 467, 470, 2**30, 2**30 + 39, 2**30 + 520,
):
    syscall(number, 0, 0, 0, 0, 0, 0)
page = ctypes.create_string_buffer(4096)
syscall(101, 0, 0, 0, 0); syscall(438, 0, 3, 0); syscall(430, b'proc', 0)
syscall(428, -100, b'/', 1); syscall(321, 5, page, 120); syscall(298, page, 0, -1, -1, 0)
syscall(435, page, 88); syscall(56, 0x100 | 0x4000 | 17, 0, 0, 0, 0)
""",
    ),
    "process-settings": A(
        "get rights back by settings of the process",
        """
libc = ctypes.CDLL(None)
zero = ctypes.c_ulong(0)
for option, value in ((38, 0), (22, 0), (47, 2), (24, 7), (35, 1), (8, 1), (28, 1)):
    done = libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero)
    if done == 0 and option in (38, 22, 47, 35): loot('prctl', option)
header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[2**32 - 1] * 6)
if libc.capset(header, rights) == 0: loot('rights')
attempt(os.setpriority, os.PRIO_PROCESS, 0, -5)
attempt(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt(os.setgroups, [0])
""",
        says="not permitted",
    ),
    "proc-and-sys": A(
        "what /proc, /sys and /dev say of the machine",
        """
for path in (
    '/proc/self/status', '/proc/1/root', '/proc/self/fd/3', '/proc/sys/kernel/core_pattern',
    '/proc/kallsyms', '/proc/self/mountinfo', '/sys/fs/cgroup', '/dev/tty', '/dev/pts', '/dev/fuse',
    '/run', '/var/run/docker.sock', '/root/.ssh', '/home/../etc/hostname',
):
    attempt(os.stat, path)
if os.uname().nodename != 'notebook' or os.getppid(): loot(os.uname())
""",
        says="No such file",
    ),
    "after-the-end": A(
        "act when the interpreter ends, or when something is collected",
        """
import atexit, gc, weakref
def act(*a):
    for place in ('@PLACE@/pwned-end', '/tmp/pwned-end'): open(place, 'w').write('x')
class Late:
    def __del__(self): act()
atexit.register(act); sys.excepthook = sys.unraisablehook = threading.excepthook = act
late = Late(); late.itself = late; weakref.finalize(late, act)
gc.callbacks.append(act)
""",
    ),
    "own-signals": A(
        "signals for the process that asks, by way of the socket",
        """
import fcntl, signal
for owner in (1, -1, 2, os.getppid()):
    try: fcntl.fcntl(3, fcntl.F_SETOWN, owner)
    except OSError as error: print(error.strerror)
fcntl.fcntl(3, 10, signal.SIGKILL)
fcntl.fcntl(3, fcntl.F_SETFL, fcntl.fcntl(3, fcntl.F_GETFL) | os.O_ASYNC)
print('set')
""",
        says="set",
    ),
    "socket-spoilt": A(
        "spoil the socket for its other end",
        """
link = socket.socket(fileno=os.dup(3))
link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
link.shutdown(socket.SHUT_RD)
""",
        says="ended the whole Python process",
        points=0,  # whatever runs after it
    ),
    "locks-held": A(
        "hold every lock that the next cell needs",
        """
import logging, _imp
_imp.acquire_lock(); logging._acquireLock() if hasattr(logging, '_acquireLock') else None
def hold():
    _imp.acquire_lock(); time.sleep(1000)
threading.Thread(target=hold, daemon=True).start()
print('held')
""",
        says="held",
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

PAGES |= {
    "page-links": A(
        "addresses that are programs",
        r"""
from IPython.display import HTML
for address in (
    'javascript:pwn()', 'JaVaScRiPt:pwn()', ' javascript:pwn()', 'java\tscript:pwn()',
    '&#106;avascript:pwn()', '&#x01;javascript:pwn()', 'javascript&colon;pwn()', 'vbscript:pwn()',
    'data:text/html,<script>pwn()</script>', 'data:image/svg+xml,<svg onload=pwn()>', '//@HOST@',
    'http:javascript:pwn()', 'feed:javascript:pwn()', 'blob:x', 'filesystem:x', 'file:///etc/passwd',
):
    display(HTML(f'<a href="{address}">x</a><img src="{address}"><b style="color:red" id=pwn>y</b>'
                 f'<form action="{address}"><object data="{address}"><area href="{address}">'))
""",
    ),
    "page-mutations": A(
        "HTML that becomes something else when it is read again",
        r"""
from IPython.display import HTML
for text in (
    '<noscript><p title="</noscript><img src=x onerror=pwn()>">',
    '<math><mtext><table><mglyph><style><!--</style>'
    '<img title="--&gt;&lt;img src=1 onerror=pwn()&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=pwn()>">',
    '<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=pwn()>',
    '<b title="&lt;/b&gt;&lt;script&gt;pwn()&lt;/script&gt;">x</b>',
    '<!--><img src=x onerror=pwn()>-->',
    '<![CDATA[><img src=x onerror=pwn()>]]>', '<?x ><img src=x onerror=pwn()>?>',
    '<%<img onerror=pwn()>',
    '<xmp><p title="</xmp><img src=x onerror=pwn()>">',
    '<textarea><img title="</textarea><svg onload=pwn()>">',
    '<details open ontoggle=pwn()>x</details>', '<p/onmouseover=pwn()//<p',
    '<a\x00 href=javascript:pwn()>',
    '<img alt="`><script>pwn()</script>" src="data:image/png;base64,&quot;onerror=pwn()">',
    '</div></section></body><script>pwn()</script><section id=test_softmax>3 of 3 points',
    '<template><script>pwn()</script></template>', '<plaintext>',
    '<select><style></select><svg onload=pwn()>',
):
    display(HTML(text)); print(text)
""",
    ),
    "page-styles": A(
        "styles that cover the page or call somebody",
        r"""
from IPython.display import HTML
for style in (
    'position:fixed;inset:0', 'background:url(//@HOST@/x)', 'font-style:url(//@HOST@/x)',
    '@import "//@HOST@/x"', 'text-align:center;behavior:url(#x)', 'font-weight:expression(pwn())',
    'text-align:left}*{display:none', r'\70 osition:fixed', '/**/position:/**/fixed',
):
    display(HTML(f'<p style="{style}">x</p><style>@import "//@HOST@";</style>'
                 f'<link rel=stylesheet href="//@HOST@">'
                 '<table background="//@HOST@"><td>x</table>'))
""",
    ),
    "page-letters": A(
        "letters that turn lines around, end files or are no letters",
        r"""
print('\u202e\u2066stniop 3 fo 3\x00\x07\x1b]0;pwn\x07\x1b[2J\u2028</pre><script>pwn()</script>')
raise ValueError('\u202e' * 50 + '\x1b]8;;javascript:pwn()\x07link\x1b]8;;\x07' + 'Z\u0301' * 500)
""",
    ),
    "page-square": A(
        "HTML that takes as long as the square of its length",
        r"""
from IPython.display import HTML
display(HTML('<div>' * 16_000))
""",
    ),
    "page-colours": A(
        "a hundred thousand changes of colour",
        r"""
print('\x1b[31mx' * 15_000)
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
    date-odd date-huge date-pipe evil numbers-odd ids-odd pictures-odd types-odd deep-text
    square-text long-text names-twice sheets socket linked-student named-in-bytes named-in-orders
    named-in-html with-pages odd-tree
    """,
)
"""Of `handed_in`: work that is right, and files spoilt in other ways than by their code."""
