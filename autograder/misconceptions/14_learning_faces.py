"""Known-wrong and alternative right answers to 14_learning_faces."""

import numpy as np

from autograder.bank import right, wrong

# --- convolution_gradients


@wrong("convolution_gradients", "the last patch overwrites the others")
def overwritten(x, W, G):
    """Each patch writes its gradient to where it was copied from.

    A moment is part of several patches, and all of them send something back: add.
    """
    by_x, by_W = np.zeros(x.shape), np.zeros(W.shape)
    for i in range(G.shape[1]):
        by_x[:, i : i + len(W)] = np.einsum("bm,jcm->bjc", G[:, i], W)
        by_W += np.einsum("bjc,bm->jcm", x[:, i : i + len(W)], G[:, i])
    return by_x, by_W


wrong(
    "convolution_gradients",
    "the gradient goes back in the wrong direction",
    belief="The way back uses the same sums as the way forward.",
    hint="Y at i takes from x at i + j, so the gradient at i goes back to i + j, with the same j.",
    edit={"G @ W[j].T": "G @ W[-1 - j].T"},
)

wrong(
    "convolution_gradients",
    "the weights' gradient averaged over the batch",
    belief="Gradients of a batch are means.",
    hint="G is the gradient with respect to each Y already: nothing is left to divide by.",
    edit={"x[:, j : j + places], G)": "x[:, j : j + places], G) / len(x)"},
)

wrong(
    "convolution_gradients",
    "only one place of the weights' gradient",
    belief="A weight meets the beginning of the recording.",
    hint="The same weights are used at every place: their gradient is a sum over all places.",
    edit={'np.einsum("bic,bim->cm", x[:, j : j + places], G)': "x[:, j].T @ G[:, 0]"},
)


@right("convolution_gradients", "five loops")
def with_loops(x, W, G):
    by_x, by_W = np.zeros(x.shape), np.zeros(W.shape)
    k, C, M = W.shape
    for b in range(len(x)):
        for i in range(G.shape[1]):
            for j in range(k):
                for c in range(C):
                    for m in range(M):
                        by_x[b, i + j, c] += G[b, i, m] * W[j, c, m]
                        by_W[j, c, m] += G[b, i, m] * x[b, i + j, c]
    return by_x.tolist(), by_W.tolist()


@right("convolution_gradients", "patches as rows, in float32")
def with_patches(x, W, G):
    k, C, M = W.shape
    x, W, G = (a.astype(np.float32) for a in (x, W, G))
    places = np.arange(G.shape[1])[:, None] + np.arange(k)  # (places, k)
    X = x[:, places].reshape(-1, k * C)
    rows = G.reshape(-1, M)
    by_x = np.zeros_like(x)
    np.add.at(
        by_x,
        (slice(None), places),
        (rows @ W.reshape(-1, M).T).reshape(len(x), len(places), k, C),
    )
    return by_x, (X.T @ rows).reshape(k, C, M)


# --- forgetful_steps


wrong(
    "forgetful_steps",
    "not corrected for its start at 0",
    belief="After a few steps the start does not matter.",
    hint="The mean starts at 0 and is too small at first: divide it by 1 − β to the power t.",
    edit={"mean / (1 - decay**t)": "mean"},
)


@wrong("forgetful_steps", "AdaGrad itself")
def adagrad(gradients, rate, decay):
    """The sum of the squares is what counts.

    Nothing is forgotten here: squares are to be averaged with weights that decay.
    """
    total = np.cumsum(gradients**2, axis=0)
    return -rate * gradients / np.sqrt(np.where(total > 0, total, 1))


wrong(
    "forgetful_steps",
    "the weights of old and new exchanged",
    belief="The decay is the share of the new one.",
    hint="β is what is kept of the mean, 1 − β the share of the new square.",
    edit={"decay * mean + (1 - decay) * g**2": "(1 - decay) * mean + decay * g**2"},
)

wrong(
    "forgetful_steps",
    "one scale for all weights",
    belief="The gradient is divided by its typical length.",
    hint="Each weight has a mean of its own squares.",
    edit={"(1 - decay) * g**2": "(1 - decay) * np.mean(g**2)"},
)

