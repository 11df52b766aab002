"""The gate's scripts. Each is one step that nothing comes between.

KEYS are those of `SaleKeys`; times are milliseconds of the caller's clock, because a lease must mean the same
to every process that asks. A script that does not find its epoch changes nothing and says so.

    epoch   string  which incarnation of the state holds
    line    zset    waiting members by arrival number
    seen    zset    waiting members by when their lease ends
    totals  hash    last arrival number, admissions so far
    rate    hash    admissions in each stretch of five seconds
    state   hash    units left, units in flight, when MySQL was asked, what it said, who is asking
    tokens  zset    admitted members by when their lease ends
    wants   hash    units of each admitted member
"""

from typing import Final

_BEGIN: Final = """
local EPOCH, LINE, SEEN, TOTALS, RATE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local STATE, TOKENS, WANTS = KEYS[6], KEYS[7], KEYS[8]
local KEEP_MS = 3600000      -- of a sale nobody asks for, nothing is kept
local STALE_MS = 1000        -- then MySQL is asked again
local ASKING_MS = 500        -- by one caller, and by another should it take longer
local STRETCH_MS, STRETCHES = 5000, 6

local function keep()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, KEEP_MS) end
end

local function integer(text) return string.format('%.0f', text) end

local function drop_leases(now)
  local ended = redis.call('ZRANGEBYSCORE', TOKENS, '-inf', now)
  for _, member in ipairs(ended) do
    redis.call('HINCRBY', STATE, 'in_flight', -(tonumber(redis.call('HGET', WANTS, member)) or 0))
    redis.call('HDEL', WANTS, member)
    redis.call('ZREM', TOKENS, member)
  end
  -- An eviction may have taken the tokens and left their sum.
  if redis.call('ZCARD', TOKENS) == 0 then redis.call('HSET', STATE, 'in_flight', 0) end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', SEEN, '-inf', now)) do
    redis.call('ZREM', LINE, member)
    redis.call('ZREM', SEEN, member)
  end
end
"""

# ARGV: epoch, now, member, units, arrival number or 0, stays, factor, slack, most, lease, lost after.
ADMIT: Final = (
    _BEGIN
    + """
local now, member, units, number = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local stays, factor, slack, most = ARGV[6] == '1', tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local epoch = redis.call('GET', EPOCH)
if not epoch then return {'unknown'} end
if epoch ~= ARGV[1] then return {'moved', epoch} end
local asked_at = tonumber(redis.call('HGET', STATE, 'asked_at'))
-- Much older than what refreshing allows: nobody has been here for a while, or an old snapshot was restored.
if not asked_at or math.abs(now - asked_at) > tonumber(ARGV[11]) then return {'unknown'} end

drop_leases(now)
local due = 0
if now - asked_at >= STALE_MS or redis.call('HGET', STATE, 'due') == '1' then
  if now >= (tonumber(redis.call('HGET', STATE, 'asking_until')) or 0) then
    redis.call('HSET', STATE, 'asking_until', integer(now + ASKING_MS))
    due = 1
  end
end

if redis.call('ZSCORE', TOKENS, member) then
  redis.call('ZADD', TOKENS, now + tonumber(ARGV[10]), member)
  return {'admitted', due}
end

local read = redis.call('HMGET', STATE, 'left', 'in_flight', 'empty', 'held')
local left, in_flight, held = tonumber(read[1]) or 0, tonumber(read[2]) or 0, tonumber(read[4]) or 0
local empty = read[3] == '1'

local known = tonumber(redis.call('ZSCORE', LINE, member))
if known then number = known end
local is_new = number == 0
if is_new then
  -- Later than everybody before, also than those whose numbers a lost Redis gave out.
  number = math.max((tonumber(redis.call('HGET', TOTALS, 'last')) or 0) + 1, now * 1000)
  redis.call('HSET', TOTALS, 'last', integer(number))
end
local before = redis.call('ZCOUNT', LINE, '-inf', '(' .. integer(number))

-- Whoever is in the line may come as long as there are units for all before it: in which order those come
-- changes nobody's luck. A newcomer leaves the places at work to those who were here first.
local room = 0
if not empty then room = left * factor + slack end
local reach = is_new and math.min(room, most) or room
if in_flight < most and before + in_flight < reach then
  redis.call('ZREM', LINE, member)
  redis.call('ZREM', SEEN, member)
  redis.call('ZADD', TOKENS, now + tonumber(ARGV[10]), member)
  redis.call('HSET', WANTS, member, units)
  redis.call('HINCRBY', STATE, 'in_flight', units)
  redis.call('HINCRBY', TOTALS, 'admitted', 1)
  local stretch = math.floor(now / STRETCH_MS)
  redis.call('HINCRBY', RATE, integer(stretch), 1)
  for _, old in ipairs(redis.call('HKEYS', RATE)) do
    if tonumber(old) < stretch - STRETCHES then redis.call('HDEL', RATE, old) end
  end
  keep()
  return {'admitted', due}
end

local over = empty and in_flight == 0
if over and not (stays and held > 0) then
  redis.call('ZREM', LINE, member)
  redis.call('ZREM', SEEN, member)
  return {'sold_out', due, held}
end

local admitted, first = 0, nil
local oldest = math.floor(now / STRETCH_MS) - STRETCHES
local counts = redis.call('HGETALL', RATE)
for i = 1, #counts, 2 do
  local stretch = tonumber(counts[i])
  if stretch >= oldest then
    admitted = admitted + tonumber(counts[i + 1])
    if not first or stretch < first then first = stretch end
  end
end
local span = 0
if first then span = math.max(now - first * STRETCH_MS, 1000) end

-- Twice in the time it should take, so that nobody's turn waits long for them. A dozen a second are taken
-- for granted: were those behind a standstill told to come back late, it would go on for their sake.
local place = before + 1
local each = 40
if admitted > 0 then each = math.min(each, span / admitted / 2) end
local poll = math.floor(math.min(math.max(place * each, 1000), 30000))
redis.call('ZADD', LINE, integer(number), member)
redis.call('ZADD', SEEN, now + 2 * poll + 3000, member)
keep()
return {over and 'sold_out' or 'waiting', due, held, integer(number), place, poll, admitted, span, left}
"""
)

