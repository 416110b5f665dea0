// One raw value -> what the graph takes, for JavaScript: the twin of reader.py, tested on the same golden table.
//
// `readRow(reader, row)` takes the reader of a manifest and a row such as {age: "39", job: null}. Numbers and dates
// come back as numbers (NaN is missing), categories and texts as strings ("" is missing). What reader.py says of
// wires, missing words, sentinels, parts and parsers holds here word for word. It throws an Error where that raises.

const BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff";
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const QUANTITY = /^([+-]?[0-9.,' \u00a0\u202f]*[0-9.,])[ \u00a0\u202f]*([^0-9.,' \u00a0\u202f].*)?$/s;
const FRACTION = /^[+-]?(?!0[0-9])(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?$/;
const WHOLE = /^([0-9]+)\.0+$/;
const FLAGS = { true: 1, false: 0 };
const CLOCK = new RegExp(
  "^(?:(?<days>[+-]?[0-9]{1,9}) days?,? ?)?" +
    "(?:(?<sign>[+-]?)(?<H>[0-9]{1,6}):(?<M>[0-5][0-9])(?::(?<S>[0-5][0-9](?:[.,][0-9]{1,9})?))?)?$",
);
const PERIOD = new RegExp(
  "^(?<sign>[+-]?)P(?:(?<W>[+-]?[0-9]{1,12})W)?(?:(?<D>[+-]?[0-9]{1,12})D)?" +
    "(?:T(?:(?<H>[+-]?[0-9]{1,12})H)?(?:(?<M>[+-]?[0-9]{1,12})M)?(?:(?<S>[+-]?[0-9]{1,12}(?:[.,][0-9]{1,9})?)S)?)?$",
);
const PERIOD_UNITS = { W: 604800n, D: 86400n, H: 3600n, M: 60n, S: 1n };
const MONTHS = [
  "january", "february", "march", "april", "may", "june",
  "july", "august", "september", "october", "november", "december",
];
const FIRST = -62135596800000000n;
const LAST = 253402300799999999n;
const LAST_FLOAT = 253402300799999968n;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const UNITS = { s: 1e6, ms: 1e3, us: 1.0, ns: 1e-3 };

export function readRow(reader, row) {
  const values = {};
  for (const column of reader.columns) {
    const cell = (name) => {
      if (Object.hasOwn(row, name)) return row[name];
      const own = outside(name);
      if (!Object.hasOwn(row, own) && !column.optional) throw new Error(`the row has no column '${own}'`);
      return row[own];
    };
    const joined = column.parts?.map((part) => typedText(strip(text(plain(column, cell(part)))))).join(" ");
    values[column.name] = readValue(column, joined ?? cell(column.name));
  }
  return values;
}

// What a column is called where it comes from: the twin of names.py.
function outside(name) {
  const own = name.startsWith("column ") ? name.slice("column ".length) : name;
  return own === "*" || (own.startsWith("^") && own.endsWith("$")) ? own : name;
}

export function readValue(column, given) {
  const wire = column.wire;
  let value = plain(column, given);
  if (typeof value === "string") {
    value = strip(value);
    if (column.missing.includes(value)) value = null;
  }
  if (wire === "category" || wire === "text") return typeof value === "string" ? level(column.parser, value) : text(value);
  if (value === null || value === "") return NaN;
  if (wire === "date") return meant(column, moment(column.parser ?? { format: "iso" }, value));
  if (value instanceof Date) throw new Error(`column '${column.name}' takes a ${wire}, not a date`);
  const number = typeof value === "string" ? parsed(column.parser, value) : finite(value);
  return wire === "number" || number === 0 || number === 1 ? meant(column, number) : NaN;
}

// A text as the level that a typed file has in its place.
function level(parser, value) {
  if (!parser) return text(value);
  return text(parser.kind === "scalar" ? typedText(value) : text(parsed(parser, value)) || value);
}

// The text of the number or flag that a text spells: "3.0" is "3" and "TRUE" is "true"; any other as it is.
function typedText(value) {
  if (Object.hasOwn(FLAGS, value.toLowerCase())) return value.toLowerCase();
  return FRACTION.test(value) ? text(finite(value)) || value : value;
}

function meant(column, number) {
  return column.sentinels?.includes(number) ? NaN : number;
}

function plain(column, value) {
  if (value === null || value === undefined) return null;
  if (["string", "number", "boolean", "bigint"].includes(typeof value) || value instanceof Date) return value;
  throw new Error(`column '${column.name}' takes a single value, not ${Array.isArray(value) ? "an array" : "an object"}`);
}

function strip(value) {
  let start = 0;
  let end = value.length;
  while (start < end && BLANKS.includes(value[start])) start += 1;
  while (end > start && BLANKS.includes(value[end - 1])) end -= 1;
  return value.slice(start, end);
}

function text(value) {
  if (typeof value === "string") return value.replace(LONE, "?");
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? shortest(value) : "";
  return value instanceof Date ? value.toISOString() : String(value);
}

// The shortest text that reads back to the number, written as Python writes it: 1e-05, 1e+300.
function shortest(value) {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value).toString();
  const [digits, exponent] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  if (power >= -4 && power < 0) {
    const bare = digits.replace("-", "").replace(".", "");
    return `${digits.startsWith("-") ? "-" : ""}0.${"0".repeat(-power - 1)}${bare}`;
  }
  return String(value);
}

