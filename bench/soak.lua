-- The traffic of `bench/run soak`: 5,000 clients, three endpoints, an unknown path and pauses. Prints one line of figures at the end.

local threads = {}
local body = string.rep("x", 20000)
wrong = 0

function setup(thread)
    thread:set("seed", #threads + os.time())
    table.insert(threads, thread)
end

function init()
    math.randomseed(seed)
end

function delay()
    return math.random(0, 120)
end

function request()
    local headers = { ["X-API-Key"] = "client-" .. math.random(5000), ["User-Agent"] = "soak/" .. math.random(20) }
    local kind = math.random(20)
    if kind == 1 then return wrk.format("POST", "/api/upload", headers, body) end
    if kind == 2 then return wrk.format("GET", "/" .. math.random(1000000), headers) end
    if kind < 10 then return wrk.format("GET", "/api/data", headers) end
    -- A few clients send far more than they may.
    if kind == 20 then headers["X-API-Key"] = "hot-" .. math.random(3) end
    return wrk.format("GET", "/api/search?q=" .. math.random(100), headers)
end

function response(status)
    if status ~= 200 and status ~= 404 and status ~= 429 then wrong = wrong + 1 end
end

function done(summary, latency)
    local errors, others = summary.errors, 0
    for _, thread in ipairs(threads) do others = others + thread:get("wrong") end
    print(string.format("soak %d,%.2f,%.2f,%d,%d", summary.requests, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        others, errors.connect + errors.read + errors.write + errors.timeout))
end
