-- Says what the user who runs it may not do of what the limiter does.
--
-- ARGV[1]  a key as buckets have it, ARGV[2] one as windows have it; not in KEYS, because no slot of a cluster is meant
-- ARGV[3]  the channel on which resets are told
--
-- Returns the rights that are missing, as ACL SETUSER takes them; nothing where the server cannot tell, before Redis 7.

local bucket, window, channel = ARGV[1], ARGV[2], ARGV[3]
local missing = {}

-- Commands with what they are used on; where none of them may be run, it is that which is missing.
local function expect(subject, ...)
  local lacking = {}
  for _, command in ipairs({ ... }) do
    if not redis.acl_check_cmd(unpack(command)) then lacking[#lacking + 1] = '+' .. string.lower(command[1]) end
  end
  if subject and #lacking == select('#', ...) then lacking = { subject } end
  for _, right in ipairs(lacking) do missing[#missing + 1] = right end
end

if redis.acl_check_cmd then
  expect(nil, { 'EVALSHA', '0', '0' }, { 'TIME' })
  expect('~bucket:*', { 'MGET', bucket }, { 'SET', bucket, '0' }, { 'INCRBY', bucket, '1' }, { 'DEL', bucket })
  expect('~window:*', { 'LRANGE', window, '0', '0' }, { 'LINDEX', window, '0' }, { 'LLEN', window },
    { 'LTRIM', window, '0', '0' }, { 'LSET', window, '0', '0' }, { 'LREM', window, '0', '0' }, { 'RPUSH', window, '0' },
    { 'PEXPIRE', window, '0' }, { 'DEL', window })
  expect('&' .. channel, { 'PUBLISH', channel, '' }, { 'SUBSCRIBE', channel })
end
return missing
