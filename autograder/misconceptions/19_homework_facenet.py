"""Known-wrong and alternative right answers to 19_homework_facenet's own cells."""

import numpy as np

from autograder.bank import right, wrong

# --- architectures


@wrong("architectures", "the small ones taken for Zeiler & Fergus")
def architectures_small_ones_classic():
    """NNS are the small versions of the first architecture.

    The S stands for small: Section 3.3 makes the small networks from Inception modules.
    """
    zeiler = ("NN1", "NNS1", "NNS2")
    names = ("NN1", "NN2", "NN3", "NN4", "NNS1", "NNS2")
    return {name: "Zeiler&Fergus" if name in zeiler else "Inception" for name in names}


@wrong("architectures", "kinds taken in turns")
def architectures_in_turns():
    """Odd numbers are of the first kind, even ones of the second.

    NN3 and NN4 are one network with smaller pictures: which network is that?
    """
    names = ("NN1", "NN2", "NN3", "NN4", "NNS1", "NNS2")
    return {name: "Zeiler&Fergus" if name[-1] in "13" else "Inception" for name in names}


@wrong("architectures", "the two kinds exchanged")
def architectures_exchanged():
    """The first network is the modern one.

    Table 1 has plain layers and maxout units, Table 2 has modules with branches.
    """
    names = ("NN1", "NN2", "NN3", "NN4", "NNS1", "NNS2")
    return {name: "Inception" if name == "NN1" else "Zeiler&Fergus" for name in names}


@wrong("architectures", "only NN2 taken for Inception")
def architectures_one_inception():
    """Table 2 shows the one network with Inception modules.

    Networks for smaller pictures need not be older ones: read what NN3, NN4 and the small ones
    derive from.
    """
    names = ("NN1", "NN2", "NN3", "NN4", "NNS1", "NNS2")
    return {name: "Inception" if name == "NN2" else "Zeiler&Fergus" for name in names}


@right("architectures", "from pairs, in another order")
def architectures_from_pairs():
    inception = ["NNS2", "NNS1", "NN4", "NN3", "NN2"]
    return dict([(name, "Inception") for name in inception] + [("NN1", "Zeiler&Fergus")])


@right("architectures", "default and exception")
def architectures_by_default():
    kinds = dict.fromkeys(["NN1", "NN2", "NN3", "NN4", "NNS1", "NNS2"], "Inception")
    kinds["NN1"] = "Zeiler&Fergus"
    return kinds


# --- count_network


wrong(
    "count_network",
    "the places of a picture counted as parameters",
    belief="Each place has its own weights.",
    hint="One kernel serves all places: a convolution has as many parameters for a small picture "
    "as for a large one.",
    edit={"parameters += units * (inputs + 1)": "parameters += side * side * units * (inputs + 1)"},
)

wrong(
    "count_network",
    "maxout forgotten",
    belief="A layer with 128 outputs has 128 units.",
    hint="A maxout unit is the greatest of p linear ones, each with weights of its own.",
    edit={"side * side * channels, outputs * p, 1": "side * side * channels, outputs, 1"},
)

wrong(
    "count_network",
    "all p units handed on",
    belief="A maxout layer has p times as many outputs.",
    hint="Only the greatest of the p linear units goes on: the next layer has that many inputs.",
    edit={"channels = outputs": "channels = units"},
)

wrong(
    "count_network",
    "two operations for a multiply-add",
    belief="A FLOP is a multiplication or an addition.",
    hint="A multiplication with the addition that follows it counts as one, as in the tables.",
    edit={"side * side * units * (inputs + 1)": "2 * side * side * units * (inputs + 1)"},
)

wrong(
    "count_network",
    "biases left out",
    belief="A layer's parameters are its weights.",
    hint="Each linear unit has one number more than it has weights.",
    edit={
        "parameters += units * (inputs + 1)": "parameters += units * inputs",
        "side * side * units * (inputs + 1)": "side * side * units * inputs",
    },
)

wrong(
    "count_network",
    "the stride forgotten",
    belief="Padding keeps the size of the picture.",
    hint="A stride of 2 halves the side: the next layer, and this one's outputs, are smaller.",
    edit={"side = -(-side // stride)": ""},
)

wrong(
    "count_network",
    "sides rounded down",
    belief="Whole-number division gives the new side.",
    hint="A side of 55 becomes 28 with a stride of 2: divide and round up.",
    edit={"side = -(-side // stride)": "side = side // stride"},
)


