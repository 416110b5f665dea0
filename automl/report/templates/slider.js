// a table of rows by probability from which the saving at other costs is computed: diagnostics/slider.py, in the page
const slider = document.querySelector("[data-slider]");
if (slider) {
  const told = JSON.parse(slider.querySelector("[data-slider-table]").textContent);
  const PER = 1000, DRAWS = 20000, UNITS = 2000, RESAMPLES = 4000, LABELS = [0, 1];
  const out = (name) => slider.querySelector(`[data-out="${name}"]`);
  const plain = (value) => { // as people read it elsewhere on the page: three digits that count
    if (value === 0) return "0";
    const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
    const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  };
  let seed = 1;
  const random = () => { // Mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const poisson = (mean) => {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const end = Math.exp(-mean);
    let count = 0;
    for (let product = random(); product > end; product *= random()) count += 1;
    return count;
  };
  const answer = (matrix) => {
    const share = [[0, 0], [0, 0]], rows = [[0, 0], [0, 0]];
    told.p.forEach((p, k) => {
      const [pass, act] = LABELS.map((a) => (1 - p) * matrix[0][a] + p * matrix[1][a]);
      const action = act < pass ? 1 : 0;
      for (const t of LABELS) { share[t][action] += told.share[k][t]; rows[t][action] += told.rows[k][t]; }
    });
    const policies = [matrix.map((row) => row.map((cost) => cost + told.running))];
    for (const a of LABELS) policies.push(matrix.map((row) => [row[a], row[a]]));
    if (told.rule) {
      policies.push(told.rule.map((acts, t) => {
        const mean = (acts[0] * matrix[t][0] + acts[1] * matrix[t][1]) / Math.max(acts[0] + acts[1], 1e-300);
        return [mean, mean];
      }));
    }
    const mean = (weight, policy) => LABELS.reduce((s, t) => s + weight[t][0] * policy[t][0] + weight[t][1] * policy[t][1], 0);
    const means = policies.map((policy) => mean(share, policy));
    const best = means.indexOf(Math.min(...means.slice(1)), 1), saving = means[best] - means[0];
    seed = 1;
    const drawn = Array.from({ length: DRAWS }, () => {
      const weight = share.map((row, t) => row.map((s, a) => (rows[t][a] ? (poisson(rows[t][a]) * s) / rows[t][a] : 0)));
      const whole = weight.flat().reduce((a, b) => a + b, 0);
      const costs = policies.map((policy) => mean(weight, policy) / whole);
      return Math.min(...costs.slice(1)) - costs[0];
    }).sort((a, b) => a - b);
    const end = (q) => PER * (saving + told.clustered * (drawn[Math.round(q * (DRAWS - 1))] - saving));
    return { saving: PER * saving, low: end(0.025), high: end(0.975), acted: share[0][1] + share[1][1], best: best - 1 };
  };
  const rowError = (factors, acts, best, saving) => { // of what `acts` save a row against `best`: that of all rows joined
    let sum = 0, whole = 0;
    told.y.forEach((t, k) => {
      const a = acts[k], b = best[k], [ours, other] = [factors[t][a], factors[t][b]], of = (j) => told.squares[j][k];
      const square = ours ** 2 * of(2 * a) - 2 * ours * other * of(a + b) + other ** 2 * of(2 * b);
      sum += told.share[k] * square;
      whole += told.share[k];
    });
    return Math.sqrt(Math.max(sum / whole - saving ** 2, 0) / whole);
  };
  const answerRows = (factors) => { // diagnostics/row_slider.py, in the page
    const whole = told.share.reduce((a, b) => a + b, 0);
    const expected = LABELS.map((a) => told.expected[0][a].map((_, k) =>
      factors[0][a] * told.expected[0][a][k] + factors[1][a] * told.expected[1][a][k]));
    const acts = told.y.map((_, k) => told.place?.[k] ?? k).map((k) => (expected[1][k] < expected[0][k] ? 1 : 0));
    const actions = [acts, ...LABELS.map((a) => acts.map(() => a)), ...(told.ruled ? [told.ruled] : [])];
    const costs = told.y.map((t, k) => { // of our decision, of both actions, of today's rule
      const each = actions.map((action) => factors[t][action[k]] * told.cost[action[k]][k]);
      each[0] += told.running;
      return each;
    });
    const acted = acts.reduce((sum, act, k) => sum + act * told.share[k], 0) / whole;
    const means = actions.map((_, j) => costs.reduce((sum, row, k) => sum + told.share[k] * row[j], 0) / whole);
    const best = means.indexOf(Math.min(...means.slice(1)), 1), saving = means[best] - means[0];
    seed = 1;
    const [most, draws] = told.squares ? [UNITS / 4, RESAMPLES * 4] : [UNITS, RESAMPLES]; // a known error needs fewer units
    const wide = actions.length + 1, units = Math.min(most, costs.length), sums = new Float64Array(units * wide);
    const order = [...costs.keys()]; // more rows than units are joined at random, as in the verdict's bootstrap
    for (let k = order.length - 1; k > 0; k -= 1) {
      const other = Math.floor(random() * (k + 1));
      [order[k], order[other]] = [order[other], order[k]];
    }
    order.forEach((row, k) => {
      const at = (k % units) * wide;
      costs[row].forEach((cost, j) => { sums[at + j] += told.share[row] * cost; });
      sums[at + wide - 1] += told.share[row];
    });
    let [sum, square] = [0, 0];
    const drawn = Array.from({ length: draws }, () => {
      const total = new Float64Array(wide);
      for (let u = 0; u < units; u += 1) {
        const at = Math.floor(random() * units) * wide;
        for (let j = 0; j < wide; j += 1) total[j] += sums[at + j];
      }
      const off = (total[best] - total[0]) / total[wide - 1] - saving;
      sum += off;
      square += off ** 2;
      return (Math.min(...total.subarray(1, wide - 1)) - total[0]) / total[wide - 1];
    }).sort((x, y) => x - y);
    let stretch = told.clustered;
    if (told.squares) {
      const spread = Math.sqrt(square / draws - (sum / draws) ** 2);
      stretch *= rowError(factors, acts, actions[best], saving + told.running) / Math.max(spread, 1e-300);
    }
    const end = (q) => PER * (saving + stretch * (drawn[Math.round(q * (draws - 1))] - saving));
    return { saving: PER * saving, low: end(0.025), high: end(0.975), acted, best: best - 1 };
  };
  const line = (name, k, moved) => { // a formula is multiplied, an amount is what it has become
    const asked = told.asked[k];
    if (typeof asked === "number") return `${name} = ${told.by_row ? asked * moved : moved}`;
    return `${name} = ${JSON.stringify(moved === 1 ? asked : `${moved} * (${asked})`)}`;
  };
  const names = told.names;
  const boxes = names.map((_, k) => slider.querySelector(`#cost-${k}`));
  const ranges = names.map((_, k) => slider.querySelector(`#cost-${k}-range`));
  const show = () => {
    const costs = boxes.map((box) => Number(box.value) || 0);
    const asked = told.matrix.every((cost, k) => cost === costs[k]);
    const found = (told.by_row ? answerRows : answer)([[costs[0], costs[1]], [costs[2], costs[3]]]);
    const { saving, low, high } = asked ? told : found;
    out("saving").textContent = `${plain(saving)} ${told.currency}`.trim();
    out("saving").dataset.value = saving;
    out("interval").textContent = `${plain(low)} to ${plain(high)}`;
    out("interval").dataset.value = `${low} ${high}`;
    out("acted").textContent = `${(100 * found.acted).toFixed(1)} %`;
    out("best").textContent = told.policies[found.best];
    out("verdict").textContent = low > 0 ? "worth deploying" : "not shown to pay";
    out("spec").textContent = `[objective.costs]\n${names.map((name, k) => line(name, k, costs[k])).join("\n")}`;
  };
  boxes.forEach((box, k) => box.addEventListener("input", () => { ranges[k].value = 0; show(); }));
  ranges.forEach((range, k) => range.addEventListener("input", () => {
    boxes[k].value = Number((told.matrix[k] * 10 ** (Number(range.value) / 2)).toPrecision(6));
    show();
  }));
  slider.addEventListener("reset", () => setTimeout(show));
  slider.addEventListener("submit", (event) => event.preventDefault());
  show();
}
