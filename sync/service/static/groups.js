"use strict";
// Which groups a calendar has, read from its own bytes, and the selection a person makes of them.
const KINDS = { G: "class", P: "practical", T: "tutorial" };

// iCalendar text -> [{ module, offered, kind, groups: [{ name, languages }] }], only where there is something to choose.
function choicesOf(text) {
  const found = new Map();
  const lines = text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  for (const line of lines) {
    if (!line.startsWith("X-TUKSCAL-SESSION:")) continue;
    const parts = line.slice(18).split("#")[0].split("/");
    if (parts.length !== 8 || parts[1] !== "lectures" || !parts[6]) continue;
    const [, , , offered, module, language, group] = parts;
    const key = [module, offered, group[0]].join("/");
    const there = found.get(key) || { module, offered, kind: group[0], groups: new Map() };
    found.set(key, there);
    there.groups.set(group, (there.groups.get(group) || new Set()).add(language));
  }
  return [...found.keys()].sort().map((key) => found.get(key)).filter((choice) => choice.groups.size > 1);
}

// One row a choice: a label and a list of its groups, of which none is chosen yet.
function rowOf(choice, number) {
  const row = document.createElement("div");
  const label = document.createElement("label");
  const list = document.createElement("select");
  list.id = label.htmlFor = `group-${number}`;
  label.textContent = `${choice.module} ${choice.offered}, ${KINDS[choice.kind] || choice.kind}`;
  list.dataset.module = `${choice.module} ${choice.offered}`;
  list.append(new Option("All groups", ""));
  for (const name of [...choice.groups.keys()].sort()) {
    const languages = [...choice.groups.get(name)].filter(Boolean).join(", ");
    list.append(new Option(languages ? `${name} (${languages})` : name, name));
  }
  row.append(label, list);
  return row;
}

// What is chosen -> the groups of a selection, empty for all.
function chosenGroups(place) {
  const groups = {};
  for (const list of place.querySelectorAll("select")) {
    if (list.value) (groups[list.dataset.module] = groups[list.dataset.module] || []).push(list.value);
  }
  return groups;
}
