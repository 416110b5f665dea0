// The page: the form's row -> reader.js -> the graph in ONNX Runtime -> the answer. Made by `automl export --to web`.

import { readRow } from "./reader.js";

const RUNTIME = "./node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
const TOLERANCE = 1e-9; // of golden rows, times max(1, |x|)
const ODD = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const CHUNK = 64;

const form = document.getElementById("form");
const status = document.getElementById("status");
const answer = document.getElementById("answer");
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
  return { ort, session, signature };
}

async function score({ ort, session, signature }, rows) {
  const read = rows.map((row) => readRow(signature.reader, row));
  const feeds = {};
  for (const { name, column, text } of signature.inputs) {
    const cells = read.map((values) => values[column]);
    feeds[name] = new ort.Tensor(text ? "string" : "float64", text ? cells : Float64Array.from(cells), [rows.length, 1]);
  }
  const found = await session.run(feeds, signature.outputs.map((output) => output.name));
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
  document.getElementById("replay").addEventListener("click", () => replay(model));
  if (location.hash === "#golden") {
    await predict(model);
    await replay(model);
  }
} catch (error) {
  tell(error.message, "bad");
}
