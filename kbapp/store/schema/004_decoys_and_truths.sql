-- Version 4: decoys, the true content that a case came with, and jobs that begin from a graph as it stands.

-- Decoys: candidates with a known error, shown in the place of a real one.

ALTER TABLE reading_rules ADD COLUMN decoys INTEGER NOT NULL DEFAULT 0;

CREATE TABLE decoys (
	completion_id VARCHAR NOT NULL,
	idx INTEGER NOT NULL,
	what TEXT NOT NULL,
	candidate JSON NOT NULL,
	artifact VARCHAR(64) NOT NULL,
	meta JSON NOT NULL,
	reading JSON NOT NULL,
	difference JSON NOT NULL,
	contradicted INTEGER NOT NULL,
	scores JSON NOT NULL,
	ranking JSON NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_decoys PRIMARY KEY (completion_id),
	CONSTRAINT fk_decoys_completion_id_candidates FOREIGN KEY(completion_id, idx) REFERENCES candidates (completion_id, idx),
	CONSTRAINT fk_decoys_artifact FOREIGN KEY(artifact) REFERENCES artifacts (sha256)
);

CREATE INDEX ix_decoys_artifact ON decoys (artifact);

CREATE TABLE decoy_views (
	actor_id VARCHAR NOT NULL,
	completion_id VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_decoy_views PRIMARY KEY (actor_id, completion_id),
	CONSTRAINT fk_decoy_views_completion_id FOREIGN KEY(completion_id) REFERENCES decoys (completion_id)
);

CREATE TABLE decoy_reads (
	actor_id VARCHAR NOT NULL,
	completion_id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	outcome VARCHAR NOT NULL,
	decision_id INTEGER,
	idempotency_key VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_decoy_reads PRIMARY KEY (actor_id, completion_id),
	CONSTRAINT fk_decoy_reads_completion_id FOREIGN KEY(completion_id) REFERENCES decoys (completion_id),
	CONSTRAINT fk_decoy_reads_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id),
	CONSTRAINT ck_decoy_reads_outcome CHECK (outcome IN ('taken', 'taken_edited', 'not_taken', 'corrected'))
);

CREATE INDEX ix_decoy_reads_project ON decoy_reads (project);

-- Candidates can be made again from a graph as a person has put it right.

ALTER TABLE jobs ADD COLUMN from_completion VARCHAR REFERENCES completions (id);

-- The true content of the missing modality, where a case came with it: kept from its readers until the case is settled.

CREATE TABLE truths (
	case_id VARCHAR NOT NULL,
	artifact VARCHAR(64) NOT NULL,
	meta JSON NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_truths PRIMARY KEY (case_id),
	CONSTRAINT fk_truths_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT fk_truths_artifact FOREIGN KEY(artifact) REFERENCES artifacts (sha256)
);

CREATE INDEX ix_truths_artifact ON truths (artifact);
