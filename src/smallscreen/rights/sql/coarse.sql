-- Where votes gather: chunks by the most weight in two neighboring bins of 5 seconds of offset, the best of each kind.
-- `spot` is run, chunk, mirrored, class of speed and bin in one number: one key is grouped faster than five. Only sound
-- has classes: its views say how much faster the copy runs, so that what does not fit any speed does not vote.
WITH spots AS (
  SELECT kind, spot, sum(weight) AS votes
  FROM (
    SELECT kind, weight,
           (((run * {most_chunks} + chunk) * 2 + mirrored) * 8
            + CASE WHEN kind = 1 THEN CAST((view - layout + 40 - (view - layout + 40) % 10) / 10 AS BIGINT) ELSE 0 END) * 8192
           + CAST((step - t + {longest} - (step - t + {longest}) % 64) / 64 AS BIGINT) AS spot
    FROM hits WHERE kind = 0 OR (view - layout >= -36 AND view - layout <= 36)
  ) h
  GROUP BY kind, spot HAVING count(*) >= {least}
),
pairs AS (
  SELECT kind, spot, sum(votes) AS votes
  FROM (SELECT kind, spot, votes FROM spots UNION ALL SELECT kind, spot + 1 AS spot, votes FROM spots) s
  GROUP BY kind, spot
),
best AS (
  SELECT kind, CAST((spot - spot % 131072) / 131072 AS BIGINT) AS place, max(votes) AS votes
  FROM pairs GROUP BY kind, CAST((spot - spot % 131072) / 131072 AS BIGINT)
),
ranked AS (
  SELECT kind, place, votes, row_number() OVER (PARTITION BY kind ORDER BY votes DESC, place) AS rank FROM best
)
SELECT DISTINCT CAST((place - place % {most_chunks}) / {most_chunks} AS BIGINT) AS run, place % {most_chunks} AS chunk
FROM ranked WHERE rank <= {chunks}