@right("count_network", "rounded up by NumPy, a list of floats")
def count_with_numpy(side, channels, layers):
    totals = np.zeros(2)
    for layer in layers:
        if layer[0] == "full":
            weights = side * side * channels * layer[1] * layer[2]
            parameters, side = weights + layer[1] * layer[2], 1
        else:
            side = int(np.ceil(side / layer[2]))
            if layer[0] == "pool":
                continue
            parameters = (layer[1] ** 2 * channels) * layer[-1] + layer[-1]
        channels = layer[1] if layer[0] == "full" else layer[-1]
        totals += parameters, side**2 * parameters
    return totals.tolist()


@right("count_network", "one function for each kind of layer")
def count_by_kind(side, channels, layers):
    def convolve(side, channels, kernel, stride, outputs):
        side = (side + stride - 1) // stride
        parameters = outputs * (kernel * kernel * channels + 1)
        return side, outputs, parameters, parameters * side**2

    def connect(side, channels, outputs, p):
        parameters = p * outputs * (side * side * channels + 1)
        return 1, outputs, parameters, parameters

    def pool(side, channels, kernel, stride):
        return (side + stride - 1) // stride, channels, 0, 0

    rows = []
    for kind, *sizes in layers:
        work = {"conv": convolve, "full": connect, "pool": pool}[kind]
        side, channels, *counts = work(side, channels, *sizes)
        rows.append(counts)
    return np.sum(rows, axis=0)


# --- against_resnet


@wrong("against_resnet", "the ratios turned round")
def against_resnet_turned_round():
    """How many times the network ResNet-50 has.

    Multiples of ResNet-50: its numbers stand below the line.
    """
    return {"NN1": (25.6 / 140, 4.1 / 1.6), "NN2": (25.6 / 7.5, 4.1 / 1.6)}


@wrong("against_resnet", "multiply-adds compared with twice as many operations")
def against_resnet_doubled():
    """ResNet-50 needs 8.2 billion operations, as some tables say.

    Both papers count a multiply-add as one: do not double one side.
    """
    return {"NN1": (140 / 25.6, 1.6 / 8.2), "NN2": (7.5 / 25.6, 1.6 / 8.2)}


@wrong("against_resnet", "the two networks' tables exchanged")
def against_resnet_exchanged():
    """The network with modules has more of everything.

    The 140 million parameters are those of Table 1, most of them in its full layers.
    """
    return {"NN1": (7.5 / 25.6, 1.6 / 4.1), "NN2": (140 / 25.6, 1.6 / 4.1)}


@wrong("against_resnet", "another ResNet")
def against_resnet_101():
    """A ResNet has 44.5 million parameters and 7.8 billion FLOPs.

    ResNet-101 has about 44 million parameters, ResNet-50 fewer: look at the right column.
    """
    return {"NN1": (140 / 44.5, 1.6 / 7.8), "NN2": (7.5 / 44.5, 1.6 / 7.8)}


@right("against_resnet", "two decimals, the count of the first paper")
def against_resnet_rounded():
    return {"NN2": [0.29, 0.42], "NN1": [5.48, 0.42]}


@right("against_resnet", "to the last digit, in arrays")
def against_resnet_exactly():
    resnet = np.array([25_557_032, 4.089e9])
    return {
        "NN1": np.array([140.03e6, 1.606e9]) / resnet,
        "NN2": np.array([7_456_304, 1.5998e9]) / resnet,
    }


# --- harmonic_loss


wrong(
    "harmonic_loss",
    "new embeddings throughout",
    belief="The new network is trained on its own embeddings.",
    hint="A triplet of new embeddings only is the ordinary loss: where do old and new meet?",
    edit={
        "np.where(is_new[:, :, None], new[triplets], old[triplets])": "new[triplets]",
        "is_new[:, place]": "slice(None)",
    },
)

wrong(
    "harmonic_loss",
    "triplets of old embeddings left out of the mean",
    belief="What cannot move need not be counted.",
    hint="They move nothing, but the loss is the mean over *all* triplets that you are given.",
    edit={
        "a, p, n =": "some = is_new.any(axis=1)\n"
        "triplets, is_new = triplets[some], is_new[some]\n"
        "a, p, n =",
    },
)

