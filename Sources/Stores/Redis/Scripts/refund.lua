-- Refunds units that requests were charged, each by one policy.
--
-- KEYS[i]  the key of the policy
-- ARGV[i]  the refund to KEYS[i] in one text: algorithm (b, w), limit, window in microseconds, cost, moment
-- ARGV[#KEYS + 1]  the clock in microseconds, in tests; without it, the server's clock
--
-- Returns how many of the keys have changed. The names and their order are those of TokenBucket.swift and
-- SlidingWindow.swift.

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

function refund.w(key, taken)
  local text, gone, older, room, base, newest, total = readLog(key)
  if newest < taken.moment then return 0 end
  if #text == glance then text = call('GETRANGE', key, '0', '-1') end
  -- Here all pairs are in the text: the newest one behind the older ones.
  text = sub(text, 1, bytesBefore(older)) .. pack(pairForm, newest, total)
  local pair = firstPair(key, text, gone, older, function(time) return time >= taken.moment end)
  local time, after = pairAt(key, text, pair)
  if time ~= taken.moment then return 0 end
  local before = base
  if pair > gone then before = select(2, pairAt(key, text, pair - 1)) end
  local units = (after - before) % totals
  if units < taken.cost then return 0 end
  if units == taken.cost and older == gone then return call('DEL', key) end

  -- The pairs from this one on, with totals that are lower by the cost.
  local later = {}
  for index = units == taken.cost and pair + 1 or pair, older do
    local time, total = pairAt(key, text, index)
    later[#later + 1] = pack(pairForm, time, (total - taken.cost) % totals)
  end
  text = sub(text, 1, bytesBefore(pair)) .. table.concat(later)
  newest, total = parse(pairForm, text, #text - pairLength + 1)
  older = (#text - headLength) / pairLength - 1
  if pair < older then call('SETRANGE', key, decimals[bytesBefore(pair)], sub(text, bytesBefore(pair) + 1, bytesBefore(older))) end
  call('SETRANGE', key, '0', pack(headForm, gone, older, room, base, newest, total))
  return 1
end

local changed = 0
for i, key in ipairs(KEYS) do
  local kind, limit, window, cost, moment = string.match(ARGV[i], '^(%a) (%d+) (%d+) (%d+) (%d+)$')
  local taken = { limit = tonumber(limit), window = tonumber(window), cost = tonumber(cost), moment = tonumber(moment) }
  changed = changed + refund[kind](key, taken)
end
return changed
