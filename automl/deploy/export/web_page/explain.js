// Why a row is answered so, for JavaScript: the twin of automl/explain, tested against it on the same games.
//
// `explain(setup, graph, row, options)` takes explain.json, a graph (`run` and `decide`: columns -> numbers by row,
// decisions by row), and the row in wire types ({column: value}). What explanation.py says of score, money, reasons
// and counterfactual holds here.

const ROWS = 2048; // rows of one call: a page has less memory than a server
const LEAST = 2, FEWEST = 8, MOST = 1000; // pairs of permutations
const BORROWED = 16; // pairs that the scatter of all players counts as
const ALLOWED = 0.05; // standard error, as a share of the spread
const SMALLEST = 1e-12; // of a worth: what rounding alone makes of a constant
const STRIDE = 0x9e3779b1; // between the counters of two seeds
const DIGITS = 9; // behind the point of a size
const FIRST = 512; // changes that are tried first

export async function explain(setup, graph, row, { seconds = 5, seed = 0, now = () => performance.now() / 1000 } = {}) {
  const game = await playable(setup, graph);
  const alone = columnsOf(setup, [row]);
  const [answer] = await graph.run(alone);
  const decision = setup.decides ? (await graph.decide(alone))[0] : null;
  const picked = pick(setup.answers, answer, decision);
  const known = game.answers.map(picked.of);
  const base = mean(known), ends = [base, picked.of(answer)];
  const spread = deviation(known, 0);
  const allowed = spread.map((one, place) => Math.max(ALLOWED * one, SMALLEST * Math.max(1, Math.abs(base[place]))));
  const worth = async (coalitions) => (await played(setup, game, graph, row, coalitions)).map(picked.of);
  const shares = await shapley(worth, ends, setup.players.length, { allowed, seconds: seconds / 2, seed, now });
  const otherwise = setup.decides ? await smallestChange(setup, graph, row, decision, seconds / 2, now) : null;
  const reach = base.map((_, place) => Math.max(0, ...shares.errors.map((own) => own[place])));
  const labels = setup.answers.labels;
  return {
    decision,
    score: {
      of: labels.length ? labels[picked.score] : "",
      value: ends[1][0], base: base[0], error: reach[0], spread: spread[0],
    },
    money: picked.taken === null ? null : {
      currency: setup.answers.currency,
      cost: answer[picked.taken],
      other: setup.answers.decisions[picked.other - scoresOf(setup.answers)],
      other_cost: answer[picked.other],
      value: ends[1][1], base: base[1], error: reach[1], spread: spread[1],
    },
    reasons: reasonsOf(setup, shares, picked),
    counterfactual: otherwise,
    pairs: shares.pairs,
    background: game.answers.length,
  };
}

// The background rows that have an answer, with it: {rows: places, answers: numbers by row}.
async function playable(setup, graph) {
  const all = await graph.run(setup.background);
  const rows = all.map((_, place) => place).filter((place) => all[place].every(Number.isFinite));
  if (!rows.length) throw new Error("no row of the background has an answer");
  return { rows, answers: rows.map((place) => all[place]) };
}

function columnsOf(setup, rows) {
  return Object.fromEntries(Object.keys(setup.background).map((name) => [name, rows.map((row) => row[name])]));
}

// What coalitions of the row's columns are worth: each a list of flags by player -> the mean answer over the background.
async function played(setup, game, graph, row, coalitions) {
  const count = game.rows.length;
  const homes = new Map(setup.players.flatMap((player, place) => player.columns.map((name) => [name, place])));
  const names = Object.keys(setup.background);
  const found = [];
  for (let start = 0; start < coalitions.length * count; start += ROWS) {
    const size = Math.min(ROWS, coalitions.length * count - start);
    const columns = {};
    for (const name of names) {
      const own = homes.get(name), behind = setup.background[name];
      columns[name] = Array.from({ length: size }, (_, step) => {
        const place = start + step;
        return coalitions[Math.floor(place / count)][own] ? row[name] : behind[game.rows[place % count]];
      });
    }
    found.push(...await graph.run(columns));
  }
  return coalitions.map((_, place) => mean(found.slice(place * count, (place + 1) * count)));
}

function scoresOf(answers) {
  return Math.max(1, answers.labels.length);
}

// What is explained: a score, and the cost of the other decision less that of the one taken, by their places.
function pick(answers, answer, decision) {
  const first = scoresOf(answers), costs = answer.slice(first);
  const score = answers.labels.includes(decision) ? answers.labels.indexOf(decision) : largest(answer.slice(0, first));
  const taken = answers.decisions.indexOf(decision);
  if (answers.has_costs && taken >= 0 && answers.decisions.length > 1 && costs.every(Number.isFinite)) {
    const other = largest(costs.map((cost, place) => (place === taken ? -Infinity : -cost)));
    const of = (found) => [found[score], found[first + other] - found[first + taken]];
    return { score, taken: first + taken, other: first + other, sign: 1, of };
  }
  const forOther = first === 1 && decision !== null && decision === answers.decisions[0];
  const sign = !answers.labels.length ? 0 : forOther ? -1 : 1;
  return { score, taken: null, other: null, sign, of: (found) => [found[score]] };
}

