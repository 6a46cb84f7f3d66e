-- Version 1 of the schema: the first one that was released. Never edited.

CREATE TABLE meta (
	"key" VARCHAR NOT NULL,
	value VARCHAR NOT NULL,
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);

CREATE TABLE artifacts (
	sha256 VARCHAR(64) NOT NULL,
	media_type VARCHAR NOT NULL,
	bytes INTEGER NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_artifacts PRIMARY KEY (sha256)
);

CREATE TABLE prior_versions (
	domain VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	yaml TEXT NOT NULL,
	yaml_sha256 VARCHAR(64) NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	origin VARCHAR NOT NULL,
	author_id VARCHAR NOT NULL,
	author VARCHAR NOT NULL,
	reason TEXT NOT NULL,
	utc VARCHAR NOT NULL,
	CONSTRAINT pk_prior_versions PRIMARY KEY (domain, number),
	CONSTRAINT ck_prior_versions_origin CHECK (origin IN ('shipped', 'expert')),
	CONSTRAINT ck_prior_versions_number CHECK (number >= 1)
);

CREATE TABLE cases (
	id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	domain VARCHAR NOT NULL,
	missing VARCHAR NOT NULL,
	origin TEXT NOT NULL,
	actor_id VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	completion_id VARCHAR,
	decision_id INTEGER,
	job_id VARCHAR,
	updated VARCHAR NOT NULL,
	CONSTRAINT pk_cases PRIMARY KEY (id),
	CONSTRAINT ck_cases_missing CHECK (missing IN ('image', 'text')),
	CONSTRAINT ck_cases_status CHECK (status IN ('new', 'ready', 'accepted', 'accepted_edited', 'rejected', 'deferred', 'flagged')),
	CONSTRAINT fk_cases_completion_id FOREIGN KEY(completion_id) REFERENCES completions (id),
	CONSTRAINT fk_cases_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id),
	CONSTRAINT fk_cases_job_id FOREIGN KEY(job_id) REFERENCES jobs (id)
);

CREATE TABLE contents (
	case_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	modality VARCHAR NOT NULL,
	artifact VARCHAR(64) NOT NULL,
	meta JSON NOT NULL,
	CONSTRAINT pk_contents PRIMARY KEY (case_id, position),
	CONSTRAINT fk_contents_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT fk_contents_artifact FOREIGN KEY(artifact) REFERENCES artifacts (sha256)
);

CREATE TABLE jobs (
	id VARCHAR NOT NULL,
	case_id VARCHAR NOT NULL,
	project VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	n INTEGER NOT NULL,
	seed INTEGER NOT NULL,
	step VARCHAR NOT NULL,
	done INTEGER NOT NULL,
	total INTEGER NOT NULL,
	text TEXT NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor_name VARCHAR NOT NULL,
	idempotency_key VARCHAR NOT NULL,
	attempts INTEGER NOT NULL,
	claimed_by VARCHAR NOT NULL,
	heartbeat VARCHAR,
	cancel_requested INTEGER NOT NULL,
	error_code VARCHAR NOT NULL,
	error TEXT NOT NULL,
	completion_id VARCHAR,
	created VARCHAR NOT NULL,
	started VARCHAR,
	finished VARCHAR,
	CONSTRAINT pk_jobs PRIMARY KEY (id),
	CONSTRAINT uq_jobs_idempotency_key UNIQUE (idempotency_key),
	CONSTRAINT ck_jobs_state CHECK (state IN ('queued', 'running', 'done', 'failed_retryable', 'failed', 'cancelled')),
	CONSTRAINT fk_jobs_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT fk_jobs_completion_id FOREIGN KEY(completion_id) REFERENCES completions (id)
);

CREATE TABLE completions (
	id VARCHAR NOT NULL,
	case_id VARCHAR NOT NULL,
	job_id VARCHAR,
	utc VARCHAR NOT NULL,
	app_version VARCHAR NOT NULL,
	profile VARCHAR NOT NULL,
	engines JSON NOT NULL,
	prior VARCHAR NOT NULL,
	prior_sha256 VARCHAR NOT NULL,
	seed INTEGER NOT NULL,
	n_requested INTEGER NOT NULL,
	n INTEGER NOT NULL,
	switches JSON NOT NULL,
	times JSON NOT NULL,
	reading JSON NOT NULL,
	ranking JSON NOT NULL,
	notes JSON NOT NULL,
	top_qs FLOAT,
	margin FLOAT,
	margin_kind VARCHAR NOT NULL,
	contradicted INTEGER NOT NULL,
	CONSTRAINT pk_completions PRIMARY KEY (id),
	CONSTRAINT fk_completions_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT fk_completions_job_id FOREIGN KEY(job_id) REFERENCES jobs (id)
);