wrong(
    "forgetful_steps",
    "the root forgotten",
    belief="Divide by the mean of the squares.",
    hint="The step is divided by the square root of the mean of squares: it then has the size η.",
    edit={"corrected = np.sqrt(mean / (1 - decay**t))": "corrected = mean / (1 - decay**t)"},
)


@right("forgetful_steps", "all weights of the past written out")
def written_out(gradients, rate, decay):
    changes = []
    for t in range(1, len(gradients) + 1):
        powers = decay ** np.arange(t - 1, -1, -1.0)
        mean = powers @ gradients[:t] ** 2 / powers.sum()
        changes.append(
            [-rate * g / m**0.5 if m else 0.0 for g, m in zip(gradients[t - 1], mean, strict=True)]
        )
    return changes


@right("forgetful_steps", "weight by weight, with a tiny number for 0/0")
def with_epsilon(gradients, rate, decay):
    out = np.zeros(gradients.shape, dtype=np.float32)
    for i in range(gradients.shape[1]):
        m = 0.0
        for t in range(len(gradients)):
            m = decay * m + (1 - decay) * gradients[t, i] ** 2
            out[t, i] = -rate * gradients[t, i] / (np.sqrt(m / (1 - decay ** (t + 1))) + 1e-8)
    return out


# --- moved


@wrong("moved", "what moves out comes in on the other side")
def rolled(images, moves):
    """Moving is rolling.

    `np.roll` is for circles. At the border of a picture its last value goes on.
    """
    return np.array([np.roll(x, tuple(m), axis=(0, 1)) for x, m in zip(images, moves, strict=True)])


@wrong("moved", "black where nothing comes from")
def black(images, moves):
    """What is not there is 0.

    Where nothing comes from, the value at the border goes on: clip the indices.
    """
    out = np.zeros_like(images)
    _, H, W = images.shape
    for b, (down, right_) in enumerate(moves):
        for i in range(H):
            for j in range(W):
                if 0 <= i - down < H and 0 <= j - right_ < W:
                    out[b, i, j] = images[b, i - down, j - right_]
    return out


@wrong("moved", "moved the other way")
def other_way(images, moves):
    """Moving down by one reads one row further down.

    The pixel at row i comes from row i − down: a picture that moves down is read higher up.
    """
    B, H, W = images.shape
    rows = np.clip(np.arange(H) + moves[:, :1], 0, H - 1)
    columns = np.clip(np.arange(W) + moves[:, 1:], 0, W - 1)
    return images[np.arange(B)[:, None, None], rows[:, :, None], columns[:, None, :]]


wrong(
    "moved",
    "every picture moved like the first",
    belief="A batch is moved.",
    hint="Each picture has a row of its own in `moves`.",
    edit={"rows =": "moves = np.repeat(moves[:1], B, axis=0)\nrows ="},
)


@wrong("moved", "down and right exchanged")
def exchanged_axes(images, moves):
    """The first number is x, the second y.

    The first number of a row moves down, that is along axis 1 of the batch.
    """
    B, H, W = images.shape
    rows = np.clip(np.arange(H) - moves[:, 1:], 0, H - 1)
    columns = np.clip(np.arange(W) - moves[:, :1], 0, W - 1)
    return images[np.arange(B)[:, None, None], rows[:, :, None], columns[:, None, :]]


@right("moved", "pixel by pixel")
def pixel_by_pixel(images, moves):
    B, H, W = images.shape
    return [
        [
            [
                float(
                    images[
                        b,
                        min(max(i - int(moves[b][0]), 0), H - 1),
                        min(max(j - int(moves[b][1]), 0), W - 1),
                    ]
                )
                for j in range(W)
            ]
            for i in range(H)
        ]
        for b in range(B)
    ]


@right("moved", "a margin of border values, cut out again")
def padded_and_cut(images, moves):
    _, H, W = images.shape
    wide = np.pad(images.astype(np.float32), ((0, 0), (H, H), (W, W)), mode="edge")
    return np.stack(
        [wide[b, H - d : 2 * H - d, W - r : 2 * W - r] for b, (d, r) in enumerate(moves)]
    )


# --- epoch


@wrong("epoch", "shuffled and cut, without a plan")
def shuffled_and_cut(labels, people, faces, rng):
    """Each picture once: a permutation.

    Chance alone does not put `faces` pictures of each of `people` people in a batch: plan
    """
    return rng.permutation(len(labels)).reshape(-1, people * faces)


