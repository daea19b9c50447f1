-- The script that a user would write instead: one token bucket per EVALSHA, stored as one number, the theoretical arrival time.
--
-- KEYS[1] the bucket; ARGV[1] limit; ARGV[2] window in microseconds
-- Returns outcome (0 allowed, else microseconds to wait), remaining, resetAfter in microseconds.
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local interval = window / limit
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrival = math.max(tonumber(redis.call('GET', KEYS[1])) or now, now)

local outcome = math.max(0, arrival + interval - now - window)
if outcome == 0 then
  arrival = arrival + interval
  redis.call('SET', KEYS[1], arrival, 'PX', math.ceil((arrival - now) / 1000))
end
return { outcome, math.floor((now + window - arrival) / interval), arrival - now }
