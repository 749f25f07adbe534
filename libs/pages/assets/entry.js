// Ctrl + Enter sends the form from any of its fields. Without script, the button and its access key do.
const entry = document.getElementById("entry");
entry.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    entry.requestSubmit();
  }
});
