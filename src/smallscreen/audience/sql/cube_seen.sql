-- What has been seen by the end of a day: each viewer's seconds of each cut, merged (gaps and islands).
-- Of the viewers of that day; what is known of the others stays as it is.
WITH p AS (
  SELECT episode, asset_id, market, variant_id, user_id, a, b,
         max(b) OVER (PARTITION BY user_id, asset_id, episode, market, variant_id ORDER BY a, b
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen
  FROM pieces
),
i AS (
  SELECT episode, asset_id, market, variant_id, user_id, a, b,
         sum(CASE WHEN a > coalesce(seen, -1) THEN 1 ELSE 0 END)
           OVER (PARTITION BY user_id, asset_id, episode, market, variant_id ORDER BY a, b
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM p
)
SELECT episode, asset_id, market, variant_id, user_id, min(a) AS a, max(b) AS b
FROM i GROUP BY episode, asset_id, market, variant_id, user_id, island
