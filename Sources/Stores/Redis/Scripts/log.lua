-- The log of a sliding window in Redis, for charge.lua and refund.lua, which follow this part.
--
-- A log is one text of big-endian numbers. At its head are how many of the older pairs have left the window, how many older
-- pairs there are, for how many there is room, the base, and the newest pair. The older pairs follow. A pair is a time in
-- 7 bytes and the running total after it in 6; totals count modulo 2^48.

local call, floor, ceil, max, min, sub = redis.call, math.floor, math.ceil, math.max, math.min, string.sub
local pack, parse = struct.pack, struct.unpack

local headForm, pairForm, headLength, pairLength = '>I2I2I2I6I7I6', '>I7I6', 25, 13
local totals = 2 ^ 48
-- The first bytes of a log, which are read at once: a shorter log is read as a whole, and written as a whole.
local glance = 256

-- Integers as a call takes them. Numbers would be written as floating-point numbers, which takes longer, and many are equal.
local decimals = setmetatable({}, {
  __index = function(decimals, number)
    local text = string.format('%d', number)
    decimals[number] = text
    return text
  end,
})

local function bytesBefore(index)
  return headLength + pairLength * index
end

-- Some pairs of the log that was read last, beyond its beginning, and the number of bytes before them.
local nearText, nearFirst

-- Reads the beginning of a log, and the numbers at its head; the newest time is 0 if there is no log.
local function readLog(key)
  nearText, nearFirst = '', 0
  local text = redis.pcall('GETRANGE', key, '0', '255')
  if #text >= headLength then return text, parse(headForm, text) end
  -- Earlier versions kept a list, which counts as no log. Any other error is raised by the same call.
  if text.err and call('TYPE', key).ok ~= 'list' then call('GETRANGE', key, '0', '255') end
  return '', 0, 0, 0, 0, 0, 0
end

-- The time and the total of the older pair with this index; the first has the index 0.
local function pairAt(key, text, index)
  local first = bytesBefore(index)
  if first + pairLength <= #text then return parse(pairForm, text, first + 1) end
  if first < nearFirst or first + pairLength > nearFirst + #nearText then
    -- Several at once, because the search goes on next to it.
    nearText, nearFirst = call('GETRANGE', key, decimals[first], decimals[first + 4 * pairLength - 1]), first
  end
  return parse(pairForm, nearText, first - nearFirst + 1)
end

-- The index of the first pair from `low` on for which `holds` is true, or `high`. Most often that is one of the first pairs: so
-- steps double from the front.
local function firstPair(key, text, low, high, holds)
  local step = 1
  while low < high do
    local probe = low + step - 1
    if probe >= high then probe = floor((low + high) / 2) end
    if holds(pairAt(key, text, probe)) then
      high = probe
    else
      low = probe + 1
      step = 2 * step
    end
  end
  return low
end
