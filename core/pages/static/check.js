// Checks many documents one after the other, and shows how far it has come. Without JavaScript,
// and for a single document, the form sends them all by itself.
const form = document.querySelector("form[data-checking]");
const field = form.querySelector("input[type=file]");
const button = form.querySelector("button");
const list = document.querySelector("ol.checked");

// Sends one document; resolves with the row that the service answers, or with nothing.
function check(file, row) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const data = new FormData(form);
    data.set("document", file);
    request.upload.onprogress = (sent) => {
      const part = Math.floor((100 * sent.loaded) / sent.total);
      row.textContent = `${file.name}: ${part < 100 ? `${form.dataset.sending} ${part} %` : form.dataset.checking}`;
    };
    request.onload = () => resolve(request.response?.querySelector("ol.checked > li"));
    request.onerror = () => resolve(null);
    request.open("POST", "/?list");
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.send(data);
  });
}

async function checkAll(files) {
  button.disabled = true;
  list.hidden = false;
  const rows = files.map((file) => {
    const row = document.createElement("li");
    row.textContent = file.name;
    list.append(row);
    return row;
  });
  for (const [at, file] of files.entries()) {
    const answered = await check(file, rows[at]);
    if (answered) rows[at].replaceWith(answered);
    else rows[at].textContent = `${file.name}: ${form.dataset.failed}`;
  }
  button.disabled = false;
  field.value = "";
}

form.addEventListener("submit", (event) => {
  const files = Array.from(field.files);
  if (files.length < 2) return;
  event.preventDefault();
  list.replaceChildren();
  checkAll(files);
});