function finite(value) {
  const number = Number(value);
  return Number.isFinite(number) ? number : NaN;
}

// --- parsers: the closed list ---------------------------------------------------------------------------

function parsed(parser, value) {
  if (parser) return PARSERS[parser.kind](parser, value);
  const number = decimal({}, value);
  const word = value.toLowerCase();
  return Number.isNaN(number) && Object.hasOwn(FLAGS, word) ? FLAGS[word] : number;
}

function decimal(parser, value) {
  const { decimal: point = ".", group = "" } = parser;
  let plainly = value;
  if (point !== "." || group) {
    if (!whole(`[+-]?${unsigned(point, group)}(?:[eE][+-]?[0-9]+)?`).test(value)) return NaN;
    plainly = (group ? value.replaceAll(group, "") : value).replace(point, ".");
  }
  return NUMBER.test(plainly) ? finite(plainly) : NaN;
}

function currency(parser, value) {
  let sign = 1;
  let rest = value;
  if (rest.startsWith("(") && rest.endsWith(")")) {
    sign = -1;
    rest = rest.slice(1, -1);
  }
  if (rest.startsWith("-")) {
    sign = -sign;
    rest = rest.slice(1);
    while (rest && BLANKS.includes(rest[0])) rest = rest.slice(1);
  }
  for (const symbol of parser.symbols) {
    if (rest.startsWith(symbol)) {
      rest = rest.slice(symbol.length);
      break;
    }
    if (rest.endsWith(symbol)) {
      rest = rest.slice(0, -symbol.length);
      break;
    }
  }
  return sign * decimal(parser, strip(rest));
}

function percent(parser, value) {
  return value.endsWith("%") ? decimal(parser, strip(`0${value.slice(0, -1)}`).slice(1)) / 100 : NaN;
}

function unit(parser, value) {
  const symbol = (parser.symbols ?? []).find((sign) => value.startsWith(sign)) ?? "";
  const found = QUANTITY.exec(symbol ? strip(value.slice(symbol.length)) : value);
  const name = (found?.[2] ?? "").toLowerCase();
  return found && Object.hasOwn(parser.units, name) ? decimal(parser, found[1]) * parser.units[name] : NaN;
}

function range(parser, value) {
  let rest = value.toLowerCase();
  for (const symbol of parser.symbols) rest = rest.replaceAll(symbol, "");
  const found = bounds(parser.decimal ?? ".", parser.group ?? "").exec(strip(rest));
  if (!found) return NaN;
  const part = Object.entries(found.groups).filter(([, given]) => given).map(([key, given]) => [key, decimal(parser, given)]);
  const [[key, low]] = part;
  const high = part.length > 1 ? part[1][1] : low;
  if (key === "below") return low > 0 ? low / 2 : low;
  return low <= high ? (low + high) / 2 : NaN;
}

function words(parser, value) {
  const word = value.toLowerCase();
  return Object.hasOwn(parser.words, word) ? parser.words[word] : decimal({}, value);
}

function flag(parser, value) {
  const word = value.toLowerCase();
  if (parser.true.includes(word)) return 1;
  return parser.false.includes(word) ? 0 : decimal({}, value);
}

