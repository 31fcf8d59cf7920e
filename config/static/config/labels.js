// Phones show a list's cells with labels. They begin with a capital, as the heads of its columns do;
// the style sheet cannot do that to the first word alone.
document.addEventListener("DOMContentLoaded", () => {
  for (const cell of document.querySelectorAll("td[data-label], th[data-label]")) {
    const label = cell.dataset.label;
    cell.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
  }
});