function reasonsOf(setup, shares, picked) {
  const last = picked.taken === null ? 0 : 1;
  const speaks = shares.values.map((own) => (picked.sign ? own[last] * picked.sign : Math.abs(own[last])));
  return sorted(speaks.map((one) => -one)).map((place) => ({
    names: setup.players[place].names,
    score: shares.values[place][0],
    score_error: shares.errors[place][0],
    money: last ? shares.values[place][1] : null,
    money_error: last ? shares.errors[place][1] : null,
  }));
}

// Shapley values by all coalitions or by paired permutations: see shapley.py.
export async function shapley(worth, ends, players, { allowed, seconds, seed, now }) {
  if (players <= 1) {
    const whole = ends[1].map((value, place) => value - ends[0][place]);
    return { values: Array(players).fill(whole), errors: Array(players).fill(whole.map(() => 0)), pairs: 0 };
  }
  const begun = now();
  const found = await gains(worth, ends, orders(players, 0, LEAST, seed));
  const whole = (2 ** players - 2) / (2 * players - 2); // pairs that go through as many coalitions as there are
  while (found.length < MOST) {
    const errors = errorsOf(found);
    const worst = Math.max(0, ...errors.flatMap((own) => own.map((error, place) => (error / allowed[place]) ** 2)));
    const wanted = found.length < FEWEST ? FEWEST : Math.ceil(Math.min(found.length * worst, MOST));
    const affordable = found.length * (seconds / Math.max(now() - begun, 1e-9) - 1);
    if (whole <= Math.min(wanted, affordable)) return enumerated(worth, ends, players);
    const more = Math.min(wanted - found.length, Math.floor(affordable));
    if (more < 1) break;
    found.push(...await gains(worth, ends, orders(players, found.length, found.length + more, seed)));
  }
  const values = Array.from({ length: players }, (_, player) => mean(found.map((pair) => pair[player])));
  return { values, errors: errorsOf(found), pairs: found.length };
}

// By their definition: what a player changes, over all coalitions without it; those of one size weigh as those of another.
async function enumerated(worth, ends, players) {
  const every = Array.from({ length: 2 ** players }, (_, code) => code);
  const order = Array.from({ length: players }, (_, player) => player);
  const inside = every.map((code) => order.map((player) => ((code >> player) & 1) === 1));
  const worths = [ends[0], ...await worth(inside.slice(1, -1)), ends[1]];
  const weights = order.map((others) => 1 / (players * ways(players - 1, others)));
  const values = order.map((player) => {
    const own = every.filter((code) => inside[code][player]);
    const changes = own.map((code) => {
      const weight = weights[inside[code].filter(Boolean).length - 1];
      return worths[code].map((value, place) => weight * (value - worths[code - (1 << player)][place]));
    });
    return mean(changes).map((value) => value * changes.length);
  });
  return { values, errors: values.map((own) => own.map(() => 0)), pairs: 0 };
}

// How many coalitions of a size there are.
function ways(players, size) {
  let found = 1;
  for (let one = 0; one < size; one += 1) found = found * (players - one) / (one + 1);
  return found;
}

// Of few pairs a player's own scatter counts beside that of all players: see shapley.py.
function errorsOf(found) {
  const free = found.length - 1;
  const own = found[0].map((_, player) => deviation(found.map((pair) => pair[player]), 1).map((s) => s ** 2));
  const all = mean(own);
  return own.map((each) => each.map((one, place) => {
    const together = (free * one + BORROWED * all[place]) / (free + BORROWED);
    return Math.sqrt(Math.max(one, together) / found.length);
  }));
}

// An order of the players for each pair, each second one the one before it begun in its middle: see shapley.py.
export function orders(players, from, to, seed) {
  return Array.from({ length: to - from }, (_, place) => {
    const number = from + place, order = drawn(players, Math.floor(number / 2), seed), half = Math.floor(players / 2);
    return number % 2 ? [...order.slice(players - half), ...order.slice(0, players - half)] : order;
  });
}

// A counter through the finalizer of MurmurHash3, as shapley.py has it.
function drawn(players, number, seed) {
  return sorted(Array.from({ length: players }, (_, player) => {
    let bits = (number * players + player + Math.imul(seed, STRIDE)) >>> 0;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return (bits ^ (bits >>> 16)) >>> 0;
  }));
}

// What each player gets in each pair of permutations: by pair, by player, by number.
async function gains(worth, ends, first) {
  const both = [...first, ...first.map((order) => [...order].reverse())];
  const seen = new Map();
  for (const order of both) {
    for (let joined = 1; joined < order.length; joined += 1) seen.set(keyOf(order, joined), order.slice(0, joined));
  }
  const flags = [...seen.values()].map((members) => {
    const coalition = Array(first[0].length).fill(false);
    for (const player of members) coalition[player] = true;
    return coalition;
  });
  const worths = await worth(flags);
  const value = new Map([...seen.keys()].map((key, place) => [key, worths[place]]));
  const each = both.map((order) => {
    const along = [ends[0], ...order.slice(1).map((_, joined) => value.get(keyOf(order, joined + 1))), ends[1]];
    const own = Array(order.length);
    order.forEach((player, place) => { own[player] = along[place + 1].map((w, n) => w - along[place][n]); });
    return own;
  });
  return first.map((_, pair) => each[pair].map((own, player) => own.map((w, n) => (w + each[first.length + pair][player][n]) / 2)));
}