wrong(
    "harmonic_loss",
    "the two versions averaged",
    belief="Harmonic means a mean of both.",
    hint="Nobody stores the average: an old and a new embedding must be comparable as they are.",
    edit={
        "np.where(is_new[:, :, None], new[triplets], old[triplets])": "((old + new) / 2)[triplets]",
        "2 * (n - p), 2 * (p - a), 2 * (a - n)": "n - p, p - a, a - n",
        "is_new[:, place]": "slice(None)",
    },
)


@wrong("harmonic_loss", "new embeddings pulled to the old ones")
def harmonic_regression(old, new, triplets, is_new, margin):
    """To be compatible is to be equal.

    Copying the old embeddings keeps their mistakes: what must be near is another picture of the
    same person.
    """
    return np.mean(np.sum((new - old) ** 2, axis=1)), 2 * (new - old) / len(new)


wrong(
    "harmonic_loss",
    "the old embeddings moved too",
    belief="Each row of a triplet gets its share of the gradient.",
    hint="Old embeddings are stored: only the places where a new one stands have a gradient.",
    edit={"is_new[:, place]": "slice(None)"},
)

wrong(
    "harmonic_loss",
    "old and new exchanged",
    belief="True marks what is already there.",
    hint="True means that the new embedding stands there.",
    edit={
        "new[triplets], old[triplets]": "old[triplets], new[triplets]",
        "is_new[:, place]": "~is_new[:, place]",
    },
)

wrong(
    "harmonic_loss",
    "a gradient without the hinge",
    belief="The gradient is that of the distances.",
    hint="An easy triplet has loss 0 and gradient 0: it pulls at nothing.",
    edit={"(u > 0)[:, None] / len(triplets)": "1 / len(triplets)"},
)

wrong(
    "harmonic_loss",
    "a picture's gradients overwritten",
    belief="x[rows] += y adds up.",
    hint="A picture in several triplets gets the sum of what they say: `x[rows] += …` keeps only "
    "one of equal rows, `np.add.at` all.",
    edit={
        "np.add.at(gradient, triplets[moving, place], (": "gradient[triplets[moving, place]] += ((",
    },
)

wrong(
    "harmonic_loss",
    "the mean over active triplets",
    belief="Easy triplets do not count.",
    hint="Here the mean is over all triplets, the easy ones included.",
    edit={
        "len(triplets)": "max(np.sum(u > 0), 1)",
        "np.maximum(u, 0).mean()": "np.maximum(u, 0).sum() / max(np.sum(u > 0), 1)",
    },
)


@right("harmonic_loss", "triplet by triplet")
def harmonic_in_a_loop(old, new, triplets, is_new, margin):
    loss, gradient = 0.0, [[0.0] * new.shape[1] for _ in new]
    for rows, which in zip(triplets.tolist(), is_new, strict=True):
        a, p, n = (new[row] if flag else old[row] for row, flag in zip(rows, which, strict=True))
        u = (a - p) @ (a - p) - (a - n) @ (a - n) + margin
        if u <= 0:
            continue
        loss += u / len(triplets)
        for row, flag, slope in zip(rows, which, (n - p, p - a, a - n), strict=True):
            if flag:
                step = 2 * slope / len(triplets)
                gradient[row] = [g + s for g, s in zip(gradient[row], step, strict=True)]
    return [loss, gradient]


@right("harmonic_loss", "with a matrix of ones and zeros, float32")
def harmonic_with_matrices(old, new, triplets, is_new, margin):
    old, new = old.astype(np.float32), new.astype(np.float32)
    pick = np.eye(len(new), dtype=np.float32)[triplets]  # (T, 3, N)
    flags = is_new[:, :, None].astype(np.float32)
    places = (pick * flags) @ new + (pick * (1 - flags)) @ old  # (T, 3, D)
    a, p, n = places[:, 0], places[:, 1], places[:, 2]
    u = ((a - p) ** 2 - (a - n) ** 2).sum(axis=1) + np.float32(margin)
    slopes = 2 * np.stack([n - p, p - a, a - n], axis=1) * (u > 0)[:, None, None]
    gradient = np.einsum("tpn,tpd->nd", pick * flags, slopes) / len(u)
    return np.maximum(u, 0).mean(), gradient


# --- val_at_far


@wrong("val_at_far", "the share of accepted pairs that are right")
def val_is_precision(same, different, far):
    """VAL says how many of the accepted pairs are of one person.

    VAL is a share of the pairs of one person: divide by their number. What you computed is the
    precision.
    """
    threshold = np.sort(different)[int(far * len(different))]
    accepted = np.sum(same < threshold) + np.sum(different < threshold)
    return np.sum(same < threshold) / max(accepted, 1)


