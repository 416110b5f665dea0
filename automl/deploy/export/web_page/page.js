// The page: the form's row -> reader.js -> the graph in ONNX Runtime -> the answer. Made by `automl export --to web`.

import { explain } from "./explain.js";
import { readRow } from "./reader.js";

const RUNTIME = "./node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
const TOLERANCE = 1e-9; // of golden rows, times max(1, |x|)
const ODD = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const CHUNK = 64;

const form = document.getElementById("form");
const status = document.getElementById("status");
const answer = document.getElementById("answer");
const reasons = document.getElementById("reasons");
const fields = [...form.querySelectorAll("[data-column]")];

function tell(text, kind = "") {
  status.textContent = text;
  status.className = kind;
}

async function open() {
  const told = async (path) => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
    return response;
  };
  const [signature, model] = await Promise.all([
    told("signature.json").then((response) => response.json()),
    told("model.onnx").then((response) => response.arrayBuffer()),
  ]);
  let ort;
  try {
    ort = await import(RUNTIME);
  } catch (error) {
    throw new Error(`onnxruntime-web is not here: run "npm install" in this folder (${error.message})`);
  }
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return { ort, session, signature, bytes: new Uint8Array(model) };
}

function feedsOf({ ort, signature }, columns) {
  const feeds = {};
  for (const { name, column, text } of signature.inputs) {
    const cells = columns[column], shape = [cells.length, 1];
    const known = text ? cells : Float64Array.from(cells, (cell) => cell ?? NaN);
    feeds[name] = new ort.Tensor(text ? "string" : "float64", known, shape);
  }
  return feeds;
}

async function score(model, rows) {
  const { session, signature } = model;
  const read = rows.map((row) => readRow(signature.reader, row));
  const columns = Object.fromEntries(signature.inputs.map(({ column }) => [column, read.map((values) => values[column])]));
  const found = await session.run(feedsOf(model, columns), signature.outputs.map((output) => output.name));
  const answers = rows.map(() => ({}));
  for (const { name, columns } of signature.outputs) {
    answers.forEach((cells, row) => {
      columns.forEach((column, place) => { cells[column] = found[name].data[row * columns.length + place]; });
    });
  }
  return answers;
}

function typed() {
  const row = {};
  for (const field of fields) {
    if (field.value !== "" || !("optional" in field.dataset)) row[field.dataset.column] = field.value;
  }
  return row;
}

function refused(cells) {
  return cells.decision === "" || (typeof cells.decision === "number" && Number.isNaN(cells.decision));
}

function show(cells) {
  answer.replaceChildren();
  for (const [column, value] of Object.entries(cells)) {
    const name = document.createElement("dt");
    const cell = document.createElement("dd");
    name.textContent = column.replaceAll("_", " ");
    cell.textContent = typeof value === "number" ? String(Number(value.toPrecision(6))) : value;
    cell.className = column === "decision" ? "decision" : "";
    answer.append(name, cell);
    if (column.startsWith("probability")) {
      const meter = document.createElement("meter");
      meter.value = value;
      cell.append(meter);
    }
  }
}

async function predict(model) {
  try {
    const [cells] = await score(model, [typed()]);
    show(cells);
    tell(refused(cells) ? "The row lacks a cost that the decision needs." : "Answered.", refused(cells) ? "bad" : "");
  } catch (error) {
    answer.replaceChildren();
    tell(error.message, "bad");
  }
}

// The graph as explain.js plays it; its bytes get what makes the costs of each action an output.
async function graphOf(model) {
  const response = await fetch("explain.json");
  if (!response.ok) throw new Error(`explain.json: ${response.status} ${response.statusText}`);
  const setup = await response.json();
  if (setup.refused) throw new Error(setup.refused);
  const more = Uint8Array.from(atob(setup.more), (sign) => sign.charCodeAt(0));
  const whole = new Uint8Array(model.bytes.length + more.length);
  whole.set(model.bytes);
  whole.set(more, model.bytes.length);
  const session = await model.ort.InferenceSession.create(whole, { executionProviders: ["wasm"] });
  const names = [model.signature.outputs[0].name, ...(setup.costs === null ? [] : [setup.costs])];
  const rowsOf = ({ data, dims }) => Array.from({ length: dims[0] }, (_, row) => [...data.slice(row * dims[1], (row + 1) * dims[1])]);
  const run = async (columns) => {
    const found = await session.run(feedsOf(model, columns), names);
    const parts = names.map((name) => rowsOf(found[name]));
    return parts[0].map((own, row) => parts.flatMap((part) => part[row]));
  };
  const decide = async (columns) => [...(await session.run(feedsOf(model, columns), ["decision"])).decision.data];
  return { setup, graph: { run, decide } };
}

