-- Version 5: what an expert settled and took back can be settled again, so one second read may come to more than one adjudication;
-- and what one person has decided or read is found at once.

ALTER TABLE adjudications RENAME TO adjudications_before;

CREATE TABLE adjudications (
	id INTEGER NOT NULL,
	second_read_id INTEGER NOT NULL,
	decision_id INTEGER NOT NULL,
	case_id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	outcome VARCHAR NOT NULL,
	feedback TEXT NOT NULL,
	first_reader VARCHAR NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_adjudications PRIMARY KEY (id),
	CONSTRAINT fk_adjudications_second_read_id FOREIGN KEY(second_read_id) REFERENCES second_reads (id),
	CONSTRAINT fk_adjudications_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id),
	CONSTRAINT fk_adjudications_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT uq_adjudications_decision_id UNIQUE (decision_id),
	CONSTRAINT ck_adjudications_outcome CHECK (outcome IN ('decided', 'returned'))
);

INSERT INTO adjudications SELECT * FROM adjudications_before ORDER BY id;

DROP TABLE adjudications_before;

CREATE INDEX ix_adjudications_second_read_id ON adjudications (second_read_id, id);

CREATE INDEX ix_decisions_project_actor_id_id ON decisions (project, actor_id, id);

CREATE INDEX ix_second_reads_project_actor_id ON second_reads (project, actor_id);
