-- Version 2: who is reading a case, drafts, comments, the order of the worklist, and the words to search in.

ALTER TABLE cases ADD COLUMN priority FLOAT NOT NULL DEFAULT 1000;

ALTER TABLE cases ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0;

ALTER TABLE cases ADD COLUMN contradicted INTEGER NOT NULL DEFAULT 0;

UPDATE cases SET
	priority = (SELECT CASE WHEN json_extract(ranking, '$.abstained') != '' THEN -1 ELSE coalesce(margin, 0) END
		FROM completions WHERE completions.id = cases.completion_id),
	unsure = (SELECT json_extract(ranking, '$.abstained') != '' OR margin_kind IN ('close', 'tie')
		FROM completions WHERE completions.id = cases.completion_id),
	contradicted = (SELECT contradicted FROM completions WHERE completions.id = cases.completion_id)
WHERE completion_id IS NOT NULL;

CREATE INDEX ix_cases_project_priority_id ON cases (project, priority, id);

CREATE INDEX ix_cases_project_status_priority_id ON cases (project, status, priority, id);

CREATE TABLE leases (
	case_id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	taken VARCHAR NOT NULL,
	until VARCHAR NOT NULL,
	CONSTRAINT pk_leases PRIMARY KEY (case_id),
	CONSTRAINT fk_leases_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE INDEX ix_leases_actor_id ON leases (actor_id);

CREATE TABLE drafts (
	actor_id VARCHAR NOT NULL,
	completion_id VARCHAR NOT NULL,
	candidate INTEGER NOT NULL,
	case_id VARCHAR NOT NULL,
	text TEXT NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_drafts PRIMARY KEY (actor_id, completion_id, candidate),
	CONSTRAINT fk_drafts_completion_id FOREIGN KEY(completion_id) REFERENCES completions (id),
	CONSTRAINT fk_drafts_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE INDEX ix_drafts_case_id ON drafts (case_id);

CREATE TABLE comments (
	id INTEGER NOT NULL,
	idempotency_key VARCHAR NOT NULL,
	case_id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	role VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	text TEXT NOT NULL,
	CONSTRAINT pk_comments PRIMARY KEY (id),
	CONSTRAINT uq_comments_idempotency_key UNIQUE (idempotency_key),
	CONSTRAINT fk_comments_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE INDEX ix_comments_case_id_id ON comments (case_id, id);

CREATE TABLE case_texts (
	id INTEGER NOT NULL,
	case_id VARCHAR NOT NULL,
	text TEXT NOT NULL,
	CONSTRAINT pk_case_texts PRIMARY KEY (id),
	CONSTRAINT uq_case_texts_case_id UNIQUE (case_id),
	CONSTRAINT fk_case_texts_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