@wrong("epoch", "every batch drawn anew")
def drawn_anew(labels, people, faces, rng):
    """A batch of random people with random pictures, again and again.

    In an epoch each picture occurs once: what one batch has used is gone for the others.
    """
    batches = []
    for _ in range(len(labels) // (people * faces)):
        names = rng.choice(np.unique(labels), size=people, replace=False)
        batches.append(
            np.concatenate([rng.permutation(np.flatnonzero(labels == y))[:faces] for y in names])
        )
    return np.array(batches)


wrong(
    "epoch",
    "no chance in it",
    belief="Each picture once, in order.",
    hint="The plan is the same in every epoch: shuffle pictures and people with `rng`.",
    edit={
        "rng.permutation(np.flatnonzero(labels == name))": "np.flatnonzero(labels == name)",
        "rng.permutation(len(names))": "np.arange(len(names))",
    },
)

wrong(
    "epoch",
    "the same people always together",
    belief="It is enough to shuffle the pictures.",
    hint="Pictures are shuffled, people are not: the same people meet in every epoch.",
    edit={"rng.permutation(len(names))": "np.arange(len(names))"},
)


@wrong("epoch", "labels taken for 0, 1, 2, …")
def sorted_labels(labels, people, faces, rng):
    """Person y has the rows from y·n to (y + 1)·n.

    Labels may be any integers in any order: find each person's rows by comparing.
    """
    count = len(np.unique(labels))
    rows = rng.permuted(np.arange(len(labels)).reshape(count, -1), axis=1)
    batches = []
    for start in range(0, rows.shape[1], faces):
        order = rng.permutation(count)
        for first in range(0, count, people):
            batches.append(rows[order[first : first + people], start : start + faces].ravel())
    return np.array(batches)


@right("epoch", "one permutation of people, dealt like cards")
def dealt(labels, people, faces, rng):
    piles = {}
    for row in rng.permutation(len(labels)).tolist():
        piles.setdefault(int(labels[row]), []).append(row)
    names = [int(y) for y in rng.permutation(list(piles))]
    batches = []
    while names:
        group, names = names[:people], names[people:]
        while piles[group[0]]:
            batch = []
            for y in group:
                batch += piles[y][:faces]
                piles[y] = piles[y][faces:]
            batches.append(batch)
    return batches


@right("epoch", "batches shuffled in the end")
def shuffled_batches(labels, people, faces, rng):
    shuffled = rng.permutation(len(labels))
    rows = shuffled[np.argsort(labels[shuffled], kind="stable")]
    rows = rows.reshape(len(np.unique(labels)), -1, faces)
    rounds = [rng.permutation(rows[:, r]).reshape(-1, people * faces) for r in range(rows.shape[1])]
    return rng.permutation(np.concatenate(rounds))


# --- chain_groups


@wrong("chain_groups", "direct neighbours of the first picture only")
def direct_neighbours(d2, d):
    """The first picture that has no group takes all that are near it.

    A chain may go over other pictures: neighbours of neighbours belong to the group, too.
    """
    group = -np.ones(len(d2), dtype=int)
    for i in range(len(d2)):
        if group[i] < 0:
            group[(d2[i] <= d) & (group < 0)] = i
    return group


@wrong("chain_groups", "one pass over the pictures")
def one_pass(d2, d):
    """Each picture joins the group of the last earlier picture that is near it.

    When two groups meet, *all* members of one get the number of the other, not one picture.
    """
    group = np.arange(len(d2))
    for i in range(len(d2)):
        for j in range(i):
            if d2[i, j] <= d:
                group[i] = group[j]
    return group


@wrong("chain_groups", "three rounds of passing numbers on")
def three_rounds(d2, d):
    """Each picture takes the least number near it, a few times over.

    A number travels one step a round, and a chain may be longer than your rounds: go on until
    nothing changes.
    """
    group = np.arange(len(d2))
    for _ in range(3):
        for i in range(len(d2)):
            group[i] = group[d2[i] <= d].min()
    return group


wrong(
    "chain_groups",
    "the distance taken without its square",
    belief="The threshold is a distance.",
    hint="d is a threshold for squared distances, as in `d2`: nothing is to be squared again.",
    edit={"d2 <= d": "d2 <= d**2"},
)

wrong(
    "chain_groups",
    "farther than d only if it is less than d",
    belief="Accepted means less than the threshold.",
    hint="At most d: a step of exactly d is allowed.",
    edit={"d2 <= d": "d2 < d"},
)


@wrong("chain_groups", "no larger than d across")
def complete_linkage(d2, d):
    """In a group all pictures are near each other.

    Two pictures of a group may be far apart, if steps of at most d lead over others.
    """
    groups = [[i] for i in range(len(d2))]
    while len(groups) > 1:
        best = min(
            (max(d2[i, j] for i in a for j in b), s, t)
            for s, a in enumerate(groups)
            for t, b in enumerate(groups[:s])
        )
        if best[0] > d:
            break
        groups[best[2]] += groups.pop(best[1])
    numbers = np.zeros(len(d2), dtype=int)
    for number, members in enumerate(groups):
        numbers[members] = number
    return numbers


@right("chain_groups", "a search from picture to picture")
def searched(d2, d):
    numbers = [None] * len(d2)
    for start in range(len(d2)):
        if numbers[start] is None:
            stack = [start]
            while stack:
                i = stack.pop()
                if numbers[i] is None:
                    numbers[i] = start
                    stack += [j for j in range(len(d2)) if d2[i][j] <= d]
    return numbers


@right("chain_groups", "powers of a matrix")
def matrix_powers(d2, d):
    reach = (d2 <= d) | np.eye(len(d2), dtype=bool)
    for _ in range(len(d2)):
        reach = (reach.astype(np.float32) @ reach) > 0
    return reach.argmax(axis=1)


# --- gain


@wrong("gain", "every result taken for a person")
def all_results(ours, theirs, who):
    """All S·P differences are one sample.

    Results of one person in several splits are not independent: average them first.
    """
    difference = (ours - theirs).ravel()
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))


