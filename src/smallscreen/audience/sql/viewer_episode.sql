-- One row a viewer and episode: contentWatched (a moment counted once) and timePlayed (every moment
-- played) in ms, plays (media sessions), and whether 95 % of the episode was reached. Starters only.
-- `seen` is where the viewer's earlier intervals (by position) end: an interval adds what lies beyond.
-- Plays are counted on their own: a count of distinct texts beside the sort takes three times as long.
WITH e AS (
  SELECT market, variant_id, episode, user_id,
         CAST(time_from_ms AS BIGINT) AS a, CAST(time_to_ms AS BIGINT) AS b,
         CAST(duration_ms AS BIGINT) AS duration_ms,
         CASE WHEN {to_s} > {from_s} THEN 1 ELSE 0 END AS starter
  FROM events WHERE {scope}
),
p AS (
  SELECT market, variant_id, episode, user_id, a, b, duration_ms, starter,
         max(b) OVER (PARTITION BY user_id, episode, market, variant_id ORDER BY a, b
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen
  FROM e
),
v AS (
  SELECT market, variant_id, episode, user_id,
         CAST(sum(CASE WHEN b > coalesce(seen, -1) THEN b - greatest(a, coalesce(seen, a)) ELSE 0 END) AS BIGINT)
           AS content_ms,
         CAST(sum(b - a) AS BIGINT) AS played_ms,
         max(duration_ms) AS duration_ms,
         max(CASE WHEN b * 100 >= duration_ms * {complete_percent} THEN 1 ELSE 0 END) AS completed
  FROM p
  GROUP BY market, variant_id, episode, user_id
  HAVING max(starter) = 1
),
s AS (
  SELECT market, variant_id, episode, user_id, count(*) AS plays
  FROM (SELECT market, variant_id, episode, user_id, media_session_id FROM events WHERE {scope}
        GROUP BY market, variant_id, episode, user_id, media_session_id) x
  GROUP BY market, variant_id, episode, user_id
)
SELECT v.market, v.variant_id, v.episode, v.user_id, content_ms, played_ms, plays, duration_ms, completed
FROM v JOIN s ON v.user_id = s.user_id AND v.episode = s.episode
             AND v.market = s.market AND v.variant_id = s.variant_id
