-- Where votes gather: chunks by the most weight in two neighboring bins of 5 seconds of offset, the best of each kind.
-- `spot` is run, chunk, mirrored and bin in one number: one key is grouped faster than four.
WITH spots AS (
  SELECT kind, spot, sum(weight) AS votes
  FROM (
    SELECT kind, weight,
           ((run * {most_chunks} + chunk) * 2 + mirrored) * 8192
           + CAST((step - t + {longest} - (step - t + {longest}) % 64) / 64 AS BIGINT) AS spot
    FROM hits
  ) h
  GROUP BY kind, spot HAVING count(*) >= {least}
),
pairs AS (
  SELECT kind, spot, sum(votes) AS votes
  FROM (SELECT kind, spot, votes FROM spots UNION ALL SELECT kind, spot + 1 AS spot, votes FROM spots) s
  GROUP BY kind, spot
),
best AS (
  SELECT kind, CAST((spot - spot % 16384) / 16384 AS BIGINT) AS place, max(votes) AS votes
  FROM pairs GROUP BY kind, CAST((spot - spot % 16384) / 16384 AS BIGINT)
),
ranked AS (
  SELECT kind, place, votes, row_number() OVER (PARTITION BY kind ORDER BY votes DESC, place) AS rank FROM best
)
SELECT DISTINCT CAST((place - place % {most_chunks}) / {most_chunks} AS BIGINT) AS run, place % {most_chunks} AS chunk
FROM ranked WHERE rank <= {chunks}
