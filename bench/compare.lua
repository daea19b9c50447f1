-- The load of bench/compare.sh: the load generator makes the keys, so that no server does.
--
--     KEYS=hot|uniform|zipf|new|refused-50|refused-99   which clients send requests
--     NAME=text                                         begins every key, so that a run finds no key of another
--     RATE=N CONNECTIONS=N                              requests per second of all connections together; without RATE as many as possible

local kind, name = os.getenv("KEYS"), os.getenv("NAME")
local rate, connections = tonumber(os.getenv("RATE") or ""), tonumber(os.getenv("CONNECTIONS") or "64")
local count, requests, sent = 10000, {}, 0

local function format(key)
  wrk.headers["X-API-Key"] = name .. key
  return wrk.format("GET")
end

-- A million draws of a Zipf distribution with exponent 1 are looked up in 65,536 places.
local function zipf()
  local sum, total, place, places = 0, 0, 0, 65536
  for i = 1, count do total = total + 1 / i end
  for i = 1, count do
    sum = sum + 1 / i
    while place < places and place < sum / total * places do
      place = place + 1
      requests[place] = i
    end
  end
  for i = 1, place do requests[i] = format(requests[i]) end
end

function init()
  math.randomseed(20)
  if kind == "hot" then
    requests[1] = format("hot")
  elseif kind == "zipf" then
    zipf()
  elseif kind == "new" then
    local text = format("0000000000")
    local first = text:find("0000000000", 1, true)
    requests = { text:sub(1, first - 1), text:sub(first + 10) }
  else
    for i = 1, count do requests[i] = format(i) end
  end
end

local abusers = { ["refused-50"] = 0.5, ["refused-99"] = 0.99 }

function request()
  sent = sent + 1
  if kind == "new" then return requests[1] .. string.format("%010d", sent) .. requests[2] end
  local share = abusers[kind]
  if share and math.random() < share then return requests[math.random(10)] end
  return requests[math.random(#requests)]
end

-- Every connection has its turn at the same interval.
if rate then
  local pause = math.floor(1000 * connections / rate)
  function delay() return pause end
end
