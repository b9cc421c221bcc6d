// Drives Chromium by its debugging protocol: browser.js PORT URL [WAIT...]
// Opens the URL, and once more after each WAIT seconds; before the last time certificate errors are set to be ignored, as
// if the user had gone on past the warning.
const [port, url, ...waits] = Deno.args;
let target;
for (let i = 0; i < 100 && !target; i++) {
  try {
    target = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()).find((t) => t.type === "page");
  } catch {
    await new Promise((r) => setTimeout(r, 300));
  }
}
const ws = new WebSocket(target.webSocketDebuggerUrl);
await new Promise((r) => (ws.onopen = r));
let id = 0;
const waiting = new Map();
ws.onmessage = (m) => {
  const d = JSON.parse(m.data);
  waiting.get(d.id)?.(d);
};
const send = (method, params = {}) =>
  new Promise((r) => {
    waiting.set(++id, r);
    ws.send(JSON.stringify({ id, method, params }));
  });
console.log(JSON.stringify((await send("Page.navigate", { url })).result));
for (const [i, w] of waits.entries()) {
  await new Promise((r) => setTimeout(r, 1000 * Number(w)));
  if (i === waits.length - 1) await send("Security.setIgnoreCertificateErrors", { ignore: true });
  console.log(JSON.stringify((await send("Page.navigate", { url })).result));
}
await new Promise((r) => setTimeout(r, 2000));
ws.close();
