-- From which episode on an edition asked for something: the first with an unlock that was not free.
SELECT market, variant_id, min(episode) AS first_locked, count(*) AS unlocks
FROM unlock WHERE {scope} AND kind <> 'free'
GROUP BY market, variant_id
ORDER BY market, variant_id
