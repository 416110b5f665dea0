"""Cost expressions: a small grammar of our own, because what a spec says is read and never run.

    amount * 0.8 + where(segment == 'gold' and not is_missing(limit), 30, 0)

Numbers, columns (odd names in `backticks`), ``+ - * /``, parentheses, ``== != < <= > >=``, ``and or not``, texts in
quotes (compared with a column only), and the functions of `FUNCTIONS`. What an expression means for columns of
numbers and of text, `automl.decide.costs.formula` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from automl.errors import SpecError, nearest
from automl.names import inside
from automl.spec.costs import FORMS, Costs
from automl.spec.lines import Path
from automl.spec.objective import Objective
from automl.spec.tokens import Token, pointing, tokens

DEEPEST: Final = 30  # parentheses and functions within each other
FUNCTIONS: Final[Mapping[str, tuple[int, int]]] = {  # how many arguments, at least and at most
    "max": (2, 20),
    "min": (2, 20),
    "abs": (1, 1),
    "where": (3, 3),
    "is_missing": (1, 1),
    "log": (1, 1),
    "exp": (1, 1),
    "sqrt": (1, 1),
    "floor": (1, 1),
}
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
WORDS: Final = frozenset({"and", "or", "not"})
POWER: Final = {"or": 1, "and": 2, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6}
NOT, MINUS = 3, 7  # how strongly the operators in front bind


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes."""

    at: int
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A column."""

    at: int
    value: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or an operator by its sign (``"-"`` of one argument too), with its arguments."""

    at: int
    name: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Text | Name | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What `source` says; `where` is the key of the spec that says it."""

    source: str
    where: str
    root: Node

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, each once, in their order."""
        return tuple(dict.fromkeys(node.value for node in _walk(self.root) if isinstance(node, Name)))

    def error(self, what: str, at: int, *, hint: str | None = None) -> SpecError:
        """An error at a place of this expression."""
        return pointing(what, self.source, at, where=self.where, hint=hint)


def parse_expression(source: str, *, where: str) -> Expression:
    """Read `source`; SpecError with a caret under what is wrong.

    >>> parse_expression("max(0, amount - 50)", where="objective.costs.false_negative").columns
    ('amount',)
    """
    parser = _Parser(source, where)
    root = parser.expression(0)
    if parser.next.kind != "end":
        raise parser.unexpected("an operator such as + or the end")
    return Expression(source=source, where=where, root=root)


def cost_expressions(costs: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Path and text of each amount of ``[objective.costs]`` that is no number."""
    keys = sorted(FORMS["binary"] | FORMS["regression"])
    cells: dict[tuple[str, ...], object] = {(key,): costs.get(key) for key in keys}
    matrix = costs.get("matrix") or {}
    cells |= {("matrix", truth, action): cell for truth, row in matrix.items() for action, cell in row.items()}
    yield from ((("objective", "costs", *path), cell) for path, cell in cells.items() if isinstance(cell, str))


def cost_columns(costs: Costs | None) -> tuple[str, ...]:
    """The columns that the amounts of ``[objective.costs]`` name, each once."""
    found = cost_expressions(costs.model_dump()) if costs else ()
    read = (parse_expression(text, where=".".join(map(str, path))) for path, text in found)
    return tuple(dict.fromkeys(name for expression in read for name in expression.columns))


def named_columns(objective: Objective) -> tuple[str, ...]:
    """The columns that the amounts of the costs and today's rule name, each once."""
    rule = objective.today
    ruled = parse_expression(rule.act, where="objective.today.act").columns if rule else ()
    return tuple(dict.fromkeys((*cost_columns(objective.costs), *ruled)))


class _Parser:
    """Precedence climbing (Pratt 1973) over the words of one source; `next` is the word not yet used."""

    def __init__(self, source: str, where: str) -> None:
        self.source, self.where = source, where
        self.words = tokens(source, where)
        self.place = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.words[self.place]

    def expression(self, power: int) -> Node:
        """An expression of operators that bind more strongly than `power`."""
        left = self._operand()
        while (sign := self._operator()) and POWER[sign] > power:
            word = self._take()
            left = Call(word.at, sign, (left, self.expression(POWER[sign])))
            if sign in COMPARISONS and self._operator() in COMPARISONS:
                raise self._error("one comparison follows another", self.next.at, "join them: a < b and b < c")
        return left

    def unexpected(self, expected: str) -> SpecError:
        return self._error(f"expected {expected}, got {_shown(self.next)}", self.next.at)

    def _operator(self) -> str | None:
        word = self.next
        return word.value if word.kind in {"sign", "name"} and word.value in POWER else None

    def _operand(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error(f"nested more than {DEEPEST} deep", self.next.at)
        found = self._made(self._take())
        self.depth -= 1
        return found

    def _made(self, word: Token) -> Node:
        make: Mapping[str, Callable[[Token], Node]] = {
            "number": self._number,
            "text": lambda word: Text(word.at, word.value),
            "column": lambda word: Name(word.at, inside(word.value)),
            "name": self._named,
            "sign": self._signed,
        }
        if word.kind not in make:
            raise self._no_operand(word)
        return make[word.kind](word)

    def _number(self, word: Token) -> Node:
        value = float(word.value)
        if value == float("inf"):
            raise self._error("this number is too large", word.at)
        return Number(word.at, value)

    def _named(self, word: Token) -> Node:
        if word.value == "not":
            return Call(word.at, "not", (self.expression(NOT),))
        if word.value in WORDS:
            raise self._no_operand(word)
        if self.next.value == "(" and self.next.kind == "sign":
            return self._call(word)
        return Name(word.at, inside(word.value))

    def _signed(self, word: Token) -> Node:
        if word.value == "-":
            return Call(word.at, "-", (self.expression(MINUS),))
        if word.value != "(":
            raise self._no_operand(word)
        inner = self.expression(0)
        self._close("an operator such as + or a closing )")
        return inner

    def _call(self, word: Token) -> Node:
        if word.value not in FUNCTIONS:
            close = nearest(word.value, FUNCTIONS)
            hint = f"did you mean '{close}'?" if close else f"known: {', '.join(FUNCTIONS)}"
            raise self._error(f"no function '{word.value}'", word.at, hint)
        self._take()
        arguments: list[Node] = []
        while not (self.next.value == ")" and not arguments):
            arguments.append(self.expression(0))
            if self.next.value != "," or self.next.kind != "sign":
                break
            self._take()
        self._close("an operator such as +, a comma or a closing )")
        least, most = FUNCTIONS[word.value]
        if not least <= len(arguments) <= most:
            takes = f"{least}" if least == most else f"{least} to {most}"
            raise self._error(f"{word.value} takes {takes} arguments, got {len(arguments)}", word.at)
        return Call(word.at, word.value, tuple(arguments))

    def _close(self, expected: str) -> None:
        if self.next.value != ")" or self.next.kind != "sign":
            raise self.unexpected(expected)
        self._take()

    def _take(self) -> Token:
        word = self.next
        self.place = min(self.place + 1, len(self.words) - 1)
        return word

    def _no_operand(self, word: Token) -> SpecError:
        return self._error(f"expected a number, a column or a function, got {_shown(word)}", word.at)

    def _error(self, what: str, at: int, hint: str | None = None) -> SpecError:
        return pointing(what, self.source, at, where=self.where, hint=hint)


def _shown(word: Token) -> str:
    return word.value if word.kind == "end" else f"'{word.value}'"


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from _walk(argument)
