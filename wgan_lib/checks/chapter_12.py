"""Chapter 12: every mode."""

import numpy as np

from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """The reverse KL of a generator that draws a quarter of the modes evenly."""
    expect_value(
        answer,
        np.log(4),
        "Each of the 250 modes is drawn with probability 1/250 where the law has 1/1000. What is log(q/p) in each?",
        [
            (-np.log(4), "The sign is turned: KL is never negative."),
            (np.log(4) / 4, "Each of the 250 modes has the probability 1/250, and together they have 1. Add them up."),
            (2, "That is in bits. Use the natural logarithm."),
            (np.log(250), "That is the entropy of the generator. Compare it with that of the law, log 1000."),
            (np.log(4 / 3), "That is for 750 modes: here a quarter is drawn, and the rest is missing."),
            (0.75, "That is the total variation. KL has a logarithm."),
        ],
    )


def exercise_2(answer: object) -> None:
    """How many draws leave one mode unseen on average."""
    one = np.log(0.001) / np.log(0.999)
    given = float(numbers(answer))
    if np.floor(one) <= given <= np.ceil(one):
        return
    expect_value(
        given,
        one,
        "One mode stays unseen with probability 0.999ⁿ, and there are 1,000 of them. When is the product 1?",
        [
            (
                1000 * np.sum(1 / np.arange(1, 1001)),
                "So many draws it takes on average until the last mode is seen. Here one may still be missing.",
            ),
            (np.log(2) / -np.log(0.999), "So many draws leave half of all modes unseen. Only one is to be left."),
            (1000, "After 1,000 draws a share of 1/e is still unseen: 368 modes."),
            (999, "Draws repeat themselves: to find 999 modes takes many more than 999 draws."),
            (-np.log10(0.001) / -np.log(0.999), "Two kinds of logarithm: take the same one above and below."),
            (1000 * np.log(1000), "Very near, with log 0.999 replaced by −1/1000. Use log 0.999 itself."),
        ],
    )


def exercise_3(answer: object) -> None:
    """The expected number of modes."""

    def drawn(rng: np.random.Generator) -> tuple[int, np.ndarray]:
        law = rng.dirichlet(np.ones(rng.integers(4, 9)))
        return int(rng.integers(3, 12)), law

    expect_function(
        answer,
        lambda n, law: np.sum(1 - (1 - law) ** n),
        drawn,
        "A mode of probability p is missed n times with probability (1 − p)ⁿ. Add up 1 less that, over the modes.",
        [
            (lambda n, law: np.sum((1 - law) ** n), "That is how many are missed on average. Take 1 less each."),
            (lambda n, law: np.sum(1 - law**n), "To miss a mode n times has the probability (1 − p)ⁿ, not pⁿ."),
            (lambda n, law: np.mean(1 - (1 - law) ** n), "That is the share of the modes. Add them up, no mean."),
            (lambda n, law: len(law) * (1 - (1 - 1 / len(law)) ** n), "Use the law: these modes are not alike."),
            (lambda n, law: np.sum(np.minimum(1, n * law)), "n p counts repeated finds of a mode again."),
            (lambda n, law: np.sum(1 - np.exp(-n * law)), "A good approximation for small p. Here (1 − p)ⁿ is wanted."),
        ],
    )  # fmt: skip


def exercise_4(answer: object) -> None:
    """How many images bring the floor down to 0.002."""
    expect_value(
        answer,
        999 / 2 / 0.002,
        "The floor is about (modes − 1)/2n. Set it to 0.002 and solve for n.",
        [
            (999 / 0.002, "The floor has a factor ½."),
            (26_000 * (0.0193 / 0.002) ** 2, "The floor falls with 1/n, not with 1/√n: no square."),
            (1000 / 2 / 0.002, "Nearly: the modes count less one, as the probabilities add up to 1."),
            (999 / 2 / 0.02, "That is for a floor of 0.02."),
            (999 / 2 * 0.002, "Turned over: a lower floor takes more images."),
        ],
        rtol=5e-4,
    )


