-- Reads a text that all users of the store share, or replaces it.
--
-- KEYS[1]  the text
-- KEYS[2]  the text's version, which grows with each change
-- ARGV[1]  the version that the caller knows; 0 for none
-- ARGV[2]  the new text, and ARGV[3] until when it is kept, in microseconds; without them the text is only read
--
-- Returns the clock, the version, and the text if the caller does not know this version.
-- A text is replaced only if the caller knows its version. Then the clock comes with the new version alone.

local call, ceil, max = redis.call, math.ceil, math.max

local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local known = tonumber(ARGV[1])
local version = tonumber(call('MGET', KEYS[2])[1]) or 0

if ARGV[2] and version == known then
  local life = max(1, ceil((tonumber(ARGV[3]) - now) / 1000))
  version = max(now, version + 1)
  call('SET', KEYS[1], ARGV[2], 'PX', life)
  call('SET', KEYS[2], version, 'PX', life)
  return { now, version }
end
if version == known then return { now, version } end
return { now, version, call('MGET', KEYS[1])[1] }
