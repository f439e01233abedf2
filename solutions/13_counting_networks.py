# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 13 · Counting networks
#
# The chapter of the same name counted what a network holds, its *parameters*, and what it does to
# one picture, its *multiply-adds*.
# Here you count what the chapter did not.
#
# Throughout,
#
# - a shape is `(rows, columns, channels)`, and rows and columns may differ;
# - every convolution and every dense layer has a bias for each of its outputs, and biases are
#   parameters;
# - multiply-adds are products of a weight and an input, products with the zeros of a padding
#   included; adding a bias is not one of them;
# - a window has $\ell\times\ell$ pixels; the chapter writes $k$ for $\ell$;
# - "padded by half a window" means $(\ell-1)/2$ zeros on each side, for odd $\ell$.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

C_in, C_out, ell = sp.symbols("C_in C_out ell", integer=True, positive=True)


def at(expression, **numbers):
    """The value of a SymPy expression with its symbols replaced, by name, with numbers."""
    assert isinstance(expression, sp.Expr), (
        f"expected a SymPy expression, got {type(expression).__name__}"
    )
    strangers = {symbol.name for symbol in expression.free_symbols} - set(numbers)
    assert not strangers, (
        f"only the symbols {sorted(numbers)} may appear, found {sorted(strangers)}"
    )
    return float(expression.subs({x: numbers[x.name] for x in expression.free_symbols}))


# %% [markdown]
# ## 1 · Which pictures fit? (3 points)
#
# A window of `kernel` pixels moves over a picture in steps of `stride`; the picture is padded with
# `padding` zeros on each side, less than half a window.
# You want `output` places along a side.
# Between which sizes must the picture's side be?
#
# Return the smallest and the largest.


# %% nbgrader={"grade_id": "input_sizes", "solution": true}
def input_sizes(output, kernel, stride, padding):
    """(smallest, largest) input, in pixels along one side, that gives `output` places."""
    ### BEGIN SOLUTION
    smallest = (output - 1) * stride + kernel - 2 * padding
    return smallest, smallest + stride - 1
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_input_sizes", "points": 3}
pair = input_sizes(5, 1, 1, 0)
assert np.shape(pair) == (2,), f"expected the smallest and the largest, got {pair!r}"
assert list(pair) == [5, 5], f"a window of one pixel fits 5 times into 5 only, got {pair}"
### BEGIN HIDDEN TESTS


