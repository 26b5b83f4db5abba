-- All days of cubes added up: the steps of the curves of every episode of every edition, as curves.sql has them.
-- second -1: the starters (as `viewers`), the longest duration. Where an edition has one cut of an episode, its viewers
-- are the cut's, and add; where it has more (cut_first is not cut_last at second -1) they do not.
SELECT episode, market, variant_id, second,
       CAST(sum(first_starts - first_stops) AS BIGINT) AS viewers,
       CAST(sum(play_starts - play_stops) AS BIGINT) AS plays,
       max(duration_ms) AS duration_ms, min(asset_id) AS cut_first, max(asset_id) AS cut_last
FROM cubes WHERE {scope}
GROUP BY episode, market, variant_id, second
HAVING second < 0 OR sum(first_starts - first_stops) <> 0 OR sum(play_starts - play_stops) <> 0
ORDER BY episode, market, variant_id, second
