-- Decides a batch of requests, each against all its policies, and charges each that is allowed: all or nothing.
--
-- KEYS[i]  the key of one policy of one request; the keys of one request follow each other
-- ARGV[i]  what is asked of KEYS[i], in one text: algorithm (b, w), limit, window in microseconds, cost, mode (e enforced,
--          s shadow, f forced: taken even beyond the limit), and whether the key belongs to the same request as the key
--          before (+), starts the next request (-), or starts a request that is only looked at (?): decided and never
--          charged, with what a peek finds left
-- ARGV[#KEYS + 1]  the clock in microseconds, in tests only; otherwise the clock is this server's
--
-- Returns the clock, then three numbers per key: admission (0 allowed, -1 impossible, else microseconds to wait),
-- remaining, resetAfter. The names and their order are those of TokenBucket.swift and SlidingWindow.swift.

local call, floor, ceil, max, min, match = redis.call, math.floor, math.ceil, math.max, math.min, string.match

local time = call('TIME')
local now = tonumber(ARGV[#KEYS + 1]) or time[1] * 1000000 + time[2]

local bucket, window = {}, {}

-- Calls are what costs. So the buckets of a batch are read by one call before it, and written by one call each after it.
-- A lifetime is not set each time either: it outlasts the arrival by a slack, and holds for all arrivals of one slack.
local slack = 10000000
local stored, arrivals = {}, {}

function bucket.prepare(ask)
  ask.interval = ceil(ask.window / ask.limit)
  ask.burst = ask.interval * ask.limit
end

function bucket.decide(ask, key)
  local arrival = max(arrivals[key] or stored[key] or now, now)
  if arrival > now + 2 * ask.burst then arrival = now + max(0, ask.burst - min(ask.cost, ask.limit) * ask.interval) end

  local admission, change
  if ask.cost > ask.limit and not ask.forced then
    admission = -1
  elseif ask.cost > 0 and not ask.forced and arrival + ask.cost * ask.interval > now + ask.burst then
    admission = arrival + ask.cost * ask.interval - now - ask.burst
  else
    admission = 0
    arrival = min(arrival + min(ask.cost, 2 * ask.limit) * ask.interval, now + 2 * ask.burst)
    if ask.cost > 0 then change = arrival end
  end
  return admission, floor(max(0, now + ask.burst - arrival) / ask.interval), arrival - now, change
end

function bucket.write(ask, key, arrival)
  arrivals[key] = arrival
end

local function readBuckets(keys)
  -- In parts, because a call takes at most some 8,000 arguments.
  for first = 1, #keys, 4000 do
    local part = call('MGET', unpack(keys, first, min(first + 3999, #keys)))
    for i, arrival in ipairs(part) do stored[keys[first + i - 1]] = tonumber(arrival) end
  end
end

local function writeBuckets()
  for key, arrival in pairs(arrivals) do
    local old = stored[key]
    if old and floor(old / slack) == floor(arrival / slack) then
      call('INCRBY', key, arrival - old)
    else
      call('SET', key, arrival, 'PX', ceil((arrival - now + slack) / 1000))
    end
  end
end

local mostEntries = 1024

function window.prepare(ask)
  ask.grain = ask.limit <= mostEntries and 1 or ceil(ask.window / mostEntries)
end

-- The index of the first pair for which `holds` is true of the integer `offset` places after the pair's first, or `pairs`.
-- Most often that is one of the first pairs, and reading from a list's end is cheap: so steps double from the front.
local function firstPair(key, pairs, offset, holds)
  local low, high, step = 0, pairs, 1
  while low < high do
    local probe = low + step - 1
    if high < pairs or probe >= high then probe = floor((low + high) / 2) end
    if holds(tonumber(call('LINDEX', key, 2 * probe + 1 + offset))) then
      high = probe
    else
      low = probe + 1
      step = 2 * step
    end
  end
  return low
end

function window.decide(ask, key)
  local head = call('LRANGE', key, 0, 3)
  local stored = head[1] ~= nil
  local empty = not stored
  local newest, total = now, 0
  if stored then
    local tail = call('LRANGE', key, -2, -1)
    newest, total = tonumber(tail[1]), tonumber(tail[2])
    if newest > now + ask.window + ask.grain then empty, newest, total = true, now, 0 end
  end

  local moment = max(now, newest - ask.grain + 1)
  local grainEnd = moment - moment % ask.grain + ask.grain - 1
  local slot = max(grainEnd, newest)

  local gone, pairs = 0, nil
  local allGone = empty or newest <= moment - ask.window
  local base = total
  if not allGone then
    base = tonumber(head[1])
    if tonumber(head[2]) <= moment - ask.window then
      -- Most often one pair has left since the last request, and the second one is at hand too.
      if head[4] and tonumber(head[4]) > moment - ask.window then
        gone, base = 1, tonumber(head[3])
      else
        pairs = (call('LLEN', key) - 1) / 2
        gone = firstPair(key, pairs, 0, function(time) return time > moment - ask.window end)
        base = tonumber(call('LINDEX', key, 2 * gone))
      end
    end
  end
  local used = total - base

  local admission, change
  if ask.cost > ask.limit and not ask.forced then
    admission = -1
  elseif ask.forced or used + ask.cost <= ask.limit or ask.cost == 0 then
    admission = 0
    if ask.cost > 0 then
      used = used + min(ask.cost, 2 * ask.limit)
      if allGone then
        change = { fresh = stored, slot = slot, total = used }
      else
        change = { gone = gone, same = newest == slot, slot = slot, newest = newest, total = base + used }
      end
      newest = slot
    end
  else
    local leaving = used + ask.cost - ask.limit
    local time = tonumber(head[2])
    if gone > 0 or tonumber(head[3]) - base < leaving then
      pairs = pairs or (call('LLEN', key) - 1) / 2
      local pair = firstPair(key, pairs, 1, function(total) return total - base >= leaving end)
      time = tonumber(call('LINDEX', key, 2 * pair + 1))
    end
    admission = time + ask.window - now
  end
  return admission, max(0, ask.limit - used), used == 0 and 0 or newest + ask.window - now, change
end

function window.write(ask, key, change)
  if change.gone == nil then
    if change.fresh then call('DEL', key) end
    call('RPUSH', key, 0, change.slot, change.total)
  else
    if change.gone > 0 then call('LTRIM', key, 2 * change.gone, -1) end
    if change.same then
      call('LSET', key, -1, change.total)
    else
      call('RPUSH', key, change.slot, change.total)
    end
  end
  -- A lifetime outlasts the window by a slack, and holds for all admissions of one slack.
  if change.gone == nil or floor(change.newest / slack) ~= floor(change.slot / slack) then
    call('PEXPIRE', key, ceil((change.slot + ask.window - now + slack) / 1000))
  end
end

-- Texts repeat within a batch, so each is parsed once.
local asks = setmetatable({}, {
  __index = function(asks, text)
    local kind, limit, length, cost, mode, joint = match(text, '^(%a) (%d+) (%d+) (%d+) (%a)(.)$')
    local algorithm = kind == 'b' and bucket or window
    local ask = { decide = algorithm.decide, write = algorithm.write }
    ask.limit, ask.window, ask.cost = tonumber(limit), tonumber(length), tonumber(cost)
    ask.enforced, ask.forced, ask.joins, ask.looks = mode == 'e', mode == 'f', joint == '+', joint == '?'
    algorithm.prepare(ask)
    asks[text] = ask
    return ask
  end,
})

local count = #KEYS
local buckets = {}
for i = 1, count do
  if asks[ARGV[i]].decide == bucket.decide then buckets[#buckets + 1] = KEYS[i] end
end
readBuckets(buckets)

local answer = { now }
local first = 1
while first <= count do
  local last = first
  while last < count and asks[ARGV[last + 1]].joins do last = last + 1 end

  local ask = asks[ARGV[first]]
  if first == last and not ask.looks then
    local key = KEYS[first]
    local admission, remaining, resetAfter, change = ask.decide(ask, key)
    answer[3 * first - 1], answer[3 * first], answer[3 * first + 1] = admission, remaining, resetAfter
    if change then ask.write(ask, key, change) end
  else
    local changes, allowed = {}, not ask.looks
    for i = first, last do
      local ask = asks[ARGV[i]]
      local admission, remaining, resetAfter, change = ask.decide(ask, KEYS[i])
      answer[3 * i - 1], answer[3 * i], answer[3 * i + 1] = admission, remaining, resetAfter
      changes[i] = change
      if admission ~= 0 and ask.enforced then allowed = false end
    end
    if allowed then
      for i = first, last do
        local ask = asks[ARGV[i]]
        if changes[i] then ask.write(ask, KEYS[i], changes[i]) end
      end
    else
      -- Nothing is taken, so what is left is what a peek finds.
      for i = first, last do
        if answer[3 * i - 1] == 0 then
          local peek = setmetatable({ cost = 0 }, { __index = asks[ARGV[i]] })
          local _, remaining, resetAfter = peek.decide(peek, KEYS[i])
          answer[3 * i], answer[3 * i + 1] = remaining, resetAfter
        end
      end
    end
  end
  first = last + 1
end

writeBuckets()
return answer
