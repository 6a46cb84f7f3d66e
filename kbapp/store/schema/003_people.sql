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
