-- The contender nginx with Lua and Redis: one EVALSHA of lua_limiter_redis.lua per request, in access_by_lua.
local redis = require "nginx.redis"

local limiter = {}
local location, script, limit, window

-- `socket` of Redis, SHA1 of the loaded script, the limit and its window in seconds.
function limiter.configure(socket, sha, allowed, seconds)
  location, script, limit, window = "unix:" .. socket, sha, allowed, seconds * 1000000
end

function limiter.access()
  local connection = redis:new()
  connection:set_timeout(1000)
  local connected, trouble = connection:connect(location)
  if not connected then
    ngx.log(ngx.ERR, "redis: ", trouble)
    return ngx.exit(503)
  end
  local answer, failure = connection:evalsha(script, 1, "lua:" .. ngx.var.key, limit, window)
  if not answer then
    ngx.log(ngx.ERR, "redis: ", failure)
    return ngx.exit(503)
  end
  -- The pool is larger than the 64 connections of the load, so that none of them is opened again during a run.
  connection:set_keepalive(60000, 128)

  local header = ngx.header
  header["X-RateLimit-Limit"] = limit
  header["X-RateLimit-Remaining"] = answer[2]
  header["X-RateLimit-Reset"] = math.ceil(ngx.now() + answer[3] / 1000000)
  if answer[1] > 0 then
    header["Retry-After"] = math.ceil(answer[1] / 1000000)
    return ngx.exit(429)
  end
end

return limiter