@wrong("val_at_far", "false accepts counted among all pairs")
def val_far_of_all_pairs(same, different, far):
    """The rate of false accepts is their share of everything.

    FAR is a share of the pairs of different people, not of all pairs.
    """
    allowed = int(far * (len(different) + len(same)))
    ranks = np.append(np.sort(different), np.inf)
    return np.mean(same < ranks[min(allowed, len(different))])


@wrong("val_at_far", "the number of false accepts rounded")
def val_rounded(same, different, far):
    """The nearest whole number of false accepts.

    2.7 false accepts allowed means two, not three: the FAR must not exceed its limit.
    """
    return np.mean(same < np.sort(different)[round(far * len(different))])


@wrong("val_at_far", "one false accept too many")
def val_one_too_many(same, different, far):
    """The threshold is the distance at which the allowed share is reached.

    At the threshold itself a pair is accepted: the threshold must stay below the first pair of
    different people that is too many.
    """
    allowed = int(far * len(different))
    return np.mean(same < np.sort(different)[min(allowed + 1, len(different) - 1)])


@wrong("val_at_far", "the threshold taken from pairs of one person")
def val_threshold_from_same(same, different, far):
    """Accept all but a share FAR of the right pairs.

    False accepts are made of pairs of different people: their distances give the threshold.
    """
    threshold = np.sort(same)[int((1 - far) * len(same))]
    return np.mean(same < threshold)


@wrong("val_at_far", "the accuracy at that threshold")
def val_is_accuracy(same, different, far):
    """The rate of pairs that are decided rightly.

    VAL looks at pairs of one person only; how many others are refused is not in it.
    """
    threshold = np.sort(different)[int(far * len(different))]
    right_ones = np.sum(same < threshold) + np.sum(different >= threshold)
    return right_ones / (len(same) + len(different))


@wrong("val_at_far", "large distances accepted")
def val_accepts_large(same, different, far):
    """The score of a pair is its distance.

    A small distance means one person: accept below the threshold.
    """
    threshold = np.sort(different)[::-1][int(far * len(different))]
    return np.mean(same > threshold)


@wrong("val_at_far", "the threshold at the last false accept")
def val_last_allowed(same, different, far):
    """The threshold is the distance of the last false accept that is allowed.

    The threshold may come close to the next pair of different people; and of pairs at equal
    distances either all are accepted or none.
    """
    allowed = int(far * len(different))
    threshold = np.sort(different)[allowed - 1] if allowed else 0.0
    return np.mean(same <= threshold)


@wrong("val_at_far", "an interpolated quantile")
def val_from_quantile(same, different, far):
    """The threshold is the FAR quantile of the distances.

    A quantile lies between two distances, and one pair too many may lie below it: count the false
    accepts.
    """
    return np.mean(same <= np.quantile(different, far))


@right("val_at_far", "all thresholds tried")
def val_by_search(same, different, far):
    best = 0.0
    for threshold in same:
        if np.mean(different <= threshold) <= far:
            best = max(best, sum(d <= threshold for d in same) / len(same))
    return float(best)


@right("val_at_far", "with searchsorted")
def val_by_ranks(same, different, far):
    ranks = np.sort(different)
    rates = np.searchsorted(ranks, same, side="right") / len(ranks)  # FAR at each same distance
    return np.count_nonzero(rates <= far) / len(same)


# --- behind_the_best


@wrong("behind_the_best", "divided by the row's own error")
def behind_own_error():
    """A measurement's error is what stands behind its ±.

    Both measurements are uncertain: the error of their difference is larger than either.
    """
    return {64: 1.1 / 1.7, 128: 0.0, 256: 0.2 / 1.9, 512: 2.3 / 2.0}


@wrong("behind_the_best", "the errors added")
def behind_added_errors():
    """Errors add up.

    Independent errors add as squares: √(e₁² + e₂²), which is less than e₁ + e₂.
    """
    return {64: 1.1 / 3.6, 128: 0.0, 256: 0.2 / 3.8, 512: 2.3 / 3.9}


@wrong("behind_the_best", "differences in percent, without their errors")
def behind_in_percent():
    """The table says how many points are lost.

    A difference means little by itself: divide it by its error.
    """
    return {64: 1.1, 128: 0.0, 256: 0.2, 512: 2.3}


