"use strict";
// The proof of work (altcha, SHA-256) a very busy address is asked for. Plain JavaScript, because crypto.subtle is
// slower for so many short hashes and is missing where a page has no https.
const ROUNDS = Array.from({ length: 64 }, (_, at) => fraction(Math.cbrt(prime(at))));
const STARTS = Array.from({ length: 8 }, (_, at) => fraction(Math.sqrt(prime(at))));
const TRIES = 200; // at a time: the page stays alive

function prime(at) {
  for (let number = 2, found = -1; ; number += 1) {
    let divisor = 2;
    while (divisor * divisor <= number && number % divisor) divisor += 1;
    if (divisor * divisor > number) found += 1;
    if (found === at) return number;
  }
}

function fraction(number) {
  return ((number - Math.floor(number)) * 2 ** 32) | 0;
}

function sha256(bytes) {
  const length = ((bytes.length + 72) >> 6) << 6;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 4, bytes.length * 8);
  const state = Int32Array.from(STARTS);
  const words = new Int32Array(64);
  for (let block = 0; block < length; block += 64) mix(state, words, view, block);
  const hash = new DataView(new ArrayBuffer(32));
  state.forEach((word, at) => hash.setInt32(at * 4, word));
  return new Uint8Array(hash.buffer);
}

function mix(state, words, view, block) {
  const turn = (word, by) => (word >>> by) | (word << (32 - by));
  for (let at = 0; at < 64; at += 1) {
    if (at < 16) {
      words[at] = view.getInt32(block + at * 4);
      continue;
    }
    const [early, late] = [words[at - 15], words[at - 2]];
    const low = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const high = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    words[at] = (words[at - 16] + low + words[at - 7] + high) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let at = 0; at < 64; at += 1) {
    const chosen = (e & f) ^ (~e & g);
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + ROUNDS[at] + words[at]) | 0;
    const most = (a & b) ^ (a & c) ^ (b & c);
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => (state[at] += word));
}

function fromHex(text) {
  return Uint8Array.from(text.match(/../g) || [], (pair) => Number.parseInt(pair, 16));
}

function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function derived(parameters, counter) {
  const [salt, nonce] = [fromHex(parameters.salt), fromHex(parameters.nonce)];
  let data = new Uint8Array(salt.length + nonce.length + 4);
  data.set(salt);
  data.set(nonce, salt.length);
  new DataView(data.buffer).setUint32(salt.length + nonce.length, counter);
  for (let round = 0; round < Math.max(1, parameters.cost); round += 1) data = sha256(data);
  return toHex(data.subarray(0, parameters.keyLength));
}

// Returns the value of the header Tukscal-Challenge for a challenge of /v1/challenge.
async function solveChallenge(challenge) {
  for (let counter = 0; ; counter += 1) {
    const key = derived(challenge.parameters, counter);
    if (key.startsWith(challenge.parameters.keyPrefix)) {
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey: key } }));
    }
    if (counter % TRIES === TRIES - 1) await new Promise((next) => setTimeout(next));
  }
}
