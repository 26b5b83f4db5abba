-- When an episode was first played in each edition: the nearest thing to its release that events know.
SELECT {market} AS market, {variant} AS variant_id, episode, min(started_at) AS first_at, max(started_at) AS last_at
FROM events WHERE {scope}
GROUP BY {market_key}{variant_key}episode
ORDER BY market, variant_id, episode
