-- A day's intervals, and what was seen before by the viewers of that day, as whole seconds by viewer and cut.
-- src 1: the day; src 0: seen on earlier days (already merged).
SELECT 1 AS src, episode, asset_id, market, variant_id, user_id, {from_s} AS a, {to_s} AS b
FROM day_events WHERE {to_s} > {from_s}
UNION ALL
SELECT 0 AS src, s.episode, s.asset_id, s.market, s.variant_id, s.user_id, s.a, s.b
FROM seen s JOIN (
  SELECT DISTINCT episode, asset_id, market, variant_id, user_id
  FROM day_events WHERE {to_s} > {from_s}
) t ON s.user_id = t.user_id AND s.asset_id = t.asset_id AND s.episode = t.episode
   AND s.market = t.market AND s.variant_id = t.variant_id
