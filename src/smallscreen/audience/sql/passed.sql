-- By what viewers passed the wall: each viewer's first unlock of the edition's first locked episode, by its kind.
-- Free ones count, too: who passed without paying is no payer.
WITH u AS (SELECT market, variant_id, user_id, episode, kind, "at" FROM unlock WHERE {where}),
l AS (SELECT market, variant_id, min(episode) AS episode FROM u WHERE kind <> 'free' GROUP BY market, variant_id),
p AS (
  SELECT u.market, u.variant_id, u.kind,
         row_number() OVER (PARTITION BY u.market, u.variant_id, u.user_id ORDER BY u."at", u.kind) AS n
  FROM u JOIN l ON u.market = l.market AND u.variant_id = l.variant_id AND u.episode = l.episode
)
SELECT market, variant_id, kind, count(*) AS viewers
FROM p WHERE n = 1
GROUP BY market, variant_id, kind
ORDER BY market, variant_id, kind
