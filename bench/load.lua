-- Replays the requests of a file, in order, each line one: method, path, headers, body, by tabs.
local requests, next_one = {}, 0

init = function(arguments)
  for line in io.lines(arguments[1]) do
    local parts = {}
    for part in (line .. "\t"):gmatch("([^\t]*)\t") do parts[#parts + 1] = part end
    local headers = {}
    for name, value in parts[3]:gmatch("([^:|]+): ([^|]+)|") do headers[name] = value end
    local body = parts[4]
    if body:sub(1, 1) == "@" then
      local file = assert(io.open(body:sub(2), "rb"))
      body = file:read("a")
      file:close()
    end
    requests[#requests + 1] = wrk.format(parts[1], parts[2], headers, body)
  end
end

request = function()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
