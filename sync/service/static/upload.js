"use strict";
// The page's only work: send the PDF, ask how far it is, show what came of it.
const POLL = 1500; // milliseconds between two questions
const BUSY = [429, 503, 507]; // the service says when to ask again
const at = (id) => document.getElementById(id);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
let calendar = null;

function say(title, text, working) {
  at("status").hidden = false;
  at("status-title").textContent = title;
  at("status-text").textContent = text;
  at("status-text").classList.toggle("problem", !working);
  at("progress").hidden = !working;
}

async function problemOf(answer) {
  try {
    const problem = await answer.json();
    return [problem.detail, problem.advice].filter(Boolean).join(" ");
  } catch {
    return "The service does not answer as it should. Try again later.";
  }
}

function pause(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return Math.min(Math.max(seconds || 2, 1), 60) * 1000;
}

async function send(file, headers) {
  const form = new FormData();
  form.append("pdf", file);
  return fetch("/v1/jobs", { method: "POST", body: form, headers });
}

async function asksForWork(answer) {
  return answer.status === 429 && (await answer.clone().json()).cause === "challenge_required";
}

async function upload(file) {
  let answer = await send(file, {});
  if (await asksForWork(answer)) {
    say("Sending your PDF", "Very many people of your network do so: this takes some seconds.", true);
    const challenge = await (await fetch("/v1/challenge", { cache: "no-store" })).json();
    answer = await send(file, { "Tukscal-Challenge": await solveChallenge(challenge) }); // challenge.js
  }
  if (!answer.ok) throw new Error(await problemOf(answer));
  return answer.headers.get("Location");
}

async function finished(place) {
  for (;;) {
    const answer = await fetch(place, { cache: "no-store" });
    if (BUSY.includes(answer.status)) {
      await wait(pause(answer));
      continue;
    }
    if (!answer.ok) throw new Error(await problemOf(answer));
    const job = await answer.json();
    if (job.state === "done") return job;
    if (["failed", "dead"].includes(job.state)) {
      throw new Error([job.message, job.advice].filter(Boolean).join(" "));
    }
    say("Reading your PDF", job.place > 1 ? `There are ${job.place - 1} before you.` : "It is your turn.", true);
    await wait(POLL);
  }
}

const pathOf = (key) => `/v1/calendars/${key.split("/").map(encodeURIComponent).join("/")}`;

// A calendar, where it is read, and what of its PDF could not be used.
async function show(key, place, problems) {
  const answer = await fetch(place, { cache: "no-store" });
  if (!answer.ok) throw new Error(await problemOf(answer));
  const choices = choicesOf(await answer.text()); // groups.js
  calendar = key;
  at("group-list").replaceChildren(...choices.map(rowOf));
  at("groups").hidden = choices.length === 0;
  at("status").hidden = true;
  at("result").hidden = false;
  at("known").hidden = false;
  at("feed").hidden = true;
  at("subscribe").hidden = false;
  at("download").href = place;
  at("problems").hidden = problems.length === 0;
  at("problem-list").replaceChildren(
    ...problems.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
}

// The addresses of somebody who comes back: what they show, and a way to end each.
async function listFeeds() {
  const answer = await fetch("/v1/feeds", { cache: "no-store" });
  if (!answer.ok) return;
  const { feeds } = await answer.json();
  at("feeds").hidden = feeds.length === 0;
  at("feed-list").replaceChildren(...feeds.map(rowOfFeed));
}

function rowOfFeed(feed) {
  const row = document.createElement("div");
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
  const names = feed.calendars.map((key) => key.split("/").pop()).join(", ") || "nothing any more";
  const chosen = feed.selection ? "chosen groups" : "all groups";
  const day = new Date(feed.created * 1000).toLocaleDateString();
  remove.textContent = `Remove the address of ${day}: ${names}, ${chosen}`;
  remove.addEventListener("click", async () => {
    await fetch(`/v1/feeds/${feed.id}`, { method: "DELETE" });
    await listFeeds();
  });
  row.append(remove);
  return row;
}

async function forget() {
  if (!confirm("Delete your calendars and addresses? Your calendar program will get nothing any more.")) return;
  const answer = await fetch("/v1/account", { method: "DELETE" });
  if (answer.ok) location.reload();
  else say("Nothing was deleted", await problemOf(answer), false);
}

// The calendars somebody has who comes back.
async function list() {
  await listFeeds();
  const answer = await fetch("/v1/calendars", { cache: "no-store" });
  if (!answer.ok) return;
  const { calendars } = await answer.json();
  at("mine").hidden = calendars.length === 0;
  at("mine-list").replaceChildren(...calendars.map(buttonOf));
}

function buttonOf(one) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
  const day = new Date(one.updated * 1000).toLocaleDateString();
  button.textContent = `${one.key.split("/").pop()}: ${one.events} events, of ${day}`;
  button.addEventListener("click", async () => {
    try {
      await show(one.key, pathOf(one.key), []);
      at("result").scrollIntoView();
    } catch (error) {
      say("This calendar cannot be read", error.message, false);
    }
  });
  return button;
}

async function convert(event) {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  at("result").hidden = true;
  try {
    say("Sending your PDF", "", true);
    const place = await upload(at("pdf").files[0]);
    const job = await finished(place);
    await show(job.calendar, `${place}/result`, job.problems);
    await list();
  } catch (error) {
    const offline = error instanceof TypeError;
    say("There is no calendar", offline ? "The service cannot be reached. Check your connection." : error.message, false);
  } finally {
    button.disabled = false;
  }
}

async function made(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await problemOf(answer));
  return answer.json();
}

async function subscribe() {
  at("subscribe").disabled = true;
  try {
    const groups = chosenGroups(at("group-list"));
    const chosen = Object.keys(groups).length > 0;
    const selection = chosen ? (await made("/v1/selections", { groups })).id : null;
    const feed = await made("/v1/feeds", { calendars: [calendar], selection });
    at("download").href = new URL(feed.url).pathname; // the same events as the subscription's
    at("webcal").href = feed.webcal;
    at("address").value = feed.url;
    at("feed").hidden = false;
    at("subscribe").hidden = true;
    await listFeeds();
    at("feed-note").textContent = chosen ? "With the groups you chose." : "With all groups.";
  } catch (error) {
    say("There is no address yet", error.message, false);
  } finally {
    at("subscribe").disabled = false;
  }
}

async function copy() {
  at("address").select();
  try {
    await navigator.clipboard.writeText(at("address").value);
    at("copy").textContent = "Copied";
  } catch {
    at("copy").textContent = "Press and hold the address to copy it";
  }
}

// Other groups, another address: what was shown is no longer what is chosen.
function rechoose() {
  at("feed").hidden = true;
  at("subscribe").hidden = false;
}

at("upload").addEventListener("submit", convert);
at("group-list").addEventListener("change", rechoose);
at("subscribe").addEventListener("click", subscribe);
at("copy").addEventListener("click", copy);
at("forget").addEventListener("click", forget);
if (!at("known").hidden) list();