def exercise_5(answer: object) -> None:
    """The reverse KL of counts."""

    def counted(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        size = rng.integers(5, 9)
        counts = rng.integers(1, 30, size=size)
        counts[rng.integers(size)] = 0
        return counts, rng.dirichlet(3 * np.ones(size))

    def nats(q: np.ndarray, p: np.ndarray) -> np.ndarray:
        seen = q > 0
        return q[seen] * np.log(q[seen] / p[seen])

    expect_function(
        answer,
        lambda counts, law: nats(counts / counts.sum(), law).sum(),
        counted,
        "With q = counts / counts.sum(): the sum of q log(q / law) over the modes that were drawn.",
        [
            (lambda c, p: nats(c, p).sum(), "Counts are no law yet: divide them by their sum."),
            (lambda c, p: nats(c / c.sum(), p).mean(), "Add up over the modes; no mean."),
            (lambda c, p: nats(c / c.sum(), p).sum() / np.log(2), "That is in bits. Use the natural logarithm."),
            (
                lambda c, p: nats(c / c.sum(), np.full(len(p), 1 / len(p))).sum(),
                "Compare with `law`, which is not even.",
            ),
            (lambda c, p: -nats(c / c.sum(), p).sum(), "The sign is turned: log(q / law), not log(law / q)."),
            (
                lambda c, p: (p[c > 0] * np.log(p[c > 0] / (c / c.sum())[c > 0])).sum(),
                "That is the other direction, of the law to what was drawn. With a missing mode it would be infinite.",
            ),
        ],
    )


def exercise_6(answer: object) -> None:
    """What a judge that errs makes of one mode."""
    share, images = numbers(answer, (2,))
    wrong = 1 - 0.99**3
    expect(not close([images, share], [wrong, 26_000 * wrong], 1e-2), "Those are the two, in the other order.")
    expect_value(
        share,
        wrong,
        "Share: an image is read right if all three digits are. How probable is that?",
        [
            (0.99**3, "Share: that is how many are read right. The others are wanted."),
            (0.01, "Share: that is for one digit, and an image has three."),
            (0.03, "Share: nearly. Images with two misread digits are counted twice here."),
            (0.01**3, "Share: one misread digit is enough to make it another mode."),
        ],
        rtol=2e-3,
    )
    expect_value(
        images,
        26_000 * wrong,
        "Share is right. Images: the protocol reads 26,000 of them.",
        [
            (260, "Images: that is the share of one misread digit. Use the share that you have just found."),
            (26_000 * 0.99**3, "Images: those are read right. The others are wanted."),
            (1000 * wrong, "Images: there are 26,000 of them, not one for each mode."),
        ],
        rtol=2e-3,
    )


def exercise_7(answer: object) -> None:
    """W of a dropped mode, with two channels."""
    expect_value(
        answer,
        180 / 9900,
        "Every other mode has 1/99 where it should have 1/100. That excess travels to the dropped mode: "
        "18 of them are one digit away, 81 are two.",
        [
            (2700 / 999_000, "That is for three channels. Here there are two, and a hundred modes."),
            (0.01, "So much mass has to travel. How far, on average over the 99 other modes?"),
            (0.02, "The mass 1/100 travels less than 2 on average: 18 modes are only one digit away."),
            (0.018, "Nearly: the mean distance is over the 99 other modes, without the dropped one itself."),
            (180 / 99, "That is the mean distance. Only the mass of one mode travels."),
            (1.8, "So far a generator is that has one mode only. Here one is missing."),
        ],
        rtol=2e-3,
    )


def exercise_8(answer: object) -> None:
    """The grey generator: how many modes, which KL, which W."""
    modes, kl, w = numbers(answer, (3,))
    expect_value(
        modes,
        10,
        "Modes: the same digit three times over. How many such numbers are there?",
        [
            (1000, "Modes: each channel has all digits, but only together with the same digit in the others."),
            (30, "Modes: ten digits in three channels make 30 only if each stood alone. A mode is all three."),
            (1, "Modes: it is the same digit in three channels, but not always the same image."),
        ],
    )
    expect_value(
        kl,
        np.log(100),
        "Modes is right. KL: an even law on ten of a thousand even modes.",
        [
            (np.log(10), "KL: that is the entropy of ten modes. Compare with a thousand."),
            (0, "KL: each channel by itself is right, and its KL is 0. The three together are not."),
            (np.log(1000), "KL: that would be a single mode."),
        ],
    )
    expect_value(
        w,
        1.71,
        "Modes and KL are right. W: solve it with `transport.emd`, metric \"hamming\", and count channels: times 3.",
        [
            (0.57, 'W: "hamming" gives the share of the channels that differ. Multiply it by 3.'),
            (1.8, "W: the plan may choose which digit to keep. That is the distance to grey images of a random digit."),
            (2.7, "W: that is the distance of a single mode. Here there are ten."),
            (0, "W: each channel by itself is right, and costs nothing. The modes do not travel channel by channel."),
        ],
        rtol=2e-3,
    )  # fmt: skip
