-- Asks for rows in turn and compares each answer with the one that belongs to its number; prints one line of JSON.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  bodies, answers = {}, {}
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  for line in io.lines(args[2]) do answers[#answers + 1] = line end
  asked, right, wrong, limited, full, other = 0, 0, 0, 0, 0, 0
end

function request()
  asked = asked + 1
  local place = asked % #bodies + 1
  local headers = { ["Content-Type"] = "application/json", ["X-Request-ID"] = tostring(place) }
  return wrk.format("POST", "/predict", headers, bodies[place])
end

function response(status, headers, body)
  if status == 200 then
    local place = tonumber(headers["x-request-id"])
    if body == answers[place] then right = right + 1 else wrong = wrong + 1 end
  elseif status == 429 then limited = limited + 1
  elseif status == 503 then full = full + 1
  else other = other + 1 end
end

function done(summary, latency, requests)
  local sums = {}
  for _, name in ipairs({ "right", "wrong", "limited", "full", "other" }) do
    local sum = 0
    for _, thread in ipairs(threads) do sum = sum + thread:get(name) end
    sums[#sums + 1] = string.format('"%s": %d', name, sum)
  end
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{%s, "lost": %d, "seconds": %.3f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
    table.concat(sums, ", "), lost, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