async function say(model) {
  try {
    const cells = typed();
    tell("The reasons are computed.");
    model.why ??= await graphOf(model);
    const { setup, graph } = model.why;
    const found = await explain(setup, graph, readRow(model.signature.reader, cells), {});
    reasons.replaceChildren(tableOf(found, setup, cells), sentence(changeOf(found, setup)));
    const share = found.score.spread ? found.score.error / found.score.spread : 0;
    tell(`Explained; standard error: ${(100 * share).toFixed(1)} % of the spread.`);
  } catch (error) {
    reasons.replaceChildren();
    tell(error.message, "bad");
  }
}

function tableOf(found, setup, cells) {
  const money = found.money !== null;
  const of = found.score.of ? `probability of ${found.score.of}` : "prediction";
  const head = ["", of, ...(money ? [`saves ${found.money.currency}`.trim()] : [])];
  const told = (names) => names.map((name) => named(setup.words, name, cells[name] ?? "")).join(", ");
  const rows = [["the background", found.score.base, ...(money ? [found.money.base] : [])]];
  for (const reason of found.reasons) rows.push([told(reason.names), reason.score, ...(money ? [reason.money] : [])]);
  rows.push(["together", found.score.value, ...(money ? [found.money.value] : [])]);
  const table = document.createElement("table");
  [head, ...rows].forEach((row, line) => {
    const own = table.insertRow();
    row.forEach((cell, place) => {
      const box = document.createElement(line && place ? "td" : "th");
      if (box.tagName === "TH") box.scope = line ? "row" : "col";
      box.className = place ? "number" : "";
      box.textContent = typeof cell === "number" ? String(Number(cell.toPrecision(4))) : cell;
      own.append(box);
    });
  });
  return table;
}

function named(words, name, cell) {
  return `${words.columns[name] ?? name} = ${(words.levels[name]?.[cell] ?? cell) || "missing"}`;
}

function changeOf({ counterfactual }, { words }) {
  if (counterfactual === null) return "";
  const told = counterfactual.changes.map(({ column, cell }) => named(words, column, cell)).join(" and ");
  if (told) return `It would be ${counterfactual.decision} with ${told} (a change of ${counterfactual.size.toPrecision(2)}).`;
  if (counterfactual.complete) return "No change of one or two columns that may change makes it another one.";
  return "No change of one or two columns was found in the time there was.";
}

function sentence(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

function same(want, got) {
  if (typeof got === "string") return want === got;
  const number = typeof want === "string" ? ODD[want] : want;
  if (Object.is(number, got) || (Number.isNaN(number) && Number.isNaN(got)) || number === got) return true;
  return Math.abs(number - got) <= TOLERANCE * Math.max(1, Math.abs(number));
}

async function replay(model) {
  const [rows, expected] = await Promise.all(
    ["golden/rows.json", "golden/expected.json"].map((path) => fetch(path).then((response) => response.json())),
  );
  let wrong = 0;
  for (let start = 0; start < rows.length; start += CHUNK) {
    const answers = await score(model, rows.slice(start, start + CHUNK));
    answers.forEach((cells, place) => {
      if (!Object.entries(cells).every(([column, value]) => same(expected[column][start + place], value))) wrong += 1;
    });
  }
  const text = `${rows.length - wrong} of ${rows.length} golden rows have their answers.`;
  tell(text, wrong ? "bad" : "good");
}

try {
  const model = await open();
  tell("The model is ready.");
  form.addEventListener("submit", (event) => { event.preventDefault(); predict(model); });
  document.getElementById("why").addEventListener("click", () => say(model));
  document.getElementById("replay").addEventListener("click", () => replay(model));
  if (location.hash === "#golden") {
    await predict(model);
    await say(model);
    await replay(model);
  }
} catch (error) {
  tell(error.message, "bad");
}
