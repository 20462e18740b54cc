// Follow the system's light or dark theme until the reader chooses one; Chainlit can only be
// configured to one of the two.
try {
  if (!localStorage.getItem("vite-ui-theme")) localStorage.setItem("vite-ui-theme", "system");
} catch (error) {
  // Without storage Chainlit's own default stays.
}
