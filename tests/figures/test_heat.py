"""A heat map: a cell for each pair, the stronger the more colour."""

from __future__ import annotations

from automl.figures.heat import heat
from automl.figures.marks import Box


def test_a_cell_for_each_pair() -> None:
    """Its strength is the size of the value, its kind the sign, and its tip names both."""
    figure = heat("t", "n", ["a", "b"], ["c", "d"], [[0.5, -0.9], [0.0, 1.0]])
    cells = [mark for mark in figure.marks if isinstance(mark, Box)]
    assert [(cell.strength, cell.kind) for cell in cells] == [(0.5, ""), (0.9, "bad"), (0.0, ""), (0.95, "")]
    assert cells[1].tip == "a and d: -0.90"
    assert figure.table.rows[0] == ("a", "0.50", "-0.90")


def test_many_columns_fit() -> None:
    """Cells grow smaller, and lose their numbers, before they run over the edge."""
    names = [f"a very long name of column {i}" for i in range(60)]
    figure = heat("t", "n", names, names, [[0.3] * 60] * 60)
    cells = [mark for mark in figure.marks if isinstance(mark, Box)]
    assert max(cell.x + cell.width for cell in cells) <= figure.width <= 764
    assert not [word for word in figure.words if word.text == ".30"]


def test_cells_are_told_as_asked() -> None:
    """Texts of one's own stand in cells wide enough for them, in tips and in the table."""
    figure = heat("t", "n", ["a"], ["c", "d"], [[0.5, -1.0]], texts=[["120 EUR", "-1,240,000 EUR"]])
    assert [word.text for word in figure.words][-2:] == ["120 EUR", "-1,240,000 EUR"]
    assert figure.table.rows == (("a", "120 EUR", "-1,240,000 EUR"),)
    cells = [mark for mark in figure.marks if isinstance(mark, Box)]
    assert cells[0].width > 100 > cells[0].height
