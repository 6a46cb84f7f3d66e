-- Version 2 where SQLite has FTS5: an index over case_texts that follows it. Where it has not, a search reads case_texts itself.

CREATE VIRTUAL TABLE case_search USING fts5(text, content='case_texts', content_rowid='id', tokenize='unicode61');

CREATE TRIGGER case_texts_search_insert AFTER INSERT ON case_texts BEGIN
	INSERT INTO case_search (rowid, text) VALUES (NEW.id, NEW.text);
END;

CREATE TRIGGER case_texts_search_update AFTER UPDATE ON case_texts BEGIN
	INSERT INTO case_search (case_search, rowid, text) VALUES ('delete', OLD.id, OLD.text);
	INSERT INTO case_search (rowid, text) VALUES (NEW.id, NEW.text);
END;
