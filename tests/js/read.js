// Says as JSON what Thunderbird's library finds in calendars: files named on the command line, or one JSON array of
// texts on standard input, because starting node takes longer than reading a hundred calendars.

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const MOST_OCCURRENCES = 10000;

const texts =
  process.argv.length > 2
    ? process.argv.slice(2).map((path) => readFileSync(path, "utf8"))
    : JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map(readCalendar)));

function readCalendar(text) {
  const root = new ICAL.Component(ICAL.parse(text));
  const zones = root.getAllSubcomponents("vtimezone");
  ICAL.TimezoneService.reset();
  zones.forEach((zone) => ICAL.TimezoneService.register(zone));
  return {
    name: value(root, "name"),
    wrName: value(root, "x-wr-calname"),
    method: value(root, "method"),
    refresh: String(value(root, "refresh-interval")),
    zones: zones.map((zone) => value(zone, "tzid")),
    events: root.getAllSubcomponents("vevent").map(readEvent),
  };
}

function readEvent(component) {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    summary: event.summary,
    location: event.location,
    description: event.description,
    status: value(component, "status"),
    sequence: event.sequence,
    categories: component.getAllProperties("categories").flatMap((property) => property.getValues()),
    color: event.color,
    alarms: component.getAllSubcomponents("valarm").map((alarm) => String(value(alarm, "trigger"))),
    occurrences: readOccurrences(event),
  };
}

function readOccurrences(event) {
  const found = [];
  const dates = event.iterator();
  for (let next = dates.next(); next; next = dates.next()) {
    if (found.length >= MOST_OCCURRENCES) throw new Error(`${event.uid} repeats without end`);
    const { startDate, endDate } = event.getOccurrenceDetails(next);
    found.push({ start: moment(startDate), end: moment(endDate) });
  }
  return found;
}

function moment(time) {
  return { local: time.toString(), utc: time.toJSDate().toISOString(), zone: time.zone.tzid };
}

function value(component, name) {
  return component.getFirstPropertyValue(name);
}
