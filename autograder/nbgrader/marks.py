"""Scores, as they are written into a notebook's outputs and read from them."""

from __future__ import annotations

import math

from nbformat import NotebookNode, v4
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import is_grade, is_solution


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell's points come from tests; those of an answer are given by a person."""
    return is_grade(cell) and not is_solution(cell)


def verdict_outputs(result: dict, cell: NotebookNode) -> list[NotebookNode]:
    """A test cell's outputs: why points are missing, then the score, which nbgrader reads."""
    name, points = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
    verdict = result["verdicts"].get(name)
    if verdict is None:
        text = f"This submission could not be graded. {result['refused']}".strip()
        score = 0
    else:
        text, score = "\n".join(verdict["messages"]), verdict["points"]
    message = text or f"All checks pass: {points:g} of {points:g} points."
    return [
        v4.new_output("display_data", data={"text/plain": message}),
        v4.new_output("execute_result", data={"text/plain": f"{score:g}"}),
    ]


class FailClosedGrades(SaveAutoGrades):
    """Saves a test cell's score only if it is one: anything else is 0.

    nbgrader's own rule gives full marks for no output, NaN, a negative number or a word.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        """Save this cell's score or comment in the gradebook."""
        if is_test(cell):
            plain = NotebookNode(cell)
            score = read_score(cell)
            plain.outputs = [v4.new_output("execute_result", data={"text/plain": repr(score)})]
            self._add_score(plain, resources)
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


def read_score(cell: NotebookNode) -> float:
    """The score in a test cell's outputs, from 0 to its points; 0 if it is not clearly one."""
    results = [o for o in cell.get("outputs", []) if o.output_type == "execute_result"]
    try:
        (result,) = results
        score = float(result["data"]["text/plain"])
    except (ValueError, TypeError, KeyError):
        return 0.0
    return score if math.isfinite(score) and 0 <= score <= cell.metadata.nbgrader.points else 0.0
