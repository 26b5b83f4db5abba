-- Steps of the plays' curve and the plays themselves (media sessions), in 256 random groups of viewers.
-- second -1 holds the group's plays.
WITH e AS (
  SELECT substr(md5(user_id), 1, 2) AS part, user_id, media_session_id, {from_s} AS a, {to_s} AS b
  FROM events WHERE {scope}
),
s AS (SELECT part, user_id, media_session_id FROM e WHERE b > a GROUP BY part, user_id, media_session_id)
SELECT part, second, CAST(sum(step) AS BIGINT) AS step
FROM (
  SELECT part, -1 AS second, count(*) AS step FROM s GROUP BY part
  UNION ALL
  SELECT part, a, count(*) FROM e WHERE b > a GROUP BY part, a
  UNION ALL
  SELECT part, b, -count(*) FROM e WHERE b > a GROUP BY part, b
) x
GROUP BY part, second
ORDER BY part, second
