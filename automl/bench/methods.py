"""How the figures of a report are made: the words under it, with their sources."""

from typing import Final

METHODS: Final = {
    "Rank": (
        "The mean over tasks of the place by the task's metric, on the mean score over seeds; ties share the mean of "
        "their places (Demsar 2006)."
    ),
    "Normalised": "The mean over tasks of (score - constant predictor) / (best - constant predictor), cut at 0.",
    "Strength": (
        "Bradley-Terry (1952) on the scale of Elo, by Hunter's MM algorithm (2004): a task is a game between each two, "
        "and one virtual tie is added for each pair. 95 % intervals by 2,000 bootstrap draws of tasks, and of seeds "
        "within each."
    ),
    "Win, tie, loss": (
        "Tasks won, tied and lost, and the share won with its 95 % interval by the same draws, paired. A win is an "
        "interval above one half, a loss one below. With fewer than six tasks it stays open: no sign test could decide."
    ),
    "Critical difference": (
        "Friedman's test with the F form of Iman and Davenport (1980), then Nemenyi's difference of mean ranks at 95 %."
    ),
    "Failure": (
        "An entrant that gives no predictions on a task (an error, a cap on time or memory, a limit that it cannot "
        "keep) gets the scores of the constant predictor there. It is counted, never dropped."
    ),
    "Time and memory": (
        "Wall time of the whole process, start to end, against the budget; an over-run is more than 1.05 times the "
        "budget and 3 s. Rivals without a clock are ended after three times the budget and two minutes. Memory is the "
        "peak of the proportional set size of the process tree."
    ),
    "Serving": (
        "In a fresh process, medians over tasks: from its start to the first answer (load), single rows after a "
        "warm-up, and rows a second in bulk, on one thread where the framework can be told so. We are given a row as a "
        "dict of raw values, a rival a DataFrame of one row that is already made."
    ),
    "Money": (
        "What a test row costs. We decide as the bundle does; a rival takes the action of the smallest expected cost "
        "by its probabilities (Elkan 2001). A failure decides by the shares of the classes."
    ),
}
