"use strict";
// Only shows what is written in the cells: the one that has the focus, or is pointed at, is told in words.
(() => {
  const told = document.getElementById("told");
  const cells = [...document.querySelectorAll("#heat tbody td")];
  const at = (row, column) =>
    cells.find((cell) => Number(cell.dataset.row) === row && Number(cell.dataset.column) === column);
  const lastRow = Math.max(...cells.map((cell) => Number(cell.dataset.row)));
  const lastColumn = Math.max(...cells.map((cell) => Number(cell.dataset.column)));
  const tell = (cell) => { told.textContent = cell.dataset.words; };

  // One stop of the Tab key for the whole grid; the arrow keys move within it.
  const stop = (cell) => cells.forEach((other) => { other.tabIndex = other === cell ? 0 : -1; });
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  for (const cell of cells) {
    cell.removeAttribute("title"); // it is told below, and would cover its neighbours
    cell.addEventListener("mouseenter", () => tell(cell));
    cell.addEventListener("mouseleave", () => {
      if (document.activeElement && cells.includes(document.activeElement)) tell(document.activeElement);
    });
    cell.addEventListener("focus", () => { stop(cell); tell(cell); });
    cell.addEventListener("keydown", (event) => {
      const row = Number(cell.dataset.row);
      const column = Number(cell.dataset.column);
      const step = steps[event.key];
      const target =
        step ? at(row + step[0], column + step[1])
          : event.key === "Home" ? at(event.ctrlKey ? 0 : row, 0)
            : event.key === "End" ? at(event.ctrlKey ? lastRow : row, lastColumn)
              : undefined;
      if (step || event.key === "Home" || event.key === "End") event.preventDefault();
      if (target) target.focus();
    });
  }
  if (cells.length > 0) stop(cells[0]);
})();