@wrong("behind_the_best", "the largest dimension taken for the best")
def behind_the_largest():
    """A bigger embedding is better.

    More numbers are not more accuracy: look for the greatest VAL in the table.
    """
    return {
        64: 1.2 / np.hypot(1.7, 2.0),
        128: 2.3 / np.hypot(1.9, 2.0),
        256: 2.1 / np.hypot(1.9, 2.0),
        512: 0.0,
    }


@right("behind_the_best", "two decimals")
def behind_rounded():
    return {128: 0, 64: 0.43, 256: 0.07, 512: 0.83}


@right("behind_the_best", "computed from the table")
def behind_computed():
    table = {64: (86.8, 1.7), 128: (87.9, 1.9), 256: (87.7, 1.9), 512: (85.6, 2.0)}
    top, top_error = max(table.values())
    return {
        dimension: np.float64((top - val) / (top_error**2 + error**2) ** 0.5)
        for dimension, (val, error) in table.items()
    }


# --- error_cuts


@wrong("error_cuts", "the gain of VAL instead of the cut of the error")
def cuts_of_val(images, val):
    """Performance rises by the ratio of the VALs.

    The error is what is missing to 100 %: compare those numbers, not VAL.
    """
    gain = val[1:] / val[:-1]
    return gain - 1, gain ** (1 / np.log2(images[1:] / images[:-1])) - 1


@wrong("error_cuts", "percentage points")
def cuts_in_points(images, val):
    """The cut is by how much the error has become smaller.

    A fraction of the error, not a difference: from 40 % to 10 % is a cut by 3/4.
    """
    points = np.diff(val) / 100
    return points, points / np.log2(images[1:] / images[:-1])


@wrong("error_cuts", "shared out evenly over the doublings")
def cuts_shared_out(images, val):
    """Half of the doublings, half of the cut.

    Each doubling cuts what the one before has left: the shares that are left multiply.
    """
    cut = 1 - (100 - val[1:]) / (100 - val[:-1])
    return cut, cut / np.log2(images[1:] / images[:-1])


@wrong("error_cuts", "a root of the cut")
def cuts_root_of_cut(images, val):
    """The cut of a step is the product of the cuts of its doublings.

    It is the share that is left which multiplies from doubling to doubling, not the cut.
    """
    cut = 1 - (100 - val[1:]) / (100 - val[:-1])
    return cut, cut ** (1 / np.log2(images[1:] / images[:-1]))


@wrong("error_cuts", "the number of times taken for the number of doublings")
def cuts_per_multiple(images, val):
    """Ten times the data are ten steps.

    Eight times as many images are three doublings.
    """
    left = (100 - val[1:]) / (100 - val[:-1])
    return 1 - left, 1 - left ** (images[:-1] / images[1:])


@wrong("error_cuts", "always compared with the first row")
def cuts_from_the_first(images, val):
    """Everything is measured against where it began.

    A step goes from one row to the next.
    """
    left = (100 - val[1:]) / (100 - val[0])
    return 1 - left, 1 - left ** (1 / np.log2(images[1:] / images[0]))


@right("error_cuts", "with logarithms")
def cuts_with_logarithms(images, val):
    logs = np.diff(np.log(100 - val))
    return [-np.expm1(logs), -np.expm1(logs * np.log(2) / np.diff(np.log(images)))]


@right("error_cuts", "row by row, from VAL as a fraction")
def cuts_in_a_loop(images, val):
    steps, doublings = [], []
    for i in range(1, len(val)):
        left = (1 - val[i] / 100) / (1 - val[i - 1] / 100)
        steps.append(1 - left)
        doublings.append(1 - 2 ** (np.log2(left) / np.log2(images[i] / images[i - 1])))
    return steps, doublings


# --- tenfold_cut


@wrong("tenfold_cut", "the figure in the text taken on trust")
def tenfold_as_told():
    """The authors write that the error falls by 60 %.

    The text says 60 %: do the rows of the table say so too?
    """
    return 0.6


@wrong("tenfold_cut", "the gain of VAL")
def tenfold_gain():
    """Performance improves from 76.3 to 85.1.

    VAL rises from 76.3 to 85.1; the error is what is missing to 100.
    """
    return 85.1 / 76.3 - 1


@wrong("tenfold_cut", "percentage points")
def tenfold_points():
    """The error falls by 8.8 %.

    A fall of 8.8 points is a larger fraction of the error, which is 23.7 % before it.
    """
    return 0.088


@wrong("tenfold_cut", "all the data")
def tenfold_to_the_end():
    """From the first row to the last.

    From 2.6 to 26 million: that is the first step of the table, not its whole length.
    """
    return 1 - 13.8 / 23.7


