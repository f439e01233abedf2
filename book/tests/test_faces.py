"""The network that learns faces: every gradient, every picture, who is tested; and the measures."""

import numpy as np
import pytest
from lib import faces, verification
from lib.triplets import all_triplets, semi_hard_triplets, squared_distances, triplet_loss

EXACT = np.float64


def numerical(f, x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Central differences of the number f() with respect to each entry of x, which f reads."""
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        before = x[place]
        x[place] = before + step
        above = f()
        x[place] = before - step
        gradient[place] = (above - f()) / (2 * step)
        x[place] = before
    return gradient


@pytest.mark.parametrize("part", [0.0, 0.4])
@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda rng: faces.Dense(rng, 12, 4, EXACT), (3, 2, 6)),
        (lambda rng: faces.Convolution(rng, 3, 2, 3, 1, EXACT), (2, 5, 4, 2)),
        (lambda rng: faces.Convolution(rng, 3, 2, 3, 2, EXACT), (2, 5, 4, 2)),
        (lambda rng: faces.Convolution(rng, 5, 1, 2, 2, EXACT), (2, 4, 7, 1)),
        (lambda rng: faces.Convolution(rng, 5, 1, 2, 3, EXACT), (1, 7, 8, 1)),
        (lambda rng: faces.Rectifier(), (3, 5)),
        (lambda rng: faces.Dropout(0.4), (3, 5)),
    ],
)
def test_gradients_of_a_layer(make, shape, part):
    rng = np.random.default_rng(1)
    layer, x = make(rng), rng.normal(size=shape)
    for weight in layer.weights.values():
        weight += 0.1 * rng.normal(size=weight.shape)  # biases, too
    chance = 7 if part else None

    def out():
        return layer.forward(x, chance and np.random.default_rng(chance))

    direction = rng.normal(size=out().shape)

    def value():
        return (direction * out()).sum()

    value()
    by_x = layer.backward(direction)
    by_weight = {name: g.copy() for name, g in layer.gradients.items()}
    assert by_x.shape == shape and by_weight.keys() == layer.weights.keys()
    np.testing.assert_allclose(by_x, numerical(value, x), atol=1e-7)
    for name, weight in layer.weights.items():
        np.testing.assert_allclose(by_weight[name], numerical(value, weight), atol=1e-7)


def test_gradient_of_the_loss_through_the_whole_network():
    rng = np.random.default_rng(2)
    network = faces.convolutional(rng, 5, (2, 3), dtype=EXACT)
    labels = np.repeat(np.arange(3), 3)
    x = rng.normal(size=(9, *faces.SIZE, 1))

    def embeddings():
        return network.forward(x, np.random.default_rng(3))

    triplets = all_triplets(labels)
    loss = triplet_loss(embeddings(), triplets, 0.5, over="one")
    network.backward(loss.gradient)
    for layer in network.trained():
        for name, weight in layer.weights.items():
            places = [tuple(rng.integers(weight.shape)) for _ in range(6)]
            for place in places:
                before, ends = weight[place], []
                for step in (1e-6, -1e-6):
                    weight[place] = before + step
                    ends.append(triplet_loss(embeddings(), triplets, 0.5, over="one").value)
                weight[place] = before
                slope = (ends[0] - ends[1]) / 2e-6
                assert layer.gradients[name][place] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_a_convolution_is_what_its_loops_say():
    rng = np.random.default_rng(3)
    layer, x = faces.Convolution(rng, 3, 2, 4, 2, EXACT), rng.normal(size=(2, 5, 6, 2))
    out = layer.forward(x)
    kernel = layer.weights["W"].reshape(3, 3, 2, 4)
    assert out.shape == (2, 3, 3, 4)
    for b, i, j in np.ndindex(2, 3, 3):
        total = np.zeros(4)
        for di, dj in np.ndindex(3, 3):
            row, column = 2 * i + di - 1, 2 * j + dj - 1
            if 0 <= row < 5 and 0 <= column < 6:
                total += x[b, row, column] @ kernel[di, dj]
        np.testing.assert_allclose(out[b, i, j], total)


def test_dropout_keeps_the_mean_and_does_nothing_after_training():
    layer, x = faces.Dropout(0.25), np.ones((200, 200))
    dropped = layer.forward(x, np.random.default_rng(0))
    assert set(np.unique(dropped)) == {0, 1 / 0.75}
    assert abs(dropped.mean() - 1) < 0.02
    assert (layer.forward(x) == x).all() and (layer.backward(x) == x).all()


def test_adagrad_by_hand():
    layer = faces.Dense(np.random.default_rng(0), 1, 1, EXACT)
    layer.weights["W"][:] = 1.0
    optimiser = faces.AdaGrad([layer], 0.1)
    for gradient in (3.0, 4.0):
        layer.gradients = {"W": np.array([[gradient]]), "b": np.zeros(1)}
        optimiser.step()
    assert layer.weights["W"].item() == pytest.approx(1 - 0.1 * 3 / 3 - 0.1 * 4 / 5)


# --- pictures


def test_pictures_are_read():
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3) + 9  # bytes that look like white space
    assert (faces.read_pgm(b"P5\n3 2\n255\n" + pixels.tobytes()) == pixels).all()
    for bad in (b"", b"P2\n3 2\n255\n" + pixels.tobytes(), b"P5\n3 2\n65535\n" + bytes(12)):
        with pytest.raises(ValueError, match="PGM"):
            faces.read_pgm(bad)


def test_the_faces_are_there():
    images = faces.load_faces()
    assert images.shape == (40, 10, 112, 92) and images.dtype == np.uint8
    assert len({image.tobytes() for image in images.reshape(400, -1)}) == 400
    small = faces.shrink(images[:2], 4)
    assert small.shape == (2, 10, 28, 23)
    assert small[1, 3, 5, 7] == images[1, 3, 20:24, 28:32].mean()


def test_a_view_without_change_is_the_picture_or_its_mirror_image():
    rng = np.random.default_rng(4)
    images = rng.uniform(0, 255, size=(40, 56, 46)).astype(np.float32)
    views = faces.random_views(rng, images, shift=0, turn=0, stretch=0)
    small = faces.shrink(images, 2)
    plain = abs(views - small).max(axis=(1, 2)) < 0.1
    mirrored = abs(views - small[..., ::-1]).max(axis=(1, 2)) < 0.1
    assert (plain != mirrored).all() and 5 < plain.sum() < 35


def test_views_move_as_far_as_they_are_told():
    rng = np.random.default_rng(5)
    rows = np.broadcast_to(np.arange(56, dtype=np.float32)[:, None], (300, 56, 46))
    moved = faces.random_views(rng, rows, shift=0.1, turn=0, stretch=0)[:, 14, 11] - 28.5
    assert moved.min() < -4.5 and moved.max() > 4.5 and abs(moved).max() < 0.1 * 56 + 0.1
    turned = faces.random_views(rng, rows, shift=0, turn=0.2, stretch=0)
    slopes = (turned[:, 14, 22] - turned[:, 14, 0]) / (22 * 2)  # rows per column
    assert abs(slopes).max() < np.sin(0.2) + 1e-3 and abs(slopes).max() > np.sin(0.17)


# --- training, baselines, splits


def test_a_short_training_is_reproducible_and_learns():
    images = faces.shrink(faces.load_faces()[:6], 2)
    recipe = faces.Recipe(D=8, steps=30)
    seen = []
    first, course = faces.train(images, 5, recipe, lambda step, _: seen.append(step))
    second, again = faces.train(images, 5, recipe)
    assert seen == list(range(31))
    assert (course.loss == again.loss).all()
    small = faces.shrink(images, 2)
    E = faces.embed(first, small)
    assert (faces.embed(second, small) == E).all()
    np.testing.assert_allclose(np.linalg.norm(E, axis=-1), 1, rtol=1e-5)
    labels = np.repeat(np.arange(6), 10)
    found = verification.val_at_far(*verification.pairs(E.reshape(60, 8), labels), 0.01)
    raw = faces.pixel_vectors(small).reshape(60, -1)
    assert found > verification.val_at_far(*verification.pairs(raw, labels), 0.01)


def test_embeddings_of_mirror_images_are_the_same():
    rng = np.random.default_rng(6)
    images = rng.uniform(0, 255, size=(3, 2, *faces.SIZE)).astype(np.float32)
    network = faces.convolutional(rng, 4)
    for vectors in (
        lambda x: faces.embed(network, x),
        faces.pixel_vectors,
        lambda x: faces.principal_vectors(images, x, 5),
    ):
        np.testing.assert_allclose(vectors(images), vectors(images[..., ::-1]), atol=1e-4)


def test_principal_components_are_those_of_the_training_pictures():
    rng = np.random.default_rng(7)
    images = rng.normal(size=(20, 2, 6, 5)) * np.linspace(1, 3, 30).reshape(6, 5)
    both = np.concatenate([images.reshape(40, 6, 5), images.reshape(40, 6, 5)[..., ::-1]])
    covariance = np.cov(both.reshape(80, 30).T)
    values, vectors = np.linalg.eigh(covariance)
    top, spread = vectors[:, -1], np.sqrt(values[-1])
    one = faces.principal_vectors(images, images[0], 3, whitening=1)
    assert one.shape == (2, 3)
    plain = (images[0, 0].ravel() - both.mean(axis=0).ravel()) @ vectors[:, :-4:-1]
    white = plain / np.sqrt(values[:-4:-1])
    assert spread > 0 and top.size == 30
    mirrored = (images[0, 0, :, ::-1].ravel() - both.mean(axis=0).ravel()) @ vectors[:, :-4:-1]
    mirrored = mirrored / np.sqrt(values[:-4:-1])
    expected = white / np.linalg.norm(white) + mirrored / np.linalg.norm(mirrored)
    np.testing.assert_allclose(abs(one[0]), abs(expected) / np.linalg.norm(expected), atol=1e-6)


def test_nobody_is_trained_on_and_tested():
    splits = faces.identity_splits()
    assert len(splits) == 20
    for train_people, test_people in splits:
        assert sorted([*train_people, *test_people]) == list(range(40))
        assert len(test_people) == 10
    for repeat in range(5):
        tested = np.concatenate([test for _, test in splits[4 * repeat : 4 * repeat + 4]])
        assert sorted(tested) == list(range(40))
    assert len({tuple(sorted(test)) for _, test in splits}) == 20


# --- measures


def test_pairs_are_counted_once_and_never_a_picture_with_itself():
    rng = np.random.default_rng(8)
    E, labels = rng.normal(size=(7, 3)), np.array([0, 1, 0, 2, 1, 0, 3])
    same, different = [], []
    for i in range(7):
        for j in range(i):
            (same if labels[i] == labels[j] else different).append(((E[i] - E[j]) ** 2).sum())
    found = verification.pairs(E, labels)
    np.testing.assert_allclose(sorted(found.same), sorted(same))
    np.testing.assert_allclose(sorted(found.different), sorted(different))
    across = verification.cross_pairs(E[:3], labels[:3], E[3:], labels[3:])
    assert len(across.same) == 3 and len(across.different) == 9


def test_rates_by_definition():
    rng = np.random.default_rng(9)
    distances = rng.integers(0, 6, size=40) / 2  # with ties
    for d in (-1, 0, 0.5, 0.7, 2.5, 9):
        assert verification.val(distances, d) == (distances <= d).mean()
        assert verification.far(distances, d) == (distances <= d).mean()
    many = verification.far(distances, np.array([[0.0, 1.0], [2.0, 3.0]]))
    assert many.shape == (2, 2) and many[1, 1] == 1


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_threshold_is_the_largest_that_keeps_the_far(kind):
    rng = np.random.default_rng(10)
    for target in (0, 0.001, 0.01, 0.05, 0.29, 0.999):
        for distances in (rng.uniform(size=100), rng.integers(0, 9, size=100)):
            distances = distances.astype(kind)
            d = verification.threshold_at_far(distances, target)
            assert (distances <= d).mean() <= target
            above = np.unique(distances[distances > d])
            assert (distances <= above[0]).mean() > target
            assert np.nextafter(kind(d), kind(9)) == above[0]
    assert verification.threshold_at_far(np.ones(3), 1) == np.inf
    assert (
        verification.far(np.arange(100), verification.threshold_at_far(np.arange(100), 0.29))
        == 0.29
    )
    with pytest.raises(ValueError, match="no pairs"):
        verification.threshold_at_far(np.array([]), 0.1)


def test_val_at_far_and_its_error():
    same, different = np.array([0.1, 0.2, 0.5, 0.9]), np.array([0.3, 0.6, 0.7, 0.8])
    assert verification.val_at_far(same, different, 0) == 0.5
    assert verification.val_at_far(same, different, 0.25) == 0.75
    assert verification.standard_error(np.array([1.0, 2.0, 3.0])) == pytest.approx(1 / np.sqrt(3))


def test_mining_works_in_single_precision():
    rng = np.random.default_rng(11)
    network = faces.convolutional(rng, 6)
    E = network.forward(rng.normal(size=(12, *faces.SIZE, 1)).astype(np.float32))
    assert E.dtype == np.float32
    labels = np.repeat(np.arange(4), 3)
    found = triplet_loss(E, semi_hard_triplets(squared_distances(E), labels))
    assert found.gradient.dtype == np.float32
    assert network.backward(found.gradient).dtype == np.float32