function duration(_, value) {
  const clock = CLOCK.exec(value)?.groups;
  if (clock && (clock.days || clock.H)) {
    const hours = nanos(3600n, clock.H) + nanos(60n, clock.M) + nanos(1n, clock.S);
    return inSeconds(nanos(86400n, clock.days) + (clock.sign === "-" ? -hours : hours));
  }
  const iso = PERIOD.exec(value)?.groups;
  if (iso && !"PT".includes(value.at(-1))) {
    const total = Object.entries(PERIOD_UNITS).reduce((sum, [unit, size]) => sum + nanos(size, iso[unit]), 0n);
    return inSeconds(iso.sign === "-" ? -total : total);
  }
  return decimal({}, value);
}

// The nanoseconds of a count of units, of so many seconds each: sums are exact.
function nanos(seconds, count) {
  const [whole, part = ""] = (count || "0").replace(",", ".").split(".");
  return seconds * BigInt(whole + part.padEnd(9, "0"));
}

function inSeconds(total) {
  return total % 1000n ? Number(total) / 1e9 : Number(total / 1000n) / 1e6;
}

const PARSERS = { number: decimal, currency, percent, unit, range, words, flag, duration };

const compiled = new Map();

function whole(source) {
  if (!compiled.has(source)) compiled.set(source, new RegExp(`^(?:${source})$`, "s"));
  return compiled.get(source);
}

