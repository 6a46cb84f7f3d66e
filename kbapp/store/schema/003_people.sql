-- Version 3: accounts, their login sessions, and the events around them.

CREATE TABLE people (
	id VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	role VARCHAR NOT NULL,
	password VARCHAR NOT NULL,
	disabled INTEGER NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_people PRIMARY KEY (id),
	CONSTRAINT uq_people_name UNIQUE (name),
	CONSTRAINT ck_people_role CHECK (role IN ('viewer', 'annotator', 'clinician', 'expert', 'admin'))
);

CREATE TABLE login_sessions (
	token_sha256 VARCHAR(64) NOT NULL,
	person_id VARCHAR NOT NULL,
	boot_id VARCHAR NOT NULL,
	started_ns INTEGER NOT NULL,
	seen_ns INTEGER NOT NULL,
	CONSTRAINT pk_login_sessions PRIMARY KEY (token_sha256),
	CONSTRAINT fk_login_sessions_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE INDEX ix_login_sessions_person_id ON login_sessions (person_id);

CREATE TABLE events (
	id INTEGER NOT NULL,
	utc VARCHAR NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	what VARCHAR NOT NULL,
	about VARCHAR NOT NULL,
	CONSTRAINT pk_events PRIMARY KEY (id)
);

-- How a project reads: blind first, second reads, adjudication.

ALTER TABLE cases ADD COLUMN reading VARCHAR NOT NULL DEFAULT '';

CREATE INDEX ix_cases_project_reading_id ON cases (project, reading, id);

CREATE TABLE reading_rules (
	id INTEGER NOT NULL,
	project VARCHAR NOT NULL,
	blind INTEGER NOT NULL,
	reads_required INTEGER NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_reading_rules PRIMARY KEY (id),
	CONSTRAINT ck_reading_rules_reads_required CHECK (reads_required IN (1, 2))
);

CREATE TABLE reveals (
	actor_id VARCHAR NOT NULL,
	completion_id VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	ms INTEGER,
	CONSTRAINT pk_reveals PRIMARY KEY (actor_id, completion_id),
	CONSTRAINT fk_reveals_completion_id FOREIGN KEY(completion_id) REFERENCES completions (id)
);

CREATE TABLE decision_readings (
	decision_id INTEGER NOT NULL,
	blind INTEGER NOT NULL,
	ms_to_reveal INTEGER,
	reads_required INTEGER NOT NULL,
	CONSTRAINT pk_decision_readings PRIMARY KEY (decision_id),
	CONSTRAINT fk_decision_readings_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id)
);

CREATE TABLE second_reads (
	id INTEGER NOT NULL,
	decision_id INTEGER NOT NULL,
	case_id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	idempotency_key VARCHAR NOT NULL,
	action VARCHAR NOT NULL,
	candidate INTEGER,
	reason VARCHAR NOT NULL,
	note TEXT NOT NULL,
	agrees INTEGER NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	role VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	ms_visible INTEGER,
	blind INTEGER NOT NULL,
	ms_to_reveal INTEGER,
	order_shown JSON NOT NULL,
	CONSTRAINT pk_second_reads PRIMARY KEY (id),
	CONSTRAINT fk_second_reads_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id),
	CONSTRAINT fk_second_reads_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT uq_second_reads_decision_id UNIQUE (decision_id),
	CONSTRAINT uq_second_reads_idempotency_key UNIQUE (idempotency_key),
	CONSTRAINT ck_second_reads_action CHECK (action IN ('accept', 'reject'))
);

CREATE INDEX ix_second_reads_project_id ON second_reads (project, id);

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
	CONSTRAINT uq_adjudications_second_read_id UNIQUE (second_read_id),
	CONSTRAINT uq_adjudications_decision_id UNIQUE (decision_id),
	CONSTRAINT ck_adjudications_outcome CHECK (outcome IN ('decided', 'returned'))
);
