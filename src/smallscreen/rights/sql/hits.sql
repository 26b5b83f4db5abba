-- The join: every pair of a query's term and a catalogue's, with the weight of its term.
-- A term counts by how surprising it is (`weight`); rare ones come first until the pairs are as many as `pairs` says.
WITH asked AS (
  SELECT kind, term, count(*) AS times FROM query_terms GROUP BY kind, term
),
counted AS (
  SELECT kind, term, count(*) AS n FROM found GROUP BY kind, term
),
ranked AS (
  SELECT c.kind, c.term, c.n,
         sum(c.n * a.times) OVER (PARTITION BY c.kind ORDER BY c.n, c.term
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
  FROM counted c JOIN asked a ON a.kind = c.kind AND a.term = c.term
),
kept AS (
  SELECT kind, term, {weight} AS weight FROM ranked WHERE upto <= {pairs} AND {weight} > 0
),
placed AS (
  SELECT f.kind, f.term, f.run, k.weight, f.place AS position
  FROM found f JOIN kept k ON k.kind = f.kind AND k.term = f.term
)
SELECT q.kind, q.t, q.layout, q.mirrored, p.weight, p.run,
       CAST((p.position - p.position % {per_chunk}) / {per_chunk} AS BIGINT) AS chunk,
       CAST((p.position % {per_chunk} - p.position % {views}) / {views} AS BIGINT) AS step,
       p.position % {views} AS view
FROM placed p JOIN query_terms q ON q.kind = p.kind AND q.term = p.term