function escaped(value) {
  return value.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function unsigned(point, group) {
  const digits = group ? `[0-9]{1,3}(?:${escaped(group)}[0-9]{3})+|[0-9]+` : "[0-9]+";
  return `(?:(?:${digits})(?:${escaped(point)}[0-9]*)?|${escaped(point)}[0-9]+)`;
}

function bounds(point, group) {
  const number = `-?${unsigned(point, group)}`;
  const blank = "[ \u00a0]*";
  const between = `${blank}(?:-|\u2013|\u2014|~|to|\\.\\.)${blank}`;
  const inner = `[[(]${blank}(?<from>${number})${blank}[,;]${blank}(?<until>${number})${blank}[\\])]`;
  const above = `(?:>=?|\u2265|over)${blank}(?<above>${number})|(?<least>${number})${blank}(?:\\+|or more|and over)`;
  const below = `(?:<=?|\u2264|under)${blank}(?<below>${number})`;
  return whole(`(?<low>${number})(?:${between}(?<high>${number}))?|${inner}|${above}|${below}`);
}

// --- dates ----------------------------------------------------------------------------------------------

const GAP = "[ \\u00a0\\u202f]";
const OFFSET = "[+-][0-9]{2}(?::?[0-9]{2})?";
const ZONE =
  `[Zz]|[Uu][Tt][Cc]?|[Gg][Mm][Tt]|(?:UTC|GMT)?${OFFSET}(?:${GAP}*(?:[A-Z]{1,5}|\\([A-Za-z ]{1,60}\\)))?`;
const OF_DAY =
  `(?:(?:[Tt:_-]|,?${GAP}+)(?<H>[0-9]{1,2})(?<sign>[:.])(?<M>[0-9]{2})` +
  `(?:\\k<sign>(?<S>[0-9]{2})(?:[.,:](?<f>[0-9]{1,9}))?)?(?:${GAP}*(?<p>[AaPp]\\.?${GAP}?[Mm]\\.?))?)?`;
const BEHIND = `(?:${GAP}*(?<z>${ZONE}))?`;
const ISO = new RegExp(
  "^(?<Y>[0-9]{4})(?<sep>[-/.]?)(?<m>[0-9]{2})\\k<sep>(?<d>[0-9]{2})" +
    "(?:[Tt ](?<H>[0-9]{2}):?(?<M>[0-9]{2})(?::?(?<S>[0-9]{2})(?:[.,](?<f>[0-9]{1,9}))?)?)?" +
    `${BEHIND}$`,
);
const FIELDS = {
  Y: "[0-9]{4}", y: "[0-9]{2}", m: "[0-9]{1,2}", b: "[A-Za-z]{3,9}", a: "[A-Za-z]{3,9}", d: "[0-9]{1,2}",
  H: "[0-9]{1,2}", M: "[0-9]{2}", S: "[0-9]{2}", f: "[0-9]{1,9}", p: "[AaPp][Mm]", z: ZONE,
};

function moment(parser, value) {
  if ("unit" in parser && !(value instanceof Date)) {
    const number = typeof value === "string" ? decimal({}, value) : finite(value);
    const micros = number * UNITS[parser.unit];
    return Number.isFinite(micros) ? within(BigInt(Math.floor(micros))) : NaN;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? NaN : within(BigInt(value.getTime()) * 1000n);
  return written(parser.format, text(value), parser.zone || "UTC");
}

// A clock and a zone may follow what a format has, if it has none itself.
function datePattern(form) {
  if (form === "iso") return ISO;
  const pieces = form.split(/%([YymbadHMSfpz])/);
  const fields = pieces.map((piece, i) => (i % 2 ? `(?<${piece}>${FIELDS[piece]})` : escaped(piece))).join("");
  return whole(fields + (form.includes("%H") ? "" : OF_DAY) + (form.includes("%z") ? "" : BEHIND));
}

function written(form, value, zone) {
  const found = datePattern(form).exec(value) ?? datePattern(form).exec(value.replace(WHOLE, "$1"));
  if (!found) return NaN;
  const given = Object.fromEntries(Object.entries(found.groups ?? {}).filter(([, cell]) => cell));
  const signed = new RegExp(OFFSET).exec(given.z ?? "");
  if (signed && form !== "iso" && !("H" in given)) return NaN;
  const part = { m: "1", d: "1", H: "0", M: "0", S: "0", f: "0", ...given };
  if ("y" in part) part.Y = String(Number(part.y) + (Number(part.y) > 68 ? 1900 : 2000));
  if ("b" in part) part.m = String(MONTHS.findIndex((name) => name.startsWith(part.b.toLowerCase())) + 1);
  let hour = Number(part.H);
  if ("p" in part) {
    if (hour < 1 || hour > 12) return NaN;
    hour = (hour % 12) + ("Pp".includes(part.p[0]) ? 12 : 0);
  }
  const [year, month, day, minute, second] = [part.Y, part.m, part.d, part.M, part.S].map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return NaN;
  if (hour > 23 || minute > 59 || second > 59) return NaN;
  const seconds = dayNumber(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  const offset = part.z ? offsetOf(signed?.[0]) : zone === "UTC" ? 0 : offsetIn(zone, seconds);
  if (Number.isNaN(offset)) return NaN;
  return within(BigInt(seconds - offset) * 1000000n + BigInt(part.f.padEnd(6, "0").slice(0, 6)));
}

function daysOf(year, month) {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

// Days from 1970-01-01, by the algorithm of Howard Hinnant ("chrono-compatible low-level date algorithms", 2014).
function dayNumber(year, month, day) {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const yearOfEra = y - era * 400;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear - 719468;
}

function offsetOf(written) {
  if (!written) return 0;
  const digits = written.slice(1).replace(":", "");
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2) || "0")];
  if (hours > 23 || minutes > 59) return NaN;
  return (written[0] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
}

// The offset of a local time in seconds: the earlier moment where clocks go back, the offset before where they skip.
function offsetIn(zone, local) {
  const before = offsetAt(zone, local - 86400);
  const after = offsetAt(zone, local + 86400);
  if (before === after || offsetAt(zone, local - before) === before) return before;
  return offsetAt(zone, local - after) === after ? after : before;
}

function offsetAt(zone, seconds) {
  const key = `zone ${zone}`;
  if (!compiled.has(key)) {
    const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    compiled.set(key, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", era: "short", ...fields }));
  }
  const part = {};
  for (const { type, value } of compiled.get(key).formatToParts(new Date(seconds * 1000))) part[type] = value;
  const year = part.era.startsWith("B") ? 1 - Number(part.year) : Number(part.year);
  const clock = Number(part.hour) * 3600 + Number(part.minute) * 60 + Number(part.second);
  return dayNumber(year, Number(part.month), Number(part.day)) * 86400 + clock - seconds;
}

function within(micros) {
  if (micros < FIRST || micros > LAST) return NaN;
  return Number(micros > LAST_FLOAT ? LAST_FLOAT : micros);
}
