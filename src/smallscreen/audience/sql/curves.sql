-- Steps of the retention curves: what every second adds to and takes from the viewers and the plays.
-- A viewer's intervals are merged by the running maximum of their ends: an interval adds only what lies
-- beyond all that began before it. No join, one sort. A curve is the running sum of its steps.
WITH e AS (
  SELECT series_id, episode, {market} AS market, {variant} AS variant_id, user_id,
         {from_s} AS a, {to_s} AS b
  FROM events WHERE {scope}
),
p AS (
  SELECT series_id, episode, market, variant_id, a, b,
         max(b) OVER (PARTITION BY user_id, episode, series_id, market, variant_id ORDER BY a, b
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen
  FROM e WHERE b > a
),
steps AS (
  SELECT series_id, episode, market, variant_id, a AS second, 0 AS viewers, count(*) AS plays
  FROM p GROUP BY series_id, episode, market, variant_id, a
  UNION ALL
  SELECT series_id, episode, market, variant_id, b, 0, -count(*)
  FROM p GROUP BY series_id, episode, market, variant_id, b
  UNION ALL
  SELECT series_id, episode, market, variant_id, greatest(a, coalesce(seen, a)), count(*), 0
  FROM p WHERE b > coalesce(seen, -1)
  GROUP BY series_id, episode, market, variant_id, greatest(a, coalesce(seen, a))
  UNION ALL
  SELECT series_id, episode, market, variant_id, b, -count(*), 0
  FROM p WHERE b > coalesce(seen, -1) GROUP BY series_id, episode, market, variant_id, b
)
SELECT series_id, episode, market, variant_id, second,
       CAST(sum(viewers) AS BIGINT) AS viewers, CAST(sum(plays) AS BIGINT) AS plays
FROM steps
GROUP BY series_id, episode, market, variant_id, second
HAVING sum(viewers) <> 0 OR sum(plays) <> 0
ORDER BY series_id, episode, market, variant_id, second
