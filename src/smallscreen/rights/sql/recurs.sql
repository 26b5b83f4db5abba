-- Stretches of an asset that stand in other episodes of its series as well, by unit of time: DuckDB alone.
-- `own`: kind, term, t, asset (number), episode. A pair of assets is aligned where many terms in several units agree on
-- one offset; a unit recurs where enough of its terms are found along it.
WITH often AS (
  SELECT kind, term FROM own GROUP BY kind, term
  HAVING count(DISTINCT episode) >= 2 AND count(*) <= {most}
),
shared AS (
  SELECT o.*, o.t // {unit} AS unit FROM own o SEMI JOIN often USING (kind, term)
),
pairs AS (
  SELECT a.kind, a.asset AS a, b.asset AS b, a.unit, a.term, a.t, (b.t - a.t + {far}) // {slack} AS bin
  FROM shared a JOIN shared b ON a.kind = b.kind AND a.term = b.term AND a.episode <> b.episode
),
doubled AS (
  SELECT * FROM pairs UNION ALL SELECT kind, a, b, unit, term, t, bin + 1 AS bin FROM pairs
),
units AS (
  SELECT kind, a, b, bin, unit, count(DISTINCT term) AS found FROM doubled GROUP BY ALL
),
held AS (
  SELECT kind, asset AS a, t // {unit} AS unit, count(DISTINCT term) AS terms FROM own GROUP BY ALL
),
good AS (
  SELECT u.*, h.terms FROM units u JOIN held h USING (kind, a, unit)
  WHERE u.found >= 2 AND u.found * 100 >= h.terms * CASE WHEN u.kind = 0 THEN {percent_picture} ELSE {percent_sound} END
),
aligned AS (
  SELECT kind, a, b, bin, count(*) AS units FROM good GROUP BY ALL HAVING count(*) >= {units}
)
SELECT g.kind, g.a, g.b, g.bin, g.unit
FROM good g JOIN aligned USING (kind, a, b, bin)
ORDER BY g.kind, g.a, g.b, aligned.units DESC, g.bin, g.unit
