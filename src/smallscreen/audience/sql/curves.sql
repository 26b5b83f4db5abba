-- Steps of the retention curves: what every second adds to and takes from the viewers and the plays.
-- A curve is the running sum of its steps. Viewers are the plays less what was played again: an interval that
-- begins before the viewer's earlier ones end (`seen`, their running maximum) plays again from its beginning to
-- there. Only who has several intervals of an episode can do that; the others need no sort. No range join.
-- Who may have several is found by a hash of viewer and episode: two that share one are sorted without need, and
-- the running maximum tells them apart, so the answer rests on no hash. Seconds are whole ms until the last step.
-- Of one series: the scope says which.
WITH e AS (
  SELECT episode, {market} AS market, {variant} AS variant_id, user_id,
         hash(user_id, episode) AS h, {from_whole_ms} AS a, {to_whole_ms} AS b
  FROM events WHERE {scope} AND {to_whole_ms} > {from_whole_ms}
),
several AS (SELECT h FROM e GROUP BY h HAVING count(*) > 1),
p AS (
  SELECT episode, market, variant_id, a, b,
         max(b) OVER (PARTITION BY user_id, episode, market, variant_id ORDER BY a, b
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen
  FROM e SEMI JOIN several USING (h)
),
played AS (
  SELECT episode, market, variant_id, a, b, count(*) AS n
  FROM e GROUP BY episode, market, variant_id, a, b
),
again AS (
  SELECT episode, market, variant_id, a, least(b, seen) AS b, count(*) AS n
  FROM p WHERE seen > a GROUP BY episode, market, variant_id, a, least(b, seen)
),
steps AS (
  SELECT episode, market, variant_id, a AS second, n AS viewers, n AS plays FROM played
  UNION ALL
  SELECT episode, market, variant_id, b, -n, -n FROM played
  UNION ALL
  SELECT episode, market, variant_id, a, -n, 0 FROM again
  UNION ALL
  SELECT episode, market, variant_id, b, n, 0 FROM again
)
SELECT episode, market, variant_id, CAST(second / 1000 AS INTEGER) AS second,
       CAST(sum(viewers) AS BIGINT) AS viewers, CAST(sum(plays) AS BIGINT) AS plays
FROM steps
GROUP BY episode, market, variant_id, second
HAVING sum(viewers) <> 0 OR sum(plays) <> 0
ORDER BY episode, market, variant_id, second