@wrong("gain", "splits taken for people")
def over_splits(ours, theirs, who):
    """Each split is an experiment.

    Splits share their people, who are the independent units: average each one over splits.
    """
    each = (ours - theirs).mean(axis=1)
    return each.mean(), each.std(ddof=1) / np.sqrt(len(each))


@wrong("gain", "not paired")
def unpaired(ours, theirs, who):
    """The error of a difference is the root of the sum of the squared errors.

    Both methods meet the same people: take each person's difference first, then its spread.
    """
    people = np.unique(who)
    a = np.array([ours[who == person].mean() for person in people])
    b = np.array([theirs[who == person].mean() for person in people])
    error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(people))
    return a.mean() - b.mean(), error


wrong(
    "gain",
    "the spread of people given as the error of the mean",
    belief="The uncertainty is the standard deviation.",
    hint="The mean of n people is less uncertain than one of them: divide by the root of n.",
    edit={"each.std(ddof=1) / np.sqrt(len(each))": "each.std(ddof=1)"},
)

wrong(
    "gain",
    "divided by n where one degree of freedom is spent",
    belief="np.std is the standard deviation.",
    hint="The mean was estimated from the same numbers: divide the squares by n − 1 (`ddof=1`).",
    edit={"each.std(ddof=1) / np.sqrt(len(each))": "each.std() / np.sqrt(len(each))"},
)


@right("gain", "sums by bincount")
def by_bincount(ours, theirs, who):
    _, person = np.unique(who, return_inverse=True)
    person = person.ravel()
    sums = np.bincount(person, weights=(ours - theirs).ravel())
    each = sums / np.bincount(person)
    n = len(each)
    return [each.sum() / n, (((each - each.mean()) ** 2).sum() / (n - 1) / n) ** 0.5]


@right("gain", "a dictionary of lists")
def by_dictionary(ours, theirs, who):
    found = {}
    for a, b, y in zip(np.ravel(ours), np.ravel(theirs), np.ravel(who), strict=True):
        found.setdefault(int(y), []).append(float(a) - float(b))
    each = [sum(v) / len(v) for v in found.values()]
    mean = sum(each) / len(each)
    variance = sum((v - mean) ** 2 for v in each) / (len(each) - 1)
    return mean, (variance / len(each)) ** 0.5
