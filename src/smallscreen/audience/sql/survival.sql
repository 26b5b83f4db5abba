-- Which episodes each viewer started: one bit an episode, 63 episodes a word, and the words once more for
-- what was started by the cutoff (the end of the data less the patience window). Viewers with the
-- same bits are counted together. `around`: whether anything was played after the cutoff.
WITH v AS (
  SELECT {market} AS market, {variant} AS variant_id, user_id,
         {words},
         max(CASE WHEN started_at > {cutoff} THEN 1 ELSE 0 END) AS around
  FROM events WHERE {scope} AND {to_s} > {from_s}
  GROUP BY {market_key}{variant_key}user_id
)
SELECT market, variant_id, around, {columns}, count(*) AS viewers
FROM v GROUP BY market, variant_id, around, {columns}
ORDER BY market, variant_id, around, {columns}
