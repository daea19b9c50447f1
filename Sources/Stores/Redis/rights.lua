-- Says what the user who runs it may not do of what the limiter does.
--
-- KEYS[1]  a key as buckets have it, KEYS[2] one as windows have it, both of one client that does not exist
-- ARGV[1]  the channel on which resets are told
--
-- Returns the rights that are missing, as ACL SETUSER takes them; nothing where the server cannot tell, before Redis 7.

local bucket, window, channel = KEYS[1], KEYS[2], ARGV[1]
local needed = {
  { 'EVALSHA', '0', '0' }, { 'TIME' }, { 'MGET', bucket }, { 'SET', bucket, '0' }, { 'INCRBY', bucket, '1' },
  { 'DEL', bucket }, { 'LRANGE', window, '0', '0' }, { 'LINDEX', window, '0' }, { 'LLEN', window },
  { 'LTRIM', window, '0', '0' }, { 'LSET', window, '0', '0' }, { 'RPUSH', window, '0' }, { 'LREM', window, '0', '0' },
  { 'PEXPIRE', window, '0' },
}

local missing = {}
if redis.acl_check_cmd then
  for _, command in ipairs(needed) do
    if not redis.acl_check_cmd(unpack(command)) then missing[#missing + 1] = '+' .. string.lower(command[1]) end
  end
  for _, command in ipairs({ { 'PUBLISH', channel, '' }, { 'SUBSCRIBE', channel } }) do
    if not redis.acl_check_cmd(unpack(command)) then
      missing[#missing + 1] = '+' .. string.lower(command[1]) .. ' &' .. channel
    end
  end
end
return missing
