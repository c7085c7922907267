// A button that shows a password as it is typed. Without JavaScript there is none, and none is
// needed; the password is hidden again before it is sent, so that browsers know what it is.
const field = document.querySelector("input[data-show]");
const button = document.createElement("button");

function set(type) {
  field.type = type;
  button.textContent = type === "password" ? field.dataset.show : field.dataset.hide;
}

button.type = "button";
button.className = "other";
button.setAttribute("aria-controls", field.id);
button.addEventListener("click", () => set(field.type === "password" ? "text" : "password"));
field.form.addEventListener("submit", () => set("password"));
field.after(button);
set("password");
