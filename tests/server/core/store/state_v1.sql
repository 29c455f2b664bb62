-- SPDX-License-Identifier: Apache-2.0
-- A state of schema 1, as the first release left it: one job that has succeeded,
-- one that ran when the server died, and one so old that events of it are gone.

  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of creation
    name TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    revision INTEGER NOT NULL,              -- of the newest event
    request_id TEXT NOT NULL,
    job BLOB NOT NULL                       -- facet.v1.TrainingJob
  );
  CREATE UNIQUE INDEX jobs_by_request_id ON jobs (request_id) WHERE request_id <> '';
  CREATE INDEX jobs_by_state ON jobs (state, seq);

  CREATE TABLE job_events (
    job TEXT NOT NULL,
    revision INTEGER NOT NULL,
    is_progress INTEGER NOT NULL,
    event BLOB NOT NULL,                    -- facet.v1.TrainingEvent
    PRIMARY KEY (job, revision)
  ) WITHOUT ROWID;

  -- The highest version ever given to a name: versions are never used again.
  CREATE TABLE version_counters (
    kind TEXT NOT NULL,                     -- 'model' or 'dataset'
    id TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;

  CREATE TABLE model_versions (
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    info BLOB NOT NULL,                     -- facet.v1.ModelVersion
    PRIMARY KEY (model, version)
  );
  CREATE UNIQUE INDEX models_by_request_id ON model_versions (request_id) WHERE request_id <> '';

  CREATE TABLE model_aliases (
    model TEXT NOT NULL,
    alias TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias)
  ) WITHOUT ROWID;

  CREATE TABLE dataset_versions (
    dataset TEXT NOT NULL,
    version INTEGER NOT NULL,
    info BLOB NOT NULL,                     -- facet.v1.Dataset
    PRIMARY KEY (dataset, version)
  );

INSERT INTO jobs (name, state, revision, request_id, job) VALUES ('trainingJobs/done', 8, 3, 'request-done', x'0a11747261696e696e674a6f62732f646f6e6512190a0f64617461736574732f646967697473120664696769747318083a1164617461736574732f646967697473403142060880e2cfaa0660016803');
INSERT INTO job_events VALUES ('trainingJobs/done', 1, 0, x'080112060881e2cfaa06180120012a06717565756564');
INSERT INTO job_events VALUES ('trainingJobs/done', 2, 1, x'080212060882e2cfaa06180320013224082810281a140a0967656e657261746f721100000000000004403a08747261696e696e67');
INSERT INTO job_events VALUES ('trainingJobs/done', 3, 0, x'080312060883e2cfaa06180820012a14747261696e696e672069732066696e6973686564');
INSERT INTO jobs (name, state, revision, request_id, job) VALUES ('trainingJobs/going', 3, 2, 'request-going', x'0a12747261696e696e674a6f62732f676f696e6712190a0f64617461736574732f646967697473120664696769747318033a1164617461736574732f646967697473403142060880e2cfaa0660016802');
INSERT INTO job_events VALUES ('trainingJobs/going', 1, 0, x'080112060881e2cfaa06180120012a06717565756564');
INSERT INTO job_events VALUES ('trainingJobs/going', 2, 1, x'080212060882e2cfaa0618032001320e080710283a08747261696e696e67');
INSERT INTO jobs (name, state, revision, request_id, job) VALUES ('trainingJobs/long', 5, 100500, 'request-long', x'0a11747261696e696e674a6f62732f6c6f6e6712190a0f64617461736574732f646967697473120664696769747318053a1164617461736574732f646967697473403142060880e2cfaa06600168949106');
INSERT INTO job_events VALUES ('trainingJobs/long', 1, 0, x'080112060881e2cfaa06180120012a06717565756564');
INSERT INTO job_events VALUES ('trainingJobs/long', 100500, 0, x'0894910612060894f3d5aa06180520012a2474686520747261696e65722073617665642073746570203920616e642073746f70706564');
PRAGMA user_version = 1;