def draw_windows(strides):
    """output, kernel, stride, padding: any window, padded by less than half of it."""
    for stride in strides:
        kernel = int(rng.integers(3, 9))
        padding = int(rng.integers(1, (kernel + 1) // 2))
        yield int(rng.integers(2, 60)), kernel, stride, padding


with part(1, "windows that move pixel by pixel"):
    for window in draw_windows([1, 1, 1]):
        agree(input_sizes(*window), reference.input_sizes(*window), what="the two sizes")
with part(2, "any stride"):
    for window in draw_windows([2, 2, 3, 4]):
        agree(input_sizes(*window), reference.input_sizes(*window), what="the two sizes")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · A convolution taken apart (2 points)
#
# A *separable* convolution puts two in place of one:
# an $\ell\times\ell$ convolution with as many groups as channels, so that each channel is seen by
# itself and gives one channel;
# then a $1\times1$ convolution from these `C_in` channels to `C_out`.
#
# Which share of the multiply-adds of the plain $\ell\times\ell$ convolution from `C_in` to `C_out`
# channels does that take? Both have stride 1 and are padded by half a window.
# Write it with `C_in`, `C_out` and `ell`, as far as they matter.

# %% nbgrader={"grade_id": "separable_share", "solution": true}
# separable_share = an expression in C_in, C_out, ell
### BEGIN SOLUTION
separable_share = 1 / C_out + 1 / ell**2
### END SOLUTION

# %% nbgrader={"grade_id": "test_separable_share", "points": 2}
share = at(separable_share, C_in=64, C_out=64, ell=3)
assert 0 < share < 1, f"a 3×3 from 64 to 64 channels gets cheaper: between 0 and 1, got {share}"
### BEGIN HIDDEN TESTS
with part(1, "sizes from real networks"):
    for sizes in ((64, 128, 3), (256, 512, 3), (128, 96, 5)):
        numbers = dict(zip(("C_in", "C_out", "ell"), sizes, strict=True))
        got, expected = at(separable_share, **numbers), at(reference.separable_share, **numbers)
        agree(got, expected, rtol=1e-6, what="the share")
with part(1, "all sizes"):
    symbolically_equal(separable_share, reference.separable_share)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Any list of layers (5 points)
#
# A network is a list of tuples, in order:
#
# - `("conv", kernel, outputs, stride)`, padded by half a window;
# - `("pool", kernel, stride)`, padded by half a window;
# - `("dense", outputs, pieces)`: a maxout layer; each output is the largest of `pieces` sums over
#   all that came in, and each sum has weights and a bias of its own.
#   What comes out is `(1, 1, outputs)`.
#
# Kernels are odd. Return the number of parameters and of multiply-adds.


# %% nbgrader={"grade_id": "count_network", "solution": true}
def count_network(layers, shape):
    """(parameters, multiply-adds) of a list of layers for a picture of this shape."""
    ### BEGIN SOLUTION
    rows, columns, channels = shape
    parameters = multiply_adds = 0
    for kind, *numbers in layers:
        if kind == "dense":
            outputs, pieces = numbers
            weights = rows * columns * channels * outputs * pieces
            rows = columns = 1
            parameters += weights + outputs * pieces
            multiply_adds += weights
            channels = outputs
        else:
            kernel, stride = numbers[0], numbers[-1]
            rows, columns = -(-rows // stride), -(-columns // stride)  # rounded up
            if kind == "conv":
                weights = kernel**2 * channels * numbers[1]
                channels = numbers[1]
                parameters += weights + channels
                multiply_adds += rows * columns * weights
    return parameters, multiply_adds
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_count_network", "points": 5}
counted = count_network([("conv", 1, 2, 1)], (4, 5, 3))
assert np.shape(counted) == (2,), f"expected parameters and multiply-adds, got {counted!r}"
assert list(counted) == [8, 120], (
    "a 1×1 from 3 to 2 channels has 6 weights and 2 biases, and 20 places use 6 weights: "
    f"expected 8 and 120, got {counted}"
)
### BEGIN HIDDEN TESTS


def draw_shape():
    rows, columns = rng.choice(np.arange(7, 30, 2), size=2, replace=False)
    return int(rows), int(columns), int(rng.integers(2, 6))


def conv(kernel, stride=1):
    return "conv", kernel, int(rng.integers(3, 9)), stride


def check_network(layers, shape):
    got, expected = count_network(layers, shape), reference.count_network(layers, shape)
    agree(got[0], expected[0], what="the number of parameters")
    agree(got[1], expected[1], what="the number of multiply-adds")


with part(1, "convolutions one after the other"):
    check_network([conv(3), conv(1), conv(5)], draw_shape())
with part(2, "strides and pooling"):
    check_network([conv(7, 2), ("pool", 3, 2), conv(1), conv(3, 3)], draw_shape())
    check_network([("pool", 5, 3), conv(3, 2), ("pool", 3, 1), conv(3)], draw_shape())
with part(1, "dense layers"):
    check_network([conv(3, 2), ("dense", 7, 1), ("dense", 4, 1)], draw_shape())
with part(1, "dense layers with several pieces"):
    check_network([conv(3), ("pool", 3, 2), ("dense", 6, 2), ("dense", 5, 3)], draw_shape())
    check_network([("dense", 5, 4), ("dense", 3, 1)], draw_shape())
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Side by side (4 points)
#
# A module has several branches on one input; what they give is stacked, channel on channel.
# A branch is a list of convolutions `(kernel, outputs, stride, groups)`, one after the other, each
# padded by half a window. An empty branch passes the input on.
# All branches end with the same rows and columns.
#
# Return the number of channels that the module gives, of its parameters and of its multiply-adds.


# %% nbgrader={"grade_id": "count_branches", "solution": true}
def count_branches(branches, shape):
    """(channels, parameters, multiply-adds) of branches on an input of this shape."""
    ### BEGIN SOLUTION
    stacked = parameters = multiply_adds = 0
    for branch in branches:
        rows, columns, channels = shape
        for kernel, outputs, stride, groups in branch:
            rows, columns = -(-rows // stride), -(-columns // stride)
            weights = kernel**2 * channels // groups * outputs
            parameters += weights + outputs
            multiply_adds += rows * columns * weights
            channels = outputs
        stacked += channels
    return stacked, parameters, multiply_adds
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_count_branches", "points": 4}
counted = count_branches([[(1, 2, 1, 1)], [(1, 3, 1, 1)]], (2, 2, 4))
assert np.shape(counted) == (3,), (
    f"expected channels, parameters and multiply-adds, got {counted!r}"
)
assert list(counted) == [5, 25, 80], (
    "two 1×1 from 4 channels, to 2 and to 3: 5 channels, 20 weights and 5 biases, used at 4 "
    f"places; expected 5, 25 and 80, got {counted}"
)
### BEGIN HIDDEN TESTS


def branch(*kernels, stride=1, groups=1):
    """Convolutions with these kernels; the last has the stride and the groups."""
    layers = [(kernel, 4 * int(rng.integers(2, 6)), 1, 1) for kernel in kernels]
    kernel, outputs, _, _ = layers[-1]
    return [*layers[:-1], (kernel, outputs, stride, groups)]


def check_branches(branches):
    rows, columns = rng.choice(np.arange(5, 16, 2), size=2, replace=False)
    shape = int(rows), int(columns), 4 * int(rng.integers(2, 6))
    got, expected = count_branches(branches, shape), reference.count_branches(branches, shape)
    agree(got[0], expected[0], what="the number of channels")
    agree(got[1], expected[1], what="the number of parameters")
    agree(got[2], expected[2], what="the number of multiply-adds")


with part(1, "branches of several convolutions"):
    check_branches([branch(1), branch(1, 3), branch(1, 5), branch(1, 3, 3)])
with part(1, "groups"):
    check_branches([branch(3, groups=4), branch(1, 5, groups=2), branch(1)])
with part(1, "an empty branch"):
    check_branches([branch(1, 3), [], branch(1)])
with part(1, "strides"):
    check_branches([branch(1, 3, stride=2), branch(1, 5, stride=2), branch(3, stride=2)])
    check_branches([branch(5, 3, stride=3), branch(1, stride=3)])
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Products that are not with zeros (3 points)
#
# Along one side of `h` pixels a window of `kernel` pixels stands at every `stride`-th position of
# the padded side, as long as it fits; `padding` zeros are on each side, any number of them.
# Over all positions together, how many pixels of the picture do the windows see,
# each counted as often as it is seen?


# %% nbgrader={"grade_id": "pixels_seen", "solution": true}
def pixels_seen(h, kernel, stride, padding):
    """The number of pairs of a position of the window and a pixel of the picture inside it."""
    ### BEGIN SOLUTION
    first = np.arange(-padding, h + padding - kernel + 1, stride)  # where windows begin
    seen = np.minimum(first + kernel, h) - np.maximum(first, 0)
    return int(np.maximum(seen, 0).sum())
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_pixels_seen", "points": 3}
seen = pixels_seen(4, 3, 1, 0)
assert seen == 6, f"without padding both windows see 3 pixels: expected 6, got {seen}"
### BEGIN HIDDEN TESTS


def check_seen(windows):
    for window in windows:
        agree(pixels_seen(*window), reference.pixels_seen(*window), what="the number of pairs")


with part(1, "stride 1"):
    for kernel in (3, 4, 7):
        check_seen([(int(rng.integers(9, 30)), kernel, 1, int(rng.integers(1, kernel // 2 + 1)))])
with part(1, "any stride"):
    for kernel, stride in [(3, 2), (5, 2), (7, 3), (2, 3)]:
        check_seen([(int(rng.integers(9, 30)), kernel, stride, kernel // 2)])
    check_seen([(10, 3, 2, 1), (14, 5, 3, 2)])
with part(1, "so much padding that windows see nothing, or everything"):
    check_seen([(int(rng.integers(9, 20)), 3, 1, 5), (int(rng.integers(9, 20)), 2, 3, 4)])
    check_seen([(3, 7, 1, 3), (2, 6, 1, 4)])
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Batch normalisation costs nothing (3 points)
#
# Behind a convolution with weights `w`, `(ℓ, ℓ, C_in, C_out)`, and bias `b`, `(C_out,)`, stands
# batch normalisation. After training it turns each output channel $y$ into
#
# $$\text{scale}\cdot\frac{y-\text{mean}}{\sqrt{\text{variance}+\epsilon}}+\text{shift}$$
#
# with four fixed numbers for each channel, arrays `(C_out,)`.
# Return the weights and the bias of *one* convolution that does the same as both.


# %% nbgrader={"grade_id": "fold_norm", "solution": true}
def fold_norm(w, b, scale, shift, mean, variance, epsilon):
    """(weights, bias), shaped like w and b, of a convolution with the normalisation inside."""
    ### BEGIN SOLUTION
    factor = scale / np.sqrt(variance + epsilon)
    return w * factor, (b - mean) * factor + shift
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_fold_norm", "points": 3}
ones, zeros = np.ones(2), np.zeros(2)
folded = fold_norm(np.ones((1, 1, 2, 2)), zeros, ones, zeros, zeros, ones, 0.0)
assert len(folded) == 2, f"expected weights and bias, got {len(folded)} things"
assert np.shape(folded[0]) == (1, 1, 2, 2) and np.shape(folded[1]) == (2,), (
    f"expected shapes (1, 1, 2, 2) and (2,), got {np.shape(folded[0])} and {np.shape(folded[1])}"
)
assert np.allclose(folded[0], 1) and np.allclose(folded[1], 0), (
    "mean 0, variance 1, scale 1, shift 0 change nothing"
)
### BEGIN HIDDEN TESTS


def draw_norm(channels):
    """w, b, scale, shift, mean, variance, epsilon; as many channels come in as go out."""
    return (
        rng.normal(size=(3, 3, channels, channels)),
        rng.normal(size=channels),
        rng.uniform(0.5, 2, size=channels),
        rng.normal(size=channels),
        rng.normal(size=channels),
        rng.uniform(0.3, 3, size=channels),
        float(rng.uniform(0.1, 0.5)),
    )


with part(1, "the weights"):
    for channels in (3, 5):
        given = draw_norm(channels)
        got, expected = fold_norm(*given)[0], reference.fold_norm(*given)[0]
        agree(got, expected, rtol=1e-4, atol=1e-5, what="the weights")
with part(2, "the bias"):
    for channels in (3, 5):
        given = draw_norm(channels)
        got, expected = fold_norm(*given)[1], reference.fold_norm(*given)[1]
        agree(got, expected, rtol=1e-4, atol=1e-5, what="the bias")
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · The largest picture (3 points)
#
# A telephone allows `budget` multiply-adds for a picture.
# The network is a list of convolutions `(kernel, outputs, stride)`, each padded by half a window;
# the picture is square and has 3 channels.
# How many pixels may its side have at most? Return 0 if not even one pixel is allowed.


# %% nbgrader={"grade_id": "largest_picture", "solution": true}
def largest_picture(layers, budget):
    """The largest side, in pixels, for which the layers take at most `budget` multiply-adds."""

    ### BEGIN SOLUTION
    def cost(side):
        channels, multiply_adds = 3, 0
        for kernel, outputs, stride in layers:
            side = -(-side // stride)
            multiply_adds += side**2 * kernel**2 * channels * outputs
            channels = outputs
        return multiply_adds

    side = 0
    while cost(side + 1) <= budget:
        side += 1
    return side
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_largest_picture", "points": 3}
side = largest_picture([(1, 1, 1)], 300)
assert side == 10, f"10·10 places with 3 weights take 300: expected 10, got {side}"
### BEGIN HIDDEN TESTS


def price(layers, side):
    """What the reference takes for a picture of this size, found by counting layer by layer."""
    numbers = [("conv", *layer) for layer in layers]
    return reference.count_network(numbers, (side, side, 3))[1]


def check_picture(layers, budget):
    got, expected = largest_picture(layers, budget), reference.largest_picture(layers, budget)
    agree(got, expected, what="the side")


def draw_layers(*strides):
    return [(int(rng.choice([3, 5])), int(rng.integers(4, 9)), stride) for stride in strides]


with part(1, "a budget that is not met exactly"):
    for strides in [(1, 1), (2, 1), (2, 2, 1)]:
        layers = draw_layers(*strides)
        side = int(rng.integers(20, 60))
        check_picture(layers, int(price(layers, side) + rng.integers(1, 50)))
with part(1, "a budget that is met exactly, or missed by one"):
    for strides in [(1, 1), (2, 2, 1), (3, 1, 2)]:
        layers = draw_layers(*strides)
        side = int(rng.integers(20, 60))
        check_picture(layers, price(layers, side))
        check_picture(layers, price(layers, side) - 1)
with part(1, "no picture at all"):
    layers = draw_layers(2, 1)
    check_picture(layers, price(layers, 1) - 1)
    check_picture(layers, price(layers, 1))
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · Two architectures and ResNet-50 (3 points, marked by a person)
#
# Which two kinds of network does the FaceNet paper try, and what is different between them?
# How do NN1 and NN2 compare with ResNet-50 in parameters and in FLOPs?
# Say what "FLOPs" counts in your comparison. Write 100 to 180 words.
#
# *How it is marked.*
# 1 point: the two kinds, how each is built, and where each has its parameters.
# 1 point: parameters and multiply-adds of the three networks, or their ratios, right to 5 %.
# 1 point: what is counted, the same for all three, and which ResNet-50 is meant.

# %% [markdown] nbgrader={"grade_id": "text_architectures", "points": 3}
# The first kind (NN1) follows Zeiler and Fergus: convolutions one after the other, with added
# $1\times1$ convolutions, and at the end large dense layers with maxout.
# These hold 98 % of its 140 million parameters.
# The second (NN2) follows GoogLeNet: Inception modules with $1\times1$, $3\times3$, $5\times5$
# and pooling branches side by side, $1\times1$ reductions before the larger windows, and a mean
# over all places instead of large dense layers: 7.5 million parameters.
# Both take about 1.6 billion multiply-adds, because a convolution uses each of its parameters at
# every place and a dense layer only once.
#
# ResNet-50 has 25.6 million parameters and 3.86 billion multiply-adds as its paper describes it
# (4.09 with the stride in the $3\times3$).
# So NN1 has 5.5 times its parameters and 0.42 of its multiply-adds, NN2 0.29 and 0.41.
# In all these numbers a multiply-add counts once; FaceNet also counts additions of biases, which
# is 0.2 %.