CREATE TABLE candidates (
	completion_id VARCHAR NOT NULL,
	idx INTEGER NOT NULL,
	candidate JSON NOT NULL,
	artifact VARCHAR(64) NOT NULL,
	meta JSON NOT NULL,
	reading JSON NOT NULL,
	difference JSON NOT NULL,
	contradicted INTEGER NOT NULL,
	qs FLOAT,
	weights JSON NOT NULL,
	left_out JSON NOT NULL,
	CONSTRAINT pk_candidates PRIMARY KEY (completion_id, idx),
	CONSTRAINT fk_candidates_completion_id FOREIGN KEY(completion_id) REFERENCES completions (id),
	CONSTRAINT fk_candidates_artifact FOREIGN KEY(artifact) REFERENCES artifacts (sha256)
);

CREATE TABLE decisions (
	id INTEGER NOT NULL,
	event VARCHAR NOT NULL,
	idempotency_key VARCHAR NOT NULL,
	case_id VARCHAR NOT NULL,
	completion_id VARCHAR NOT NULL,
	revision INTEGER NOT NULL,
	action VARCHAR NOT NULL,
	candidate INTEGER,
	reason VARCHAR NOT NULL,
	note TEXT NOT NULL,
	confirmed INTEGER NOT NULL,
	supersedes INTEGER,
	project VARCHAR NOT NULL,
	actor_id VARCHAR NOT NULL,
	actor VARCHAR NOT NULL,
	role VARCHAR NOT NULL,
	utc VARCHAR NOT NULL,
	mono_ns INTEGER NOT NULL,
	boot_id VARCHAR NOT NULL,
	ms_visible INTEGER,
	order_shown JSON NOT NULL,
	scores JSON NOT NULL,
	engines JSON NOT NULL,
	prior VARCHAR NOT NULL,
	prior_sha256 VARCHAR NOT NULL,
	seed INTEGER NOT NULL,
	app_version VARCHAR NOT NULL,
	before_sha256 VARCHAR(64),
	after_sha256 VARCHAR(64),
	text_difference TEXT NOT NULL,
	CONSTRAINT pk_decisions PRIMARY KEY (id),
	CONSTRAINT uq_decisions_event UNIQUE (event),
	CONSTRAINT uq_decisions_idempotency_key UNIQUE (idempotency_key),
	CONSTRAINT uq_decisions_case_id_revision UNIQUE (case_id, revision),
	CONSTRAINT uq_decisions_supersedes UNIQUE (supersedes),
	CONSTRAINT ck_decisions_action CHECK (action IN ('accept', 'accept_edited', 'reject', 'defer', 'flag', 'undo')),
	CONSTRAINT ck_decisions_candidate CHECK ((action IN ('accept', 'accept_edited')) = (candidate IS NOT NULL)),
	CONSTRAINT ck_decisions_reason CHECK (action != 'reject' OR reason != ''),
	CONSTRAINT ck_decisions_undo CHECK (action != 'undo' OR supersedes IS NOT NULL),
	CONSTRAINT fk_decisions_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
	CONSTRAINT fk_decisions_completion_id FOREIGN KEY(completion_id) REFERENCES completions (id),
	CONSTRAINT fk_decisions_supersedes FOREIGN KEY(supersedes) REFERENCES decisions (id),
	CONSTRAINT fk_decisions_before_sha256 FOREIGN KEY(before_sha256) REFERENCES artifacts (sha256),
	CONSTRAINT fk_decisions_after_sha256 FOREIGN KEY(after_sha256) REFERENCES artifacts (sha256)
);

CREATE TABLE scores (
	completion_id VARCHAR NOT NULL,
	idx INTEGER NOT NULL,
	position INTEGER NOT NULL,
	part VARCHAR NOT NULL,
	value FLOAT,
	reason TEXT NOT NULL,
	note TEXT NOT NULL,
	CONSTRAINT pk_scores PRIMARY KEY (completion_id, idx, position),
	CONSTRAINT fk_scores_completion_id_idx FOREIGN KEY(completion_id, idx) REFERENCES candidates (completion_id, idx),
	CONSTRAINT uq_scores_completion_id_idx_part UNIQUE (completion_id, idx, part)
);

CREATE INDEX ix_cases_project_status_id ON cases (project, status, id);

CREATE INDEX ix_cases_project_id ON cases (project, id);

CREATE INDEX ix_contents_artifact ON contents (artifact);

CREATE INDEX ix_jobs_state_id ON jobs (state, id);

CREATE INDEX ix_jobs_case_id_id ON jobs (case_id, id);

CREATE INDEX ix_completions_case_id_id ON completions (case_id, id);

CREATE INDEX ix_candidates_artifact ON candidates (artifact);