function keyOf(order, joined) {
  return order.slice(0, joined).sort((a, b) => a - b).join();
}

// The smallest change of one column, else of two, that is decided otherwise: see counterfactual.py.
export async function smallestChange(setup, graph, row, taken, seconds, now) {
  const until = now() + seconds;
  const moves = Object.entries(setup.grids).map(([name, grid]) => ({ name, grid, sizes: sizesOf(row[name], grid) }));
  const single = moves.flatMap((move) => move.sizes.map((size, cell) => ({ size, cells: [[move, cell]] })))
    .filter((change) => Number.isFinite(change.size));
  single.sort((a, b) => a.size - b.size);
  for (const shells of [[single][Symbol.iterator](), pairsOf(single)]) {
    for (const shell of shells) {
      for (let start = 0; start < shell.length; start += FIRST) {
        if (now() > until) return { changes: [], size: shell[start].size, decision: "", complete: false };
        const batch = shell.slice(start, start + FIRST);
        const rows = batch.map((change) => {
          const changed = change.cells.map(([move, cell]) => [move.name, move.grid.values[cell]]);
          return { ...row, ...Object.fromEntries(changed) };
        });
        const decisions = await graph.decide(columnsOf(setup, rows));
        const place = decisions.findIndex((decision) => decision !== taken && decision !== "");
        if (place >= 0) return told(batch[place], decisions[place]);
      }
    }
  }
  return { changes: [], size: 0, decision: "", complete: now() <= until };
}

function told(change, decision) {
  const changes = change.cells.map(([move, cell]) => ({ column: move.name, cell: move.grid.cells[cell] }));
  return { changes, size: change.size, decision, complete: true };
}

function sizesOf(value, grid) {
  const ranked = grid.places !== null && typeof value === "number" && !Number.isNaN(value);
  const here = ranked ? between(value, grid.values, grid.places) : 0;
  return grid.values.map((other, cell) => {
    if (other === value) return Infinity;
    return ranked ? rounded(Math.abs(grid.places[cell] - here)) : 1;
  });
}

// Pairs of changes of two columns, the smaller first, a few at a time: a heap of the next partner of each change.
function* pairsOf(single) {
  const heap = single.slice(0, -1).map((change, place) => ({ size: rounded(change.size + single[place + 1].size), place, next: place + 1 }));
  const less = (a, b) => a.size - b.size || a.place - b.place;
  heap.sort(less);
  let shell = [];
  while (heap.length) {
    const { size, place, next } = heap[0];
    const [one, other] = [single[place], single[next]];
    if (one.cells[0][0] !== other.cells[0][0]) shell.push({ size, cells: [...one.cells, ...other.cells] });
    if (next + 1 < single.length) {
      heap[0] = { size: rounded(one.size + single[next + 1].size), place, next: next + 1 };
    } else {
      const last = heap.pop();
      if (heap.length) heap[0] = last;
    }
    sink(heap, less);
    if (shell.length >= FIRST) {
      yield shell;
      shell = [];
    }
  }
  if (shell.length) yield shell;
}

// Put the first of a heap where it belongs.
function sink(heap, less) {
  for (let place = 0; ;) {
    let least = place;
    for (const child of [2 * place + 1, 2 * place + 2]) {
      if (child < heap.length && less(heap[child], heap[least]) < 0) least = child;
    }
    if (least === place) return;
    [heap[place], heap[least]] = [heap[least], heap[place]];
    place = least;
  }
}

function between(value, values, places) {
  const above = values.findIndex((one) => one >= value);
  if (above < 0) return places[places.length - 1];
  if (above === 0) return places[0];
  const slope = (places[above] - places[above - 1]) / (values[above] - values[above - 1]);
  return slope * (value - values[above - 1]) + places[above - 1];
}

function rounded(size) {
  return Math.round(size * 10 ** DIGITS) / 10 ** DIGITS;
}

function mean(rows) {
  return rows[0].map((_, place) => rows.reduce((sum, row) => sum + row[place], 0) / rows.length);
}

function deviation(rows, less) {
  const middle = mean(rows);
  return middle.map((m, place) => Math.sqrt(rows.reduce((sum, row) => sum + (row[place] - m) ** 2, 0) / (rows.length - less)));
}

function largest(values) {
  return values.reduce((best, value, place) => (value > values[best] ? place : best), 0);
}

// The places of values in their order; of equal ones the first comes first.
function sorted(values) {
  return values.map((_, place) => place).sort((a, b) => values[a] - values[b]);
}
