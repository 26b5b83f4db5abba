-- A day's cube: what each second of each cut gains and loses. `running` is the text of cube_running.
--   play_starts, play_stops       every interval
--   day_starts, day_stops         distinct viewers of this day
--   first_starts, first_stops     viewer-seconds that no earlier day had: the union with what was seen
--                                 before, less what was seen before. Both are sums, so the difference is.
-- second -1 holds the viewers: of the day, and those who are new; and of all events of the day, also those too short
-- to count a second, the longest duration_ms (0 elsewhere), of which the maximum over days is that of all of them.
WITH steps AS (
  SELECT episode, asset_id, market, variant_id, a AS second, 1 AS play_starts, 0 AS play_stops,
         0 AS day_starts, 0 AS day_stops, 0 AS first_starts, 0 AS first_stops, 0 AS duration_ms
  FROM running WHERE src = 1
  UNION ALL
  SELECT episode, asset_id, market, variant_id, b, 0, 1, 0, 0, 0, 0, 0 FROM running WHERE src = 1
  UNION ALL
  SELECT episode, asset_id, market, variant_id, greatest(a, coalesce(seen_today, a)), 0, 0, 1, 0, 0, 0, 0
  FROM running WHERE src = 1 AND b > coalesce(seen_today, -1)
  UNION ALL
  SELECT episode, asset_id, market, variant_id, b, 0, 0, 0, 1, 0, 0, 0
  FROM running WHERE src = 1 AND b > coalesce(seen_today, -1)
  UNION ALL
  SELECT episode, asset_id, market, variant_id, greatest(a, coalesce(seen, a)), 0, 0, 0, 0, 1, 0, 0
  FROM running WHERE b > coalesce(seen, -1)
  UNION ALL
  SELECT episode, asset_id, market, variant_id, b, 0, 0, 0, 0, 0, 1, 0 FROM running WHERE b > coalesce(seen, -1)
  UNION ALL
  SELECT episode, asset_id, market, variant_id, a, 0, 0, 0, 0, -1, 0, 0 FROM running WHERE src = 0
  UNION ALL
  SELECT episode, asset_id, market, variant_id, b, 0, 0, 0, 0, 0, -1, 0 FROM running WHERE src = 0
  UNION ALL
  SELECT episode, asset_id, market, variant_id, -1, 0, 0, 1, 0, CASE WHEN min(src) = 1 THEN 1 ELSE 0 END, 0, 0
  FROM running GROUP BY episode, asset_id, market, variant_id, user_id
  UNION ALL
  SELECT episode, asset_id, market, variant_id, -1, 0, 0, 0, 0, 0, 0, max(duration_ms)
  FROM day_events GROUP BY episode, asset_id, market, variant_id
)
SELECT episode, asset_id, market, variant_id, second,
       CAST(sum(play_starts) AS BIGINT) AS play_starts, CAST(sum(play_stops) AS BIGINT) AS play_stops,
       CAST(sum(day_starts) AS BIGINT) AS day_starts, CAST(sum(day_stops) AS BIGINT) AS day_stops,
       CAST(sum(first_starts) AS BIGINT) AS first_starts, CAST(sum(first_stops) AS BIGINT) AS first_stops,
       max(duration_ms) AS duration_ms
FROM steps
GROUP BY episode, asset_id, market, variant_id, second
ORDER BY episode, asset_id, market, variant_id, second
