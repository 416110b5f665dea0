"""What a cost expression means for columns: its types checked, then written as operations that numpy and graph run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal, TypeAlias

from automl.data.rows import Column as SchemaColumn
from automl.data.rows import Role
from automl.errors import nearest
from automl.ops.expr import (
    Absolute,
    Add,
    And,
    Column,
    Divide,
    Equal,
    EqualText,
    Exponential,
    Expr,
    Floor,
    IsMissing,
    Less,
    LessEqual,
    Logarithm,
    Maximum,
    Minimum,
    Multiply,
    Not,
    Or,
    SquareRoot,
    Subtract,
    Where,
    constant,
)
from automl.spec.expressions import Call, Expression, Name, Node, Number, Text

Kind = Literal["number", "text", "flag"]
Make: TypeAlias = Callable[..., Expr]

REFUSED: Final[Mapping[Role, str]] = {
    "target": "is the target, which nobody knows when a row is scored",
    "key": "is a key, which tells rows apart and measures nothing",
}
ARITHMETIC: Final[Mapping[str, Make]] = {
    "+": Add,
    "*": Multiply,
    "/": Divide,
    "abs": Absolute,
    "log": Logarithm,
    "exp": Exponential,
    "sqrt": SquareRoot,
    "floor": Floor,
    "max": lambda *items: reduce(Maximum, items),
    "min": lambda *items: reduce(Minimum, items),
    "-": lambda *items: Subtract(*items) if len(items) > 1 else Subtract(constant(0.0), *items),
}
ORDER: Final[Mapping[str, Make]] = {
    "<": Less,
    "<=": LessEqual,
    ">": lambda left, right: Less(right, left),
    ">=": lambda left, right: LessEqual(right, left),
    "==": Equal,
    "!=": lambda left, right: Not(Equal(left, right)),
}
LOGIC: Final[Mapping[str, Make]] = {"and": And, "or": Or, "not": Not}
CONDITION: Final = "a condition such as amount > 50"
EXPECTED: Final[Mapping[Kind, str]] = {"number": "a number", "flag": CONDITION, "text": "a text"}
GOT: Final[Mapping[Kind, str]] = {"number": "a number", "flag": "a condition", "text": "text"}


def compile_formula(expression: Expression, columns: Mapping[str, SchemaColumn], *, afterwards: bool = False) -> Expr:
    """The expression as a number [N, 1] over read columns; NaN where a column that it needs is missing.

    A comparison with a missing number is False (``!=`` is True); a missing text is no text, so equal to none.
    `afterwards` allows outcomes, which are not known when a row is scored. Raises SpecError with the place where a
    column does not exist or is not known, where text or a date is used as a number, and where a number is compared
    with text.
    """
    compiler = _Compiler(expression, columns, afterwards)
    return compiler.of_kind(expression.root, "number")


def compile_condition(expression: Expression, columns: Mapping[str, SchemaColumn]) -> Expr:
    """The expression as a flag [N, 1] over read columns, by the same rules; SpecError where it is no condition."""
    return _Compiler(expression, columns, afterwards=False).of_kind(expression.root, "flag")


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Goes down the tree; each node is asked for the kind that its place needs."""

    expression: Expression
    columns: Mapping[str, SchemaColumn]
    afterwards: bool

    def of_kind(self, node: Node, kind: Kind) -> Expr:
        actual = self._kind(node)
        if actual != kind:
            hint = "where(condition, 1, 0) is a number" if (kind, actual) == ("number", "flag") else None
            hint = "compare it: == 1" if (kind, actual) == ("flag", "number") else hint
            raise self.expression.error(f"expected {EXPECTED[kind]}, got {self._got(node, actual)}", node.at, hint=hint)
        if isinstance(node, Number):
            return constant(node.value)
        return self._column(node) if isinstance(node, Name) else self._call(node)

    def _kind(self, node: Node) -> Kind:
        if isinstance(node, Number):
            return "number"
        if isinstance(node, Text):
            return "text"
        if isinstance(node, Name):
            return "text" if self._found(node).wire in {"category", "text"} else "number"
        return "number" if node.name in ARITHMETIC or node.name == "where" else "flag"

    def _got(self, node: Node, kind: Kind) -> str:
        if isinstance(node, Name):
            return f"the column '{node.value}' of {'text' if kind == 'text' else 'numbers'}"
        return GOT[kind]

    def _found(self, node: Name) -> SchemaColumn:
        column = self.columns.get(node.value)
        if column is None:
            close = nearest(node.value, self.columns)
            hint = f"did you mean '{close}'?" if close else None
            raise self.expression.error(f"the data has no column '{node.value}'", node.at, hint=hint)
        if column.role == "outcome" and not self.afterwards:
            raise self.expression.error(f"'{node.value}' is an outcome, which nobody knows in time", node.at)
        if column.role in REFUSED:
            raise self.expression.error(f"'{node.value}' {REFUSED[column.role]}", node.at)
        if column.wire == "date":
            hint = 'say what it is under [data.types]: "number" or "category"'
            raise self.expression.error(f"'{node.value}' is a date, which is no amount", node.at, hint=hint)
        return column

    def _column(self, node: Name) -> Column:
        return Column(node.value, "text" if self._kind(node) == "text" else "number")

    def _call(self, node: Node) -> Expr:
        assert isinstance(node, Call)  # noqa: S101  # a text alone is of no kind that a place asks for
        name, arguments = node.name, node.arguments
        if name in ARITHMETIC:
            return ARITHMETIC[name](*(self.of_kind(argument, "number") for argument in arguments))
        if name in LOGIC:
            return LOGIC[name](*(self.of_kind(argument, "flag") for argument in arguments))
        if name == "where":
            flag = self.of_kind(arguments[0], "flag")
            return Where(flag, *(self.of_kind(argument, "number") for argument in arguments[1:]))
        if name == "is_missing":
            return IsMissing(self._named(arguments[0]))
        return self._comparison(node)

    def _named(self, node: Node) -> Column:
        if not isinstance(node, Name):
            raise self.expression.error("is_missing takes a column", node.at)
        return self._column(node)

    def _comparison(self, node: Call) -> Expr:
        left, right = node.arguments
        kinds = self._kind(left), self._kind(right)
        if "text" not in kinds:
            return ORDER[node.name](self.of_kind(left, "number"), self.of_kind(right, "number"))
        if kinds != ("text", "text"):
            told = " with ".join(self._got(*pair) for pair in zip((left, right), kinds, strict=True))
            raise self.expression.error(f"cannot compare {told}", node.at)
        return self._text_comparison(node, left, right)

    def _text_comparison(self, node: Call, left: Node, right: Node) -> Expr:
        if node.name not in {"==", "!="}:
            raise self.expression.error("text is compared by == or != only", node.at)
        column, text = (right, left) if isinstance(left, Text) else (left, right)
        if not isinstance(column, Name) or not isinstance(text, Text):
            raise self.expression.error("text is compared as a column with a text in quotes", node.at)
        if not text.value.strip():
            hint = f"write is_missing({column.value})"
            raise self.expression.error("a blank text is a missing one", text.at, hint=hint)
        equal = EqualText(self._column(column), text.value.strip())
        return Not(equal) if node.name == "!=" else equal
