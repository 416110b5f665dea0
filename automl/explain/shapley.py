"""Shapley values, each over the whole background: by all coalitions where they are few, else by paired permutations.

Along a permutation the players join one by one, and each gets what the coalition's worth changes by; the changes add to
the difference between the row and the background in every single permutation, hence in any mean of them. Each
permutation comes with its reverse: where a player joined early it joins late, so much of the noise cancels (Mitchell,
Cooper, Frank and Holmes 2022, Sampling Permutations for Shapley Value Estimation, JMLR 23(43); the values: Shapley
1953, Lundberg and Lee 2017). Each second pair is the one before it begun in its middle, so that the four have every
player early, late and between: they are nearer to the values than four that are drawn. The scatter of the pairs gives a
standard error as if they were independent, which is rather too large, and they are played until it is small or time is
up. Where so many pairs would go through as many coalitions as there are, all of these are played once instead, and
nothing is left to chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Worth = Callable[[Flags], Floats]

LEAST = 2  # pairs: one alone has no standard error
FEWEST = 8  # pairs, if there is time: with less a standard error says little
MOST_PAIRS = 1_000
FLAGS = 64_000_000  # of the coalitions of one step: so much memory may they take
BORROWED = 16  # pairs that the scatter of all players counts as, beside a player's own
ALLOWED = 0.05  # standard error, as a share of the spread
STRIDE = 0x9E3779B1  # between the counters of two seeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What each player gives to each number [players, width], with standard errors, after so many `pairs`.

    With 0 pairs the values are exact, and the errors 0.
    """

    values: Floats
    errors: Floats
    pairs: int


def shapley(
    worth: Worth, ends: tuple[Floats, Floats], players: int, *, allowed: Floats, seconds: float, seed: int
) -> Shares:
    """The values of `players`; `worth` gives coalitions [m, players] -> [m, width].

    `ends` are the worths of nobody and of everybody [width]. It stops once every standard error is at most `allowed`
    [width], or once another step would take it past `seconds`; `LEAST` pairs are always played. With one player, or
    none, nothing has to be played.
    """
    if players <= 1:
        whole = np.broadcast_to(ends[1] - ends[0], (players, len(ends[0])))
        return Shares(values=whole, errors=np.zeros_like(whole), pairs=0)
    begun = monotonic()
    at_once = max(1, FLAGS // (2 * players * players))
    whole = (2 ** min(players, 64) - 2) / (2 * players - 2)  # pairs that go through as many coalitions as there are
    found = _played(worth, ends, _orders(players, range(LEAST), seed))
    while len(found) < MOST_PAIRS:
        errors = _errors(found)
        needed = len(found) * float(((errors / allowed) ** 2).max(initial=0.0))
        wanted = FEWEST if len(found) < FEWEST else math.ceil(min(needed, MOST_PAIRS))
        affordable = len(found) * (seconds / max(monotonic() - begun, 1e-9) - 1)
        if whole <= min(wanted, affordable):
            return Shares(values=_enumerated(worth, ends, players), errors=np.zeros_like(errors), pairs=0)
        more = min(wanted - len(found), math.floor(affordable), at_once)
        if more < 1:
            break
        orders = _orders(players, range(len(found), len(found) + more), seed)
        found = np.concatenate([found, _played(worth, ends, orders)])
    return Shares(values=found.mean(axis=0), errors=_errors(found), pairs=len(found))


def _enumerated(worth: Worth, ends: tuple[Floats, Floats], players: int) -> Floats:
    """The values by their definition [players, width]: what a player changes, over all coalitions without it.

    Those of one size weigh together as much as those of another.
    """
    every = np.arange(2**players)
    inside = (every[:, None] >> np.arange(players)) % 2 == 1
    worths = np.concatenate([ends[0][None], worth(inside[1:-1]), ends[1][None]])
    weight = 1 / np.array([players * math.comb(players - 1, others) for others in range(players)])  # by what was there
    size, values = inside.sum(axis=1), []
    for player in range(players):
        own = every[inside[:, player]]
        values.append(weight[size[own] - 1] @ (worths[own] - worths[own - (1 << player)]))
    return np.stack(values)


def _errors(found: Floats) -> Floats:
    """The standard errors of the means of `found` [pairs, players, width].

    Of few pairs the scatter is too small by luck now and then, and what an order gives is far from normal. So it counts
    as if `BORROWED` pairs more had the mean scatter of all players, where that is larger: moderated variances (Smyth
    2004, Statistical Applications in Genetics and Molecular Biology 3(1)), which never make an error smaller.
    """
    own = found.var(axis=0, ddof=1)
    free = len(found) - 1
    together = (free * own + BORROWED * own.mean(axis=0)) / (free + BORROWED)
    return np.asarray(np.sqrt(np.maximum(own, together) / len(found)))


def _orders(players: int, pairs: range, seed: int) -> Ints:
    """An order of the players for each of `pairs` [pairs, players], the same wherever it is drawn.

    By 32 bits for each player: a counter through the finalizer of MurmurHash3 (Appleby 2011, public domain), which any
    language computes alike. Each second order is the one before it, begun in its middle.
    """
    number = np.arange(pairs.start, pairs.stop)[:, None]
    counter = number // 2 * players + np.arange(players) + seed * STRIDE
    bits = counter.astype(np.uint32)  # the lowest 32 bits of it
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    drawn = np.argsort(bits ^ (bits >> np.uint32(16)), axis=1, kind="stable")
    return np.where(number % 2, np.roll(drawn, players // 2, axis=1), drawn)


def _played(worth: Worth, ends: tuple[Floats, Floats], orders: Ints) -> Floats:
    """What each player gets in each pair of permutations [pairs, players, width]; `orders` are the first of each."""
    pairs, players = orders.shape
    both = np.concatenate([orders, orders[:, ::-1]])
    rank = np.argsort(both, axis=1)  # when a player joins
    coalitions = rank[:, None, :] < np.arange(1, players)[None, :, None]  # [permutations, joined - 1, players]
    flat = coalitions.reshape(-1, players)
    packed = np.packbits(flat, axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    between = worth(flat[first])[which.reshape(-1)].reshape(2 * pairs, players - 1, -1)
    edge = [np.broadcast_to(end, (2 * pairs, 1, len(end))) for end in ends]
    changes = np.diff(np.concatenate([edge[0], between, edge[1]], axis=1), axis=1)
    gains = np.take_along_axis(changes, rank[:, :, None], axis=1)
    return np.asarray((gains[:pairs] + gains[pairs:]) / 2)