# ARGV: epoch, member, placed.
SETTLE: Final = (
    _BEGIN
    + """
-- Units of an old epoch are in what MySQL said when the new one began, or will be when it is asked again.
if redis.call('GET', EPOCH) ~= ARGV[1] then return 0 end
if redis.call('ZREM', TOKENS, ARGV[2]) == 0 then return 0 end
local units = tonumber(redis.call('HGET', WANTS, ARGV[2])) or 0
redis.call('HDEL', WANTS, ARGV[2])
redis.call('HINCRBY', STATE, 'in_flight', -units)
local left = tonumber(redis.call('HGET', STATE, 'left')) or 0
if ARGV[3] == '1' then
  left = math.max(left - units, 0)
  redis.call('HSET', STATE, 'left', left)
end
-- What the gate believes is used up or was wrong: ask MySQL before anybody is told.
if left == 0 or ARGV[3] == '0' then redis.call('HSET', STATE, 'due', 1) end
keep()
return 1
"""
)

_TELL: Final = """
local function tell(now, available, held)
  redis.call('HSET', STATE, 'left', available, 'empty', available == '0' and 1 or 0, 'held', held,
             'asked_at', integer(now), 'asking_until', 0, 'due', 0)
  keep()
  return {'known', redis.call('HINCRBY', STATE, 'turn', 1)}
end
"""

# ARGV: epoch, when MySQL was asked, units available, units held, latest turn seen, lost after.
REFRESH: Final = (
    _BEGIN
    + _TELL
    + """
local now = tonumber(ARGV[2])
local epoch = redis.call('GET', EPOCH)
if not epoch then return {'unknown', ''} end
if epoch ~= ARGV[1] then return {'moved', epoch} end
local asked_at = tonumber(redis.call('HGET', STATE, 'asked_at'))
local turn = tonumber(redis.call('HGET', STATE, 'turn')) or 0
-- Fewer turns than this caller has seen: an old snapshot was restored, with tokens that are settled long ago.
if not asked_at or math.abs(now - asked_at) > tonumber(ARGV[6]) or turn < tonumber(ARGV[5]) then
  return {'unknown', epoch}
end
-- Two refreshed at once, and this one asked MySQL earlier.
if now < asked_at then return {'known', turn} end
return tell(now, ARGV[3], ARGV[4])
"""
)

# ARGV: the new epoch, when MySQL was asked, units available, units held, the epoch it replaces or "".
REBUILD: Final = (
    _BEGIN
    + _TELL
    + """
local epoch = redis.call('GET', EPOCH) or ''
if epoch ~= ARGV[5] then return {'moved', epoch} end
redis.call('SET', EPOCH, ARGV[1])
redis.call('HSET', STATE, 'in_flight', 0)
return tell(tonumber(ARGV[2]), ARGV[3], ARGV[4])
"""
)

# ARGV: epoch, now.
LEVELS: Final = (
    _BEGIN
    + """
local epoch = redis.call('GET', EPOCH)
if not epoch then return {'unknown'} end
if epoch ~= ARGV[1] then return {'moved', epoch} end
if redis.call('EXISTS', STATE) == 0 then return {'unknown'} end
drop_leases(tonumber(ARGV[2]))
local read = redis.call('HMGET', STATE, 'left', 'in_flight')
return {'known', tonumber(read[1]), tonumber(read[2]), redis.call('ZCARD', LINE),
        tonumber(redis.call('HGET', TOTALS, 'admitted')) or 0}
"""
)
