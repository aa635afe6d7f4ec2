"""A formula of places in the evidence -> its value, worked out again.

Owns the few signs that a formula may have, which are those that `sourced_numbers` keeps; it is never run as a program.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from reports.provenance.sourced_numbers import Number


def worked_out(formula: str, numbers: Mapping[str, Number]) -> Number:
    """The value of a formula over the numbers of the evidence.

    Raises:
        KeyError: a key of it is in no document.
        ValueError: it is no formula.
    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{formula} is no formula") from error
    value: Number = _value_of(tree, numbers)
    return value


_WORK: Mapping[type, Callable[[Any, Any], Any]] = {
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
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _WORK:
            return _WORK[type(op)](_value_of(left, numbers), _value_of(right, numbers))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value_of(operand, numbers)
        case ast.Call(func=ast.Name(id="abs"), args=[argument]):
            return abs(_value_of(argument, numbers))
    raise ValueError(f"{ast.unparse(tree)} is no formula")
