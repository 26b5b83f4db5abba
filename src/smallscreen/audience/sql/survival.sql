-- Which episodes each viewer started: one bit an episode, 63 episodes a word, and the words once more for
-- what was started by the cutoff (the end of the data less the patience window). Viewers with the
-- same bits are counted together. `around`: whether anything was played after the cutoff.
WITH e AS (
  SELECT {market} AS market, {variant} AS variant_id, user_id,
         {each},
         CASE WHEN started_at > {cutoff} THEN 1 ELSE 0 END AS around
  FROM events WHERE {scope} AND {to_whole_ms} > {from_whole_ms}
),
v AS (
  SELECT market, variant_id, user_id,
         {words},
         max(around) AS around
  FROM e GROUP BY market, variant_id, user_id
)
SELECT market, variant_id, around, {columns}, count(*) AS viewers
FROM v GROUP BY market, variant_id, around, {columns}
