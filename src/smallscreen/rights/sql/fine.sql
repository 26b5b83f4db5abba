-- Votes by asset, kind, layout, mirrored, speed and offset, in the chunks of the short list: the best few of each asset.
-- asset step = speed * query step + offset. A moment of the query (0.4 s) votes once, with its heaviest term; a sound term
-- votes for the speeds that its two views allow. Bins of 0.48 s are taken two by two, so that no border cuts a match in half.
WITH speeds AS (
  SELECT CAST(speed AS BIGINT) AS speed, CAST(views AS BIGINT) AS views FROM (VALUES {speeds}) AS s(speed, views)
),
near AS (
  SELECT h.kind, h.t, CASE WHEN h.kind = 1 THEN 0 ELSE h.layout END AS layout, h.mirrored, h.weight, h.view,
         CASE WHEN h.kind = 1 THEN h.view - h.layout END AS views, c.asset, c.first + h.step AS step
  FROM hits h
  JOIN shortlist s ON s.run = h.run AND s.chunk = h.chunk
  JOIN chunks c ON c.run = h.run AND c.chunk = h.chunk
),
shifted AS (
  SELECT kind, asset, layout, mirrored, speed, view, weight, t - t % 5 AS moment,
         CAST((1000 * step - speed * t + {zero} - (1000 * step - speed * t + {zero}) % {bin}) / {bin} AS BIGINT) AS bin
  FROM near CROSS JOIN speeds
  WHERE near.views IS NULL OR abs(near.views - speeds.views) <= {slack}
),
doubled AS (
  SELECT kind, asset, layout, mirrored, speed, view, weight, moment, bin FROM shifted
  UNION ALL SELECT kind, asset, layout, mirrored, speed, view, weight, moment, bin - 1 AS bin FROM shifted
),
moments AS (
  SELECT kind, asset, layout, mirrored, speed, bin, moment, max(weight) AS weight, min(view) AS view
  FROM doubled GROUP BY kind, asset, layout, mirrored, speed, bin, moment
),
votes AS (
  SELECT kind, asset, layout, mirrored, speed, bin, sum(weight) AS votes, count(*) AS moments, min(view) AS view
  FROM moments GROUP BY kind, asset, layout, mirrored, speed, bin HAVING count(*) >= {moments}
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY kind, asset
                               ORDER BY votes DESC, moments DESC, abs(speed - 1000), mirrored, layout, speed, bin) AS rank
  FROM votes
)
SELECT kind, asset, layout, mirrored, speed, CAST(bin AS BIGINT) AS bin, CAST(votes AS BIGINT) AS votes,
       CAST(moments AS BIGINT) AS moments, view
FROM ranked WHERE rank <= {each}
ORDER BY kind, votes DESC, asset, rank
