"""Known-wrong and alternative right answers to 13_counting_networks."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- input_sizes


@wrong("input_sizes", "one size only")
def one_size_only(output, kernel, stride, padding):
    """The formula for the output is solved for the input.

    Windows that do not fit are left out, so several sizes give the same output: how many pixels can
    be added before another window fits?
    """
    size = (output - 1) * stride + kernel - 2 * padding
    return size, size


@wrong("input_sizes", "one pixel too many")
def one_pixel_too_many(output, kernel, stride, padding):
    """Up to the next multiple of the stride.

    After a whole stride more pixels the next window fits: the largest size is one less.
    """
    smallest = (output - 1) * stride + kernel - 2 * padding
    return smallest, smallest + stride


@wrong("input_sizes", "padding on one side only")
def padding_once(output, kernel, stride, padding):
    """The padding is subtracted.

    Zeros stand on both sides: the padded side has 2·padding more pixels.
    """
    smallest = (output - 1) * stride + kernel - padding
    return smallest, smallest + stride - 1


@wrong("input_sizes", "padding added to the picture")
def padding_added(output, kernel, stride, padding):
    """More padding, more pixels.

    The padding is there in addition to the picture, so the picture itself may be smaller.
    """
    smallest = (output - 1) * stride + kernel + 2 * padding
    return smallest, smallest + stride - 1


@wrong("input_sizes", "a stride for every window")
def fence_posts(output, kernel, stride, padding):
    """Each output takes a step.

    Between `output` positions of the window there are output − 1 steps.
    """
    smallest = output * stride + kernel - 2 * padding
    return smallest, smallest + stride - 1


@wrong("input_sizes", "division by the stride")
def times_the_stride(output, kernel, stride, padding):
    """A stride divides the size, so the size is the output times the stride.

    h = output·stride holds for padding by half a window, and only for the largest size; start from
    the positions of the first and the last window.
    """
    return (output - 1) * stride + 1, output * stride


@right("input_sizes", "tried one by one, lists out")
def tried_one_by_one(output, kernel, stride, padding):
    fitting = []
    for h in range(max(kernel - 2 * padding, 1), (output + 1) * stride + kernel + 1):
        if (h + 2 * padding - kernel) // stride + 1 == output:
            fitting.append(h)
    return [fitting[0], fitting[-1]]


@right("input_sizes", "from the next output, as an array of floats")
def from_the_next_output(output, kernel, stride, padding):
    ends = np.array([output - 1.0, output])
    return ends * stride + kernel - 2 * padding - np.array([0, 1])


# --- separable_share


@wrong("separable_share", "the wrong channels")
def wrong_channels():
    """Each input channel is on its own, so C_in remains.

    Divide ℓ²·C_in + C_in·C_out by ℓ²·C_in·C_out, term by term: what is left of the first?
    """
    C_in, ell = sp.symbols("C_in ell", integer=True, positive=True)
    return 1 / C_in + 1 / ell**2


@wrong("separable_share", "the 1×1 convolution forgotten")
def one_by_one_forgotten():
    """Groups divide the weights by their number; the rest is small.

    The second convolution mixes the channels, and has C_in·C_out weights.
    """
    C_out = sp.Symbol("C_out", integer=True, positive=True)
    return 1 / C_out


@wrong("separable_share", "groups ignored in the first convolution")
def groups_ignored_in_share():
    """An ℓ×ℓ convolution from C_in to C_in channels, then a 1×1.

    With as many groups as channels, each output sees one channel: ℓ² weights for each of the C_in
    outputs.
    """
    C_in, C_out, ell = sp.symbols("C_in C_out ell", integer=True, positive=True)
    return C_in / C_out + 1 / ell**2


@wrong("separable_share", "the window's side instead of its area")
def side_not_area():
    """A window of width ℓ has ℓ weights.

    The window has ℓ·ℓ pixels, in the plain and in the grouped convolution.
    """
    C_out, ell = sp.symbols("C_out ell", integer=True, positive=True)
    return 1 / C_out + 1 / ell


@wrong("separable_share", "the factor by which it gets cheaper")
def turned_round():
    """How many times cheaper.

    Asked is the part of the work that remains, a number below 1: turn it round.
    """
    C_out, ell = sp.symbols("C_out ell", integer=True, positive=True)
    return C_out * ell**2 / (C_out + ell**2)


@right("separable_share", "the ratio as it is written down")
def ratio_of_counts():
    C_in, C_out, ell = sp.symbols("C_in C_out ell", integer=True, positive=True)
    return (ell**2 * C_in + C_in * C_out) / (ell**2 * C_in * C_out)


@right("separable_share", "one fraction")
def one_fraction():
    C_out, ell = sp.symbols("C_out ell", integer=True, positive=True)
    return (C_out + ell**2) / (C_out * ell**2)


# --- count_network


@wrong("count_network", "maxout's pieces forgotten")
def pieces_forgotten(layers, shape):
    """A dense layer has inputs times outputs weights.

    Every output of a maxout layer is the largest of several sums, and each sum has weights and a
    bias of its own.
    """
    rows, columns, channels = shape
    parameters = multiply_adds = 0
    for kind, *numbers in layers:
        if kind == "dense":
            weights = rows * columns * channels * numbers[0]
            rows = columns = 1
            channels = numbers[0]
            parameters += weights + channels
            multiply_adds += weights
            continue
        kernel, stride = numbers[0], numbers[-1]
        rows, columns = -(-rows // stride), -(-columns // stride)
        if kind == "conv":
            weights = kernel**2 * channels * numbers[1]
            channels = numbers[1]
            parameters += weights + channels
            multiply_adds += rows * columns * weights
    return parameters, multiply_adds


@wrong("count_network", "all pieces passed on")
def pieces_passed_on(layers, shape):
    """A maxout layer gives pieces times outputs numbers.

    Of the pieces only the largest goes on: the next layer sees `outputs` numbers.
    """
    rows, columns, channels = shape
    parameters = multiply_adds = 0
    for kind, *numbers in layers:
        if kind == "dense":
            outputs = numbers[0] * numbers[1]
            weights = rows * columns * channels * outputs
            rows = columns = 1
            channels = outputs
            parameters += weights + outputs
            multiply_adds += weights
            continue
        kernel, stride = numbers[0], numbers[-1]
        rows, columns = -(-rows // stride), -(-columns // stride)
        if kind == "conv":
            weights = kernel**2 * channels * numbers[1]
            channels = numbers[1]
            parameters += weights + channels
            multiply_adds += rows * columns * weights
    return parameters, multiply_adds


@wrong("count_network", "two operations for each multiply-add")
def counted_twice(layers, shape):
    """A multiplication and an addition are two operations.

    A multiply-add is one: the factor 2 belongs to FLOP/s on a processor's data sheet.
    """
    rows, columns, channels = shape
    parameters = operations = 0
    for kind, *numbers in layers:
        if kind == "dense":
            outputs, pieces = numbers
            weights = rows * columns * channels * outputs * pieces
            rows = columns = 1
            channels = outputs
            parameters += weights + outputs * pieces
            operations += 2 * weights
            continue
        kernel, stride = numbers[0], numbers[-1]
        rows, columns = -(-rows // stride), -(-columns // stride)
        if kind == "conv":
            weights = kernel**2 * channels * numbers[1]
            channels = numbers[1]
            parameters += weights + channels
            operations += 2 * rows * columns * weights
    return parameters, operations


@wrong("count_network", "biases are no parameters")
def biases_forgotten(layers, shape):
    """Parameters are weights.

    Each output of a layer has a bias, which is learned like the weights.
    """
    rows, columns, channels = shape
    parameters = multiply_adds = 0
    for kind, *numbers in layers:
        if kind == "dense":
            weights = rows * columns * channels * numbers[0] * numbers[1]
            rows = columns = 1
            channels = numbers[0]
            parameters += weights
            multiply_adds += weights
            continue
        kernel, stride = numbers[0], numbers[-1]
        rows, columns = -(-rows // stride), -(-columns // stride)
        if kind == "conv":
            weights = kernel**2 * channels * numbers[1]
            channels = numbers[1]
            parameters += weights
            multiply_adds += rows * columns * weights
    return parameters, multiply_adds


@wrong("count_network", "biases counted as multiply-adds")
def biases_multiplied(layers, shape):
    """Every parameter is used once at every place.

    FaceNet's tables add one for each use of a bias; asked are the products alone.
    """
    rows, columns, channels = shape
    parameters = multiply_adds = 0
    for kind, *numbers in layers:
        if kind == "dense":
            held = (rows * columns * channels + 1) * numbers[0] * numbers[1]
            rows = columns = 1
            channels = numbers[0]
            parameters += held
            multiply_adds += held
            continue
        kernel, stride = numbers[0], numbers[-1]
        rows, columns = -(-rows // stride), -(-columns // stride)
        if kind == "conv":
            held = (kernel**2 * channels + 1) * numbers[1]
            channels = numbers[1]
            parameters += held
            multiply_adds += rows * columns * held
    return parameters, multiply_adds


wrong(
    "count_network",
    "sizes rounded down",
    belief="Half of 55 pixels is 27.",
    hint="Padded by half a window, a side is divided by the stride and rounded up: 55 gives 28.",
    edit={
        "-(-rows // stride)": "rows // stride",
        "-(-columns // stride)  # rounded up": "columns // stride",
    },
)

wrong(
    "count_network",
    "pooling without padding",
    belief="Only convolutions are padded.",
    hint="Pooling is padded by half a window here, like convolutions.",
    edit={
        "numbers[0], numbers[-1]": "numbers[0], numbers[-1]\n"
        'lost = kernel - 1 if kind == "pool" else 0',
        "-(-rows // stride)": "-(-(rows - lost) // stride)",
        "-(-columns // stride)": "-(-(columns - lost) // stride)",
    },
)

wrong(
    "count_network",
    "work counted at the input's size",
    belief="The window passes over all pixels of the input.",
    hint="A convolution with a stride computes only the outputs that remain: count places after "
    "the stride.",
    edit={
        "numbers[0], numbers[-1]": "numbers[0], numbers[-1]\nplaces = rows * columns",
        "rows * columns * weights": "places * weights",
    },
)

wrong(
    "count_network",
    "strides ignored",
    belief="Padded by half a window, the size stays.",
    hint="With a stride of 2 every second place remains, along both sides.",
    edit={"rows, columns = -(-rows // stride), -(-columns // stride)  # rounded up": ""},
)

wrong(
    "count_network",
    "a dense layer that sees channels only",
    belief="A dense layer turns channels into outputs.",
    hint="A dense layer sees every channel of every pixel: rows · columns · channels numbers.",
    edit={"rows * columns * channels * outputs * pieces": "channels * outputs * pieces"},
)

wrong(
    "count_network",
    "pooling that sees each channel as weights",
    belief="A pooling is a convolution with fixed weights.",
    hint="Pooling takes a maximum or a mean: it has no weights and is not counted.",
    edit={
        'if kind == "conv":': 'if kind == "pool":\n'
        "    multiply_adds += rows * columns * kernel**2 * channels\n"
        'if kind == "conv":',
    },
)


@right("count_network", "one function for each kind, floats out")
def network_by_kinds(layers, shape):
    def size(n, kernel, stride):
        return np.floor((n + (kernel - 1) - kernel) / stride) + 1

    size_of = {"rows": shape[0], "columns": shape[1], "channels": shape[2]}
    totals = np.zeros(2)
    for layer in layers:
        kernel, stride = layer[1], layer[-1]
        if layer[0] == "dense":
            inputs = size_of["rows"] * size_of["columns"] * size_of["channels"]
            sums = layer[1] * layer[2]
            totals += [(inputs + 1) * sums, inputs * sums]
            size_of = {"rows": 1, "columns": 1, "channels": layer[1]}
            continue
        for side in ("rows", "columns"):
            size_of[side] = size(size_of[side], kernel, stride)
        if layer[0] == "conv":
            fan = kernel * kernel * size_of["channels"]
            places = size_of["rows"] * size_of["columns"]
            size_of["channels"] = layer[2]
            totals += [(fan + 1) * layer[2], fan * layer[2] * places]
    return totals


@right("count_network", "a dense layer as a convolution over everything, list out")
def dense_as_convolution(layers, shape):
    (rows, columns), channels = shape[:2], shape[2]
    counts = [0, 0]
    for layer in layers:
        if layer[0] == "dense":
            area, sums, out = rows * columns, layer[1] * layer[2], layer[1]
            rows = columns = 1
        else:
            area = layer[1] * layer[1]
            out = sums = layer[2] if layer[0] == "conv" else 0
            step = layer[-1]
            rows, columns = (rows + step - 1) // step, (columns + step - 1) // step
        if out:
            counts[0] += (area * channels + 1) * sums
            counts[1] += rows * columns * area * channels * sums
            channels = out
    return counts


# --- count_branches


wrong(
    "count_branches",
    "every convolution sees the module's input",
    belief="All convolutions of a module look at its input.",
    hint="The second convolution of a branch sees the channels that the first one gives: that is "
    "what a reduction is for.",
    edit={
        "channels = outputs": "",
        "stacked += channels": "stacked += branch[-1][1] if branch else channels",
    },
)


@wrong("count_branches", "the reductions not counted")
def last_one_only(branches, shape):
    """A 3×3 branch is a 3×3 convolution.

    The 1×1 convolutions in front have weights and work of their own: count each convolution of a
    branch.
    """
    stacked = parameters = multiply_adds = 0
    for branch in branches:
        rows, columns, channels = shape
        for kernel, outputs, stride, groups in branch:
            rows, columns = -(-rows // stride), -(-columns // stride)
            weights = kernel**2 * channels // groups * outputs
            places = rows * columns
            channels = outputs
        if branch:
            parameters += weights + outputs
            multiply_adds += places * weights
        stacked += channels
    return stacked, parameters, multiply_adds


wrong(
    "count_branches",
    "groups ignored",
    belief="Groups change who sees whom, not how much there is.",
    hint="With g groups an output sees only C_in / g channels.",
    edit={"kernel**2 * channels // groups * outputs": "kernel**2 * channels * outputs"},
)

wrong(
    "count_branches",
    "groups divide both channels",
    belief="Each group goes from C_in / g to C_out / g channels.",
    hint="Each of the C_out outputs has weights for C_in / g channels: divide once.",
    edit={"channels // groups * outputs": "(channels // groups) * (outputs // groups)"},
)

wrong(
    "count_branches",
    "nothing from an empty branch",
    belief="Where nothing is computed nothing comes out.",
    hint="An empty branch has no parameters, but the channels of the input pass through it.",
    edit={"stacked += channels": "stacked += channels if branch else 0"},
)

wrong(
    "count_branches",
    "channels of all convolutions stacked",
    belief="Every convolution of a module adds its channels.",
    hint="Only what the end of a branch gives is stacked; its first convolutions stay inside.",
    edit={
        "channels = outputs": "channels = outputs\nstacked += outputs",
        "stacked += channels": "stacked += 0 if branch else channels",
    },
)

wrong(
    "count_branches",
    "the stride in the first convolution of a branch",
    belief="A branch with stride 2 works on half the size.",
    hint="A stride acts where it stands: convolutions before it still run on the full picture.",
    edit={
        "rows, columns = -(-rows // stride), -(-columns // stride)": "",
        "rows, columns, channels = shape": "rows, columns, channels = shape\n"
        "for *_, stride, _ in branch:\n"
        "    rows, columns = -(-rows // stride), -(-columns // stride)",
    },
)

wrong(
    "count_branches",
    "one branch after the other",
    belief="The input goes through all of them.",
    hint="All branches see the module's input: start each of them from its shape.",
    edit={
        "rows, columns, channels = shape": "",
        "stacked = parameters": "rows, columns, channels = shape\nstacked = parameters",
    },
)


@right("count_branches", "by recursion, list out")
def by_recursion(branches, shape):
    def one(branch, rows, columns, channels):
        if not branch:
            return [channels, 0, 0]
        (kernel, outputs, stride, groups), *rest = branch
        rows, columns = (rows - 1) // stride + 1, (columns - 1) // stride + 1
        weights = outputs * (channels // groups) * kernel * kernel
        end, parameters, products = one(rest, rows, columns, outputs)
        return [end, parameters + weights + outputs, products + weights * rows * columns]

    return [sum(column) for column in zip(*(one(b, *shape) for b in branches), strict=True)]


@right("count_branches", "arrays of floats")
def branches_in_floats(branches, shape):
    totals = np.zeros(3)
    for branch in branches:
        size, channels = np.array(shape[:2], dtype=float), shape[2]
        for kernel, outputs, stride, groups in branch:
            size = np.ceil(size / stride)
            fan = kernel**2 * channels / groups
            totals += [0, (fan + 1) * outputs, fan * outputs * size.prod()]
            channels = outputs
        totals[0] += channels
    return totals


# --- pixels_seen


@wrong("pixels_seen", "zeros of the padding counted")
def zeros_counted(h, kernel, stride, padding):
    """Every window sees `kernel` pixels.

    Near the edges a part of the window lies outside the picture: count what is inside.
    """
    return ((h + 2 * padding - kernel) // stride + 1) * kernel


@wrong("pixels_seen", "the chapter's formula")
def the_chapters_formula(h, kernel, stride, padding):
    """The formula of the chapter.

    hℓ − (ℓ² − 1)/4 was derived for stride 1 and padding by half a window.
    """
    return h * kernel - (kernel**2 - 1) // 4


@wrong("pixels_seen", "whole windows only")
def whole_windows_only(h, kernel, stride, padding):
    """A window counts if it lies inside.

    A window that reaches over the edge still sees some pixels.
    """
    first = np.arange(-padding, h + padding - kernel + 1, stride)
    inside = (first >= 0) & (first + kernel <= h)
    return int(inside.sum()) * kernel


@wrong("pixels_seen", "one edge only")
def one_edge_only(h, kernel, stride, padding):
    """The first windows begin outside.

    Windows reach over both edges of the picture.
    """
    first = np.arange(-padding, h + padding - kernel + 1, stride)
    return int(np.maximum(first + kernel - np.maximum(first, 0), 0).sum())


@wrong("pixels_seen", "windows that start with the picture")
def starts_with_the_picture(h, kernel, stride, padding):
    """Positions are multiples of the stride.

    The first window stands at the start of the padding, at −padding, and every stride from there.
    """
    first = np.arange(-(padding // stride) * stride, h + padding - kernel + 1, stride)
    seen = np.minimum(first + kernel, h) - np.maximum(first, 0)
    return int(np.maximum(seen, 0).sum())


@wrong("pixels_seen", "negative numbers of pixels")
def negative_pixels(h, kernel, stride, padding):
    """End minus beginning is the length.

    A window that lies wholly in the padding sees 0 pixels, not a negative number.
    """
    first = np.arange(-padding, h + padding - kernel + 1, stride)
    return int((np.minimum(first + kernel, h) - np.maximum(first, 0)).sum())


@wrong("pixels_seen", "stride forgotten")
def stride_forgotten(h, kernel, stride, padding):
    """All positions of the window.

    Windows stand at every stride-th position only.
    """
    first = np.arange(-padding, h + padding - kernel + 1)
    seen = np.minimum(first + kernel, h) - np.maximum(first, 0)
    return int(np.maximum(seen, 0).sum())


@right("pixels_seen", "two loops")
def seen_in_loops(h, kernel, stride, padding):
    count, start = 0, -padding
    while start + kernel <= h + padding:
        for pixel in range(start, start + kernel):
            count += 0 <= pixel < h
        start += stride
    return count


@right("pixels_seen", "a mask of ones under the windows, float out")
def seen_with_a_mask(h, kernel, stride, padding):
    mask = np.pad(np.ones(h), padding)
    return np.convolve(mask, np.ones(kernel), mode="valid")[::stride].sum()


# --- fold_norm


@wrong("fold_norm", "scaled along the inputs")
def along_the_inputs(w, b, scale, shift, mean, variance, epsilon):
    """Each channel's weights are scaled.

    Normalisation belongs to output channels: the last axis of w, not the one before it.
    """
    factor = scale / np.sqrt(variance + epsilon)
    return w * factor[:, None], (b - mean) * factor + shift


@wrong("fold_norm", "epsilon outside the root")
def epsilon_outside(w, b, scale, shift, mean, variance, epsilon):
    """ε keeps the divisor away from 0.

    ε is added to the variance, under the root.
    """
    factor = scale / (np.sqrt(variance) + epsilon)
    return w * factor, (b - mean) * factor + shift


@wrong("fold_norm", "divided by the variance")
def no_root(w, b, scale, shift, mean, variance, epsilon):
    """Normalising divides by the spread.

    The divisor is the root of variance + ε.
    """
    factor = scale / (variance + epsilon)
    return w * factor, (b - mean) * factor + shift


@wrong("fold_norm", "the convolution's own bias lost")
def old_bias_lost(w, b, scale, shift, mean, variance, epsilon):
    """The shift takes the place of the bias.

    The old bias is part of y: it is scaled with it.
    """
    factor = scale / np.sqrt(variance + epsilon)
    return w * factor, shift - mean * factor


@wrong("fold_norm", "the old bias not scaled")
def old_bias_unscaled(w, b, scale, shift, mean, variance, epsilon):
    """The bias is added after all.

    y holds the bias already when it is scaled: b is multiplied like the weights.
    """
    factor = scale / np.sqrt(variance + epsilon)
    return w * factor, b + shift - mean * factor


@wrong("fold_norm", "the mean lost")
def mean_lost(w, b, scale, shift, mean, variance, epsilon):
    """After training the mean is 0.

    The mean is subtracted before the scaling, and ends up in the bias.
    """
    factor = scale / np.sqrt(variance + epsilon)
    return w * factor, b * factor + shift


@wrong("fold_norm", "the shift scaled, too")
def shift_scaled(w, b, scale, shift, mean, variance, epsilon):
    """Everything in the bias is scaled.

    The shift is added last and stays as it is.
    """
    factor = scale / np.sqrt(variance + epsilon)
    return w * factor, (b - mean + shift) * factor


@wrong("fold_norm", "the learned scale forgotten")
def scale_forgotten(w, b, scale, shift, mean, variance, epsilon):
    """Normalising means mean 0 and variance 1.

    Two things scale y: the division by the root, and `scale`.
    """
    factor = 1 / np.sqrt(variance + epsilon)
    return w * factor, (b - mean) * factor + shift


@right("fold_norm", "channel by channel, lists out")
def folded_by_channel(w, b, scale, shift, mean, variance, epsilon):
    weights, bias = np.array(w, dtype=float), []
    for o in range(len(b)):
        factor = scale[o] * (variance[o] + epsilon) ** -0.5
        weights[:, :, :, o] *= factor
        bias.append(factor * b[o] - factor * mean[o] + shift[o])
    return weights.tolist(), bias


@right("fold_norm", "einsum in float32")
def folded_in_float32(w, b, scale, shift, mean, variance, epsilon):
    factor = (scale / np.sqrt(variance + epsilon)).astype(np.float32)
    weights = np.einsum("ijco,o->ijco", w.astype(np.float32), factor)
    return weights, factor * (b - mean).astype(np.float32) + shift.astype(np.float32)


# --- largest_picture


@wrong("largest_picture", "scaled from one size")
def scaled_from_one_size(layers, budget):
    """Twice the side, four times the work.

    Work grows with the square of the side only where all halvings come out even; sizes are rounded
    up: count for each side.
    """
    side, channels, multiply_adds = 1000, 3, 0
    for kernel, outputs, stride in layers:
        side = side / stride
        multiply_adds += side**2 * kernel**2 * channels * outputs
        channels = outputs
    return int(np.floor(1000 * np.sqrt(budget / multiply_adds) + 1e-9))


@wrong("largest_picture", "the budget itself not allowed")
def strictly_less(layers, budget):
    """The work must stay below the budget.

    Exactly the budget may be spent: at most, not less than.
    """
    side, multiply_adds = 0, 0
    while multiply_adds < budget:
        side += 1
        n, channels, multiply_adds = side, 3, 0
        for kernel, outputs, stride in layers:
            n = -(-n // stride)
            multiply_adds += n**2 * kernel**2 * channels * outputs
            channels = outputs
    return side - 1


@wrong("largest_picture", "the first one beyond the budget")
def one_too_many(layers, budget):
    """Stop as soon as the budget is spent.

    When the loop ends the picture is already too large: return the one before it.
    """
    side, multiply_adds = 0, 0
    while multiply_adds <= budget:
        side += 1
        n, channels, multiply_adds = side, 3, 0
        for kernel, outputs, stride in layers:
            n = -(-n // stride)
            multiply_adds += n**2 * kernel**2 * channels * outputs
            channels = outputs
    return side


@wrong("largest_picture", "sizes rounded down")
def picture_rounded_down(layers, budget):
    """Half of 55 pixels is 27.

    Padded by half a window, a side is divided by the stride and rounded up.
    """
    side, multiply_adds = 0, 0
    while multiply_adds <= budget:
        side += 1
        n, channels, multiply_adds = side, 3, 0
        for kernel, outputs, stride in layers:
            n = n // stride
            multiply_adds += n**2 * kernel**2 * channels * outputs
            channels = outputs
    return side - 1


@wrong("largest_picture", "every layer sees three channels")
def three_channels(layers, budget):
    """A picture has three channels.

    Only the first layer sees the picture's 3 channels: the next sees what that one gives.
    """
    side, multiply_adds = 0, 0
    while multiply_adds <= budget:
        side += 1
        n, multiply_adds = side, 0
        for kernel, outputs, stride in layers:
            n = -(-n // stride)
            multiply_adds += n**2 * kernel**2 * 3 * outputs
    return side - 1


@wrong("largest_picture", "two operations for each multiply-add")
def picture_counted_twice(layers, budget):
    """A multiply-add is two operations.

    The budget is in multiply-adds: each counts once.
    """
    side, operations = 0, 0
    while operations <= budget:
        side += 1
        n, channels, operations = side, 3, 0
        for kernel, outputs, stride in layers:
            n = -(-n // stride)
            operations += 2 * n**2 * kernel**2 * channels * outputs
            channels = outputs
    return side - 1


@wrong("largest_picture", "at least one pixel")
def at_least_one(layers, budget):
    """Some picture must be possible.

    If even one pixel takes more than the budget, no picture is allowed: return 0.
    """
    side, multiply_adds = 1, 0
    while multiply_adds <= budget:
        side += 1
        n, channels, multiply_adds = side, 3, 0
        for kernel, outputs, stride in layers:
            n = -(-n // stride)
            multiply_adds += n**2 * kernel**2 * channels * outputs
            channels = outputs
    return side - 1


@right("largest_picture", "all sides at once")
def all_sides_at_once(layers, budget):
    side = np.arange(1, 1000)
    n, channels, work = side.astype(float), 3, 0.0
    for kernel, outputs, stride in layers:
        n = np.ceil(n / stride)
        work = work + n**2 * (kernel**2 * channels * outputs)
        channels = outputs
    return (work <= budget).sum()


@right("largest_picture", "by halving an interval")
def by_bisection(layers, budget):
    def allowed(side):
        channels, work = 3, 0
        for kernel, outputs, stride in layers:
            side = (side + stride - 1) // stride
            work += side * side * kernel * kernel * channels * outputs
            channels = outputs
        return work <= budget

    low, high = 0, 1
    while allowed(high):
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if allowed(middle) else (low, middle)
    return low
