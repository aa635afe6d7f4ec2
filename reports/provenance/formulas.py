"""A formula over keys of the evidence -> its value, computed again.

Owns the operators that a formula may have, which are those that `sourced_numbers` records; it is never run as code.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from reports.provenance.sourced_numbers import Number


def evaluate(formula: str, numbers: Mapping[str, Number]) -> Number:
    """Evaluate a formula over the numbers of the evidence.

    Raises:
        KeyError: a key of it is in no document.
        ValueError: it is not a formula.
    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{formula} is not a formula") from error
    value: Number = _value_of(tree, numbers)
    return value


_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value_of(tree: ast.expr, numbers: Mapping[str, Number]) -> Any:
    match tree:
        case ast.Constant(value=str(key)):
            return numbers[key]
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value_of(left, numbers), _value_of(right, numbers))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value_of(operand, numbers)
        case ast.Call(func=ast.Name(id="abs"), args=[argument]):
            return abs(_value_of(argument, numbers))
    raise ValueError(f"{ast.unparse(tree)} is not a formula")
