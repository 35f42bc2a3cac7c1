"""What the server of a :class:`~aiospectrum.RedisLimiter` does, all of it at one moment of its own clock."""

from typing import Final

__all__ = ["SCRIPT"]

SCRIPT: Final = """
local sent, line, state = KEYS[1], KEYS[2], KEYS[3]
local requests, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local owner, number, wanted = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local unused, apart, pausing = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local known, age, waited_out = ARGV[9], tonumber(ARGV[10]), ARGV[11]
local is_back, notice = ARGV[12] == '1', tonumber(ARGV[13])

local was = redis.call('HMGET', state, 'requests', 'period', 'last', 'offset', 'pause', 'epoch',
  'kept', 'newest', 'lost', 'back')
if was[1] and (was[1] ~= ARGV[1] or was[2] ~= ARGV[2]) then
  return {'limit', was[1], was[2]}
end
local time = redis.call('TIME')
local last, offset, pause = tonumber(was[3] or 0), tonumber(was[4] or 0), tonumber(was[5] or 0)
local kept, newest, lost = tonumber(was[7] or 0), tonumber(was[8] or 0), tonumber(was[9] or 0)
local back = tonumber(was[10] or 0)
local now = time[1] * 1000000 + time[2] + offset
if last > now + 86400000000 then  -- by more than a day: nothing that is remembered has a time that is one
  redis.call('DEL', sent, line)
  now = now - offset
  was[6], last, offset, pause, kept, lost = false, 0, 0, 0, 0, now + period
end
if now < last then  -- the clock was set back: time stands still for as long
  offset = offset + last - now
  now, last = last, 0  -- nobody knows for how long it was not asked
end
local epoch = was[6] or (owner .. '-' .. time[1] .. '-' .. time[2])
if known ~= '' and known ~= epoch then  -- what this process and others had sent is lost
  lost = math.max(lost, now + period - age)
end
if redis.call('ZCARD', sent) < kept then  -- of what was sent a part is lost, or all of it
  lost = math.max(lost, newest + period)
end
if back > now or (last < now - 1000000 and back + period <= now) then  -- since nobody asked, all may have been apart
  back = now  -- once in a period, as who is gone again sends nothing apart for one
end
if is_back then  -- others may have yet to tell what they sent apart
  lost = math.max(lost, back + notice)
end
lost = math.min(lost, now + math.max(period, 60000000))  -- a period or a minute, whoever wrote it
if pausing > 0 then
  pause = math.max(pause, now + pausing)
end
pause = math.min(pause, now + 86400000000)  -- a day, whoever wrote it
local ending = string.format('%.0f', pause)

for index = number - unused + 1, number do
  redis.call('ZREM', sent, owner .. ':' .. index)
end
redis.call('ZREMRANGEBYSCORE', sent, '-inf', now - period)
redis.call('ZREMRANGEBYSCORE', line, '-inf', now - period)
local function add(count)
  for index = number + 1, number + count do
    redis.call('ZADD', sent, now, owner .. ':' .. index)
  end
  number = number + count
  newest = count > 0 and now or newest
end
add(apart)

local granted, wait, behind = 0, 0, 0
local count = redis.call('ZCARD', sent)
local function due(ahead)  -- when the one goes out that has so many others ahead
  local rounds, place = math.floor(ahead / requests), count + ahead % requests - requests
  local entry = place >= 0 and redis.call('ZRANGE', sent, place, place, 'WITHSCORES')
  return (entry and entry[2] and tonumber(entry[2]) + period or now) + rounds * period
end
if wanted == 0 then
  redis.call('ZREM', line, owner)
elseif lost > now then
  wait, behind = lost - now, lost - now
elseif pause <= now or ending == waited_out then
  local ahead = redis.call('ZRANK', line, owner) or redis.call('ZCARD', line)
  if count + ahead < requests then
    redis.call('ZREM', line, owner)
    ahead = redis.call('ZCARD', line)
    granted = math.max(1, math.min(wanted, requests - count - ahead))
    add(granted)
    count = count + granted
  end
  if granted < wanted then
    local turn = due(ahead)
    if ahead >= requests then
      turn = redis.call('ZRANGE', line, ahead - requests, ahead - requests, 'WITHSCORES')[2] + period
    end
    redis.call('ZADD', line, turn, owner)
    wait = math.max(1, turn - now)
    behind = math.max(wait, due(ahead + wanted - granted - 1) - now)
  end
end

redis.call('HSET', state, 'requests', ARGV[1], 'period', ARGV[2], 'last', string.format('%.0f', now),
  'offset', string.format('%.0f', offset), 'pause', ending, 'epoch', epoch,
  'kept', redis.call('ZCARD', sent), 'newest', string.format('%.0f', newest), 'lost', string.format('%.0f', lost),
  'back', string.format('%.0f', back))
local expires = math.ceil((math.max(pause - now, lost - now, 0) + 2 * period) / 1000) + 1000
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, expires)
end
return {'ok', granted, math.ceil(wait), math.ceil(behind), math.ceil(math.max(pause - now, 0)), epoch, ending}
"""
"""Keys: what was sent, the line of those that wait, and the state; they expire when nobody uses them. All three may be
evicted or deleted, each for itself: nothing is granted until what may have been forgotten is a period old. So the state
has how many are kept of what was sent, and the time of the newest.

A request is sent when the number of those in the last period and of the processes ahead in the line is below the limit.
The line has one entry for a process, with the time of its turn; what is sent counts from when it is. Arguments:

1. requests, 2. microseconds of the period, 3. who asks, 4. the number of its last permit, 5. wanted permits;
6. permits of the last ones that were not used, 7. requests sent apart while the server was gone,
8. microseconds of a pause that begins, 9. the epoch that is known, 10. microseconds since it was heard;
11. the end of a pause that has lasted as long as this process lets one;
12. 1 when the server was gone for this process, else 0, 13. microseconds in which all notice that it is back.
"""
