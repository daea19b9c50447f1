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
--
-- Calls are what costs, and then objects. So the buckets of a batch are read by one call before it, and written by one call
-- each after it; a log takes one call to read and one or two to write. A lifetime is not set each time: it outlasts the state
-- by a slack, and holds for all times of one slack.

local keys, texts = KEYS, ARGV
local count = #keys

local time = call('TIME')
local now = tonumber(texts[count + 1]) or time[1] * 1000000 + time[2]
local slack = 10000000

local function lifetime(stop)
  return decimals[ceil((stop - now + slack) / 1000)]
end

-- Arrivals by key: as they were, and as they are if they have changed.
local stored, arrivals = {}, {}

local function tokenBucket(limit, window, cost, forced)
  local interval = ceil(window / limit)
  local burst = interval * limit
  local price = min(cost, 2 * limit) * interval

  return function(key, takes)
    local arrival = arrivals[key] or stored[key] or now
    if arrival < now then arrival = now end
    if arrival > now + 2 * burst then arrival = now + max(0, burst - min(cost, limit) * interval) end

    local admission = 0
    if cost > limit and not forced then
      admission = -1
    elseif cost > 0 and not forced and arrival + price > now + burst then
      admission = arrival + price - now - burst
    else
      arrival = arrival + price
      if arrival > now + 2 * burst then arrival = now + 2 * burst end
      if takes and cost > 0 then arrivals[key] = arrival end
    end
    local left = now + burst - arrival
    return admission, left > 0 and floor(left / interval) or 0, arrival - now
  end
end

local function writeBuckets()
  for key, arrival in pairs(arrivals) do
    local old = stored[key]
    if old and old - old % slack == arrival - arrival % slack then
      call('INCRBY', key, decimals[arrival - old])
    else
      call('SET', key, decimals[arrival], 'PX', lifetime(arrival))
    end
  end
end

local mostEntries = 1024

-- Writes a whole log. `older` are its older pairs. A long log gets room for further ones.
local function writeLog(key, older, base, newest, total, renews)
  local count = #older / pairLength
  local room = #older < glance and count or count + ceil(count / 32)
  local text = pack(headForm, 0, count, room, base, newest, total) .. older
  if room > count then text = text .. string.rep('\0', pairLength * (room - count)) end
  if renews then
    call('SET', key, text, 'PX', renews)
  else
    call('SET', key, text, 'KEEPTTL')
  end
end

local function slidingWindow(limit, window, cost, forced)
  local grain = limit <= mostEntries and 1 or ceil(window / mostEntries)
  local taken = min(cost, 2 * limit)

  return function(key, takes)
    local text, gone, older, room, base, newest, total = readLog(key)
    if newest > now + window + grain then newest = 0 end

    local moment = max(now, newest - grain + 1)
    local grainEnd = moment - moment % grain + grain - 1
    local slot = max(grainEnd, newest)

    local allGone = newest <= moment - window
    local used = 0
    if not allGone then
      if gone < older and pairAt(key, text, gone) <= moment - window then
        gone = firstPair(key, text, gone + 1, older, function(time) return time > moment - window end)
        base = select(2, pairAt(key, text, gone - 1))
      end
      used = (total - base) % totals
    end

    local admission = 0
    if cost > limit and not forced then
      admission = -1
    elseif forced or used + cost <= limit or cost == 0 then
      if cost > 0 then
        used = used + taken
        if takes then
          total = (base + used) % totals
          if allGone then
            writeLog(key, '', 0, slot, used, lifetime(slot + window))
          elseif newest == slot then
            call('SETRANGE', key, '0', pack(headForm, gone, older, room, base, slot, total))
          else
            local renews = newest - newest % slack ~= slot - slot % slack and lifetime(slot + window)
            local pair = sub(text, headLength - pairLength + 1, headLength)
            if older < room then
              call('SETRANGE', key, '0', pack(headForm, gone, older + 1, room, base, slot, total))
              call('SETRANGE', key, decimals[bytesBefore(older)], pair)
              if renews then call('PEXPIRE', key, renews) end
            else
              if #text == glance then text = call('GETRANGE', key, '0', '-1') end
              writeLog(key, sub(text, bytesBefore(gone) + 1, bytesBefore(older)) .. pair, base, slot, total, renews)
            end
          end
        end
        newest = slot
      end
    else
      local leaving = used + cost - limit
      local pair = firstPair(key, text, gone, older, function(_, total) return (total - base) % totals >= leaving end)
      local time = pair < older and pairAt(key, text, pair) or newest
      admission = max(min(time, newest), moment - window + 1) + window - now
    end
    return admission, max(0, limit - used), used == 0 and 0 or newest + window - now
  end
end

-- Texts repeat within a batch, so each is parsed once.
local asks = setmetatable({}, {
  __index = function(asks, text)
    local kind, limit, length, cost, mode, joint = string.match(text, '^(%a) (%d+) (%d+) (%d+) (%a)(.)$')
    local algorithm = kind == 'b' and tokenBucket or slidingWindow
    limit, length, cost = tonumber(limit), tonumber(length), tonumber(cost)
    local ask = {
      decide = algorithm(limit, length, cost, mode == 'f'),
      isBucket = kind == 'b', enforced = mode == 'e', joins = joint == '+', looks = joint == '?',
    }
    asks[text] = ask
    return ask
  end,
})

local function readBuckets()
  local buckets = {}
  for i = 1, count do
    if asks[texts[i]].isBucket then buckets[#buckets + 1] = keys[i] end
  end
  -- In parts, because a call takes at most some 8,000 arguments.
  for first = 1, #buckets, 4000 do
    for i, arrival in ipairs(call('MGET', unpack(buckets, first, min(first + 3999, #buckets)))) do
      stored[buckets[first + i - 1]] = tonumber(arrival)
    end
  end
end

readBuckets()
local answer = { now }
local first = 1
while first <= count do
  local last = first
  while last < count and asks[texts[last + 1]].joins do last = last + 1 end

  local ask = asks[texts[first]]
  if first == last and not ask.looks then
    local i = 3 * first
    answer[i - 1], answer[i], answer[i + 1] = ask.decide(keys[first], true)
  else
    local allowed = not ask.looks
    for i = first, last do
      local ask = asks[texts[i]]
      local admission, remaining, resetAfter = ask.decide(keys[i], false)
      answer[3 * i - 1], answer[3 * i], answer[3 * i + 1] = admission, remaining, resetAfter
      if admission ~= 0 and ask.enforced then allowed = false end
    end
    for i = first, last do
      local ask = asks[texts[i]]
      if allowed then
        ask.decide(keys[i], true)
      elseif answer[3 * i - 1] == 0 then
        -- Nothing is taken, so what is left is what a peek finds.
        local peek = asks[string.gsub(texts[i], '%d+ (%a.)$', '0 %1')]
        local _, remaining, resetAfter = peek.decide(keys[i], false)
        answer[3 * i], answer[3 * i + 1] = remaining, resetAfter
      end
    end
  end
  first = last + 1
end

writeBuckets()
return answer
