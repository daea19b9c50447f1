-- Refunds units that requests were charged, each by one policy.
--
-- KEYS[i]  the key of the policy
-- ARGV[i]  the refund to KEYS[i] in one text: algorithm (b, w), limit, window in microseconds, cost, moment
-- ARGV[#KEYS + 1]  the clock in microseconds, in tests; without it, the server's clock
--
-- Returns how many of the keys have changed. The names and their order are those of TokenBucket.swift and
-- SlidingWindow.swift.

local call, floor, ceil, max, match = redis.call, math.floor, math.ceil, math.max, string.match

local time = call('TIME')
local now = tonumber(ARGV[#KEYS + 1]) or time[1] * 1000000 + time[2]

local refund = {}

function refund.b(key, taken)
  local arrival = tonumber(call('MGET', key)[1])
  if not arrival then return 0 end
  local owed = taken.cost * ceil(taken.window / taken.limit) - max(0, now - taken.moment)
  if owed <= 0 then return 0 end
  -- The key's lifetime stays: it was set for a later arrival.
  call('INCRBY', key, -owed)
  return 1
end

-- The index of the first pair whose time is not before the moment, or `pairs`.
local function firstPair(key, pairs, moment)
  local low, high = 0, pairs
  while low < high do
    local probe = floor((low + high) / 2)
    if tonumber(call('LINDEX', key, 2 * probe + 1)) >= moment then high = probe else low = probe + 1 end
  end
  return low
end

function refund.w(key, taken)
  local pairs = max(0, (call('LLEN', key) - 1) / 2)
  local pair = firstPair(key, pairs, taken.moment)
  if pair == pairs or tonumber(call('LINDEX', key, 2 * pair + 1)) ~= taken.moment then return 0 end
  local units = call('LINDEX', key, 2 * pair + 2) - call('LINDEX', key, 2 * pair)
  if units < taken.cost then return 0 end
  if pairs == 1 and units == taken.cost then return call('DEL', key) end
  for later = pair, pairs - 1 do
    call('LSET', key, 2 * later + 2, call('LINDEX', key, 2 * later + 2) - taken.cost)
  end
  if units == taken.cost then
    -- Emptied first, because LREM removes elements by their value, and no number is empty.
    call('LSET', key, 2 * pair + 1, '')
    call('LSET', key, 2 * pair + 2, '')
    call('LREM', key, 2, '')
  end
  return 1
end

local changed = 0
for i, key in ipairs(KEYS) do
  local kind, limit, window, cost, moment = match(ARGV[i], '^(%a) (%d+) (%d+) (%d+) (%d+)$')
  local taken = { limit = tonumber(limit), window = tonumber(window), cost = tonumber(cost), moment = tonumber(moment) }
  changed = changed + refund[kind](key, taken)
end
return changed
