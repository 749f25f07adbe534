// A link carries the code behind #, which no server sees: it goes into the form, and out of the address.
const code = decodeURIComponent(location.hash.slice(1));
if (/^[0-9A-Za-z-]{16,40}$/.test(code)) {
  history.replaceState(null, "", location.pathname);
  const field = document.getElementById("code");
  field.value = code;
  field.form.requestSubmit();
}