@right("tenfold_cut", "three decimals")
def tenfold_rounded():
    return 0.371


@right("tenfold_cut", "from the difference of the errors")
def tenfold_from_difference():
    return np.float64(8.8) / np.float64(23.7)


# --- text_favourite


@wrong("text_favourite", "too short")
def favourite_too_short():
    """Briefly means a sentence.

    Name the result, say where it is shown, and why nobody asked for it.
    """
    return "I like that the clusters work so well."


@wrong("text_favourite", "too long")
def favourite_too_long():
    """The more results, the better.

    One result, and what makes it emergent: leave the rest of the paper out.
    """
    results = ("pose", "light", "age", "glasses", "hats", "beards", "blur", "compression")
    return " ".join(
        f"I like what the network makes of {x}, as Figure 1 shows." for x in results * 2
    )


@wrong("text_favourite", "the same words over and over")
def favourite_repeated():
    """Words are counted, so words will do.

    The length is a frame for what you have to say, not the aim.
    """
    return "The clusters work very well. " * 12


@right("text_favourite", "one long line")
def favourite_in_one_line():
    return (
        "Figure 1 won me over: pictures of one person in bright and in dim light, facing us and "
        "turned away, lie nearer to each other than two people photographed in the same pose and "
        "light. The triplets said only who is who. That light and pose would be ignored follows "
        "from nothing that anybody wrote into the loss."
    )


@right("text_favourite", "joined from pieces, with hyphens and accents")
def favourite_joined():
    pieces = [
        "Compression: although training never mentioned JPEG, the validation rate hardly suffers",
        "down to a quality of thirty (Table 4), and a picture of 120 × 120 pixels still does.",
        "A loss that only compares distances has learned what survives a mediocre camera,",
        "an old, low-quality scan or a café's neon light; I hadn't expected that.",
    ]
    return "\n".join(pieces)


# --- text_approach


@wrong("text_approach", "too short")
def approach_too_short():
    """It is enough to name the approach.

    Describe it for somebody who has not read the paper, and give your reason.
    """
    return "Online triplet mining interested me the most, because it makes training efficient."


@wrong("text_approach", "too long")
def approach_too_long():
    """Everything interesting has to be there.

    About 100 words: one approach, its problem, your reason.
    """
    topics = ("mining", "the margin", "the sphere", "large batches", "harmonic embeddings")
    sentence = "I was interested in {}, because it makes the whole system work better than before."
    return " ".join(sentence.format(topic) for topic in topics * 2)


@wrong("text_approach", "the same words over and over")
def approach_repeated():
    """Words are counted, so words will do.

    The length is a frame for what you have to say, not the aim.
    """
    return "Online mining is very interesting to me. " * 14


@right("text_approach", "one long line")
def approach_in_one_line():
    return (
        "Harmonic embeddings interested me most. Whoever improves a network changes every "
        "embedding, and a collection of billions cannot be embedded anew overnight. The authors "
        "train the next version on triplets that hold embeddings of both versions, so that old and "
        "new ones can be compared while the collection is renewed little by little. One could also "
        "learn a map from old to new vectors, or wait. I like it because it starts from how "
        "systems are used rather than from a table of results. What I miss is a second upgrade: "
        "would the third version still agree with what is left of the first?"
    )


@right("text_approach", "sentences in a list, joined")
def approach_joined():
    sentences = [
        "What interested me most is that the last layer is gone.",
        "A classifier needs an output for each person, is trained for those people, and leaves",
        "its inner layer to be used as features, more or less by accident.",
        "Here the quantity that will be used, the distance, is trained itself,",
        "and 128 numbers are enough for people whom nobody has seen before.",
        "The authors could have cut a classifier open, as others did, and compressed the rest.",
        "I find the idea convincing, since one should optimise what one wants;",
        "yet I'd like to see both trained on equal data, with equal care,",
        "before I believe that the loss, and not the enormous data set, is the reason.",
    ]
    return " ".join(sentences)


# --- val_at_far, and rounding


@wrong("val_at_far", "a false accept lost by rounding")
def val_cut_off(same, different, far):
    """The whole number below far times the number of pairs is what is allowed.

    0.29 · 100 is 28.999999999999996 for a computer: compare the rate with its limit, or make up for
    rounding before you cut off decimals.
    """
    allowed = int(far * len(different))
    return np.mean(same < np.sort(different)[allowed])