CREATE INDEX ix_decisions_completion_id ON decisions (completion_id);

CREATE INDEX ix_decisions_project_id ON decisions (project, id);

CREATE INDEX ix_decisions_after_sha256 ON decisions (after_sha256);

CREATE INDEX ix_decisions_case_id_id ON decisions (case_id, id);

CREATE TRIGGER artifacts_no_update BEFORE UPDATE ON artifacts BEGIN SELECT RAISE(ABORT, 'artifacts is append-only'); END;

CREATE TRIGGER artifacts_no_delete BEFORE DELETE ON artifacts BEGIN SELECT RAISE(ABORT, 'artifacts is append-only'); END;

CREATE TRIGGER artifacts_only_new BEFORE INSERT ON artifacts WHEN EXISTS (SELECT 1 FROM artifacts WHERE sha256 = NEW.sha256) BEGIN SELECT RAISE(ABORT, 'artifacts is append-only: no row is replaced, no number left out'); END;

CREATE TRIGGER prior_versions_no_update BEFORE UPDATE ON prior_versions BEGIN SELECT RAISE(ABORT, 'prior_versions is append-only'); END;

CREATE TRIGGER prior_versions_no_delete BEFORE DELETE ON prior_versions BEGIN SELECT RAISE(ABORT, 'prior_versions is append-only'); END;

CREATE TRIGGER prior_versions_only_new BEFORE INSERT ON prior_versions WHEN EXISTS (SELECT 1 FROM prior_versions WHERE domain = NEW.domain AND number = NEW.number) OR NEW.number != (SELECT coalesce(max(number), 0) + 1 FROM prior_versions WHERE domain = NEW.domain) BEGIN SELECT RAISE(ABORT, 'prior_versions is append-only: no row is replaced, no number left out'); END;

CREATE TRIGGER contents_no_update BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'contents is append-only'); END;

CREATE TRIGGER contents_no_delete BEFORE DELETE ON contents BEGIN SELECT RAISE(ABORT, 'contents is append-only'); END;

CREATE TRIGGER contents_only_new BEFORE INSERT ON contents WHEN EXISTS (SELECT 1 FROM contents WHERE case_id = NEW.case_id AND position = NEW.position) BEGIN SELECT RAISE(ABORT, 'contents is append-only: no row is replaced, no number left out'); END;

CREATE TRIGGER completions_no_update BEFORE UPDATE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;

CREATE TRIGGER completions_no_delete BEFORE DELETE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;

CREATE TRIGGER completions_only_new BEFORE INSERT ON completions WHEN EXISTS (SELECT 1 FROM completions WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'completions is append-only: no row is replaced, no number left out'); END;

CREATE TRIGGER candidates_no_update BEFORE UPDATE ON candidates BEGIN SELECT RAISE(ABORT, 'candidates is append-only'); END;

CREATE TRIGGER candidates_no_delete BEFORE DELETE ON candidates BEGIN SELECT RAISE(ABORT, 'candidates is append-only'); END;

CREATE TRIGGER candidates_only_new BEFORE INSERT ON candidates WHEN EXISTS (SELECT 1 FROM candidates WHERE completion_id = NEW.completion_id AND idx = NEW.idx) BEGIN SELECT RAISE(ABORT, 'candidates is append-only: no row is replaced, no number left out'); END;

CREATE TRIGGER scores_no_update BEFORE UPDATE ON scores BEGIN SELECT RAISE(ABORT, 'scores is append-only'); END;

CREATE TRIGGER scores_no_delete BEFORE DELETE ON scores BEGIN SELECT RAISE(ABORT, 'scores is append-only'); END;

CREATE TRIGGER scores_only_new BEFORE INSERT ON scores WHEN EXISTS (SELECT 1 FROM scores WHERE completion_id = NEW.completion_id AND idx = NEW.idx AND position = NEW.position) OR EXISTS (SELECT 1 FROM scores WHERE completion_id = NEW.completion_id AND idx = NEW.idx AND part = NEW.part) BEGIN SELECT RAISE(ABORT, 'scores is append-only: no row is replaced, no number left out'); END;

CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;

CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;

CREATE TRIGGER decisions_only_new BEFORE INSERT ON decisions WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM decisions WHERE case_id = NEW.case_id AND revision = NEW.revision) OR EXISTS (SELECT 1 FROM decisions WHERE event = NEW.event) OR EXISTS (SELECT 1 FROM decisions WHERE idempotency_key = NEW.idempotency_key) OR EXISTS (SELECT 1 FROM decisions WHERE supersedes = NEW.supersedes) OR NEW.id != (SELECT coalesce(max(id), 0) + 1 FROM decisions) BEGIN SELECT RAISE(ABORT, 'decisions is append-only: no row is replaced, no number left out'); END;
