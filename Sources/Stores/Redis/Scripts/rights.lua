-- Lists the rights that the limiter needs and the current user lacks.
--
-- ARGV[1]  the beginning of a bucket's key, ARGV[2] that of a window's key; not in KEYS, because they mean no slot
-- ARGV[3]  the channel on which resets are published
--
-- Returns the missing rights, as ACL SETUSER takes them; nothing before Redis 7, which cannot tell.

local bucket, window, channel = ARGV[1], ARGV[2], ARGV[3]
local missing = {}

-- Checks commands with their subject. If the user may run none of them, the right to the subject is what is missing.
local function expect(subject, ...)
  local lacking = {}
  for _, command in ipairs({ ... }) do
    if not redis.acl_check_cmd(unpack(command)) then lacking[#lacking + 1] = '+' .. string.lower(command[1]) end
  end
  if subject and #lacking == select('#', ...) then lacking = { subject } end
  for _, right in ipairs(lacking) do
    if not missing[right] then
      missing[right] = true
      missing[#missing + 1] = right
    end
  end
end

if redis.acl_check_cmd then
  expect(nil, { 'EVALSHA', '0', '0' }, { 'TIME' })
  expect('~bucket:*', { 'MGET', bucket }, { 'SET', bucket, '0' }, { 'INCRBY', bucket, '1' }, { 'DEL', bucket })
  expect('~window:*', { 'GETRANGE', window, '0', '0' }, { 'SET', window, '0' }, { 'SETRANGE', window, '0', '0' },
    { 'PEXPIRE', window, '0' }, { 'DEL', window }, { 'TYPE', window })
  expect('&' .. channel, { 'PUBLISH', channel, '' }, { 'SUBSCRIBE', channel })
end
return missing
