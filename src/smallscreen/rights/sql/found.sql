-- The rows of the catalogue whose term the query has. `catalogue_terms`: kind, term, run, place; `query_terms`.
SELECT c.kind, c.term, c.run, c.place
FROM catalogue_terms c SEMI JOIN query_terms q ON c.kind = q.kind AND c.term = q.term
