// The other language is asked for by a form of its own: what stands half-written in the page's other forms goes along.
document.getElementById("again").addEventListener("formdata", ({ formData }) => {
  for (const form of document.querySelectorAll("form.kept"))
    for (const [name, value] of new FormData(form)) if (!formData.has(name)) formData.append(name, value);
});
