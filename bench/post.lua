-- POSTs the lines of the file BODIES in turn, each under a new Idempotency-Key (a UUID made from RUN and a count).

local run = os.getenv("RUN")
local key = string.format("%s-%s-4%s-8%s-", run:sub(1, 8), run:sub(9, 12), run:sub(13, 15), run:sub(14, 16))
local tails, count = {}, 0

function init()
  for line in io.lines(os.getenv("BODIES")) do
    tails[#tails + 1] = string.format("\r\nContent-Length: %d\r\n\r\n%s", #line, line)
  end
  head = string.format(
    "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\n%sIdempotency-Key: %s",
    wrk.path, wrk.host, wrk.port, os.getenv("HEADERS"), key)
end

function request()
  count = count + 1
  return head .. string.format("%012x", count) .. tails[count % #tails + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %f %f %f %d\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
