// One's password, and (for an admin) the people of the studio.
import { api, el, pageData, t, toast } from "./base.js";

const byId = (id) => document.getElementById(id);
const roles = { viewer: t("viewer"), editor: t("editor"), admin: t("admin") };

byId("password")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (byId("new").value !== byId("again").value) return toast(t("The two new passwords differ."), "error");
  await attempt(async () => {
    await api("PUT", "/api/account/password", { old: byId("old").value, new: byId("new").value });
    // The page's token belonged to the login that ended.
    location.reload();
  });
});

const list = byId("people");
if (list) {
  draw(pageData());
  byId("add").addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(async () => {
      await api("POST", "/api/people", { name: byId("name").value, role: byId("role").value, password: byId("first").value });
      toast(t("{name} may log in now.", { name: byId("name").value.trim() }));
      event.target.reset();
      draw(await api("GET", "/api/people"));
    });
  });
}

function draw(people) {
  list.replaceChildren(...people.map((person) => {
    const change = (what) => attempt(async () => {
      await api("PATCH", `/api/people/${person.id}`, what);
      toast(t("{name} is changed.", { name: person.name }));
    }).finally(async () => draw(await api("GET", "/api/people")));
    const role = el("select", { "aria-label": t("Role of {name}", { name: person.name }), onchange: (e) => change({ role: e.target.value }) },
      Object.entries(roles).map(([value, name]) => el("option", { value, selected: value === person.role }, name)));
    const active = el("input", { type: "checkbox", checked: person.active, "aria-label": t("{name} may log in", { name: person.name }), onchange: (e) => change({ active: e.target.checked }) });
    const secret = el("input", { type: "password", autocomplete: "new-password", minLength: 10, maxLength: 200, required: true, "aria-label": t("New password of {name}", { name: person.name }) });
    const reset = el("form.reset", { onsubmit: (e) => { e.preventDefault(); change({ password: secret.value }); } }, secret, el("button", {}, t("Set")));
    return el(person.active ? "tr" : "tr.away", {},
      el("td", {}, person.name), el("td", {}, role), el("td", {}, active), el("td.when", {}, person.created_at.slice(0, 10)), el("td", {}, reset));
  }));
}

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    toast(error.message, "error");
  }
}
