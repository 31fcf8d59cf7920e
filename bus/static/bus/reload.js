// Loads the page again while an operation runs, but not over a note that is being written.

const EVERY = 3000;

const note = document.querySelector(".failures textarea");

setInterval(() => {
  const written = note && (note === document.activeElement || note.value !== note.defaultValue);
  if (!written && !document.hidden) location.reload();
}, EVERY);
